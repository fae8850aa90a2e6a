"""From every node some end can be reached, unless an event from outside may stop what goes round."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import ending, judged, reached, scopes, title
from app.diagrams.model import Diagram, Process

RULE = "no-way-to-end"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        ends, known, stopped = ending(process), reached(process), _stopped(process)
        for members in scopes(process).values():
            lost = [node for node in members if node.id in known and node.id not in ends and node.scope not in stopped]
            if lost:
                values = {"nodes": ", ".join(title(node.id, node.name) for node in lost[:5])}
                yield Finding(RULE, "warning", lost[0].id, lost[0].line, f"rules.{RULE}", values)


def _stopped(process: Process) -> set[str]:
    """Scopes that an interrupting boundary event or event sub-process ends."""
    found = {node.attached_to for node in process.nodes.values() if node.kind == "boundaryEvent" and node.interrupting}
    for node in process.nodes.values():
        outer = process.nodes.get(node.scope)
        if node.kind == "startEvent" and node.interrupting and outer is not None and outer.triggered_by_event:
            found.add(outer.scope)
    return found
