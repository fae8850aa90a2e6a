"""What an event catches can come: an error or escalation from the activity it stands on, a signal from somewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import SUBPROCESSES, judged, title
from app.diagrams.model import Diagram, EventDefinition, Node, Process

RULE = "nobody-throws"
_THROWING = ("intermediateThrowEvent", "endEvent")
_CATCHING = ("startEvent", "intermediateCatchEvent", "boundaryEvent")
#: (kind, code); of code None, anything of that kind
_Raised = set[tuple[str, str | None]]


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    signals = set(_signals(diagram))
    for process in judged(diagram):
        raised = _inside(process)
        for node in process.nodes.values():
            for event in node.events if node.kind in _CATCHING else ():
                values = {"node": title(node.id, node.name), "name": event.name or event.code or "-"}
                line = event.line or node.line
                if event.kind == "signal" and event.name and event.name not in signals:
                    yield Finding(RULE, "info", node.id, line, f"rules.{RULE}.signal", values)
                elif event.kind in ("error", "escalation") and not _comes(process, node, event, raised):
                    yield Finding(RULE, "warning", node.id, line, f"rules.{RULE}.{event.kind}", values)


def _signals(diagram: Diagram) -> Iterator[str]:
    for process in diagram.processes.values():
        for node in process.nodes.values():
            if node.kind in _THROWING:
                yield from (event.name for event in node.events if event.kind == "signal")
            if node.loop is not None:
                yield from (each.event.name for each in node.loop.throws if each.event.kind == "signal")


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
