"""A gateway parts ways or brings them together."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import GATEWAYS, nodes, title
from app.diagrams.model import Diagram

RULE = "idle-gateway"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        parting = node.kind in GATEWAYS and node.kind != "eventBasedGateway"
        if parting and len(node.incoming) < 2 and len(node.outgoing) < 2:
            yield Finding(RULE, "info", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})
