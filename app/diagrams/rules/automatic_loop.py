"""A way that goes round has something in it that waits: a person, an event, a timer, a connector."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import circles, judged, title, ways_on
from app.diagrams.model import Diagram, Process

RULE = "automatic-loop"
_AT_ONCE = frozenset({
    "task", "scriptTask", "businessRuleTask", "intermediateThrowEvent",
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway",
})  # fmt: skip


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        for circle in circles(_automatic(process), ways_on(process)):
            shown = [process.nodes[each] for each in circle[:5]]
            values = {"nodes": ", ".join(title(node.id, node.name) for node in shown)}
            yield Finding(RULE, "warning", shown[0].id, shown[0].line, f"rules.{RULE}", values)


def _automatic(process: Process) -> set[str]:
    return {node.id for node in process.nodes.values() if node.kind in _AT_ONCE and node.service is None}
