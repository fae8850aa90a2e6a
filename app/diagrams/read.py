"""BPMN 2.0 XML from any modeler -> an immutable Diagram."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from app.diagrams import data, drawing, events, messaging, vocabulary
from app.diagrams.kept import doubled, repeated, unread
from app.diagrams.lanes import in_lanes, lanes_of
from app.diagrams.levels import levels
from app.diagrams.model import Box, Diagram, Flow, MessageFlow, Node, Pool, Process
from app.diagrams.names import BPMN, ZEEBE, flag, is_bpmn, line_of, local
from app.diagrams.nodes import KINDS, Around, documentation, node
from app.diagrams.parsing import parse

#: BPMN's tasks that stand beside the processes, and what each is within one
_GLOBAL_TASKS = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}


def read(xml: bytes) -> Diagram:
    """Read BPMN 2.0 XML. Entities and network access are off: the file may come from anywhere.

    Unknown extension elements are listed in `unread` and kept, since `source` is written back unchanged.
    Raises UnreadableDiagram with the line of the first fault.
    """
    root = parse(xml)
    roots = events.Named(root)
    boxes, points, associated = drawing.boxes(root), drawing.points(root), _associated(root)
    processes: dict[str, Process] = {}
    for element in root:
        if is_bpmn(element, "process"):
            made = _process(element, roots, boxes, points, associated)
            processes.setdefault(made.id, made)
    are_run = any(process.executable for process in processes.values()) or not processes
    for element in root:
        if is_bpmn(element, *_GLOBAL_TASKS):
            task = _global_task(element, roots)
            processes.setdefault(task.id, replace(task, executable=are_run))
    pools = {pool.id: pool for pool in _pools(root, boxes)}
    flows = {flow.id: flow for flow in _message_flows(root)}
    declared = {each.get("id", ""): each.get("name", "") for each in root if is_bpmn(each, "message")}
    messages = {key: name or key for key, name in declared.items()}
    processes = messaging.named(processes, pools, flows, messages)
    return Diagram(
        processes=processes,
        pools=pools,
        message_flows=flows,
        exporter=root.get("exporter") or "",
        languages=_languages(processes),
        unread=tuple(unread(root)),
        doubled=tuple(doubled(root)),
        repeated=tuple(repeated(root)),
        source=xml,
        hash=hashlib.sha256(xml).hexdigest(),
    )


def _process(
    element: etree._Element,
    roots: events.Named,
    boxes: dict[str, Box],
    points: dict[str, tuple[tuple[float, float], ...]],
    associated: dict[str, list[str]],
) -> Process:
    name = element.get("id", "")
    flows = {flow.id: flow for flow in _flows(element, name, points)}
    incoming: dict[str, list[str]] = defaultdict(list)
    outgoing: dict[str, list[str]] = defaultdict(list)
    for flow in flows.values():
        outgoing[flow.source].append(flow.id)
        incoming[flow.target].append(flow.id)
    handlers = frozenset(each.get("id", "") for each, _ in levels(element, name) if flag(each, "isForCompensation"))
    items = data.items(element, name, roots)
    around = Around(roots, incoming, outgoing, boxes, associated, handlers, items)
    lanes, paths = lanes_of(element, name, boxes)
    nodes = {made.id: made for made in _nodes(element, name, around)}
    names, documentations = vocabulary.translations(element)
    tag = vocabulary.extension(element, ZEEBE, "versionTag")
    return Process(
        id=name,
        name=(element.get("name") or "").strip(),
        executable=flag(element, "isExecutable", otherwise=True),
        line=line_of(element),
        names=names,
        documentation=documentation(element),
        documentations=documentations,
        properties=vocabulary.properties(element),
        version_tag=tag.get("value") or "" if tag is not None else vocabulary.camunda(element, "versionTag") or "",
        nodes=in_lanes(nodes, paths),
        flows=flows,
        lanes=lanes,
        data=items,
    )


def _global_task(element: etree._Element, roots: events.Named) -> Process:
    """A process of this one task, which has the same id."""
    key = element.get("id", "")
    element.tag = f"{{{BPMN}}}{_GLOBAL_TASKS[local(element)]}"
    items = data.items(element, key, roots)
    made = node(element, key, Around(roots, {}, {}, {}, {}, frozenset(), items))
    return Process(
        id=key,
        name=made.name,
        line=made.line,
        names=made.names,
        documentation=made.documentation,
        documentations=made.documentations,
        properties=made.properties,
        nodes={key: made},
        data=items,
        is_global_task=True,
    )


def _nodes(element: etree._Element, process: str, around: Around) -> Iterator[Node]:
    for each, scope in levels(element, process):
        if local(each) in KINDS:
            yield node(each, scope, around)


def _associated(root: etree._Element) -> dict[str, list[str]]:
    """Element -> those that associations connect it with, wherever in the file they stand."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in root.iter(f"{{{BPMN}}}association"):
        source, target = events.stem(each.get("sourceRef")), events.stem(each.get("targetRef"))
        found[source].append(target)
        found[target].append(source)
    return found


def _flows(element: etree._Element, process: str, points: dict[str, tuple[tuple[float, float], ...]]) -> Iterator[Flow]:
    made_up: dict[str, int] = defaultdict(int)
    for each, scope in levels(element, process):
        if local(each) != "sequenceFlow":
            continue
        source, target = events.stem(each.get("sourceRef")), events.stem(each.get("targetRef"))
        key = each.get("id", "")
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


def _pools(root: etree._Element, boxes: dict[str, Box]) -> Iterator[Pool]:
    for each in root.iter(f"{{{BPMN}}}participant"):
        names, _ = vocabulary.translations(each)
        key = each.get("id", "")
        process = events.stem(each.get("processRef"))
        yield Pool(key, (each.get("name") or "").strip(), process, line_of(each), names, boxes.get(key))


def _message_flows(root: etree._Element) -> Iterator[MessageFlow]:
    for each in root.iter(f"{{{BPMN}}}messageFlow"):
        yield MessageFlow(
            each.get("id", ""),
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
