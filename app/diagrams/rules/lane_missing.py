"""Where a process has lanes, each node stands in one."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "lane-missing"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        if process.lanes and not node.lane and node.scope == process.id and node.kind != "boundaryEvent":
            yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})
