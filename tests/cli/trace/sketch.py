"""Small BPMN files in a few words: `process("start -> ask -> end")`, other nodes as XML by their id.

A node is what is given for it, else what its name begins with: start, end, xor, and, or, event; anything else a user
task. `-[amount > 5]->` is a conditional flow, `-[else]->` the default one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from tests.diagrams.drawings import file

_ARROW = re.compile(r"\s*(?:-\[(.*?)\])?->\s*")
_KINDS = {
    "start": "startEvent",
    "end": "endEvent",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "event": "eventBasedGateway",
}


def diagram(*processes: str, more: str = "") -> bytes:
    """A whole file; `more` are the messages, signals and errors."""
    return file(f"\n{more}\n{''.join(processes)}")


def process(
    *lines: str, key: str = "p", executable: bool = True, lanes: Mapping[str, str] | None = None, **nodes: str
) -> str:
    said = "true" if executable else "false"
    inner = f"{_lanes(lanes or {})}{content(*lines, **nodes)}"
    return f'<bpmn:process id="{key}" isExecutable="{said}">{inner}</bpmn:process>\n'


def content(*lines: str, **nodes: str) -> str:
    """What stands in a process or sub-process. A given node ends with its closing tag, or with />."""
    made = dict(nodes)
    flows: list[str] = []
    defaults: dict[str, str] = {}
    for line in lines:
        names = _ARROW.split(line.strip())
        for name in names[::2]:
            made.setdefault(name, f'<bpmn:{_kind(name)} id="{name}"/>')
        for source, condition, target in zip(names[::2], names[1::2], names[2::2], strict=False):
            flow = f"{source}-{target}"
            inner = ""
            if condition == "else":
                defaults[source] = flow
            elif condition is not None:
                inner = f"<bpmn:conditionExpression>={escape(condition)}</bpmn:conditionExpression>"
            flows.append(
                f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'
            )
    for name, flow in defaults.items():
        made[name] = made[name].replace(f'id="{name}"', f'id="{name}" default="{flow}"', 1)
    return "\n".join([*made.values(), *flows])


def user(key: str, inner: str = "", name: str = "") -> str:
    return f'<bpmn:userTask id="{key}" name="{name}">{inner}</bpmn:userTask>'


def service(key: str, inner: str = "") -> str:
    said = _extended('<zeebe:taskDefinition type="job"/>')
    return f'<bpmn:serviceTask id="{key}">{said}{inner}</bpmn:serviceTask>'


def script(key: str, expression: str, result: str) -> str:
    said = f'<zeebe:script expression="={escape(expression)}" resultVariable="{result}"/>'
    return f'<bpmn:scriptTask id="{key}">{_extended(said)}</bpmn:scriptTask>'


def event(kind: str, key: str, trigger: str, attributes: str = "", inner: str = "") -> str:
    """An event: `event("boundaryEvent", "late", timer(duration="PT1H"), 'attachedToRef="ask"')`."""
    return f'<bpmn:{kind} id="{key}" {attributes}>{inner}{trigger}</bpmn:{kind}>'


def timer(**says: str) -> str:
    [(kind, text)] = says.items()
    tag = {"date": "timeDate", "duration": "timeDuration", "cycle": "timeCycle"}[kind]
    return f"<bpmn:timerEventDefinition><bpmn:{tag}>{text}</bpmn:{tag}></bpmn:timerEventDefinition>"


def trigger(kind: str, ref: str) -> str:
    return f'<bpmn:{kind}EventDefinition {kind}Ref="{ref}"/>'


def message(key: str, correlation: str = "") -> str:
    inner = _extended(f'<zeebe:subscription correlationKey="{escape(correlation)}"/>') if correlation else ""
    return f'<bpmn:message id="{key}" name="{key}">{inner}</bpmn:message>'


def signal(key: str) -> str:
    return f'<bpmn:signal id="{key}" name="{key}"/>'


def error(key: str, code: str) -> str:
    return f'<bpmn:error id="{key}" name="{key}" errorCode="{code}"/>'


def inputs(**sources: str) -> str:
    """Input mappings; of a thrown message they are what it says."""
    said = "".join(f'<zeebe:input source="={escape(text)}" target="{name}"/>' for name, text in sources.items())
    return _extended(f"<zeebe:ioMapping>{said}</zeebe:ioMapping>")


def many(collection: str, element: str, *, sequential: bool = False) -> str:
    said = f'<zeebe:loopCharacteristics inputCollection="={escape(collection)}" inputElement="{element}"/>'
    order = "true" if sequential else "false"
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{order}">{_extended(said)}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def repeat(condition: str) -> str:
    said = f"<bpmn:loopCondition>={escape(condition)}</bpmn:loopCondition>"
    return f"<bpmn:standardLoopCharacteristics>{said}</bpmn:standardLoopCharacteristics>"


def call(key: str, process: str, inner: str = "") -> str:
    return f'<bpmn:callActivity id="{key}" calledElement="{process}">{inner}</bpmn:callActivity>'


def _extended(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def _lanes(lanes: Mapping[str, str]) -> str:
    """Lane name -> the ids in it, with blanks between."""
    said = ""
    for number, (name, nodes) in enumerate(lanes.items(), 1):
        refs = "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in nodes.split())
        said += f'<bpmn:lane id="lane{number}" name="{name}">{refs}</bpmn:lane>'
    return f"<bpmn:laneSet>{said}</bpmn:laneSet>" if said else ""


def _kind(name: str) -> str:
    return next((kind for begin, kind in _KINDS.items() if re.match(rf"{begin}(\d|_|\Z)", name)), "userTask")
