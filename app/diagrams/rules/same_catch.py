"""Of two events that catch the same in one place, nobody could say which begins."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import judged, title
from app.diagrams.model import Diagram, EventDefinition, Node, Process

RULE = "same-catch"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        first: dict[tuple[str, str, str, str, str], Node] = {}
        for place, node in _catching(process):
            for event in node.events:
                key = _caught(event)
                other = first.setdefault((*place, *key), node) if key is not None else node
                if other is not node:
                    values = {"node": title(node.id, node.name), "other": title(other.id, other.name)}
                    yield Finding(RULE, "error", node.id, event.line or node.line, f"rules.{RULE}", values)


def _catching(process: Process) -> Iterator[tuple[tuple[str, str], Node]]:
    """Every event that shares a place with others: on the edge of an activity, in a scope, behind a gateway."""
    for node in process.nodes.values():
        outer = process.nodes.get(node.scope)
        if node.kind == "boundaryEvent":
            yield ("edge", node.attached_to), node
        elif node.kind == "startEvent" and outer is not None and outer.triggered_by_event:
            yield ("scope", outer.scope), node
        elif node.kind == "eventBasedGateway":
            behind = {process.flows[flow].target for flow in node.outgoing}
            yield from ((("gateway", node.id), process.nodes[name]) for name in sorted(behind & process.nodes.keys()))


def _caught(event: EventDefinition) -> tuple[str, str, str] | None:
    """What an event catches alone; None where each of several may have it: timers, signals."""
    if event.kind in ("error", "escalation"):
        return event.kind, event.code, ""
    if event.kind == "message" and event.name:
        return event.kind, event.name, event.correlation.text if event.correlation is not None else ""
    return None
