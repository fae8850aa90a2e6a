"""The stepping loop: one event in, everything that follows from it out, one step at a time.

What an event caught comes first, then steps in the order in which they became ready; nothing recurses, so neither long
nor wide diagrams have a limit. A move has a budget of steps and of computing: an endless loop becomes an incident.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import data, limits, spiff
from .catching import Catcher, hand_over, throw
from .errors import NoStart, StepFault, ThrownError, UnknownStep
from .events import Cancel, Edit, Event, Retry, SignalArrived, Skip
from .happenings import DataWritten, Ended, Failed, Happening
from .host import Host
from .live import Live
from .program import Program
from .scope import Scope
from .spec import NodeSpec
from .specs.gateways import deadlocks, release
from .specs.scopes import begin
from .specs.watching import unwatch
from .step import Step


def start(
    program: Program,
    values: Mapping[str, Any],
    *,
    host: Host,
    at: datetime,
    element: str = "",
    payload: Mapping[str, Any] | None = None,
) -> tuple[Live, list[Happening]]:
    """Begin a case at a start event; "" is the plain one, or where nothing comes before.

    Raises NoStart, and TooLargeData.
    """
    live = Live(host, program, {})
    live.at = at
    starts = _starts(program, element)
    caught = data.taken(payload) if payload is not None else None
    root = live.open(None, "", program.root, "process", data.taken(values), program)
    try:
        begin(root, starts, (), caught)
    except StepFault as fault:
        raise NoStart(fault.message, process=program.key) from fault
    return live, _run(live)


def _starts(program: Program, element: str) -> tuple[NodeSpec, ...]:
    if not element:
        starts = program.root.starts
        if not starts or (len(starts) > 1 and all(spec.node.kind == "startEvent" for spec in starts)):
            raise NoStart(
                f"{program.key} has no start event without a trigger, or several; name one", process=program.key
            )
        return starts
    spec = program.root.task_specs.get(element)
    if spec is None or spec.node.kind != "startEvent":
        raise NoStart(f"{program.key} has no start event {element}", process=program.key, element=element)
    return (spec,)


def advance(live: Live, event: Event, *, at: datetime) -> list[Happening]:
    """Let the case move by one event. `live` is spoiled when this raises: throw it away.

    Raises UnknownStep when the step is over or does not wait for that, and TooLargeData.
    """
    live.at = at
    live.move += 1
    if live.ended:
        raise UnknownStep(ref=getattr(event, "ref", ""))
    match event:
        case SignalArrived():
            _signal(live, event)
        case Edit():
            _edit(live, event)
        case Cancel():
            end(live, "cancelled", "", "")
        case Retry():
            _retry(live, event)
        case Skip():
            step = _failed(live, event.ref)
            _attempt(live, step, lambda: step.task_spec.skip(step, data.taken(event.data)))
        case _:
            step = live.step(event.ref)
            if step.state not in (spiff.STARTED, spiff.WAITING):
                raise UnknownStep(ref=event.ref)
            _attempt(live, step, lambda: step.task_spec.take(step, event))
    return _run(live)


# -- the loop ----------------------------------------------------------------------------------------------------------


def _run(live: Live) -> list[Happening]:
    left, until = limits.STEPS, time.thread_time() + limits.SECONDS
    while True:
        if live.catches:
            _catch(live, live.catches.popleft())
        elif live.endings:
            _end_scope(live, *live.endings.popleft())
        elif live.ready:
            step = live.ready.popleft()
            if step.state != spiff.READY:
                continue
            too_long = _too_long(left, until)
            if too_long:
                fail(live, step, StepFault("endless-loop", too_long))
                # The next move begins with what is ready now, wherever it happens: nothing may wait to be asked.
                while release(live):
                    pass
                break
            left -= 1
            _attempt(live, step, step.run)
        elif not release(live):
            for stuck, fault in deadlocks(live):
                fail(live, stuck, fault)
            break
    told, live.told = live.told, []
    return told


def _too_long(left: int, until: float) -> str:
    """Why the move must stop here, "" when it may go on. The clock is looked at every eighth step."""
    if not left:
        return f"More than {limits.STEPS} steps in one move: this looks like an endless loop."
    if left % 8 == 0 and time.thread_time() > until:
        return f"More than {limits.SECONDS} seconds of computing in one move: this looks like an endless loop."
    return ""


def _attempt(live: Live, step: Step, work: Any) -> None:
    try:
        work()
    except ThrownError as fault:
        step.error()
        if not throw(step, fault):
            fail(live, step, fault)
    except StepFault as fault:
        fail(live, step, fault)


def fail(live: Live, step: Step, fault: StepFault) -> None:
    """The step stays where it is until an operator repairs it."""
    step.note.code, step.note.message = fault.code, fault.message
    step.error()
    live.tell(Failed(step.ref, step.note.at, fault.code, fault.message))


def _catch(live: Live, catcher: Catcher) -> None:
    if catcher.spec is None:
        end(live, "error", catcher.thrower, catcher.code)
    elif catcher.is_live():
        hand_over(catcher)


def _end_scope(live: Live, scope: Scope, last: Step) -> None:
    if live.scopes.get(scope.path) is not scope or scope.piece.tokens:
        return
    if scope.parent is None:
        end(live, last.task_spec.ends_as, last.note.at, "")
        return
    unwatch(scope, scope.piece.watches)
    step = scope.opener
    assert step is not None
    _attempt(live, step, lambda: step.task_spec.inside_over(step, scope))


def end(live: Live, outcome: str, element: str, code: str) -> None:
    """The case is over: every wait is withdrawn."""
    root = live.root
    for step in list(root.steps()):
        step.cancel()
    for waiting in (live.ready, live.endings, live.catches):
        waiting.clear()
    root.piece.ended = outcome
    root.touch()
    live.tell(Ended(outcome, element, code, live.data))


# -- events that are not for one step ----------------------------------------------------------------------------------


def _signal(live: Live, event: SignalArrived) -> None:
    payload = data.taken(event.payload)
    listeners = [
        step
        for scope in live.below("", itself=True)
        for step in scope.steps()
        if step.note.wait is not None and step.note.wait.kind == "signal" and step.note.wait.name == event.name
    ]
    for step in listeners:
        if step.state in (spiff.STARTED, spiff.WAITING):
            caught = SignalArrived(event.name, payload)
            _attempt(live, step, lambda step=step, caught=caught: step.task_spec.take(step, caught))


def _edit(live: Live, event: Edit) -> None:
    root, before, after = live.root, {}, {}
    for name, value in data.taken(event.data).items():
        if name in root.data and data.same(root.data[name], value):
            continue
        if name in root.data:
            before[name] = data.copied(root.data[name])
        root.data[name] = value
        after[name] = data.copied(value)
    root.touch()
    if after:
        live.tell(DataWritten("", "", before, after))


def _failed(live: Live, ref: str) -> Step:
    step = live.step(ref)
    if step.state != spiff.ERROR:
        raise UnknownStep(ref=ref)
    step.note.code = step.note.message = ""
    return step


def _retry(live: Live, event: Retry) -> None:
    step = _failed(live, event.ref)
    step.scope.write(step, data.taken(event.data))
    step._set_state(spiff.FUTURE)
    step._ready()
