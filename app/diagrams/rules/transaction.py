"""Cancel events belong to transactions: the end event directly inside, the other on the border."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import has_event, judged, scopes, title
from app.diagrams.model import Diagram, Node, Process

RULE = "transaction"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        inside = scopes(process)
        for node in process.nodes.values():
            key = _fault(process, node, inside)
            if key:
                yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.{key}", _values(node))


def _fault(process: Process, node: Node, inside: dict[str, list[Node]]) -> str:
    if node.kind == "endEvent" and has_event(node, "cancel"):
        around = process.nodes.get(node.scope)
        return "" if around is not None and around.kind == "transaction" else "end"
    if node.kind == "boundaryEvent" and has_event(node, "cancel"):
        host = process.nodes.get(node.attached_to)
        return "" if host is not None and host.kind == "transaction" else "border"
    if node.kind == "transaction" and any(has_event(each, "cancel") for each in inside.get(node.id, ())):
        borders = [each for each in process.nodes.values() if each.attached_to == node.id]
        return "" if any(has_event(each, "cancel") for each in borders) else "no-border"
    return ""


def _values(node: Node) -> dict[str, str]:
    return {"node": title(node.id, node.name)}
