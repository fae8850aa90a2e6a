"""Behind an event-based gateway stand only events that wait, and receive tasks."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "event-gateway"
_WAITING = ("intermediateCatchEvent", "receiveTask")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        if node.kind != "eventBasedGateway":
            continue
        gateway = title(node.id, node.name)
        if not node.outgoing:
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.nothing", {"gateway": gateway})
        elif len(node.outgoing) < 2:
            yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}.alone", {"gateway": gateway})
        for key in node.outgoing:
            target = process.nodes.get(process.flows[key].target)
            if target is not None and (target.kind not in _WAITING or target.loop is not None):
                values = {"gateway": gateway, "node": title(target.id, target.name)}
                yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.behind", values)
