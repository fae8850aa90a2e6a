"""An activity that is done several times says how often."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram, Loop

RULE = "loop-count"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        key = _fault(node.loop) if node.loop is not None else ""
        if key and node.loop is not None:
            values = {"node": title(node.id, node.name)}
            yield Finding(RULE, "error", node.id, node.loop.line or node.line, f"rules.{RULE}.{key}", values)


def _fault(loop: Loop) -> str:
    if loop.kind == "multi":
        return "multi" if loop.collection is None and loop.cardinality is None else ""
    if loop.maximum is not None and loop.maximum < 0:
        return "negative"
    return "standard" if loop.condition is None and loop.maximum is None else ""
