"""A timer says when, in ISO 8601, as a cron line or as a FEEL expression."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram, EventDefinition
from app.diagrams.timing import READABLE, looks_like_cron

RULE = "timer"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        for event in node.events:
            key = _fault(event) if event.kind == "timer" else ""
            if key:
                text = "" if event.expression is None else " ".join(event.expression.text.split())[:80]
                values = {"node": title(node.id, node.name), "text": text}
                yield Finding(RULE, "error", node.id, event.line or node.line, f"rules.{RULE}.{key}", values)


def _fault(event: EventDefinition) -> str:
    if event.timer_kind not in READABLE or event.expression is None or not event.expression.text:
        return "empty"
    if event.expression.language != "literal" or READABLE[event.timer_kind](event.expression.text):
        return ""
    return "cron" if event.timer_kind == "cycle" and looks_like_cron(event.expression.text) else event.timer_kind
