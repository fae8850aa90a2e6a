"""What an event waits for, and the telling of it: timers, messages, signals and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from app.core import jsontext
from app.expressions import Compiled, to_json

from .. import data, limits, moments
from ..codec import Wait
from ..errors import StepFault, UnknownStep, UnreadableState
from ..events import Event, MessageArrived, SignalArrived, TimerDue
from ..happenings import MessageAwaited, MessageForgotten, TimerCleared, TimerSet

if TYPE_CHECKING:
    from ..step import Step


#: kinds of triggers that wait by themselves
LISTENING = frozenset(("timer", "message", "signal", "conditional"))


@dataclass(frozen=True, slots=True)
class ConditionMet:
    """What a step has waited for in the data is so."""

    ref: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event definition, compiled."""

    kind: str  #: timer, message, signal, error, escalation, ...
    name: str = ""  #: of the message or signal
    code: str = ""  #: of the error or escalation; "" = any
    code_variable: str = ""
    message_variable: str = ""
    timer: str = ""  #: date, duration or cycle
    expression: Compiled | None = None
    correlation: Compiled | None = None

    key_may_lack: bool = False  #: a correlation without a value takes any message
    waits: bool = True  #: compensation: the thrower goes on only when everything is undone

    @property
    def listens(self) -> bool:
        """It waits by itself: for the outside, or for the data; nobody in the case hands it over."""
        return self.kind in LISTENING

    def wait(self, visible: Mapping[str, Any], at: datetime) -> Wait:
        """What to wait for, as things stand. Raises StepFault."""
        if self.kind == "timer":
            assert self.expression is not None
            return moments.wait_for(self.timer, self.expression.evaluate(visible), at)
        if self.kind == "conditional":
            assert self.expression is not None
            return Wait(self.kind, name=self.expression.text)
        return Wait(self.kind, name=self.name, correlation=correlation_of(self, visible))


def correlation_of(trigger: Trigger, visible: Mapping[str, Any]) -> str | None:
    """The canonical text of a correlation key; None when there is none to compare. Raises StepFault."""
    expression = trigger.correlation
    if expression is None:
        return None
    value = to_json(expression.evaluate(visible))
    if value is None and trigger.key_may_lack:
        return None
    if value is None:
        raise StepFault("no-correlation", f"The correlation key “{expression.text}” has no value.")
    key = jsontext.dump_bytes(value)
    if len(key) > limits.CORRELATION:
        message = f"The correlation key “{expression.text}” is longer than {limits.CORRELATION} bytes."
        raise StepFault("long-correlation", message)
    return key.decode()


def listen(step: Step, wait: Wait) -> None:
    """Tell the world what the step waits for."""
    live, note = step.scope.live, step.note
    note.wait = wait
    step.touch()
    if wait.due is not None:
        live.tell(TimerSet(step.ref, note.at, wait.due))
        return
    if wait.kind == "conditional":
        live.watch_data(step.ref)
    live.tell(MessageAwaited(step.ref, note.at, wait.kind, wait.known_as, wait.correlation))


def forget(step: Step) -> None:
    """The step waits no longer."""
    wait, live = step.note.wait, step.scope.live
    if wait is not None:
        step.note.wait = None
        step.touch()
        if wait.kind == "conditional":
            live.unwatch_data(step.ref)
        live.tell(TimerCleared(step.ref) if wait.kind == "timer" else MessageForgotten(step.ref))


def caught(step: Step, event: Event | ConditionMet) -> dict[str, Any]:
    """What an event brings to a step that waits for it. Raises UnknownStep when it waits for something else."""
    wait = step.note.wait
    match event:
        case TimerDue() if wait is not None and wait.kind == "timer":
            return {}
        case ConditionMet() if wait is not None and wait.kind == "conditional":
            return {}
        case MessageArrived() if wait is not None and wait.kind == "message":
            return data.taken(event.payload)
        case SignalArrived() if wait is not None and wait.kind == "signal":
            return data.taken(event.payload)
    raise UnknownStep(ref=step.ref)


def is_met(step: Step) -> bool:
    """Whether the condition that a step waits for has become true: what was true already must be false in between.

    Raises UnreadableState when the stored case does not belong to the drawing.
    """
    wait, host = step.note.wait, step.host
    asked = [it.expression for it in step.task_spec.awaits if it.kind == "conditional" and it.expression is not None]
    expression = next((it for it in asked if wait is not None and it.text == wait.name), None)
    if expression is None or wait is None:
        raise UnreadableState(step=step.ref)
    met = expression.evaluate((host or step).visible()) is True
    if met != wait.met:
        step.note.wait = replace(wait, met=met)
        step.touch()
    return met and not wait.met


def again(step: Step) -> None:
    """A listener that stays has caught something: wait for the next occurrence, if there is one."""
    wait = step.note.wait
    if wait is None or wait.kind != "timer":
        return
    following = moments.next_wait(wait, step.scope.live.at)
    if following is None:
        forget(step)
        step.cancel()
    else:
        listen(step, following)
