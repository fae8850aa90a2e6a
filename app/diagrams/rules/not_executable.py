"""At least one process of the file is executable, since only those are deployed."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import title
from app.diagrams.model import Diagram

RULE = "not-executable"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    processes = diagram.processes.values()
    if any(process.executable for process in processes):
        return
    for process in processes:
        values = {"process": title(process.id, process.name)}
        yield Finding(RULE, "warning", process.id, process.line, "rules.not-executable", values)
