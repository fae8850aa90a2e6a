"""What begins a case of a process from outside: messages, signals, timers and conditions, and where each comes in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.diagrams.model import EventDefinition, Node, Process


@dataclass(frozen=True, slots=True)
class Entrance:
    """One trigger of one element: a start event, a receive task that begins a case, an event behind such a gateway."""

    node: Node
    event: EventDefinition
    position: int = 0  #: among the triggers of its element


def entrances(process: Process) -> Iterator[Entrance]:
    """In the order in which they are drawn; plain start events are none."""
    for node in process.nodes.values():
        if node.scope != process.id:
            continue
        if node.kind == "startEvent":
            yield from _triggers(node)
        elif node.instantiate and not node.incoming:
            for begins in _begins(process, node):
                yield from _triggers(begins)


def _begins(process: Process, node: Node) -> list[Node]:
    if node.kind != "eventBasedGateway":
        return [node]
    targets = [process.flows[flow].target for flow in node.outgoing]
    return [process.nodes[target] for target in targets if target in process.nodes]


def _triggers(node: Node) -> Iterator[Entrance]:
    events = node.events or ((node.message,) if node.message is not None else ())
    for position, event in enumerate(events):
        yield Entrance(node, event, position)
