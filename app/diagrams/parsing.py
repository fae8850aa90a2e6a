"""From bytes to XML, as if an enemy had written them: no DOCTYPE, no entities, no network, bounded size and depth."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from lxml import etree

from app.core.errors import Invalid
from app.diagrams.names import BPMN, DC, DD, DI, local, namespace

MOST_BYTES = 10 * 1024 * 1024
MOST_DEPTH = 120  #: the engine builds sub-processes one in the other, on Python's stack
MOST_ATTRIBUTES = 200
MOST_ELEMENTS = 300_000
#: so much is read and judged within two seconds, and the largest drawings that people publish have about 2,000 nodes:
MOST_SAID = 50_000  #: elements that are no picture
MOST_DRAWN = 12_000  #: of those, nodes and flows
MOST_ASKED = 200_000  #: characters of all expressions together
#: every element opens and closes; comments have some as well. Counting them is what takes no time at all.
MOST_MARKS = 2 * MOST_ELEMENTS + 50_000
#: characters of an id, a name or another attribute; pictures that modelers keep in attributes are not that large
MOST_ID = 2_000
MOST_TEXT = 500_000
_SHORT = ("id", "name")
_SAFE: Any = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
#: besides tasks, events, gateways and sub-processes, what gets an id where it has none
_NAMELESS = frozenset({"process", "task", "transaction", "callActivity", "lane", "participant", "messageFlow"})


_PICTURE = frozenset({DI, DC, DD})
#: how an attribute begins that is an expression, and elements whose text is one
_ASKS = ("=", "${", "#{")
_ASKED = frozenset({
    "conditionExpression", "condition", "loopCondition", "completionCondition", "activationCondition",
    "loopCardinality", "timeDate", "timeDuration", "timeCycle", "script", "formalExpression", "messagePath", "dataPath",
    "from", "to", "transformation", "assignment", "inputParameter", "outputParameter", "value", "entry",
})  # fmt: skip
_DRAWN = frozenset({
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
    "task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask",
    "callActivity", "subProcess", "transaction", "adHocSubProcess", "process", "sequenceFlow", "messageFlow",
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway",
})  # fmt: skip


class UnreadableDiagram(Invalid):
    """This is not a BPMN diagram that we can read."""


def parse(xml: bytes) -> etree._Element:
    """The `definitions` element. Raises UnreadableDiagram with the line of the first fault and what to do."""
    if not xml.strip():
        raise UnreadableDiagram("the file is empty", line=1)
    if len(xml) > MOST_BYTES:
        raise UnreadableDiagram(f"the file is larger than {MOST_BYTES // 1024 // 1024} MB", line=1)
    if xml.count(b"<") > MOST_MARKS:
        raise UnreadableDiagram(f"the file has over {MOST_ELEMENTS} elements", line=1)
    try:
        root = _root(xml)
    except etree.XMLSyntaxError as fault:
        raise UnreadableDiagram(f"line {fault.lineno}: {_plain(fault)}", line=fault.lineno or 1) from None
    if local(root) != "definitions" or namespace(root) != BPMN:
        raise UnreadableDiagram(
            f"line {root.sourceline}: the root is <{local(root)}>, not BPMN 2.0 <definitions>", line=root.sourceline
        )
    return root


def _root(xml: bytes) -> etree._Element:
    opening = etree.iterparse(BytesIO(xml), events=("start",), **_SAFE)
    for _, element in opening:
        if element.getroottree().docinfo.doctype:
            raise UnreadableDiagram("a DOCTYPE is not allowed: remove that line", line=1)
        break
    root: etree._Element = etree.fromstring(xml, etree.XMLParser(**_SAFE))
    _measure(root)
    _give_ids(root)
    return root


def _measure(root: etree._Element) -> None:
    """Refuse what is beyond all measure: level by level, which takes the least of all ways to go through a tree."""
    level, count, said, asked = [root], 0, 0, 0
    for _ in range(MOST_DEPTH):
        for element in level:
            if len(element.attrib) > MOST_ATTRIBUTES:
                raise _fault(element, f"over {MOST_ATTRIBUTES} attributes")
            values = element.values()  # takes the square of their number
            if any(len(value) > MOST_ID for value in values):
                _judge(element)
            if namespace(element) not in _PICTURE:
                said += 1
                asked += sum(len(value) for value in values if value.startswith(_ASKS))
                asked += len(element.text or "") if local(element) in _ASKED else 0
        count += len(level)
        level = [each for element in level for each in element]
        for found, most, what in (
            (count, MOST_ELEMENTS, "elements"),
            (said, MOST_SAID, "elements besides its picture"),
            (asked, MOST_ASKED, "characters in conditions, scripts and other expressions"),
        ):
            if found > most:
                raise UnreadableDiagram(f"the file has over {most} {what}: draw it as several processes", line=1)
        if not level:
            return
    raise _fault(level[0], f"nested deeper than {MOST_DEPTH}")


def _give_ids(root: etree._Element) -> None:
    """Elements of a process that have no id get one, told apart by their number; the source stays as it is.

    Raises UnreadableDiagram where there are too many.
    """
    drawn = 0
    for count, element in enumerate(root.iter(f"{{{BPMN}}}*")):
        name = local(element)
        drawn += name in _DRAWN
        if not element.get("id") and (name in _NAMELESS or name.endswith(("Task", "Event", "Gateway", "Process"))):
            element.set("id", f"{name}:{count}")
    if drawn > MOST_DRAWN:
        most = f"the file has over {MOST_DRAWN} nodes and flows: draw it as several processes that call each other"
        raise UnreadableDiagram(most, line=1)


def _judge(element: etree._Element) -> None:
    """Refuse attributes that are too long."""
    for name, value in element.attrib.items():
        if len(value) > (MOST_ID if name in _SHORT or str(name).endswith("Ref") else MOST_TEXT):
            raise _fault(element, f"the attribute {str(name)[:60]} has {len(value)} characters")


def _fault(element: etree._Element, reason: str) -> UnreadableDiagram:
    line = element.sourceline or 1
    return UnreadableDiagram(f"line {line}: {reason}", line=line)


def _plain(fault: etree.XMLSyntaxError) -> str:
    return str(fault.msg or fault).partition(", line")[0]
