"""What an event catches can come: an error or escalation from the activity it stands on, a signal from somewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import SUBPROCESSES, judged, title
from app.diagrams.model import Diagram, EventDefinition, Node, Process
from app.diagrams.slips import Slips

RULE = "nobody-throws"
_THROWING = ("intermediateThrowEvent", "endEvent")
_CATCHING = ("startEvent", "intermediateCatchEvent", "boundaryEvent")
#: (kind, code); of code None, anything of that kind
_Raised = set[tuple[str, str | None]]


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    thrown = {"signal": set(_signals(diagram)), "message": set(_messages(diagram))}
    meant = {kind: Slips(names) for kind, names in thrown.items()}
    for process in judged(diagram):
        raised = _inside(process)
        for node in process.nodes.values():
            for event in node.events if node.kind in _CATCHING else ():
                known = event.name in thrown.get(event.kind, ())
                near = meant[event.kind].find(event.name) if event.kind in meant and not known else ""
                if near:
                    yield _finding(node, event, "near", "warning", near)
                elif event.kind == "signal" and event.name and not known:
                    yield _finding(node, event, "signal", "info")
                elif event.kind in ("error", "escalation") and not _comes(process, node, event, raised):
                    yield _finding(node, event, event.kind, "warning")


def _finding(node: Node, event: EventDefinition, key: str, severity: Severity, near: str = "") -> Finding:
    name = event.name or event.code or "-"
    values = {"node": title(node.id, node.name), "name": name[:60], "near": near[:60], "kind": event.kind}
    return Finding(RULE, severity, node.id, event.line or node.line, f"rules.{RULE}.{key}", values)


def _signals(diagram: Diagram) -> Iterator[str]:
    for process in diagram.processes.values():
        for node in process.nodes.values():
            if node.kind in _THROWING:
                yield from (event.name for event in node.events if event.kind == "signal")
            if node.loop is not None:
                yield from (each.event.name for each in node.loop.throws if each.event.kind == "signal")


def _messages(diagram: Diagram) -> Iterator[str]:
    for process in diagram.processes.values():
        for node in process.nodes.values():
            if node.kind in _THROWING:
                yield from (event.name for event in node.events if event.kind == "message")
            elif node.kind == "sendTask" and node.message is not None:
                yield node.message.name


def _comes(process: Process, node: Node, event: EventDefinition, raised: dict[str, _Raised]) -> bool:
    """Whether something raises it where this event listens."""
    outer = process.nodes.get(node.scope)
    if node.kind == "boundaryEvent":
        host = process.nodes.get(node.attached_to)
        if host is None:
            return True  # a rule of its own
        found = raised[host.id] if host.kind in SUBPROCESSES else _raises(host)
        found = found | _raises(host)
    elif outer is not None and outer.triggered_by_event:
        found = raised[outer.scope]
    else:
        return True
    return any(kind == event.kind and (not event.code or code in (None, event.code)) for kind, code in found)


def _inside(process: Process) -> dict[str, _Raised]:
    """Scope -> all that what stands in it may raise, at whatever level."""
    found: dict[str, _Raised] = defaultdict(set)
    for node in process.nodes.values():
        raises, scope = _raises(node), node.scope
        passed: set[str] = set()  # ids that come twice make rings, which a rule names
        while raises and scope not in passed:
            found[scope] |= raises
            passed.add(scope)
            outer = process.nodes.get(scope)
            scope = outer.scope if outer is not None else scope
    return found


def _raises(node: Node) -> _Raised:
    """What a node itself may raise."""
    if _throws_beside(node) or node.kind == "callActivity":
        return {("error", None), ("escalation", None)}
    if node.service is not None or node.kind in ("serviceTask", "scriptTask", "businessRuleTask"):
        return {("error", None)}
    if node.kind in _THROWING:
        return {(event.kind, event.code) for event in node.events if event.kind in ("error", "escalation")}
    return set()


def _throws_beside(node: Node) -> bool:
    """A multi-instance that throws events as its instances end."""
    return node.loop is not None and node.loop.behavior not in ("", "All")
