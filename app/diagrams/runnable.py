"""What the engine does not run, in one table: the reasons are keys of the catalog (`rules.not-run.<reason>`).

The engine refuses the same by itself (engine/build.py); a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.diagrams.model import Node, Unread
from app.diagrams.names import CAMUNDA_LIKE, SPIFF, ZEEBE

#: where each trigger is run
TRIGGERS = {
    "startEvent": ("message", "timer", "signal", "error", "escalation"),
    "intermediateCatchEvent": ("message", "timer", "signal", "link"),
    "intermediateThrowEvent": ("message", "signal", "escalation", "link"),
    "boundaryEvent": ("message", "timer", "signal", "error", "escalation"),
    "endEvent": ("message", "signal", "error", "escalation", "terminate"),
}

#: reason -> whether it holds for a node
REASONS: dict[str, Callable[[Node], bool]] = {
    "complex-gateway": lambda node: node.kind == "complexGateway",
    "ad-hoc": lambda node: node.kind == "adHocSubProcess",
    "transaction": lambda node: node.kind == "transaction",
    "compensation": lambda node: node.for_compensation or _has(node, "compensate"),
    "cancel": lambda node: _has(node, "cancel"),
    "conditional": lambda node: _has(node, "conditional"),
    "trigger": lambda node: any(
        event.kind not in (*TRIGGERS.get(node.kind, (event.kind,)), "compensate", "cancel", "conditional")
        for event in node.events
    ),
    "several-triggers": lambda node: len(node.events) > 1,
    "quantities": lambda node: (node.start_quantity, node.completion_quantity) != (1, 1),
    "instantiate": lambda node: node.instantiate,
    "parallel-event-gateway": lambda node: node.event_gateway_type != "Exclusive",
    "behavior": lambda node: node.loop is not None and node.loop.behavior not in ("", "All"),
}

#: forms that are drawn into the diagram; ours are files of their own
FORM_FIELDS = ("formData", "formProperty")
#: what Camunda 7 does beside an activity: injects fields, maps errors and variables by classes
_BESIDE = ("field", "errorEventDefinition", "variableMappingClass", "variableMappingDelegateExpression")
#: extension elements and attributes that act by themselves in the tool they come from, by namespace
ACTING = {
    ZEEBE: {"executionListener", "taskListener"},
    SPIFF: {"preScript", "postScript"},
    **{space: {"executionListener", "taskListener", "connector", *FORM_FIELDS, *_BESIDE} for space in CAMUNDA_LIKE},
}


def reasons(node: Node) -> Iterator[str]:
    """Why a node is not run; nothing when it is."""
    return (reason for reason, holds in REASONS.items() if holds(node))


def acts(unread: Unread) -> str:
    """The name of an extension that would have done something, "" when it only describes."""
    space, _, name = unread.name.removeprefix("{").partition("}")
    return name if name in ACTING.get(space, ()) else ""


def _has(node: Node, kind: str) -> bool:
    return any(event.kind == kind for event in node.events)
