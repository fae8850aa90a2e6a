"""BPMN 2.0 XML from any modeler -> an immutable Diagram."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from app.diagrams import drawing, events, vocabulary
from app.diagrams.model import DataItem, Diagram, Flow, Lane, MessageFlow, Node, Pool, Process, Unread
from app.diagrams.names import BPMN, is_bpmn, line_of, local
from app.diagrams.nodes import KINDS, SCOPES, Around, documentation, node, unread
from app.diagrams.parsing import parse

_DATA = ("dataObject", "dataObjectReference", "dataStoreReference")


def read(xml: bytes) -> Diagram:
    """Read BPMN 2.0 XML. Entities and network access are off: the file may come from anywhere.

    Unknown extension elements are listed in `unread` and kept, since `source` is written back unchanged.
    Raises UnreadableDiagram with the line of the first fault.
    """
    root = parse(xml)
    roots = {each.get("id", ""): each for each in root.iter() if isinstance(each.tag, str) and each.get("id")}
    boxes, points = drawing.boxes(root), drawing.points(root)
    processes: dict[str, Process] = {}
    for element in root:
        if is_bpmn(element, "process"):
            made = _process(element, roots, boxes, points)
            processes.setdefault(made.id, made)
    return Diagram(
        processes=processes,
        pools={pool.id: pool for pool in _pools(root, boxes)},
        message_flows={flow.id: flow for flow in _message_flows(root)},
        exporter=root.get("exporter") or "",
        languages=_languages(processes),
        unread=tuple(_unread(root)),
        source=xml,
        hash=hashlib.sha256(xml).hexdigest(),
    )


def _process(
    element: etree._Element,
    roots: dict[str, etree._Element],
    boxes: dict[str, object],
    points: dict[str, tuple[tuple[float, float], ...]],
) -> Process:
    name = element.get("id") or f"process:{line_of(element)}"
    flows = {flow.id: flow for flow in _flows(element, name, points)}
    incoming: dict[str, list[str]] = defaultdict(list)
    outgoing: dict[str, list[str]] = defaultdict(list)
    for flow in flows.values():
        outgoing[flow.source].append(flow.id)
        incoming[flow.target].append(flow.id)
    around = Around(roots, incoming, outgoing, boxes)  # type: ignore[arg-type]
    lanes = {lane.id: lane for lane in _lanes(element, name, around)}
    nodes = {made.id: made for made in _nodes(element, name, around)}
    names, _ = vocabulary.translations(element)
    tag = vocabulary.extension(element, vocabulary.ZEEBE, "versionTag")
    return Process(
        id=name,
        name=(element.get("name") or "").strip(),
        executable=element.get("isExecutable") != "false",
        line=line_of(element),
        names=names,
        documentation=documentation(element),
        properties=vocabulary.properties(element),
        version_tag=tag.get("value") or "" if tag is not None else "",
        nodes=_in_lanes(nodes, lanes),
        flows=flows,
        lanes=lanes,
        data={item.id: item for item in _data(element, name)},
    )


def _levels(element: etree._Element, scope: str) -> Iterator[tuple[etree._Element, str]]:
    """Every element of a process with the id of the scope it stands in, in document order; without recursion."""
    stack = [(element, scope)]
    while stack:
        holder, inside = stack.pop()
        deeper = []
        for each in holder:
            if is_bpmn(each):
                yield each, inside
                if local(each) in SCOPES:
                    deeper.append((each, each.get("id") or f"{local(each)}:{line_of(each)}"))
        stack.extend(reversed(deeper))


def _nodes(element: etree._Element, process: str, around: Around) -> Iterator[Node]:
    for each, scope in _levels(element, process):
        if local(each) in KINDS:
            yield node(each, scope, around)


def _flows(element: etree._Element, process: str, points: dict[str, tuple[tuple[float, float], ...]]) -> Iterator[Flow]:
    made_up: dict[str, int] = defaultdict(int)
    for each, scope in _levels(element, process):
        if local(each) != "sequenceFlow":
            continue
        source, target = events.stem(each.get("sourceRef")), events.stem(each.get("targetRef"))
        key = each.get("id")
        if not key:
            between = f"flow:{source}:{target}"
            key, made_up[between] = f"{between}:{made_up[between]}", made_up[between] + 1
        names, _ = vocabulary.translations(each)
        yield Flow(
            id=key,
            source=source,
            target=target,
            name=(each.get("name") or "").strip(),
            names=names,
            condition=vocabulary.condition(vocabulary.child(each, "conditionExpression")),
            line=line_of(each),
            scope=scope,
            points=points.get(key, ()),
        )


def _lanes(element: etree._Element, process: str, around: Around) -> Iterator[Lane]:
    for each, _scope in _levels(element, process):
        if local(each) == "laneSet":
            yield from _lane_set(each, process, "", "", around)


def _lane_set(holder: etree._Element, process: str, parent: str, above: str, around: Around) -> Iterator[Lane]:
    for each in holder:
        if not is_bpmn(each, "lane"):
            continue
        key = each.get("id") or f"lane:{line_of(each)}"
        name = (each.get("name") or "").strip()
        path = f"{above}/{name or key}" if above else name or key
        names, _ = vocabulary.translations(each)
        inside = tuple(events.stem(ref.text) for ref in each if is_bpmn(ref, "flowNodeRef"))
        yield Lane(key, name, path, line_of(each), parent, process, names, inside, around.boxes.get(key))
        deeper = vocabulary.child(each, "childLaneSet")
        if deeper is not None:
            yield from _lane_set(deeper, process, key, path, around)


def _in_lanes(nodes: dict[str, Node], lanes: dict[str, Lane]) -> dict[str, Node]:
    """Each node with its lanes, outermost first; the content of a sub-process stands in the sub-process's lanes."""
    paths: dict[str, tuple[str, ...]] = {}
    for lane in lanes.values():
        path, above = [lane.id], lane.parent
        while above:
            path.append(above)
            above = lanes[above].parent
        for inside in lane.nodes:
            if len(path) >= len(paths.get(inside, ())):
                paths[inside] = tuple(reversed(path))
    return {key: replace(each, lane=_lane_of(each, nodes, paths)) for key, each in nodes.items()}


