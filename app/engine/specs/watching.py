"""Listeners on behalf of others: boundary events, events after an event-based gateway, event sub-processes.

A watch is a step that is no token. When it catches something, a token is made at its node; the watch is gone, or goes
on listening where the event does not interrupt.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from .. import spiff
from ..codec import Wait
from ..errors import StepFault
from .triggers import Trigger, listen

if TYPE_CHECKING:
    from ..scope import Scope
    from ..spec import NodeSpec
    from ..step import Step


def watch(
    scope: Scope, host: Step | None, specs: Iterable[NodeSpec], *, but: Trigger | None = None, met: bool = False
) -> tuple[int, ...]:
    """Listen at each of these nodes, for each of its triggers but that one. `met`: its conditions are true already.

    All expressions are evaluated first, so that a fault leaves nothing behind. Raises StepFault.
    """
    visible = host.visible() if host is not None else scope.visible()
    waits: list[tuple[NodeSpec, Wait]] = []
    for spec in specs:
        for trigger in spec.awaits:
            if trigger.listens and trigger is not but:
                wait = trigger.wait(visible, scope.live.at)
                waits.append((spec, replace(wait, met=True) if met and wait.kind == "conditional" else wait))
    return tuple([_place(scope, spec, host, wait) for spec, wait in waits])


def watch_again(caught: Step, host: Step | None) -> None:
    """All triggers of an event that stays have come: it waits for all of them again.

    What was true is so still, and must become false before. An event that can no longer say what it waits for - its
    correlation key has no value any more - has come for the last time.
    """
    scope = caught.scope
    caught.cancel()
    with suppress(StepFault):
        numbers = watch(scope, host, (caught.task_spec,), met=True)
        holder = host.note if host is not None else scope.piece
        holder.watches = (*[number for number in holder.watches if scope.find(number) is not None], *numbers)
    if host is not None:
        host.touch()


def _place(scope: Scope, spec: NodeSpec, host: Step | None, wait: Wait) -> int:
    step = scope.place(spec, (host.ref,) if host else (), host=host.number if host else 0)
    step._set_state(spiff.WAITING)
    listen(step, wait)
    return step.number


def unwatch(scope: Scope, numbers: Iterable[int]) -> None:
    """Stop listening."""
    for number in numbers:
        step = scope.find(number)
        if step is not None:
            step.cancel()


def siblings(watch: Step) -> list[Step]:
    """The other watches of the same event that have not caught yet."""
    scope = watch.scope
    host = watch.host
    numbers = host.note.watches if host is not None else scope.piece.watches
    steps = [scope.find(number) for number in numbers if number != watch.number]
    return [step for step in steps if step is not None and step.note.at == watch.note.at and step.note.wait is not None]


def cancel_others(step: Step) -> None:
    """Take every other token of its scope away."""
    for other in list(step.scope.steps()):
        if other is not step:
            other.cancel()


def emerge(scope: Scope, spec: NodeSpec, caught: dict[str, Any], previous: tuple[str, ...]) -> Step:
    """A token appears at a node that has caught something."""
    step = spec.enter(scope, None, previous)
    step.note.caught = caught
    spec._update(step)
    return step
