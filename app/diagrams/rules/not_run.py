"""Everything that is drawn is run as BPMN means it; what is not run yet is refused by name."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import judged, nodes, title
from app.diagrams.model import Diagram
from app.diagrams.runnable import FORM_FIELDS, acts, reasons

RULE = "not-run"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        for reason in reasons(node):
            values = {"node": title(node.id, node.name), "triggers": ", ".join(event.kind for event in node.events)}
            yield Finding(RULE, "error", node.id, node.line, f"rules.not-run.{reason}", values)
    yield from _extensions(diagram)


def _extensions(diagram: Diagram) -> Iterator[Finding]:
    inside = {key for process in judged(diagram) for key in (process.id, *process.nodes, *process.flows)}
    for unread in diagram.unread:
        name = acts(unread)
        if name and unread.element in inside:
            values = {"node": title(unread.element), "extension": name}
            key = "form-fields" if name in FORM_FIELDS else "extension"
            yield Finding(RULE, "error", unread.element, unread.line, f"rules.not-run.{key}", values)
