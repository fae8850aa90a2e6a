"""A timer that starts a process says when by itself: there is no case yet whose data could tell."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "timer-start"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        if node.kind != "startEvent" or node.scope != process.id:
            continue
        for event in node.events:
            if event.kind != "timer" or event.expression is None or event.expression.language == "literal":
                continue
            names = context.names_read(event.expression)
            if names:
                values = {"node": title(node.id, node.name), "names": ", ".join(sorted(names))[:80]}
                yield Finding(RULE, "error", node.id, event.line or node.line, f"rules.{RULE}.data", values)
