"""A script task has a script, in FEEL."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "script"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        if node.kind != "scriptTask" or (node.script is None and node.service is not None):
            continue  # a worker runs its script
        values = {"node": title(node.id, node.name), "format": node.script.format[:60] if node.script else ""}
        if node.script is None or not node.script.text.strip():
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.empty", values)
        elif node.script.format != "feel":
            yield Finding(RULE, "error", node.id, node.script.line, f"rules.{RULE}.format", values)