def _lane_of(each: Node, nodes: dict[str, Node], paths: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    while each.id not in paths:
        outer = nodes.get(each.attached_to) or nodes.get(each.scope)
        if outer is None:
            return ()
        each = outer
    return paths[each.id]


def _data(element: etree._Element, process: str) -> Iterator[DataItem]:
    for each, scope in _levels(element, process):
        if local(each) in _DATA:
            ref = events.stem(each.get("dataObjectRef") or each.get("dataStoreRef"))
            many = each.get("isCollection") == "true"
            yield DataItem(each.get("id") or "", local(each), each.get("name") or "", ref, many, scope, line_of(each))


def _pools(root: etree._Element, boxes: dict[str, object]) -> Iterator[Pool]:
    for each in root.iter(f"{{{BPMN}}}participant"):
        names, _ = vocabulary.translations(each)
        key = each.get("id") or f"participant:{line_of(each)}"
        process = events.stem(each.get("processRef"))
        yield Pool(key, (each.get("name") or "").strip(), process, line_of(each), names, boxes.get(key))  # type: ignore[arg-type]


def _message_flows(root: etree._Element) -> Iterator[MessageFlow]:
    for each in root.iter(f"{{{BPMN}}}messageFlow"):
        yield MessageFlow(
            each.get("id") or f"messageFlow:{line_of(each)}",
            events.stem(each.get("sourceRef")),
            events.stem(each.get("targetRef")),
            each.get("name") or "",
            events.stem(each.get("messageRef")),
            line_of(each),
        )


def _languages(processes: dict[str, Process]) -> tuple[str, ...]:
    found = {language for process in processes.values() for language in process.names}
    found |= {language for process in processes.values() for each in process.nodes.values() for language in each.names}
    return tuple(sorted(found))


def _unread(root: etree._Element) -> Iterator[Unread]:
    for element in root.iter(f"{{{BPMN}}}*"):
        for each in unread(element):
            yield Unread(element.get("id") or "", str(each.tag), line_of(each))
