"""A diagram holds at least one process with something in it."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import judged, title
from app.diagrams.model import Diagram

RULE = "no-process"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    if not diagram.processes:
        yield Finding(RULE, "error", "", 1, "rules.no-process")
    for process in judged(diagram):
        if not process.nodes:
            values = {"process": title(process.id, process.name)}
            severity: Severity = "warning" if any(each.nodes for each in diagram.processes.values()) else "error"
            yield Finding(RULE, severity, process.id, process.line, "rules.no-process.empty", values)
