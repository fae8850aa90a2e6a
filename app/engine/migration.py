"""A running case goes over to another version of its diagram: where its steps stand then, and what is in the way.

Only the live part is rewritten: each step finds its node in the new drawing, by an element map and otherwise by the
same id. Nothing is lost on the way: timers keep their due moment, messages their key, called processes their own
version. A listener without a node any more is forgotten, one that is new on something active begins to listen. Whatever
cannot be kept is an obstacle, by name; then nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from . import spiff, unmigration
from .advance import _run
from .codec import Wait
from .errors import CannotMigrate, StepFault
from .happenings import Happening
from .host import Host
from .kinship import Obstacle
from .live import Live
from .program import Program
from .redrawing import Draft, ElementMap
from .spec import NodeSpec
from .specs.activities import PersonTask, _names
from .specs.gateways import Join, release
from .specs.triggers import Trigger, correlation_of, forget, listen
from .specs.watching import watch
from .step import Step


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A person's task that stands at a node of the new version now."""

    ref: str
    element: str
    groups: tuple[str, ...] | None  #: who the new version offers it to; None = as before, or no groups


@dataclass(slots=True)
class Migrated:
    """A case on the other version. It has not moved yet: see `go_on`."""

    live: Live
    told: list[Happening]  #: listeners that are gone, and those that began
    tasks: list[Redrawn]
    before: dict[str, Any]  #: what `back` needs; JSON
    standing: frozenset[str]  #: the elements of the old drawing where it stood, listeners included
    goes_on: bool  #: something has all it waits for now

    def go_on(self) -> list[Happening]:
        """Let move what waits for nothing any more."""
        return _run(self.live) if self.goes_on else []


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would become of a case."""

    standing: frozenset[str]  #: the elements of the old drawing where it stands, listeners included
    obstacles: tuple[Obstacle, ...] = ()
    goes_on: bool = False


def migrate(
    pieces: Mapping[str, bytes], old: Program, new: Program, given: ElementMap, *, host: Host, at: datetime
) -> Migrated:
    """The case of these pieces on another version. Raises CannotMigrate(obstacles=[...], standing={...})."""
    draft = Draft(old, new, given)
    rewritten = draft.rewrite(pieces)
    draft.require_free()
    live = Live(host, new, {**pieces, **rewritten})
    live.at, live.told = at, draft.told
    for path in rewritten:
        live.scope(path).touch()
    _listen(draft, live)
    tasks = _redraw(draft, live)
    draft.require_free()
    goes_on = _free(draft, live)
    draft.require_free()
    dumped = live.dump()
    before = unmigration.differences(pieces, dumped.changed)
    for path in dumped.changed:
        live.scope(path).touch()
    told, live.told = live.told, []
    return Migrated(live, told, tasks, before, frozenset(draft.standing), goes_on)


def back(pieces: Mapping[str, bytes], before: Mapping[str, Any], old: Program, *, host: Host, at: datetime) -> Live:
    """The case as it was before `migrate`, if nothing has moved since."""
    restored = unmigration.restored(pieces, before)
    live = Live(host, old, {**pieces, **restored})
    live.at = at
    for path in restored:
        live.scope(path).touch()
    return live


def outlook(
    pieces: Mapping[str, bytes], old: Program, new: Program, given: ElementMap, *, host: Host, at: datetime
) -> Outlook:
    """What would become of a case; nothing of it is changed."""
    try:
        made = migrate(pieces, old, new, given, host=host, at=at)
    except CannotMigrate as fault:
        return Outlook(fault.standing, fault.obstacles)
    return Outlook(made.standing, goes_on=made.goes_on)


# -- what expressions are needed for -----------------------------------------------------------------------------------


def _attempt(draft: Draft, spec: NodeSpec, work: Any) -> None:
    try:
        work()
    except StepFault as fault:
        draft.refuse(fault.code, "", spec.name, fault.message)


def _listen(draft: Draft, live: Live) -> None:
    """Listen by the new names and at the new places."""
    for ref, (was, now) in draft.steps.items():
        if was.awaits:
            _attempt(draft, now, lambda ref=ref, was=was, now=now: _rename(live.step(ref), was, now))
    for path, ref, spec in draft.fresh:
        _attempt(draft, spec, lambda path=path, ref=ref, spec=spec: _begin(live, path, ref, spec))


def _rename(step: Step, was: NodeSpec, now: NodeSpec) -> None:
    """What is waited for may be called otherwise, or be told apart by another key. Raises StepFault."""
    wait = step.note.wait
    pair = _triggers(wait, was, now) if wait is not None else None
    if wait is None or pair is None:
        return
    if wait.kind == "conditional":
        text = pair[1].expression.text if pair[1].expression is not None else ""
        if text != wait.name:
            forget(step)
            listen(step, Wait(wait.kind, name=text))
        return
    key, texts = wait.correlation, [each.correlation and each.correlation.text for each in pair]
    if texts[0] != texts[1]:
        key = correlation_of(pair[1], _sees(step))
    if (pair[1].name, key) != (wait.name, wait.correlation):
        forget(step)
        listen(step, replace(wait, name=pair[1].name, correlation=key))


def _triggers(wait: Wait, was: NodeSpec, now: NodeSpec) -> tuple[Trigger, Trigger] | None:
    """The trigger that was meant, and the one in its place; of several of one kind the one at its place in the row."""
    if wait.kind == "timer":
        return None
    old, new = ([it for it in spec.awaits if it.kind == wait.kind] for spec in (was, now))
    known = [it.expression.text if it.kind == "conditional" and it.expression else it.name for it in old]
    place = known.index(wait.name) if wait.name in known else 0
    return (old[place], new[place]) if place < min(len(old), len(new)) else None


def _sees(step: Step) -> Mapping[str, Any]:
    """The variables that the expressions of a listener see."""
    return (step.host or step).visible()


def _begin(live: Live, path: str, ref: str, spec: NodeSpec) -> None:
    """Somebody listens who did not before. Raises StepFault."""
    scope = live.scope(path)
    if not ref:
        scope.piece.watches += watch(scope, None, [spec])
        return
    host = live.step(ref)
    host.note.watches += watch(scope, host, [spec])
    host.touch()


def _redraw(draft: Draft, live: Live) -> list[Redrawn]:
    """What people do is offered as the new version says."""
    tasks: list[Redrawn] = []
    for ref, (was, now) in draft.steps.items():
        if isinstance(was, PersonTask) and isinstance(now, PersonTask):
            _attempt(draft, now, lambda ref=ref, was=was, now=now: tasks.append(_redrawn(live.step(ref), was, now)))
    return tasks


def _redrawn(step: Step, was: PersonTask, now: PersonTask) -> Redrawn:
    old, new = was.offer.groups, now.offer.groups
    if new is None or (old is not None and old.text == new.text):
        return Redrawn(step.ref, now.element, None)
    return Redrawn(step.ref, now.element, _names(new, step.visible()))


# -- what need not wait any more ---------------------------------------------------------------------------------------


def _free(draft: Draft, live: Live) -> bool:
    """Whether something can go on now: tokens that have met, a condition that is true."""
    ready = len(live.ready)
    for step in _met(live, draft.pairs):
        _attempt(draft, step.task_spec, lambda step=step: _update(step))
    conditions = any(_is_due(live.stopped(ref)) for ref in live.root.piece.conditions) if live.changed else False
    return len(live.ready) > ready or conditions or release(live)


def _update(step: Step) -> None:
    join = step.task_spec
    if isinstance(join, Join) and len(join.incoming) < 2:
        step._ready()  # where one way comes in nobody waits
    join._update(step)


def _met(live: Live, paths: Iterable[str]) -> Iterator[Step]:
    """The steps at which tokens wait for others."""
    for path in paths:
        scope = live.scope(path)
        for number in list(scope.piece.joins.values()):
            step = scope.find(number)
            if step is not None and step.state == spiff.WAITING:
                yield step


def _is_due(step: Step) -> bool:
    """Whether the condition that a step waits for is true and was not before. What is wrong with it is told later."""
    wait = step.note.wait
    asked = [it.expression for it in step.task_spec.awaits if it.kind == "conditional" and it.expression is not None]
    return any(
        wait is not None and it.text == wait.name and not wait.met and it.evaluate(_sees(step)) is True for it in asked
    )
