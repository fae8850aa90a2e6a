"""Compensation: what is remembered of activities that are over, and how it is undone.

A scope remembers its completed activities in their order (`Piece.done`); of a completed sub-process that holds
something to undo the piece is kept, so that its handlers see its variables. A throw event turns what it means into one
row of things to do; the row travels with the handler that runs, and whoever threw waits for its end (BPMN 2.0.2, 10.6
and 13.5.5).
"""

from __future__ import annotations

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


# -- remembering -------------------------------------------------------------------------------------------------------


def remember(scope: Scope, spec: NodeSpec, path: str, local: Mapping[str, Any] | None = None) -> None:
    """An activity is over: keep in mind what may have to be undone of it."""
    kept = path if scope.live.has_kept(path) else ""
    if spec.undone_by is not None or kept:
        scope.piece.done = (*scope.piece.done, Done(spec.element, kept, dict(local or {})))
        scope.touch()


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
    scope.live.undone.append((tuple(rows), thrower.ref))
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
        children = [scope for scope in kept.live.below(kept.path) if scope.parent is kept]
        for child in sorted(children, key=lambda scope: -scope.number):
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


def proceed(step: Step) -> None:
    """A handler is over, or was taken away: what follows it is next."""
    note = step.note
    if note.undoes:
        step.scope.live.undone.append((note.undo, note.undoes))
        note.undo, note.undoes = (), ""


def go_on(live: Live, rows: tuple[Undo, ...]) -> Iterator[Step]:
    """Let the next handler begin; nothing when there is none left. Scopes that are gone by now are passed over."""
    for place, row in enumerate(rows):
        scope = live.scope(row.path) if live.has(row.path) else None
        if scope is None:
            continue
        if not row.at:
            live.forget_below(row.path)
            continue
        spec = scope.spec.find(row.at)
        if spec is None:
            raise UnreadableState(piece=row.path, element=row.at)
        step = emerge(scope, spec, {}, ())
        step.note.undo, step.note.local = rows[place + 1 :], dict(row.local)
        yield step
        return
