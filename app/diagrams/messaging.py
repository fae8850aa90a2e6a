"""What a message is called where its event names none: as the message flow drawn says, else as the event itself.

A flow joins two ends that mean one message: the one that it names, or that one of its ends names; else its name or id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.diagrams.model import EventDefinition, MessageFlow, Node, Pool, Process

THROWING = ("intermediateThrowEvent", "endEvent", "sendTask")
CATCHING = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")


@dataclass(frozen=True, slots=True)
class _Meant:
    """The message of a flow, and what said so."""

    name: str
    ref: str
    model: EventDefinition | None = None  #: the other end, which names the message itself


def named(
    processes: Mapping[str, Process], pools: Mapping[str, Pool], flows: Mapping[str, MessageFlow],
    messages: Mapping[str, str],
) -> dict[str, Process]:  # fmt: skip
    """The processes, each with its nameless messages named. `messages` are the names by id."""
    if not any(_is_nameless(node) for process in processes.values() for node in process.nodes.values()):
        return dict(processes)
    nodes = {key: node for process in processes.values() for key, node in process.nodes.items()}
    ends = _ends(processes, pools, nodes, flows)
    meant: dict[str, _Meant] = {}
    for flow in flows.values():
        both = [nodes[key] for key in (ends.get(flow.source), ends.get(flow.target, "")) if key in nodes]
        for node in both:
            if _is_nameless(node):
                meant.setdefault(node.id, _of_flow(flow, both, messages))
    return {
        key: replace(process, nodes={each.id: _renamed(each, meant.get(each.id)) for each in process.nodes.values()})
        for key, process in processes.items()
    }


def _is_nameless(node: Node) -> bool:
    """It sends or waits for a message and does not say which. A service that sends in its own way needs none."""
    if node.service is not None and node.kind in THROWING:
        return False
    if node.kind in ("sendTask", "receiveTask"):
        return node.message is None
    return any(event.kind == "message" and not (event.ref or event.name) for event in node.events)


def _ends(
    processes: Mapping[str, Process], pools: Mapping[str, Pool], nodes: Mapping[str, Node],
    flows: Mapping[str, MessageFlow],
) -> dict[str, str]:  # fmt: skip
    """End of a message flow -> the node that is meant: of a pool the one nameless start that no other flow leads to."""
    found = {key: key for key in nodes}
    joined = {flow.target for flow in flows.values()}
    for pool in pools.values():
        process = processes.get(pool.process)
        inside = process.nodes.values() if process is not None else ()
        starts = [it for it in inside if it.kind == "startEvent" and _is_nameless(it) and it.id not in joined]
        if len(starts) == 1:
            found[pool.id] = found[pool.process] = starts[0].id
    return found


def _of_flow(flow: MessageFlow, ends: list[Node], messages: Mapping[str, str]) -> _Meant:
    if flow.message in messages:
        return _Meant(messages[flow.message], flow.message)
    model = next((event for node in ends for event in _messages(node) if event.name), None)
    if model is not None:
        return _Meant(model.name, model.ref, model)
    return _Meant(flow.name.strip() or flow.id, flow.id)


def _messages(node: Node) -> Iterator[EventDefinition]:
    if node.message is not None:
        yield node.message
    yield from (event for event in node.events if event.kind == "message")


def _renamed(node: Node, meant: _Meant | None) -> Node:
    if not _is_nameless(node):
        return node
    name, ref, by = (meant.name, meant.ref, "flow") if meant is not None else (node.name, "", "label")
    if not name:
        return node
    key = meant.model.correlation if meant is not None and meant.model is not None else None
    if node.kind in ("sendTask", "receiveTask"):
        return replace(node, message=EventDefinition("message", node.line, "", ref, name, correlation=key, named_by=by))
    events = tuple(
        replace(event, ref=ref, name=name, correlation=key, named_by=by)
        if event.kind == "message" and not (event.ref or event.name)
        else event
        for event in node.events
    )
    return replace(node, events=events)
