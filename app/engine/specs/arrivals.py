"""Tokens that wait for each other at one node: they are counted in one step, until enough have come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import spiff

if TYPE_CHECKING:
    from ..scope import Scope
    from ..spec import NodeSpec
    from ..step import Step


def gather(spec: NodeSpec, scope: Scope, flow: str, previous: tuple[str, ...]) -> Step:
    """A token comes over a flow: the step at the node that waits for all, a new one where it is the first."""
    number = scope.piece.joins.get(spec.name)
    step = scope.find(number) if number is not None else None
    if step is None:
        step = wait(spec, scope, previous)
    else:
        step.note.previous = (*step.note.previous, *previous)
    step.note.arrived.setdefault(flow, []).extend(previous)
    step.touch()
    return step


def wait(spec: NodeSpec, scope: Scope, previous: tuple[str, ...], *, quiet: bool = False) -> Step:
    """A step at the node that counts from now on."""
    step = scope.place(spec, previous)
    step.note.quiet = quiet
    if not quiet:
        spec.tell_entered(step)
    scope.piece.joins[spec.name] = step.number
    step._set_state(spiff.WAITING)
    return step


def came(step: Step) -> int:
    """How many tokens have come."""
    return sum(map(len, step.note.arrived.values()))


def consume(spec: NodeSpec, step: Step, count: int) -> None:
    """Take this many tokens, whichever came first over each flow; the others wait for the next time."""
    used: list[str] = []
    left = dict(step.note.arrived)
    for flow, refs in step.note.arrived.items():
        wanted = count - len(used)
        used += refs[:wanted]
        left[flow] = refs[wanted:]
    settle(spec, step, tuple(used), left)


def settle(spec: NodeSpec, step: Step, used: tuple[str, ...], left: dict[str, list[str]]) -> None:
    """The step goes on with the tokens it used; for those that are left a new one waits."""
    step.note.previous, step.note.arrived = used, {}
    step.scope.piece.joins.pop(spec.name, None)
    kept = {flow: refs for flow, refs in left.items() if refs}
    if kept:
        following = wait(spec, step.scope, tuple(ref for refs in kept.values() for ref in refs))
        following.note.arrived = kept
        spec._update(following)
