"""Diagrams made for measuring one thing each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 targetNamespace="laneway">"""


def drawing(key: str, nodes: Iterable[str], flows: Iterable[tuple[str, str, str]]) -> bytes:
    """A process in the lane CS; flows are (source, target, FEEL condition or "")."""
    made = list(nodes)
    ids = [each.split('id="')[1].split('"')[0] for each in made]
    inside = "".join(f"<bpmn:flowNodeRef>{each}</bpmn:flowNodeRef>" for each in ids)
    ways = "".join(_flow(number, *each) for number, each in enumerate(flows))
    lane = f'<bpmn:laneSet id="lanes"><bpmn:lane id="L" name="CS">{inside}</bpmn:lane></bpmn:laneSet>'
    body = f'<bpmn:process id="{key}" isExecutable="true">{lane}{"".join(made)}{ways}</bpmn:process>'
    return f"{_HEAD}{body}</bpmn:definitions>".encode()


def _flow(number: int, source: str, target: str, condition: str) -> str:
    inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">={condition}</bpmn:conditionExpression>'
    ends = f'id="f{number}" sourceRef="{source}" targetRef="{target}"'
    return f"<bpmn:sequenceFlow {ends}>{inner if condition else ''}</bpmn:sequenceFlow>"


def rework() -> bytes:
    """One task that is done again until it says otherwise."""
    nodes = [
        '<bpmn:startEvent id="start"/>',
        '<bpmn:userTask id="work" name="Work"/>',
        '<bpmn:exclusiveGateway id="again" default="f2"/>',
        '<bpmn:endEvent id="end"/>',
    ]
    ways = [("start", "work", ""), ("work", "again", ""), ("again", "work", ""), ("again", "end", "done = true")]
    return drawing("rework", nodes, ways)


def branches(count: int) -> bytes:
    """`count` tasks side by side."""
    nodes = [
        '<bpmn:startEvent id="start"/>',
        '<bpmn:parallelGateway id="split"/>',
        '<bpmn:parallelGateway id="join"/>',
        '<bpmn:endEvent id="end"/>',
        *(f'<bpmn:userTask id="t{number}" name="T{number}"/>' for number in range(count)),
    ]
    ways = [("start", "split", ""), ("join", "end", "")]
    for number in range(count):
        ways += [("split", f"t{number}", ""), (f"t{number}", "join", "")]
    return drawing(f"wide{count}", nodes, ways)


def instances() -> bytes:
    """One task for each of some people, whatever their number."""
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=people" inputElement="person" outputCollection="answers"'
        ' outputElement="=done"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
    )
    nodes = [
        '<bpmn:startEvent id="start"/>',
        f'<bpmn:userTask id="work" name="Work">{loop}</bpmn:userTask>',
        '<bpmn:endEvent id="end"/>',
    ]
    return drawing("instances", nodes, [("start", "work", ""), ("work", "end", "")])


def chain(count: int) -> bytes:
    """`count` tasks in a row."""
    names = [f"t{number}" for number in range(count)]
    nodes = ['<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>']
    nodes += [f'<bpmn:userTask id="{name}" name="{name}"/>' for name in names]
    whole = ["start", *names, "end"]
    return drawing("chain", nodes, [(a, b, "") for a, b in itertools.pairwise(whole)])


class NoParts:
    """Drawings without forms and decisions."""

    def form(self, form_id: str) -> bytes | None:
        return None

    def decision(self, decision_id: str) -> bytes | None:
        return None


def blocks(count: int) -> bytes:
    """About `count` nodes of every ordinary kind: a choice, two ways side by side and a way back, again and again."""
    nodes, ways = ['<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>'], [("start", "round0", "")]
    last = max(1, (count - 2) // len(_BLOCK)) - 1
    for number in range(last + 1):
        nodes += [each.replace("@", str(number)) for each in _BLOCK]
        ways += [(a.replace("@", str(number)), b.replace("@", str(number)), c) for a, b, c in _WAYS]
        following = "end" if number == last else f"round{number + 1}"
        ways.append((f"again{number}", following, "opinion != &quot;again&quot;"))
    return drawing("blocks", nodes, ways)


_FORM = '<bpmn:extensionElements><zeebe:formDefinition formId="review-application"/></bpmn:extensionElements>'
_CALL = (
    '<bpmn:extensionElements><zeebe:taskDefinition type="credit.query"/><zeebe:ioMapping><zeebe:input source="=name@" '
    'target="name"/><zeebe:output source="=score" target="score@"/></zeebe:ioMapping></bpmn:extensionElements>'
)
_SCRIPT = (
    '<bpmn:extensionElements><zeebe:script expression="=score@ * 2" resultVariable="limit@"/></bpmn:extensionElements>'
)
_LATE = "<bpmn:timerEventDefinition><bpmn:timeDuration>P2D</bpmn:timeDuration></bpmn:timerEventDefinition>"
_BLOCK = (
    '<bpmn:exclusiveGateway id="round@"/>',
    f'<bpmn:userTask id="ask@" name="Ask for the papers">{_FORM}</bpmn:userTask>',
    f'<bpmn:boundaryEvent id="late@" attachedToRef="ask@">{_LATE}</bpmn:boundaryEvent>',
    '<bpmn:exclusiveGateway id="large@" name="Large?"/>',
    '<bpmn:parallelGateway id="split@"/>',
    f'<bpmn:serviceTask id="rate@" name="Query the bureau">{_CALL}</bpmn:serviceTask>',
    f'<bpmn:userTask id="look@" name="Look at it">{_FORM}</bpmn:userTask>',
    '<bpmn:parallelGateway id="join@"/>',
    f'<bpmn:scriptTask id="reckon@">{_SCRIPT}</bpmn:scriptTask>',
    '<bpmn:exclusiveGateway id="meet@"/>',
    f'<bpmn:userTask id="decide@" name="Decide">{_FORM}</bpmn:userTask>',
    '<bpmn:exclusiveGateway id="again@" name="Again?"/>',
    '<bpmn:userTask id="chase@" name="Chase"/>',
    '<bpmn:endEvent id="given-up@"/>',
)
_WAYS = (
    ("round@", "ask@", ""),
    ("ask@", "large@", ""),
    ("late@", "chase@", ""),
    ("chase@", "given-up@", ""),
    ("large@", "split@", "amount &gt; 5000 and not(risk = &quot;low&quot;)"),
    ("large@", "meet@", "amount &lt;= 5000"),
    ("split@", "rate@", ""),
    ("split@", "look@", ""),
    ("rate@", "join@", ""),
    ("look@", "join@", ""),
    ("join@", "reckon@", ""),
    ("reckon@", "meet@", ""),
    ("meet@", "decide@", ""),
    ("decide@", "again@", ""),
    ("again@", "round@", "opinion = &quot;again&quot;"),
)
