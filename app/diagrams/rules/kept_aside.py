"""What other tools write beside BPMN is kept; where it would have changed the run there, it is told."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.foreign import DRAWING, TOOLS, apart, change
from app.diagrams.graph import judged, title_of
from app.diagrams.model import Diagram, Process, Unread
from app.diagrams.runnable import acts

RULE = "kept-aside"
_MOST_NAMES = 12


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    where = {key: it for it in judged(diagram) for key in (it.id, *it.nodes, *it.flows, *it.data)}
    others: dict[str, dict[str, Unread]] = {}
    for unread in diagram.unread:
        space, name = apart(unread)
        if acts(unread) or space in DRAWING:
            continue
        reason = change(unread)
        if not reason:
            others.setdefault(space, {}).setdefault(name, unread)
        elif unread.element in where:
            yield _change(where[unread.element], unread, reason)
    for space, names in others.items():
        first = min(names.values(), key=lambda it: it.line)
        listed = [*sorted(names)[:_MOST_NAMES], *(["…"] if len(names) > _MOST_NAMES else [])]
        values = {"tool": TOOLS.get(space, space[:80]), "names": ", ".join(name[:40] for name in listed)}
        yield Finding(RULE, "info", first.element, first.line, f"rules.{RULE}.other", values)


def _change(process: Process, unread: Unread, reason: str) -> Finding:
    space, name = apart(unread)
    values = {"node": title_of(process, unread.element), "extension": name, "tool": TOOLS[space]}
    return Finding(RULE, "warning", unread.element, unread.line, f"rules.{RULE}.{reason}", values)
