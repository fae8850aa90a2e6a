"""A path ends in an end event, so that readers see that it is meant to end there."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import has_event, nodes, title
from app.diagrams.model import Diagram, Node, Process

RULE = "dead-end"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        if not node.outgoing and not _may_stop(node, process):
            yield Finding(RULE, "info", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})


def _may_stop(node: Node, process: Process) -> bool:
    scope = process.nodes.get(node.scope)
    if node.kind == "endEvent" or node.triggered_by_event or node.for_compensation:
        return True
    if has_event(node, "compensate") or (node.kind == "intermediateThrowEvent" and has_event(node, "link")):
        return True
    return scope is not None and scope.kind == "adHocSubProcess"
