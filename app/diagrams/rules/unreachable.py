"""Every node can be reached from a start."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import judged, reached, title
from app.diagrams.model import Diagram

RULE = "unreachable"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        found = reached(process)
        for node in process.nodes.values():
            if node.id not in found:
                yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})
