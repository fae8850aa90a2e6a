"""An id stands once in a file."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.model import Diagram

RULE = "duplicate-id"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for again in diagram.repeated:
        values = {"id": again.id[:60], "first_line": again.first_line}
        yield Finding(RULE, "error", again.id, again.line, f"rules.{RULE}", values)
