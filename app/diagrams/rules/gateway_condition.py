"""Where a gateway chooses, each way out has a condition or is the default."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import nodes, title, title_of
from app.diagrams.model import Diagram, Node

RULE = "gateway-condition"
_CHOOSING = ("exclusiveGateway", "inclusiveGateway")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        if node.kind not in _CHOOSING or len(node.outgoing) < 2:
            continue
        bare = [process.flows[key] for key in node.outgoing if key != node.default]
        bare = [flow for flow in bare if flow.condition is None]
        for flow in bare:
            severity, key = _judged(node, len(bare))
            values = {"flow": title_of(process, flow.id), "node": title(node.id, node.name)}
            yield Finding(RULE, severity, flow.id, flow.line, f"rules.{RULE}{key}", values)


def _judged(node: Node, bare: int) -> tuple[Severity, str]:
    if node.kind == "inclusiveGateway":
        return "warning", ".always"
    return ("warning", ".last") if bare == 1 and not node.default else ("error", "")
