"""A condition stands only where somebody asks it: behind a choosing gateway or an activity."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import EVENTS, flows, title, title_of
from app.diagrams.model import Diagram

RULE = "condition-place"
_NOT_HERE = (*EVENTS, "parallelGateway", "eventBasedGateway")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, flow in flows(diagram):
        source = process.nodes.get(flow.source)
        if flow.condition is not None and source is not None and source.kind in _NOT_HERE:
            values = {"flow": title_of(process, flow.id), "node": title(source.id, source.name)}
            yield Finding(RULE, "error", flow.id, flow.line, f"rules.{RULE}", values)
