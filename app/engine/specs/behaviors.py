"""What a multi-instance throws as its instances complete (BPMN 2.0.2, table 10.31: `behavior`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..catching import Catcher, find_catcher, hand_over
from .activities import send
from .triggers import Trigger

if TYPE_CHECKING:
    from ..scope import Scope
    from ..step import Step
    from .loops import Loop


def throw_of_instance(loop: Loop, step: Step, body: Scope) -> bool:
    """An instance has completed: throw what the behaviour asks for. Whether that ended the whole. Raises StepFault."""
    return any(_throw(loop, step, said) for said in list(_asked(loop, step, body)))


def _asked(loop: Loop, step: Step, body: Scope) -> Iterator[Trigger]:
    note = body.piece.loop
    assert note is not None
    if loop.throws_once and note.completed > 1:
        return
    seen = {**step.visible(), **loop.counts(note)}
    for said, condition in loop.throws:
        if condition is None or condition.evaluate(seen) is True:
            yield said


def _throw(loop: Loop, step: Step, said: Trigger) -> bool:
    if said.kind in ("message", "signal"):
        send(loop, step, said)
        return False
    catcher = find_catcher(step.scope, step, said.kind, said.code)
    if catcher is not None:  # at once: the last instance would take the border away with it
        hand_over(catcher)
        return catcher.interrupts
    if said.kind == "error":
        step.scope.live.catches.append(Catcher(None, None, {}, said.code, loop.element))
    return said.kind == "error"
