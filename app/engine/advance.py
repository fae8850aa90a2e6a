"""The stepping loop: one event in, everything that follows from it out, one step at a time.

What an event caught comes first, then steps in the order in which they became ready; nothing recurses, so neither long
nor wide diagrams have a limit. A move has a budget of steps and of computing: an endless loop becomes an incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import data, spiff
from .budget import Budget
from .catching import Catcher, hand_over, throw
from .codec import Undo
from .errors import NoStart, StepFault, ThrownError, UnknownStep
from .events import Cancel, Edit, Event, Retry, SignalArrived, Skip
from .happenings import DataWritten, Ended, Failed, Happening
from .host import Host
from .live import Live
from .program import Program
from .scope import Scope
from .spec import NodeSpec
from .specs.compensation import go_on, is_over
from .specs.gateways import EventGateway, deadlocks, release
from .specs.scopes import begin
from .specs.triggers import ConditionMet, is_met
from .step import Step


def start(
    program: Program,
    values: Mapping[str, Any],
    *,
    host: Host,
    at: datetime,
    element: str = "",
    payload: Mapping[str, Any] | None = None,
    first: str = "",
) -> tuple[Live, list[Happening]]:
    """Begin a case at a start event; "" is the first plain one, or where nothing comes before.

    `element` may also be a receive task or an event behind a gateway that begin a case. A start event that needs
    several triggers is told which one came `first`: the name of the message or signal, "timer".

    Raises NoStart, and TooLargeData.
    """
    live = Live(host, program, {})
    live.at = at
    gateway = _gateway(program, element)
    starts = () if gateway is not None else _starts(program, element, values)
    caught = data.taken(payload) if payload is not None else None
    root = live.open(None, "", program.root, "process", data.taken(values), program)
    try:
        begin(root, starts, (), caught, first)
    except StepFault as fault:
        raise NoStart(fault.message, process=program.key) from fault
    if gateway is not None:
        gateway.begin_at(root, element, caught or {}, first)
    return live, _run(live)


def _gateway(program: Program, element: str) -> EventGateway | None:
    """The instantiating gateway that an event stands behind."""
    for spec in program.root.task_specs.values():
        begins = isinstance(spec, EventGateway) and spec.node.instantiate
        if begins and any(flow.target.name == element for flow in spec.flows):
            return spec  # type: ignore[no-any-return]
    return None


def conditional_start(program: Program, values: Mapping[str, Any]) -> str:
    """The first start event whose condition these variables make true; "" when there is none."""
    for spec in program.root.task_specs.values():
        conditions = [it.expression for it in spec.awaits if it.kind == "conditional" and it.expression is not None]
        if spec.node.kind == "startEvent" and any(condition.evaluate(values) is True for condition in conditions):
            return str(spec.node.id)
    return ""


def _starts(program: Program, element: str, values: Mapping[str, Any]) -> tuple[NodeSpec, ...]:
    if program.process.is_global_task:
        raise NoStart(f"{program.key} is a global task, which is only called", process=program.key)
    element = element or (conditional_start(program, values) if not program.root.starts else "")
    if not element:
        if not program.root.entry:
            raise NoStart(f"{program.key} has no start event without a trigger", process=program.key)
        return program.root.entry
    spec = program.root.task_specs.get(element)
    if spec is None or not (spec.node.kind == "startEvent" or (spec.node.instantiate and not spec.node.incoming)):
        raise NoStart(f"{program.key} has no start event {element}", process=program.key, element=element)
    return (spec,)


def advance(live: Live, event: Event, *, at: datetime) -> list[Happening]:
    """Let the case move by one event. `live` is spoiled when this raises: throw it away.

    Raises UnknownStep when the step is over or does not wait for that, and TooLargeData.
    """
    live.at = at
    live.move += 1
    live.opened = live.volume = 0
    live.stores.clear()
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
    budget, spent = Budget(live.host.limits), False
    while True:
        if live.catches:
            _catch(live, live.catches.popleft())
        elif live.signals:
            _hear(live, *live.signals.popleft())
        elif live.undone:
            _undo(live, *live.undone.popleft())
        elif live.changed and (spent or not (live.ready and live.ready[0].note.caught is not None)):
            live.changed = _met(live)
        elif live.endings:
            _end_scope(live, *live.endings.popleft())
        elif live.ready and not spent:
            step = live.ready.popleft()
            if step.state != spiff.READY:
                continue
            too_much = budget.spend(step)
            if too_much:
                fail(live, step, StepFault("endless-loop", too_much))
                # The next move begins with what is ready now, wherever it happens: nothing else may wait to be asked.
                spent = True
            else:
                _attempt(live, step, step.run)
        elif not release(live):
            for stuck, fault in deadlocks(live) if not spent else ():
                fail(live, stuck, fault)
            break
    told, live.told = live.told, []
    return told


def _attempt(live: Live, step: Step, work: Any) -> None:
    try:
        work()
    except ThrownError as fault:
        step.error()
        if not throw(step, fault):
            fail(live, step, fault)
    except StepFault as fault:
        fail(live, _bearer(step), fault)


def _bearer(step: Step) -> Step:
    """Of a listener, the step that it listens for: what could not go on is that one."""
    return step.host or step


def fail(live: Live, step: Step, fault: StepFault) -> None:
    """The step stays where it is until an operator repairs it."""
    step.note.code, step.note.message = fault.code, fault.message
    if step.note.quiet:  # now somebody has to look at it
        step.note.quiet = False
        step.task_spec.tell_entered(step)
    step.error()
    live.tell(Failed(step.ref, step.note.at, fault.code, fault.message))


def _catch(live: Live, catcher: Catcher) -> None:
    if catcher.spec is None:
        end(live, "error", catcher.thrower, catcher.code)
    elif catcher.is_live():
        hand_over(catcher)


def _undo(live: Live, rows: tuple[Undo, ...], thrower: str, previous: tuple[str, ...]) -> None:
    """The next handler begins, or whoever threw goes on; nothing where somebody has taken that away meanwhile."""
    try:
        step = live.step(thrower)
    except UnknownStep:
        return
    if not go_on(live, rows, step, previous):
        _attempt(live, step, lambda: step.task_spec.undone(step))


def _met(live: Live) -> bool:
    """Let one step go on whose condition has become true. Whether there was one: then the others are asked again."""
    for ref in live.root.piece.conditions:
        step = live.stopped(ref)
        if is_met(step):
            _attempt(live, step, lambda step=step: step.task_spec.take(step, ConditionMet(step.ref)))
            return True
    return False


def _end_scope(live: Live, scope: Scope, last: Step) -> None:
    if live.scopes.get(scope.path) is not scope or scope.piece.tokens:
        return
    if scope.parent is None:
        end(live, last.task_spec.ends_as, last.note.at, "")
        return
    if scope.piece.of:
        is_over(scope, (last.ref,))
        return
    step = scope.opener
    assert step is not None
    _attempt(live, step, lambda: step.task_spec.inside_over(step, scope))


def end(live: Live, outcome: str, element: str, code: str) -> None:
    """The case is over: every wait is withdrawn."""
    root = live.root
    for step in list(root.steps()):
        step.cancel()
    for waiting in (live.ready, live.endings, live.catches, live.signals, live.undone):
        waiting.clear()
    for kept in live.below("") if root.piece.done else ():
        live.forget(kept)
    root.piece.ended = outcome
    root.touch()
    live.tell(Ended(outcome, element, code, live.data))


# -- events that are not for one step ----------------------------------------------------------------------------------


def _signal(live: Live, event: SignalArrived) -> None:
    _hear(live, event.name, data.taken(event.payload))


def _hear(live: Live, name: str, payload: dict[str, Any]) -> None:
    """A signal reaches everybody in the case who listens for it now."""
    listeners = [
        step
        for scope in live.below("", itself=True)
        for step in scope.steps()
        if step.note.wait is not None and step.note.wait.kind == "signal" and step.note.wait.name == name
    ]
    for step in listeners:
        if step.state in (spiff.STARTED, spiff.WAITING):
            caught = SignalArrived(name, payload)
            _attempt(live, step, lambda step=step, caught=caught: step.task_spec.take(step, caught))


def _edit(live: Live, event: Edit) -> None:
    root, before, after = live.root, {}, {}
    for name, value in root.spec.called(data.taken(event.data)).items():
        if name in root.data and data.same(root.data[name], value):
            continue
        if name in root.data:
            before[name] = data.copied(root.data[name])
        root.data[name] = value
        after[name] = data.copied(value)
    root.touch()
    if after:
        live.changed = True
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
