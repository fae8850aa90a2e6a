"""Nothing flows into a start event."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "start-incoming"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        if node.kind == "startEvent" and node.incoming:
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})
