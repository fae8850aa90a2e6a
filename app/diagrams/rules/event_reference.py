"""An event says which message, signal, error, escalation or condition it means; what it refers to is in the file."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram, EventDefinition, Node

RULE = "event-reference"
_THROWING = ("intermediateThrowEvent", "endEvent")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        for message in (*node.events, *((node.message,) if node.message is not None else ())):
            if message.by_properties and node.kind != "startEvent":
                values = {**_values(node), "message": message.name}
                yield Finding(RULE, "warning", node.id, message.line or node.line, f"rules.{RULE}.properties", values)
        for message in (*node.events, *((node.message,) if node.message is not None else ())):
            if message.named_by:
                values = {**_values(node), "message": message.name[:60]}
                key = f"rules.{RULE}.named-by-{message.named_by}"
                yield Finding(RULE, "info", node.id, message.line or node.line, key, values)
        thrown = tuple(each.event for each in node.loop.throws) if node.loop is not None else ()
        for event in (*node.events, *thrown):
            yield from _event(node, event)
        if node.kind in ("intermediateCatchEvent", "boundaryEvent") and not node.events:
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.nothing", _values(node))
        if node.kind == "receiveTask" or (node.kind == "sendTask" and node.service is None):
            yield from _message(node)


def _event(node: Node, event: EventDefinition) -> Iterator[Finding]:
    line = event.line or node.line
    values = {**_values(node), "ref": event.ref, "kind": event.kind}
    computed = _computed(event)
    if computed:
        yield Finding(RULE, "error", node.id, line, f"rules.{RULE}.computed", {**values, "text": computed[:60]})
    if event.kind in ("message", "signal", "error", "escalation") and event.ref and not event.name:
        yield Finding(RULE, "error", node.id, line, f"rules.{RULE}.unknown", values)
    elif event.kind == "message" and not event.name and not _works(node):
        yield Finding(RULE, "error", node.id, line, f"rules.{RULE}.message", values)
    elif event.kind == "signal" and not event.name:
        yield Finding(RULE, "error", node.id, line, f"rules.{RULE}.signal", values)
    elif event.kind == "conditional" and (event.expression is None or not event.expression.text.strip()):
        yield Finding(RULE, "error", node.id, line, f"rules.{RULE}.condition", values)
    elif event.kind in ("error", "escalation") and not event.code and node.kind in _THROWING:
        yield Finding(RULE, "warning", node.id, line, f"rules.{RULE}.no-code", values)


def _computed(event: EventDefinition) -> str:
    """A name or code that other tools would compute; ours are texts as they stand."""
    written = (event.name, event.code) if event.kind in ("message", "signal", "error", "escalation") else ()
    return next((text for text in written if text.startswith("=") or "${" in text or "#{" in text), "")


def _works(node: Node) -> bool:
    """A thrown message may be work for a connector, as Camunda draws it."""
    return node.kind in _THROWING and node.service is not None


def _message(node: Node) -> Iterator[Finding]:
    if node.message is None:
        yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.message", _values(node))
    elif _computed(node.message):
        values = {**_values(node), "kind": "message", "text": _computed(node.message)[:60]}
        yield Finding(RULE, "error", node.id, node.message.line or node.line, f"rules.{RULE}.computed", values)
    elif not node.message.name:
        values = {**_values(node), "ref": node.message.ref, "kind": "message"}
        yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.unknown", values)


def _values(node: Node) -> dict[str, str]:
    return {"node": title(node.id, node.name)}
