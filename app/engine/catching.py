"""Errors and escalations look for who catches them: outward, scope by scope, out of called processes too.

At each level an event sub-process comes before the boundary around it, and the code itself before an event that
catches every code (BPMN 2.0.2, 10.5.1 and 10.5.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import ThrownError
from .specs.watching import emerge

if TYPE_CHECKING:
    from .scope import Scope
    from .spec import NodeSpec
    from .specs.triggers import Trigger
    from .step import Step


@dataclass(slots=True)
class Catcher:
    """Who catches: a boundary event of `host`, or the start of an event sub-process of `scope`; nobody at all."""

    scope: Scope | None
    spec: NodeSpec | None
    caught: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    thrower: str = ""  #: element id
    host: Step | None = None
    kind: str = "error"

    def is_live(self) -> bool:
        """Nothing else has taken away who catches, meanwhile."""
        if self.host is not None:
            return self.host.scope.tasks.get(self.host.number) is self.host
        return self.scope is not None and self.scope.live.scopes.get(self.scope.path) is self.scope

    @property
    def interrupts(self) -> bool:
        """What threw does not go on."""
        return self.spec is None or self.spec.node.interrupting or self.kind in ("error", "cancel")


def find_catcher(scope: Scope, step: Step | None, kind: str, code: str) -> Catcher | None:
    """The nearest who catches this; `step` is the activity that itself failed."""
    if step is not None:
        found = _best(getattr(step.task_spec, "boundaries", ()), kind, code)
        if found is not None:
            return Catcher(scope, found[0], _brings(found[1], code), code, host=step, kind=kind)
    current: Scope | None = scope
    from_event = False
    while current is not None:
        start = None if from_event else _best(current.spec.triggers, kind, code)
        if start is not None:
            return Catcher(current, start[0], _brings(start[1], code), code, kind=kind)
        parent = current.parent
        from_event = False
        if parent is not None and parent.piece.kind != "multi":
            opener = parent.find(current.number)
            if opener is not None:  # of what is being undone, nobody is left
                found = _best(getattr(opener.task_spec, "boundaries", ()), kind, code)
                if found is not None:
                    return Catcher(parent, found[0], _brings(found[1], code), code, host=opener, kind=kind)
                from_event = opener.task_spec.node.triggered_by_event
        current = parent
    return None


def hand_over(catcher: Catcher) -> None:
    """Let it catch: what it interrupts is taken away, and a token appears at it."""
    scope, spec = catcher.scope, catcher.spec
    assert scope is not None
    assert spec is not None
    if catcher.host is None:
        spec.sub.begin(scope, catcher.caught)  # type: ignore[attr-defined]
        return
    if catcher.interrupts:
        catcher.host.cancel()
    emerge(scope, spec, catcher.caught, (catcher.host.ref,))


def throw(step: Step, fault: ThrownError) -> bool:
    """The work of an activity failed: let an error event catch it. False when there is none."""
    catcher = find_catcher(step.scope, step, "error", fault.error)
    if catcher is None:
        return False
    step.outcome = "error"
    step.cancel()
    catcher.caught.update((name, fault.message) for name in _words(catcher, fault.error))
    if catcher.host is step:
        catcher.host = None
        assert catcher.spec is not None
        emerge(step.scope, catcher.spec, catcher.caught, (step.ref,))
    else:
        hand_over(catcher)
    return True


def _best(specs: Iterable[NodeSpec], kind: str, code: str) -> tuple[NodeSpec, Trigger] | None:
    found = None
    for spec in specs:
        for trigger in spec.awaits:
            if trigger.kind != kind:
                continue
            if trigger.code and trigger.code == code:
                return spec, trigger
            if not trigger.code and found is None:
                found = (spec, trigger)
    return found


def _words(catcher: Catcher, code: str) -> Iterator[str]:
    """The variable in which who catches wants to read what went wrong."""
    found = _best([catcher.spec], "error", code) if catcher.spec is not None else None
    if found is not None and found[1].message_variable:
        yield found[1].message_variable


def _brings(trigger: Trigger, code: str) -> dict[str, Any]:
    return {trigger.code_variable: code} if trigger.code_variable else {}
