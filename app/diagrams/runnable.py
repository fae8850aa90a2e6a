"""What the engine does not run, in one table: the reasons are keys of the catalog (`rules.not-run.<reason>`).

The engine refuses the same by itself (engine/build.py); a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.diagrams.model import Loop, Node, Unread
from app.diagrams.names import CAMUNDA_LIKE, DROOLS, SPIFF, ZEEBE

#: triggers that wait by themselves: for the outside, or for the data
LISTENING = ("timer", "message", "signal", "conditional")
#: where each trigger is run
TRIGGERS = {
    "startEvent": (*LISTENING, "error", "escalation", "compensate"),
    "intermediateCatchEvent": (*LISTENING, "link"),
    "intermediateThrowEvent": ("message", "signal", "escalation", "compensate", "link"),
    "boundaryEvent": (*LISTENING, "error", "escalation", "cancel", "compensate"),
    "endEvent": ("message", "signal", "error", "escalation", "compensate", "cancel", "terminate"),
}

#: what a multi-instance may throw as its instances complete
THROWN = ("message", "signal", "error", "escalation")
#: tokens that an activity may wait for, or give
TOKENS = 1_000

#: reason -> whether it holds for a node
REASONS: dict[str, Callable[[Node], bool]] = {
    "trigger": lambda node: any(event.kind not in TRIGGERS.get(node.kind, (event.kind,)) for event in node.events),
    "quantities": lambda node: not (1 <= node.start_quantity <= TOKENS and 1 <= node.completion_quantity <= TOKENS),
    "needs-all": lambda node: node.parallel_multiple and any(event.kind not in LISTENING for event in node.events),
    "beside": lambda node: len(node.events) > 1 and _alone(node),
    "instantiate": lambda node: node.instantiate and bool(node.incoming),
    "parallel-event-gateway": lambda node: node.event_gateway_type != "Exclusive" and not node.instantiate,
    "behavior": lambda node: node.loop is not None and _throws_oddly(node.loop),
}

#: forms that are drawn into the diagram; ours are files of their own
FORM_FIELDS = ("formData", "formProperty")
#: what Camunda 7 does beside an activity: injects fields, maps errors and variables by classes
_BESIDE = ("field", "errorEventDefinition", "variableMappingClass", "variableMappingDelegateExpression")
#: Flowable skips what this says, and listens for events of its own
_FLOWABLES = ("skipExpression", "eventListener")
#: extension elements and attributes that act by themselves in the tool they come from, by namespace
ACTING = {
    ZEEBE: {"executionListener", "taskListener", "adHoc", "conditionalFilter"},
    DROOLS: {"onEntry-script", "onExit-script", "taskName"},
    SPIFF: {"preScript", "postScript"},
    **{
        space: {"executionListener", "taskListener", "connector", *FORM_FIELDS, *_BESIDE, *_FLOWABLES}
        for space in CAMUNDA_LIKE
    },
}


def reasons(node: Node) -> Iterator[str]:
    """Why a node is not run; nothing when it is."""
    return (reason for reason, holds in REASONS.items() if holds(node))


def acts(unread: Unread) -> str:
    """The name of an extension that would have done something, "" when it only describes."""
    space, _, name = unread.name.removeprefix("{").partition("}")
    return name if name in ACTING.get(space, ()) else ""


def _alone(node: Node) -> bool:
    """Whether it catches something that has no other trigger beside it."""
    catches = node.kind in ("intermediateCatchEvent", "boundaryEvent")
    return catches and any(event.kind in ("compensate", "cancel", "link") for event in node.events)


def _throws_oddly(loop: Loop) -> bool:
    """A behaviour that BPMN does not know, or one that throws what cannot be thrown while others go on."""
    known = ("", "All", "None", "One", "Complex")
    return loop.behavior not in known or any(each.event.kind not in THROWN for each in loop.throws)
