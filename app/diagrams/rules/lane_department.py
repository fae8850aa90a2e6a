"""A lane in which people work belongs to a department of the company."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import PERSONAL, judged, title
from app.diagrams.model import Diagram

RULE = "lane-department"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        worked = {node.lane[-1] for node in process.nodes.values() if node.kind in PERSONAL and node.lane}
        for lane in process.lanes.values():
            if lane.id in worked and context.department_of(process.id, lane.path) == "":
                values = {"lane": title(lane.id, lane.path)}
                yield Finding(RULE, "warning", lane.id, lane.line, f"rules.{RULE}", values)
