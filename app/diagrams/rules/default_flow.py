"""A default flow leaves the node that names it, and has no condition."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import GATEWAYS, is_activity, nodes, title, title_of
from app.diagrams.model import Diagram, Node

RULE = "default-flow"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        if not node.default:
            continue
        values = {"flow": title_of(process, node.default), "node": title(node.id, node.name)}
        if node.default not in node.outgoing:
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.elsewhere", values)
        elif not _may_have(node):
            yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}.not-here", values)
        elif process.flows[node.default].condition is not None:
            line = process.flows[node.default].line
            yield Finding(RULE, "warning", node.default, line, f"rules.{RULE}.condition", values)


def _may_have(node: Node) -> bool:
    chooses = node.kind in GATEWAYS and node.kind not in ("parallelGateway", "eventBasedGateway")
    return chooses or is_activity(node)
