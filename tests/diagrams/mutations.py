"""Real drawings, damaged at random: bytes, attributes, elements; and what becomes of them. One seed gives one file."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lxml import etree

from app import diagrams, engine
from app.diagrams.graph import judged
from app.diagrams.names import BPMN
from tests.diagrams.known import Known
from tests.engine.story import MONDAY, FakeHost

ROOT = Path(__file__).resolve().parents[2]
REAL = {
    str(file): file.read_bytes()
    for folder in ("tests/diagrams/tools", "processes", "tests/cli/trace/guide", "tests/conformance")
    for file in sorted((ROOT / folder).rglob("*.bpmn"))
}
PIECES = [b"<", b">", b'"', b"&", b"/>", b"<task/>", b'id="work"', b"\0", b"\xff", b"=", b"]]>", b"<!--", "付".encode()]
VALUES = [
    "", " ", "x", "true", "-1", "0", "99999999999999999999", "1e8", "=", "=1/0", "=a", "${a", "#{b}", "P1D", "R/PT0S",
    "a.b..c", "::", "id:with:colons", "Activity", "付款", "{braces} %s", "\u202e", "x" * 1_900, "Parallel", "None",
    "One", "Complex", "latest",
]  # fmt: skip
KINDS = [
    "task", "userTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity",
    "subProcess", "transaction", "adHocSubProcess", "startEvent", "endEvent", "intermediateCatchEvent",
    "intermediateThrowEvent", "boundaryEvent", "exclusiveGateway", "parallelGateway", "inclusiveGateway",
    "complexGateway", "eventBasedGateway", "sequenceFlow", "messageEventDefinition", "timerEventDefinition",
    "signalEventDefinition", "errorEventDefinition", "escalationEventDefinition", "conditionalEventDefinition",
    "compensateEventDefinition", "cancelEventDefinition", "terminateEventDefinition", "linkEventDefinition",
    "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "process", "laneSet", "lane", "dataObject",
    "dataStoreReference", "dataInputAssociation", "association", "loopCardinality", "conditionExpression",
    "completionCondition", "extensionElements", "timeDuration", "timeCycle", "script",
]  # fmt: skip
NAMES = [
    "id", "name", "sourceRef", "targetRef", "attachedToRef", "default", "triggeredByEvent", "isForCompensation",
    "cancelActivity", "isInterrupting", "parallelMultiple", "instantiate", "eventGatewayType", "startQuantity",
    "completionQuantity", "isSequential", "behavior", "loopMaximum", "testBefore", "calledElement", "messageRef",
    "signalRef", "errorRef", "isExecutable", "ordering", "activityRef", "language", "scriptFormat", "isCollection",
]  # fmt: skip


def mutated(seed: int) -> bytes:
    """One of the real drawings with one to six faults."""
    choose = random.Random(seed)
    xml = REAL[choose.choice(sorted(REAL))]
    if seed % 3 == 0:
        return _bytes(xml, choose)
    root = etree.fromstring(xml)
    for _ in range(choose.randint(1, 6)):
        elements = [each for each in root.iter() if isinstance(each.tag, str)]
        inside = [each for each in elements if each.getparent() is not None]
        choose.choice(_FAULTS)(choose.choice(inside) if inside else root, elements, choose)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def lived_through(xml: bytes) -> str:
    """How far it came: unreadable, refused, or started. Whatever else is raised is a defect."""
    try:
        diagram = diagrams.read(xml)
    except diagrams.UnreadableDiagram as refusal:
        return "unreadable" if refusal.line >= 1 and 5 < len(refusal.message) < 300 else "unclear"
    found = diagrams.check(diagram, Known())
    assert all(finding.text(lang) != finding.key for finding in found for lang in ("en", "zh"))
    refused = any(finding.severity == "error" for finding in found)
    host = FakeHost()
    for process in judged(diagram):
        try:
            host.programs[process.id] = engine.compile(diagram, process.id)
        except engine.NotRunnable:
            if not refused:  # what the engine refuses a rule has named before
                raise
    return "refused" if refused else _started(host)


def _started(host: FakeHost) -> str:
    for program in list(host.programs.values()):
        with suppress(engine.NoStart):
            engine.start(program, {}, host=host, at=MONDAY)
    return "started"


def _bytes(xml: bytes, choose: random.Random) -> bytes:
    made = bytearray(xml)
    for _ in range(choose.randint(1, 4)):
        at, length, to = choose.randrange(len(made) + 1), choose.randrange(60), choose.randrange(len(made) + 1)
        cut = bytes(made[at : at + length])
        match choose.choice(["cut", "double", "move", "put", "end", "flip"]):
            case "cut":
                del made[at : at + length]
            case "double":
                made[to:to] = cut
            case "move":
                del made[at : at + length]
                made[to:to] = cut
            case "put":
                made[to:to] = choose.choice(PIECES)
            case "end":
                del made[max(at, 200) :]
            case "flip" if at < len(made):
                made[at] ^= 1 << choose.randrange(8)
    return bytes(made)


# -- faults of one element ---------------------------------------------------------------------------------------------


def _value(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    if element.attrib:
        element.set(choose.choice(sorted(element.attrib)), choose.choice(VALUES))


def _swapped(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    values = [value for other in others for value in other.attrib.values()]
    if element.attrib and values:
        element.set(choose.choice(sorted(element.attrib)), choose.choice(values))


def _added(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    ids = [other.get("id", "") for other in others if other.get("id")]
    element.set(choose.choice(NAMES), choose.choice([*VALUES, *ids]))


def _renamed(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    element.tag = f"{{{BPMN}}}{choose.choice(KINDS)}"


def _removed(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _moved(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    inside = set(element.iter())
    outside = [other for other in others if other not in inside]
    if outside:
        choose.choice(outside).append(element)


def _doubled(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    copy = etree.fromstring(etree.tostring(element, with_tail=False))
    if choose.random() < 0.5 and copy.get("id"):
        copy.set("id", f"{copy.get('id')}_{choose.randrange(9)}")
    choose.choice(others).append(copy)


def _put(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    made = etree.SubElement(element, f"{{{BPMN}}}{choose.choice(KINDS)}")
    made.text = choose.choice(["", *VALUES])
    if choose.random() < 0.5:
        made.set("id", f"put_{choose.randrange(99)}")


def _text(element: etree._Element, others: list[etree._Element], choose: random.Random) -> None:
    element.text = choose.choice(VALUES)


_FAULTS: list[Callable[[etree._Element, list[etree._Element], random.Random], None]] = [
    _value, _swapped, _swapped, _added, _added, _renamed, _renamed, _removed, _moved, _doubled, _put, _put, _text,
]  # fmt: skip
