"""It is clear where a process and a sub-process begin."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import implicit_starts, judged, scopes, title
from app.diagrams.model import Diagram, Node, Process

RULE = "start-event"
#: what happens within a running case, and so begins none
_WITHIN = ("error", "escalation", "compensate")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        for scope, members in scopes(process).items():
            outer = process.nodes.get(scope)
            if outer is None and scope == process.id:
                yield from _process(process, members)
            elif outer is not None and outer.kind != "adHocSubProcess" and not outer.triggered_by_event:
                yield from _sub_process(outer, members)


def _process(process: Process, members: list[Node]) -> Iterator[Finding]:
    where = {"scope": title(process.id, process.name)}
    starts = [node for node in members if node.kind == "startEvent"]
    plain = [node for node in starts if not node.events]
    for node in starts:
        if any(event.kind in _WITHIN for event in node.events):
            yield _finding("error", node.id, node.line, "within", {**where, "node": title(node.id, node.name)})
    if len(plain) > 1:
        yield _finding("warning", plain[1].id, plain[1].line, "several", {**where, **_listed(plain)})
    if starts or not members or any(node.instantiate for node in members):
        return
    first = implicit_starts(members)
    if first:
        yield _finding("warning", process.id, process.line, "none", {**where, **_listed(first)})
    else:
        yield _finding("error", process.id, process.line, "nowhere", where)


def _sub_process(outer: Node, members: list[Node]) -> Iterator[Finding]:
    where = {"scope": title(outer.id, outer.name)}
    starts = [node for node in members if node.kind == "startEvent"]
    plain = [node for node in starts if not node.events]
    for node in starts:
        if node.events:
            yield _finding("error", node.id, node.line, "triggered", {**where, "node": title(node.id, node.name)})
    if len(plain) > 1:
        yield _finding("error", plain[1].id, plain[1].line, "several-inside", {**where, **_listed(plain)})
    if not members:
        yield _finding("warning", outer.id, outer.line, "empty", where)
    elif not starts and not implicit_starts(members):
        yield _finding("error", outer.id, outer.line, "nowhere", where)


def _listed(nodes: list[Node]) -> dict[str, str]:
    return {"nodes": ", ".join(title(node.id, node.name) for node in nodes[:5])}


def _finding(severity: Severity, element: str, line: int, key: str, values: dict[str, str]) -> Finding:
    return Finding(RULE, severity, element, line, f"rules.{RULE}.{key}", values)
