"""Small drawings for tests: a process `p` with one step between start and end, in our own dialect."""

from __future__ import annotations

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPACES = (
    f'xmlns:bpmn="{BPMN}" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:i18n="http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0"'
)


def task(*, form: str = "") -> str:
    """A user task `work`."""
    inner = f'<bpmn:extensionElements><zeebe:formDefinition formId="{form}"/></bpmn:extensionElements>' if form else ""
    return f'<bpmn:userTask id="work" name="Pay the customer">{inner}</bpmn:userTask>'


def drawing(step: str, *, key: str = "p", executable: str = "true", more: str = "") -> bytes:
    """start → work → end; `step` is the element `work`, `more` stands beside the process."""
    return file(
        f"""{more}
  <bpmn:process id="{key}" name="Pay out" isExecutable="{executable}">
    <bpmn:startEvent id="start"/>
    {step}
    <bpmn:endEvent id="end"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="end"/>
  </bpmn:process>"""
    )


def file(body: str) -> bytes:
    """A whole file around `body`."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {SPACES}>{body}\n</bpmn:definitions>\n'.encode()
