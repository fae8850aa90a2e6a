"""An event that undoes work means an activity beside it that can be undone."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import SUBPROCESSES, has_event, judged, scopes, title
from app.diagrams.model import Diagram, EventDefinition, Node, Process

RULE = "compensation-target"
_THROWING = ("intermediateThrowEvent", "endEvent")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        throws = [(node, event) for node in process.nodes.values() for event in _thrown(node)]
        if throws:
            undone, inside = _undone(process), scopes(process)
            for node, event in throws:
                key, severity = _fault(process, node, event, undone, inside)
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
    process: Process, node: Node, event: EventDefinition, undone: set[str], inside: dict[str, list[Node]]
) -> tuple[str, Severity]:
    around = _scopes_meant(process, node)
    if not event.ref:
        able = any(each.id in undone for scope in around for each in inside.get(scope, ()))
        return ("", "info") if able else ("nothing", "warning")
    target = process.nodes.get(event.ref)
    if target is None:
        return "unknown", "error"
    if target.scope not in around:
        return "elsewhere", "warning"
    return ("", "info") if target.id in undone else ("no-handler", "warning")


def _scopes_meant(process: Process, node: Node) -> list[str]:
    """The scope of the event; from inside an event sub-process that around it, too."""
    found = [node.scope]
    outer = process.nodes.get(node.scope)
    while outer is not None and outer.triggered_by_event and outer.scope not in found:
        found.append(outer.scope)
        outer = process.nodes.get(outer.scope)
    return found
