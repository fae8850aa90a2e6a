"""What the engine tells about a move: plain facts, in the order in which they happened.

`ref` names a step within one instance for ever: "7" is the seventh step of the root, "7/2" the second step of the
sub-process, called process or multi-instance child that step "7" opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class StepEntered:
    """A token reached a node."""

    ref: str
    process: str  #: process id; with `element` it names the node, called processes included
    element: str
    kind: str  #: the node's BPMN kind
    previous: tuple[str, ...] = ()  #: refs of the steps it came from; several after a join
    program: str = ""  #: hash of the version it runs on: one case may call two versions of a process


@dataclass(frozen=True, slots=True)
class StepLeft:
    """A node is done with a token."""

    ref: str
    process: str
    element: str
    kind: str
    outcome: str  #: completed, caught, thrown, cancelled or error
    previous: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()  #: ids of the sequence flows taken
    entered_at: datetime | None = None  #: when the step was entered; None = in this very move
    program: str = ""  #: hash of the version it runs on
    begun: bool = True  #: false: cancelled before it did anything


@dataclass(frozen=True, slots=True)
class TaskReached:
    """A user or manual task waits for a person. Expressions are already evaluated."""

    ref: str
    process: str
    element: str
    name: str
    names: Mapping[str, str]
    lane: tuple[str, ...]  #: lane ids, outermost first
    form: str
    data: Mapping[str, Any]  #: what the form may show: visible variables after input mappings
    assignee: str | None = None
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    due: str | datetime | None = None  #: a moment, or an ISO duration in working time (text)
    follow_up: str | datetime | None = None
    priority: int = 50
    properties: Mapping[str, str] = field(default_factory=dict)
    previous: tuple[str, ...] = ()
    item: Any = None  #: the element of a multi-instance, for telling siblings apart
    program: str = ""  #: hash of the version it runs on


@dataclass(frozen=True, slots=True)
class TaskWithdrawn:
    """The work is no longer wanted (boundary event, terminate, cancel)."""

    ref: str
    element: str


@dataclass(frozen=True, slots=True)
class TimerSet:
    """The clock must bring `TimerDue(ref)` at `due_at`. Setting the same ref again replaces it (cycles)."""

    ref: str
    element: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TimerCleared:
    """The timer is no longer wanted, or has fired."""

    ref: str


@dataclass(frozen=True, slots=True)
class MessageAwaited:
    """Somebody listens. `kind` is message, signal, or conditional: that nobody outside can bring, its name is the text.

    `correlation` is the key's canonical text, None for any.
    """

    ref: str
    element: str
    kind: str
    name: str
    correlation: str | None = None


@dataclass(frozen=True, slots=True)
class MessageForgotten:
    """Nobody listens there any more."""

    ref: str


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message or signal left this instance. Its own listeners have heard a signal already; a message nobody has."""

    ref: str
    element: str
    kind: str
    name: str
    correlation: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceCalled:
    """A service task waits for `ServiceDone(ref)` or `ServiceFailed(ref)`."""

    ref: str
    process: str
    element: str
    type: str
    inputs: Mapping[str, Any]
    retries: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ServiceWithdrawn:
    """The call's result is no longer wanted."""

    ref: str


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A DMN decision was taken: what it read, which rules matched, what it answered."""

    ref: str
    element: str
    decision: str
    inputs: Mapping[str, Any]
    rules: tuple[str, ...]
    outputs: Any


@dataclass(frozen=True, slots=True)
class DataWritten:
    """Variables changed. Only the changed top-level names appear; `before` lacks the new ones."""

    ref: str
    element: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    process: str = ""  #: "" when an operator wrote them
    program: str = ""  #: hash of the version that the step runs on


@dataclass(frozen=True, slots=True)
class StoreWritten:
    """A data store, which all cases share, holds another value from now on."""

    ref: str
    element: str
    store: str
    value: Any
    process: str
    program: str  #: hash of the version that the step runs on


@dataclass(frozen=True, slots=True)
class Failed:
    """The step cannot go on until an operator retries, skips or edits: an incident."""

    ref: str
    element: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The instance is over. `outcome` is completed, terminated, cancelled or error."""

    outcome: str
    element: str
    code: str
    data: Mapping[str, Any]


Happening = (
    StepEntered
    | StepLeft
    | TaskReached
    | TaskWithdrawn
    | TimerSet
    | TimerCleared
    | MessageAwaited
    | MessageForgotten
    | MessageSent
    | ServiceCalled
    | ServiceWithdrawn
    | DecisionMade
    | DataWritten
    | StoreWritten
    | Failed
    | Ended
)
