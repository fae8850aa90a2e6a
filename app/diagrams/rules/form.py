"""The form that a user task names exists."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "form"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        if node.form and context.has_form(node.form) is False:
            values = {"node": title(node.id, node.name), "form": node.form[:60]}
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}", values)
