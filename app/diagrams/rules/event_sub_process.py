"""An event sub-process has exactly one start event, with a trigger, and no flow of the outside touches it."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import judged, scopes, title
from app.diagrams.model import Diagram

RULE = "event-sub-process"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        inside = scopes(process)
        for node in process.nodes.values():
            if not node.triggered_by_event:
                continue
            values = {"node": title(node.id, node.name)}
            starts = [each for each in inside.get(node.id, ()) if each.kind == "startEvent"]
            if len(starts) != 1 or not starts[0].events:
                yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.start", values)
            if node.loop is not None:
                yield Finding(RULE, "error", node.id, node.loop.line or node.line, f"rules.{RULE}.loop", values)
            if node.incoming or node.outgoing:
                yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.flow", values)
