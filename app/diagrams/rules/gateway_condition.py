"""Where a gateway chooses, each way out has a condition or is the default."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title, title_of
from app.diagrams.model import Diagram

RULE = "gateway-condition"
_CHOOSING = ("exclusiveGateway", "inclusiveGateway")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        if node.kind not in _CHOOSING or len(node.outgoing) < 2:
            continue
        for key in node.outgoing:
            flow = process.flows[key]
            if flow.condition is None and key != node.default:
                values = {"flow": title_of(process, key), "node": title(node.id, node.name)}
                yield Finding(RULE, "error", key, flow.line, f"rules.{RULE}", values)
