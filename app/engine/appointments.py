"""When the clock begins a case: the moments of a timer start event, before there is any case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from . import moments
from .codec import Wait
from .errors import NoStart, StepFault
from .program import Program


@dataclass(frozen=True, slots=True)
class Appointment:
    """One moment of a timer start event, with what is left of its cycle after it."""

    due_at: datetime
    every: str = ""  #: ISO duration between two moments; "" = this is the only one
    cron: str = ""  #: or the cron line that says when the next one is
    left: int | None = None  #: moments after this one; None = without end
    until: datetime | None = None  #: none after this
    counted_from: datetime | None = None  #: months are counted from here, where a short one would drag the day


def timer_starts(program: Program) -> list[str]:
    """The start events of a process that the clock brings."""
    specs = program.root.task_specs.values()
    starts = [spec for spec in specs if spec.node.kind == "startEvent"]
    return [spec.node.id for spec in starts if any(trigger.kind == "timer" for trigger in spec.awaits)]


def first(program: Program, element: str, at: datetime) -> Appointment | None:
    """The first moment of a timer start event that does not lie before `at`; None when all of them do.

    Raises NoStart where its expression says no time.
    """
    spec = program.root.task_specs[element]
    trigger = next((it for it in spec.awaits if it.kind == "timer"), None)
    if trigger is None:
        raise NoStart(f"{program.key} has no timer start event {element}", process=program.key, element=element)
    try:
        wait = trigger.wait({}, at)
    except StepFault as fault:
        raise NoStart(fault.message, process=program.key, element=element) from fault
    return _not_before(wait, at)


def following(appointment: Appointment, at: datetime) -> Appointment | None:
    """The next moment of the cycle that does not lie before `at`. Moments that were slept through are counted off."""
    wait = Wait(
        "timer",
        due=appointment.due_at,
        every=appointment.every,
        cron=appointment.cron,
        left=appointment.left,
        until=appointment.until,
        first=appointment.counted_from,
    )
    after = moments.next_wait(wait)
    return _not_before(after, at) if after is not None else None


def _not_before(wait: Wait, at: datetime) -> Appointment | None:
    if wait.cron and wait.due is not None and wait.due < at:
        return _not_before(moments.next_wait(wait, at) or Wait("timer"), at)
    found: Wait | None = _jump(wait, at)
    while found is not None and found.due is not None and found.due < at:
        found = moments.next_wait(found)
    if found is None or found.due is None or (found.until is not None and found.due > found.until):
        return None
    return Appointment(found.due, found.every, found.cron, found.left, found.until, found.first)


def _jump(wait: Wait, at: datetime) -> Wait:
    """Nearly there in one step where the cycle has an exact length: a second slept through for a year is many."""
    length = moments.read_length(wait.every) if wait.every else None
    if length is None or length.months or wait.due is None or wait.due >= at:
        return wait
    missed = (at - wait.due) // length.time
    if wait.left is not None:
        missed = min(missed, wait.left)
    left = None if wait.left is None else wait.left - missed
    return Wait("timer", due=wait.due + missed * length.time, every=wait.every, left=left, until=wait.until)
