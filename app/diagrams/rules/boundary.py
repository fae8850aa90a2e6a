"""A boundary event stands on an activity of its own scope, and nothing flows into it."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import is_activity, nodes, title
from app.diagrams.model import Diagram, Node, Process

RULE = "boundary"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        key = _fault(process, node) if node.kind == "boundaryEvent" else ""
        if key:
            values = {"node": title(node.id, node.name), "host": node.attached_to[:60]}
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.{key}", values)


def _fault(process: Process, node: Node) -> str:
    host = process.nodes.get(node.attached_to)
    if host is None:
        return "nothing"
    if not is_activity(host) or host.triggered_by_event:
        return "no-activity"
    if host.scope != node.scope:
        return "scope"
    return "incoming" if node.incoming else ""
