"""In an ad-hoc sub-process something can begin: an activity that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import judged, scopes, title
from app.diagrams.model import Diagram, Node

RULE = "ad-hoc"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        inside = scopes(process)
        for node in process.nodes.values():
            if node.kind == "adHocSubProcess" and not any(map(_may_begin, inside.get(node.id, ()))):
                yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})


def _may_begin(node: Node) -> bool:
    aside = node.kind == "boundaryEvent" or node.triggered_by_event or node.for_compensation or node.instantiate
    caught = node.kind == "startEvent" and bool(node.events)
    return not (node.incoming or aside or caught) and not any(event.kind == "link" for event in node.events)
