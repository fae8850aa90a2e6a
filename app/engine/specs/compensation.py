"""Compensation: what is remembered of activities that are over, and how it is undone.

A scope remembers its completed activities in their order (`Piece.done`); of a completed sub-process that holds
something to undo the piece is kept, so that its handlers see its variables. A throw event turns what it means into one
row of things to do; the row travels with the handler that runs, and whoever threw waits for its end (BPMN 2.0.2, 10.6
and 13.5.5).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import spiff
from ..codec import Done, Undo
from ..errors import UnreadableState
from ..spec import NodeSpec
from .watching import emerge

if TYPE_CHECKING:
    from ..live import Live
    from ..scope import Scope
    from ..step import Step


class CompensationBoundary(NodeSpec):
    """The border event that leads to the activity that undoes; nothing waits at it."""

    outcome = "caught"

    def _on_complete_hook(self, step: Step) -> None:
        super()._on_complete_hook(step)
        [number] = step._children
        handler = step.scope.tasks[number].note
        handler.undo, handler.undoes, handler.local = step.note.undo, step.note.undoes, step.note.local

    def withdraw(self, step: Step) -> None:
        proceed(step)

    def skip(self, step: Step, result: Mapping[str, Any]) -> None:
        self.complete(step, result)


# -- remembering -------------------------------------------------------------------------------------------------------


def remember(scope: Scope, spec: NodeSpec, path: str, local: Mapping[str, Any] | None = None) -> None:
    """An activity is over: keep in mind what may have to be undone of it."""
    kept = path if spec.opens and path and scope.live.has_kept(path) else ""
    if spec.undone_by is not None or kept:
        _append(scope, Done(spec.element, kept, dict(local or {})))


def holds_something(scope: Scope) -> bool:
    """Whether a scope that is over has something inside that may have to be undone."""
    return bool(scope.piece.done) or scope.spec.compensator is not None


# -- undoing -----------------------------------------------------------------------------------------------------------


def undo(step: Step, scope: Scope, activity: str, *, waits: bool = True) -> bool:
    """Undo what the scope remembers, of one activity or of all. Whether the step must wait for it."""
    rows = [row for around in _meant(scope) for row in _plan(around, _taken(around, activity))]
    if not rows:
        return False
    thrower = step if waits else _shadow(step)
    thrown_by = (thrower.ref,) if waits else thrower.note.previous
    scope.live.undone.append((tuple(rows), thrower.ref, thrown_by))
    return waits


def _meant(scope: Scope) -> Iterator[Scope]:
    """The scope itself; from inside an event sub-process that of the scope around it, too."""
    yield scope
    while scope.parent is not None and not scope.is_run and scope.within_event:
        scope = scope.parent
        yield scope


def _taken(scope: Scope, activity: str) -> list[Done]:
    """What is remembered, the latest first; it is undone only once."""
    done = scope.piece.done
    meant = [it for it in done if activity in ("", it.at)]
    if meant:
        scope.piece.done = tuple(it for it in done if it not in meant)
        scope.touch()
    return meant[::-1]


def _plan(scope: Scope, done: Iterable[Done]) -> Iterator[Undo]:
    for it in done:
        spec = scope.spec.find(it.at)
        if spec is not None and spec.undone_by is not None:
            yield Undo(scope.path, spec.undone_by.name, it.local)
        elif it.path:
            yield from _inside(scope.live.scope(it.path))


def _inside(kept: Scope) -> Iterator[Undo]:
    """A kept scope is undone by its compensation event sub-process, else by undoing what it remembers."""
    if kept.piece.kind == "multi":
        for child in reversed(kept.children()):
            yield from _plan(child, _taken(child, ""))
    elif kept.spec.compensator is not None:
        yield Undo(kept.path, kept.spec.compensator.name)
    else:
        yield from _plan(kept, _taken(kept, ""))
    yield Undo(kept.path)


def _shadow(step: Step) -> Step:
    """Stands for a step that does not wait: the case is not over before all is undone."""
    shadow = step.scope.place(step.task_spec, (step.ref,))
    shadow.note.quiet = True
    shadow._set_state(spiff.STARTED)
    return shadow


def is_shadow(step: Step) -> bool:
    """It is no token on its way: its step went on without waiting."""
    return step.note.quiet and step.state == spiff.STARTED


def proceed(step: Step) -> None:
    """A handler is over, or was taken away: what follows it is next."""
    note = step.note
    if note.undoes:
        step.scope.live.undone.append((note.undo, note.undoes, (step.ref,)))
        note.undo, note.undoes = (), ""


def go_on(live: Live, rows: tuple[Undo, ...], thrower: Step, previous: tuple[str, ...]) -> bool:
    """Let the next handler begin; false when nothing is left to wait for. Scopes that are gone are passed over."""
    for place, row in enumerate(rows):
        scope = live.scope(row.path) if live.has(row.path) else None
        if scope is None:
            continue
        if not row.at and scope.piece.tokens:  # a border event of a handler has led on
            scope.piece.undo, scope.piece.undoes = rows[place:], thrower.ref
            scope.touch()
            return True
        if not row.at:
            live.forget_below(row.path)
            continue
        spec = scope.spec.find(row.at)
        if spec is None:
            raise UnreadableState(piece=row.path, element=row.at)
        note = emerge(scope, spec, {}, previous).note
        note.undo, note.undoes, note.local = rows[place + 1 :], thrower.ref, dict(row.local)
        return True
    return False


def is_over(scope: Scope, previous: tuple[str, ...]) -> None:
    """Nothing runs any more in a scope that is kept: what follows it is next."""
    piece = scope.piece
    if piece.undoes:
        scope.live.undone.append((piece.undo, piece.undoes, previous))
        piece.undo, piece.undoes = (), ""
        scope.touch()


# -- not undoing after all ---------------------------------------------------------------------------------------------


def call_off(thrower: Step) -> None:
    """Whoever threw is taken away: so is the handler that runs for it; what has not begun may be undone later."""
    live, ref = thrower.scope.live, thrower.ref
    *_, widest = _meant(thrower.scope)
    for scope in live.below(widest.path, itself=True):
        if scope.piece.undoes == ref:
            is_over(scope, ())
        for step in list(scope.steps()):
            if step.note.undoes == ref:
                step.cancel()
    rows = [item[0] for item in live.undone if item[1] == ref]
    live.undone = deque(item for item in live.undone if item[1] != ref)
    for each in rows:
        _remember_again(live, each)


def _remember_again(live: Live, rows: tuple[Undo, ...]) -> None:
    """What was still to be undone, put back in the order in which it was completed."""
    for place, row in reversed(list(enumerate(rows))):
        scope = live.scope(row.path) if live.has(row.path) else None
        if scope is None:
            continue
        inside = f"{row.path}/"
        if not row.at and not any(f"{other.path}/".startswith(inside) for other in rows[:place]):
            cancel_scope(scope)
            continue
        spec = scope.spec.find(row.at)
        if isinstance(spec, CompensationBoundary):
            _append(scope, Done(spec.node.attached_to, "", row.local))
        elif not row.at and scope.parent is not None:
            for step in list(scope.steps()):
                step.cancel()
            _append(scope.parent, Done(scope.piece.of, row.path))


def _append(scope: Scope, done: Done) -> None:
    scope.piece.done = (*scope.piece.done, done)
    scope.touch()


def cancel_scope(scope: Scope) -> None:
    """Take a scope away with everything below, innermost first."""
    live = scope.live
    for each in live.below(scope.path, itself=True):
        for inner in list(each.steps()):
            inner.cancel()
        live.forget(each)
