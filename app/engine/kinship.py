"""Which node of another version may take the place of a node: what is alike, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .program import Program
from .spec import NodeSpec, ScopeSpec
from .specs.loops import Loop
from .specs.scopes import AdHoc

NO_TARGET = "no-target"  #: something active has no element in the new version
OTHER_KIND = "other-kind"  #: the new element does something else
OTHER_LOOP = "other-loop"  #: repeated in the one, or otherwise, and not in the other
ELSEWHERE = "elsewhere"  #: the new element stands in another sub-process, or on another activity
NO_FLOW = "no-flow"  #: a token waits in a join that this way no longer leads to
OTHER_TRIGGER = "other-trigger"  #: it waits for something of another kind

NOT_UNDONE = "not-undone"  #: it is over and may have to be undone, which the new version cannot

_PERSONS = frozenset(("userTask", "manualTask"))


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason for which a case cannot go to another version."""

    code: str  #: one of those above, or the kind of fault of an expression
    element: str  #: of the old drawing; "" where only the new one has it
    target: str = ""  #: of the new drawing; "" = none
    detail: str = ""  #: the flow, or what is wrong with the expression


def obstacle(was: NodeSpec, now: NodeSpec | None, target: str, new: Program, *, waits: bool = True) -> Obstacle | None:
    """What keeps a step from going from one node to the other, None where nothing does."""
    if now is None:
        return Obstacle(ELSEWHERE if target in new.process.nodes else NO_TARGET, was.name, target)
    if _loop_of(was) != _loop_of(now):
        return Obstacle(OTHER_LOOP, was.name, target)
    if not is_alike(was, now):
        return Obstacle(OTHER_KIND, was.name, target)
    if waits and kinds_of(was) != kinds_of(now):
        return Obstacle(OTHER_TRIGGER, was.name, target)
    return None


def kinds_of(spec: NodeSpec) -> tuple[str, ...]:
    """The kinds of what a node waits for."""
    kinds = tuple(sorted(trigger.kind for trigger in spec.awaits))
    return (*kinds, "all") if getattr(spec, "needs_all", False) else kinds


def nodes(program: Program) -> dict[str, NodeSpec]:
    """Every node of a process by its id, those of its sub-processes too; a repeated activity as a whole."""
    return dict(_nodes(program.root))


def fits(was: NodeSpec, now: NodeSpec) -> bool:
    """Whether a step at the one may go to the other, as far as they themselves tell."""
    return _loop_of(was) == _loop_of(now) and is_alike(was, now) and kinds_of(was) == kinds_of(now)


def _nodes(scope: ScopeSpec) -> Iterator[tuple[str, NodeSpec]]:
    for name, spec in scope.task_specs.items():
        yield name, spec
        inner = spec.inner
        if inner is not None and isinstance(spec, Loop):
            inner = inner.task_specs[name].inner
        if inner is not None:
            yield from _nodes(inner)


def is_alike(was: NodeSpec, now: NodeSpec) -> bool:
    """Whether both do the same kind of work."""
    kinds = {was.node.kind, now.node.kind}
    if len(kinds) > 1 and not kinds <= _PERSONS:
        return False
    inner = _inside(was), _inside(now)
    orders = [each.sequential if isinstance(each, AdHoc) else None for each in inner]
    return type(was) is type(now) and type(inner[0]) is type(inner[1]) and orders[0] == orders[1]


def _inside(spec: NodeSpec) -> NodeSpec:
    """Of something that is repeated: what is."""
    found: NodeSpec = spec.inner.task_specs[spec.name] if isinstance(spec, Loop) and spec.inner is not None else spec
    return found


def _loop_of(spec: NodeSpec) -> tuple[str, bool] | None:
    return (type(spec).__name__, spec.sequential) if isinstance(spec, Loop) else None
