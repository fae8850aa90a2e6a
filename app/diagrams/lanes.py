"""The lanes of a process, nested or not, and in which of them each node stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lxml import etree

from app.diagrams import vocabulary
from app.diagrams.events import stem
from app.diagrams.levels import levels
from app.diagrams.model import Box, Lane, Node
from app.diagrams.names import is_bpmn, line_of, local
from app.diagrams.parsing import UnreadableDiagram

#: a name that repeats with every lane inside it must stay small
MOST_LANES = 2_000
MOST_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Above:
    """The lanes around a set of lanes: their ids, and the path of the innermost."""

    ids: tuple[str, ...] = ()
    path: str = ""


def lanes_of(
    element: etree._Element, process: str, boxes: Mapping[str, Box]
) -> tuple[dict[str, Lane], dict[str, tuple[str, ...]]]:
    """(the lanes by id, node id -> the ids of its lanes, outermost first). Raises UnreadableDiagram."""
    lanes: dict[str, Lane] = {}
    paths: dict[str, tuple[str, ...]] = {}
    for count, (lane, above) in enumerate(_walk(element, process, boxes)):
        if count == MOST_LANES or len(above) == MOST_DEPTH:
            most = f"more than {MOST_LANES} lanes, or lanes in one another deeper than {MOST_DEPTH}"
            raise UnreadableDiagram(f"line {lane.line}: {most}", line=lane.line)
        lanes.setdefault(lane.id, lane)
        for inside in lane.nodes:
            if len(above) >= len(paths.get(inside, ())):
                paths[inside] = (*above, lane.id)
    return lanes, paths


def _walk(element: etree._Element, process: str, boxes: Mapping[str, Box]) -> Iterator[tuple[Lane, tuple[str, ...]]]:
    """Each lane with the ids of those around it, in document order."""
    stack = [(each, _Above()) for each, _ in levels(element, process) if local(each) == "laneSet"][::-1]
    while stack:
        holder, above = stack.pop()
        if is_bpmn(holder, "lane"):
            lane = _lane(holder, process, above, boxes)
            yield lane, above.ids
            deeper = vocabulary.child(holder, "childLaneSet")
            if deeper is not None:
                stack.append((deeper, _Above((*above.ids, lane.id), lane.path)))
        else:
            stack.extend((each, above) for each in reversed(holder) if is_bpmn(each, "lane"))


def _lane(element: etree._Element, process: str, above: _Above, boxes: Mapping[str, Box]) -> Lane:
    key = element.get("id", "")
    name = (element.get("name") or "").strip()
    names, _ = vocabulary.translations(element)
    return Lane(
        id=key,
        name=name,
        path=f"{above.path}/{name or key}" if above.path else name or key,
        line=line_of(element),
        parent=above.ids[-1] if above.ids else "",
        process=process,
        names=names,
        nodes=tuple(stem(ref.text) for ref in element if is_bpmn(ref, "flowNodeRef")),
        box=boxes.get(key),
    )


def in_lanes(nodes: Mapping[str, Node], paths: Mapping[str, tuple[str, ...]]) -> dict[str, Node]:
    """Each node with its lanes; the content of a sub-process stands in the sub-process's lanes."""
    if not paths:
        return dict(nodes)
    return {key: replace(each, lane=_lane_of(each, nodes, paths)) for key, each in nodes.items()}


def _lane_of(node: Node, nodes: Mapping[str, Node], paths: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    each: Node | None = node
    seen: set[str] = set()  # ids that come twice make rings, which a rule names
    while each is not None and each.id not in paths:
        if each.id in seen:
            return ()
        seen.add(each.id)
        each = nodes.get(each.attached_to) or nodes.get(each.scope)
    return paths[each.id] if each is not None else ()
