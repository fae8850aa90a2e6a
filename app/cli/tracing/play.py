"""Plays a plan in a world, and says how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import config
from app import engine
from app.cli.tracing.path import Entry
from app.cli.tracing.plan import Plan, Step
from app.cli.tracing.shelf import Fault, Shelf
from app.cli.tracing.world import Endless, Failure, World
from app.core import clock
from app.core.errors import Refused
from app.core.translations import translate
from app.engine import codec


@dataclass(frozen=True, slots=True)
class Wait:
    """Where a case waits, and for which timer, message or signal where it is one."""

    element: str
    name: str
    type: str
    lane: str
    process: str
    instance: int
    due_at: str = ""
    awaits: str = ""  #: name of the message or signal


@dataclass(slots=True)
class Outcome:
    """How a trace ended. `data` is what the first case knows, and what only later cases know."""

    state: str
    trace: list[Entry] = field(default_factory=list)
    waiting: list[Wait] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    error: Failure | None = None
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def play(shelf: Shelf, plan: Plan, lang: str) -> Outcome:
    """Refused with its faults, or run as far as it comes."""
    faults = shelf.faults() or [fault for key in plan.processes for fault in shelf.refuses(key)]
    if faults:
        first = faults[0]
        error = Failure(first.element, first.sentence, first.rule)
        return Outcome("refused", error=error, faults=faults)
    patience = timedelta(hours=config.load()["MESSAGE_WAIT_HOURS"])
    world = World(shelf, plan.answers, plan.at, patience=patience, lang=lang)
    world.waits_for_people = plan.steps is not None
    refusal: Failure | None = None
    with clock.running_on(world.clock):
        try:
            _begin(world, shelf, plan)
            refusal = _go(world, shelf, plan, lang)
        except Endless:
            pass  # the world keeps it as its failure
    return _outcome(world, shelf, plan, refusal, lang)


def _begin(world: World, shelf: Shelf, plan: Plan) -> None:
    keys = plan.processes if plan.names_its_starts else shelf.executable
    for entrance in shelf.entrances:
        if entrance.awaits[0] == "timer" and entrance.process in keys:
            world.arm(entrance)
    for key in keys:
        if shelf.has_plain_start(key) or engine.conditional_start(shelf.program(key, "", ""), plan.inputs):
            world.start(key, plan.inputs)
    world.settle()


def _go(world: World, shelf: Shelf, plan: Plan, lang: str) -> Failure | None:
    """What comes from outside, one after the other; the step that cannot be taken, if there is one."""
    steps: list[Step] = [*(plan.steps or ()), *plan.advances]
    for number, step in enumerate(steps, 1):
        try:
            step.happen(world, shelf, lang)
        except Refused as fault:
            element = getattr(step, "element", "")
            return Failure(element, translate("trace.step", lang, number=number, reason=fault.message), "step")
        world.settle()
    return None


def _outcome(world: World, shelf: Shelf, plan: Plan, refusal: Failure | None, lang: str) -> Outcome:
    waiting = list(_waiting(world, shelf))
    running = any(not case.live.ended for case in world.cases) or not world.cases
    state = "failed" if world.failure else "refused" if refusal else "waiting" if running else "completed"
    data: dict[str, Any] = {}
    for case in reversed(world.cases):
        data |= case.live.data
    notes = [*_notes(world, plan, lang), *([refusal.message] if refusal and not world.failure else [])]
    return Outcome(state, world.path.entries, waiting, data, world.failure or refusal, notes=notes)


# -- what waits ----------------------------------------------------------------------------------------------------


def _waiting(world: World, shelf: Shelf) -> Iterator[Wait]:
    """What the outside must bring. Where nothing waits for it, the joins that wait for tokens which never come."""
    if not world.cases:
        yield from _doors(world, shelf)
    for case in world.cases:
        steps = sorted(case.live.waiting(), key=lambda it: world.path.entered(case.number, it.ref))
        inside = {it.ref[:cut] for it in steps for cut, sign in enumerate(it.ref) if sign == "/"}
        leaves = [it for it in steps if it.state == "waiting" and it.ref not in inside]
        for it in leaves or [it for it in steps if it.state in ("joining", "failed")]:
            node = world.path.node(it.process, it.element)
            lane = world.path.lane(it.process, node)
            waits = [it.wait] if it.wait is not None else _behind(world, it, steps)
            due = min((wait.due.isoformat() for wait in waits if wait.due is not None), default="")
            names = ", ".join(dict.fromkeys(wait.name for wait in waits if wait.name))
            yield Wait(node.id, node.name, node.kind, lane, it.process, case.number, due, names)


def _doors(world: World, shelf: Shelf) -> Iterator[Wait]:
    """Nothing has begun: the start events that wait."""
    for it in shelf.entrances:
        kind, name = it.awaits
        due = world.timers.due_at((0, it.place))
        if kind != "timer" or due is not None:
            lane = world.path.lane(it.process, it.node)
            when = due.isoformat() if due is not None else ""
            yield Wait(it.node.id, it.node.name, it.node.kind, lane, it.process, 0, when, name)


def _behind(world: World, host: engine.Waiting, steps: list[engine.Waiting]) -> list[codec.Wait]:
    """What the events behind an event-based gateway wait for, or the several triggers of one event."""
    events = ("intermediateCatchEvent", "startEvent")
    if host.kind == "eventBasedGateway":
        targets = world.path.behind(host.process, host.element)
    else:
        targets = {host.element} if host.kind in events else set()
    level = host.ref.rpartition("/")[0]
    behind = [it for it in steps if it.element in targets and it.ref.rpartition("/")[0] == level]
    return [it.wait for it in behind if it.wait is not None]


def _notes(world: World, plan: Plan, lang: str) -> Iterator[str]:
    """What was given and never used: mostly a slip of the pen."""
    if not world.cases and not world.failure:
        yield translate("trace.nothing_started", lang)
    for element in plan.answers.unasked:
        yield translate("trace.unasked", lang, element=element)
    for name in dict.fromkeys(message.name for message in world.mail.untaken()):
        yield translate("trace.untaken", lang, name=name)
