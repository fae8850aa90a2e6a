"""A compensation event on a border leads by an association to one activity for compensation, and to no flow."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import has_event, is_activity, judged, title
from app.diagrams.model import Diagram, Node, Process

RULE = "compensation"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        borders = [node for node in process.nodes.values() if _undoes(node)]
        handled = {node.handler for node in borders}
        hosts: set[str] = set()
        for node in borders:
            if node.attached_to in hosts:
                yield _finding(node, "second")
            elif not _can_undo(node, process.nodes.get(node.handler)):
                yield _finding(node, "nothing")
            elif node.outgoing:
                yield _finding(node, "flow")
            hosts.add(node.attached_to)
        yield from _handlers(process, handled)


def _handlers(process: Process, handled: set[str]) -> Iterator[Finding]:
    for node in process.nodes.values():
        if node.for_compensation and (node.incoming or node.outgoing):
            yield _finding(node, "handler-flow")
        elif node.for_compensation and node.id not in handled:
            yield _finding(node, "idle", "warning")


def _can_undo(border: Node, handler: Node | None) -> bool:
    """Whether the association leads to an activity beside it that is marked for it."""
    return handler is not None and handler.for_compensation and is_activity(handler) and handler.scope == border.scope


def _undoes(node: Node) -> bool:
    return node.kind == "boundaryEvent" and has_event(node, "compensate")


def _finding(node: Node, key: str, severity: str = "error") -> Finding:
    values = {"node": title(node.id, node.name)}
    return Finding(RULE, severity, node.id, node.line, f"rules.{RULE}.{key}", values)  # type: ignore[arg-type]
