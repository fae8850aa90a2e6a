"""Runs diagrams. `start` and `advance` touch no table: a live state and an event in, happenings out.

SpiffWorkflow does the stepping; our own specs say what each element does; only the live part is kept and stored.
"""

from .advance import advance, conditional_start, start
from .appointments import Appointment, first, following, timer_starts
from .codec import FORMAT
from .data import taken
from .errors import DEADLOCK, CannotMigrate, NoStart, NotRunnable, TooLargeData, UnknownStep, UnreadableState
from .events import (
    Cancel,
    Edit,
    Event,
    MessageArrived,
    Retry,
    ServiceDone,
    ServiceFailed,
    SignalArrived,
    Skip,
    TaskDone,
    TimerDue,
)
from .happenings import (
    DataWritten,
    DecisionMade,
    Ended,
    Failed,
    Happening,
    MessageAwaited,
    MessageForgotten,
    MessageSent,
    ServiceCalled,
    ServiceWithdrawn,
    StepEntered,
    StepLeft,
    StoreWritten,
    TaskReached,
    TaskWithdrawn,
    TimerCleared,
    TimerSet,
)
from .host import Host
from .kinship import Obstacle, fits, nodes
from .limits import Limits
from .live import Live, Pieces, Waiting, load, pieces_for
from .migration import Migrated, Outlook, Redrawn, back, migrate, outlook
from .program import Program, compile
from .redrawing import ElementMap

__all__ = [
    "DEADLOCK",
    "FORMAT",
    "Appointment",
    "Cancel",
    "CannotMigrate",
    "DataWritten",
    "DecisionMade",
    "Edit",
    "ElementMap",
    "Ended",
    "Event",
    "Failed",
    "Happening",
    "Host",
    "Limits",
    "Live",
    "MessageArrived",
    "MessageAwaited",
    "MessageForgotten",
    "MessageSent",
    "Migrated",
    "NoStart",
    "NotRunnable",
    "Obstacle",
    "Outlook",
    "Pieces",
    "Program",
    "Redrawn",
    "Retry",
    "ServiceCalled",
    "ServiceDone",
    "ServiceFailed",
    "ServiceWithdrawn",
    "SignalArrived",
    "Skip",
    "StepEntered",
    "StepLeft",
    "StoreWritten",
    "TaskDone",
    "TaskReached",
    "TaskWithdrawn",
    "TimerCleared",
    "TimerDue",
    "TimerSet",
    "TooLargeData",
    "UnknownStep",
    "UnreadableState",
    "Waiting",
    "advance",
    "back",
    "compile",
    "conditional_start",
    "first",
    "fits",
    "following",
    "load",
    "migrate",
    "nodes",
    "outlook",
    "pieces_for",
    "start",
    "taken",
    "timer_starts",
]
