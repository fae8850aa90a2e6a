"""Small diagrams that show one thing each, deployed by chen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.definitions.deploy import Deployed, deploy
from app.instances import rebuild
from tests.conftest import Cast

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 targetNamespace="laneway">"""


@dataclass
class Files:
    """Forms and decisions at hand."""

    forms: Mapping[str, Any] = field(default_factory=dict)
    decisions: Mapping[str, bytes] = field(default_factory=dict)

    def form(self, form_id: str) -> bytes | None:
        return json.dumps(self.forms[form_id]).encode() if form_id in self.forms else None

    def decision(self, decision_id: str) -> bytes | None:
        return self.decisions.get(decision_id)


def lanes(**nodes: str) -> str:
    """A lane set: department code -> blank-separated node ids."""
    made = "".join(
        f'<bpmn:lane id="L_{code}" name="{code}">'
        + "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in inside.split())
        + "</bpmn:lane>"
        for code, inside in nodes.items()
    )
    return f'<bpmn:laneSet id="lanes">{made}</bpmn:laneSet>'


def flow(*steps: str) -> str:
    """Flows "a > b", or "a > b : condition"."""
    made = []
    for number, step in enumerate(steps):
        way, _, condition = step.partition(" : ")
        source, target = way.split(" > ")
        text = condition.replace("<", "&lt;").replace(">", "&gt;")
        inner = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">={text}</bpmn:conditionExpression>'
            if condition
            else ""
        )
        made.append(
            f'<bpmn:sequenceFlow id="f{number}_{source}" sourceRef="{source}" targetRef="{target}">{inner}'
            "</bpmn:sequenceFlow>"
        )
    return "".join(made)


def task(name: str, *, form: str = "", due: str = "", **properties: str) -> str:
    """A user task."""
    inside = f'<zeebe:formDefinition formId="{form}"/>' if form else ""
    inside += f'<zeebe:taskSchedule dueDate="{due}"/>' if due else ""
    if properties:
        pairs = "".join(f'<zeebe:property name="laneway.{key}" value="{value}"/>' for key, value in properties.items())
        inside += f"<zeebe:properties>{pairs}</zeebe:properties>"
    return (
        f'<bpmn:userTask id="{name}" name="{name}"><bpmn:extensionElements>{inside}</bpmn:extensionElements>'
        "</bpmn:userTask>"
    )


def process(key: str, *parts: str, before: str = "") -> bytes:
    """A whole file with one process; `before` stands beside it (messages, errors)."""
    body = "".join(parts)
    return (
        f'{HEAD}{before}<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()
    )


START, END = '<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>'

Deploy = Callable[..., Deployed]


@pytest.fixture
def deployed(cast: Cast) -> Deploy:
    """Deploy a file as chen; keyword arguments are forms by id."""

    def run(xml: bytes, *, decisions: Mapping[str, bytes] | None = None, **forms: Any) -> Deployed:
        return deploy(xml, by=cast.chen, sources=Files(forms, decisions or {}), file_name="test.bpmn")[0]

    return run


@pytest.fixture
def relay(deployed: Deploy) -> Deployed:
    """lin captures, wang checks, and that is all."""
    return deployed(
        process(
            "relay",
            lanes(CS="start capture", OP="check end"),
            START,
            task("capture", due="PT4H"),
            task("check"),
            END,
            flow("start > capture", "capture > check", "check > end"),
        )
    )


@pytest.fixture(autouse=True)
def the_record_tells_everything(cast: Cast) -> Iterator[None]:
    """After every story: the chains are whole, and the projections are what the events alone make of it."""
    yield
    told = rebuild.check()
    assert told.differences == []
