"""A complex gateway where several ways meet says how many tokens it waits for."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "complex-gateway"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        if node.kind == "complexGateway" and len(node.incoming) > 1 and node.activation is None:
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})
