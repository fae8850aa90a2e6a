"""Where a message flow joins two processes that are both run here, one sends what the other waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import judged, title
from app.diagrams.model import Diagram, MessageFlow, Node, Process

RULE = "message-flow"
_CATCHING = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")
_THROWING = ("intermediateThrowEvent", "endEvent", "sendTask")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    run = {process.id: process for process in judged(diagram)}
    if not diagram.message_flows:
        return
    ends = _ends(diagram, run)
    for flow in diagram.message_flows.values():
        sender, receiver = ends.get(flow.source), ends.get(flow.target)
        if sender is not None and receiver is not None:
            yield from _judge(flow, sender, receiver)


@dataclass(frozen=True, slots=True)
class _End:
    """What a pool, process or node at the end of a message flow sends and waits for."""

    shown: str
    sends: set[str]
    awaits: set[str]


def _end(shown: str, nodes: Iterable[Node]) -> _End:
    end = _End(shown, set(), set())
    for node in nodes:
        names = [event.name for event in node.events if event.kind == "message"]
        names += [node.message.name] if node.message is not None else []
        if node.kind in _THROWING:
            # A service that sends in its own way is known by nothing but itself.
            end.sends.update(names or ([""] if node.service is not None else []))
        elif node.kind in _CATCHING:
            end.awaits.update(name for name in names if name)
    return end


def _ends(diagram: Diagram, run: dict[str, Process]) -> dict[str, _End]:
    """Everything that a message flow may begin or end at, and that is run here."""
    found: dict[str, _End] = {}
    for process in run.values():
        found[process.id] = _end(title(process.id, process.name), process.nodes.values())
        for node in process.nodes.values():
            found[node.id] = _end(title(node.id, node.name), (node,))
    for pool in diagram.pools.values():
        if pool.process in run:
            found[pool.id] = replace(found[pool.process], shown=title(pool.id, pool.name))
    return found


def _judge(flow: MessageFlow, sender: _End, receiver: _End) -> Iterator[Finding]:
    if not receiver.awaits or "" in sender.sends or sender.sends & receiver.awaits:
        return
    values = {
        "flow": title(flow.id, flow.name),
        "sender": sender.shown,
        "receiver": receiver.shown,
        "sent": _listed(sender.sends),
        "awaited": _listed(receiver.awaits),
    }
    key = "another" if sender.sends else "nothing"
    yield Finding(RULE, "warning", flow.id, flow.line, f"rules.{RULE}.{key}", values)


def _listed(names: set[str]) -> str:
    return ", ".join(f"“{name[:60]}”" for name in sorted(names)[:5])
