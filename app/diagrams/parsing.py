"""From bytes to XML, as if an enemy had written them: no DOCTYPE, no entities, no network, bounded size and depth."""

from __future__ import annotations

from io import BytesIO

from lxml import etree

from app.core.errors import Invalid
from app.diagrams.names import BPMN, local, namespace

MOST_BYTES = 10 * 1024 * 1024
MOST_DEPTH = 200
MOST_ATTRIBUTES = 500
MOST_ELEMENTS = 300_000
#: every element opens and closes; comments have some as well. Counting them is what takes no time at all.
MOST_MARKS = 2 * MOST_ELEMENTS + 50_000
#: characters of an id, a name or another attribute; pictures that modelers keep in attributes are not that large
MOST_ID = 2_000
MOST_TEXT = 500_000
_SHORT = ("id", "name")
#: besides tasks, events, gateways and sub-processes, what gets an id where it has none
_NAMELESS = frozenset({"process", "task", "transaction", "callActivity", "lane", "participant", "messageFlow"})


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
    events = etree.iterparse(
        BytesIO(xml), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    depth, count, root = 0, 0, None
    for event, element in events:
        if event == "end":
            depth -= 1
            continue
        if root is None:
            root = element
            if element.getroottree().docinfo.doctype:
                raise UnreadableDiagram("a DOCTYPE is not allowed: remove that line", line=1)
        depth, count = depth + 1, count + 1
        fault = _fault(element, depth, count)
        if fault:
            raise UnreadableDiagram(f"line {element.sourceline}: {fault}", line=element.sourceline)
    if root is None:
        raise UnreadableDiagram("the file holds no element", line=1)
    _give_ids(root)
    return root


def _give_ids(root: etree._Element) -> None:
    """Elements of a process that have no id get one, told apart by their number; the source stays as it is."""
    for count, element in enumerate(root.iter(f"{{{BPMN}}}*")):
        name = local(element)
        if not element.get("id") and (name in _NAMELESS or name.endswith(("Task", "Event", "Gateway", "Process"))):
            element.set("id", f"{name}:{count}")


def _fault(element: etree._Element, depth: int, count: int) -> str:
    """What about an element is beyond all measure, or ""."""
    if depth > MOST_DEPTH:
        return f"nested deeper than {MOST_DEPTH}"
    if count > MOST_ELEMENTS:
        return f"over {MOST_ELEMENTS} elements"
    attributes = element.attrib
    if len(attributes) > MOST_ATTRIBUTES:
        return f"over {MOST_ATTRIBUTES} attributes"
    for name, value in attributes.items():
        if len(value) > (MOST_ID if name in _SHORT or name.endswith("Ref") else MOST_TEXT):
            return f"the attribute {name[:60]} has {len(value)} characters"
    return ""


def _plain(fault: etree.XMLSyntaxError) -> str:
    return str(fault.msg or fault).partition(", line")[0]
