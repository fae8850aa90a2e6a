"""An event that undoes work means an activity beside it that can be undone."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import SUBPROCESSES, has_event, judged, title
from app.diagrams.model import Diagram, EventDefinition, Node, Process

RULE = "compensation-target"
_THROWING = ("intermediateThrowEvent", "endEvent")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        throws = [(node, event) for node in process.nodes.values() for event in _thrown(node)]
        if throws:
            undone = _undone(process)
            able = {process.nodes[name].scope for name in undone if name in process.nodes}
            around = {scope: _scopes_meant(process, scope) for scope in {node.scope for node, _ in throws}}
            for node, event in throws:
                key, severity = _fault(process, event, around[node.scope], undone, able)
                if key:
                    values = {"node": title(node.id, node.name), "activity": event.ref[:60]}
                    yield Finding(RULE, severity, node.id, event.line or node.line, f"rules.{RULE}.{key}", values)


def _thrown(node: Node) -> list[EventDefinition]:
    return [event for event in node.events if event.kind == "compensate"] if node.kind in _THROWING else []


def _undone(process: Process) -> set[str]:
    """Activities that can be undone: by a handler, or because something inside them may be."""
    borders = [node for node in process.nodes.values() if node.kind == "boundaryEvent"]
    found = {node.attached_to for node in borders if has_event(node, "compensate")}
    holders = (*SUBPROCESSES, "callActivity")
    return found | {node.id for node in process.nodes.values() if node.kind in holders and not node.triggered_by_event}


def _fault(
    process: Process, event: EventDefinition, around: list[str], undone: set[str], able: set[str]
) -> tuple[str, Severity]:
    if not event.ref:
        return ("nothing", "warning") if able.isdisjoint(around) else ("", "info")
    target = process.nodes.get(event.ref)
    if target is None:
        return "unknown", "error"
    if target.scope not in around:
        return "elsewhere", "warning"
    return ("", "info") if target.id in undone else ("no-handler", "warning")


def _scopes_meant(process: Process, scope: str) -> list[str]:
    """The scope of the event; from inside an event sub-process that around it, too."""
    found = [scope]
    outer = process.nodes.get(scope)
    while outer is not None and outer.triggered_by_event and outer.scope not in found:
        found.append(outer.scope)
        outer = process.nodes.get(outer.scope)
    return found
