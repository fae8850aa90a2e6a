"""An element says once what it may say once: of two timers in one event nobody could tell which counts."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import judged, title_of
from app.diagrams.model import Diagram

RULE = "said-twice"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    if not diagram.doubled:
        return
    where = {key: process for process in judged(diagram) for key in (process.id, *process.nodes, *process.flows)}
    for again in diagram.doubled:
        process = where.get(again.element)
        if process is not None:
            values = {"node": title_of(process, again.element), "name": again.name.rpartition("}")[2][:60]}
            yield Finding(RULE, "error", again.element, again.line, f"rules.{RULE}", values)
