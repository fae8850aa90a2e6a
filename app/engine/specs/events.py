"""Events: where a case begins, waits, says something, ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.diagrams.model import Node

from ..catching import Catcher, find_catcher
from ..events import Event
from ..spec import FlowSpec, NodeSpec, ScopeSpec
from .activities import Activity, send
from .compensation import call_off, undo
from .triggers import Trigger, again, caught, correlation_of, forget, listen
from .watching import cancel_others, siblings, unwatch, watch, watch_again

if TYPE_CHECKING:
    from ..scope import Scope
    from ..step import Step
    from .scopes import EventSubProcess


class Listener(NodeSpec):
    """An event that catches. As a token it waits; as a watch it tells its host; once it has caught, it goes on.

    With several triggers any of them is enough, or all are needed; then a watch stands for each of them.
    """

    outcome = "caught"

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node)
        self.needs_all = node.parallel_multiple and len(node.events) > 1

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        if self.awaits_others(step):
            return None
        if step.note.caught is not None:
            return step.note.caught
        self.wait(step)
        return None

    def awaits_others(self, step: Step) -> bool:
        """One of all its triggers has begun the case: whether it now waits for the others. Raises StepFault."""
        first, step.first = step.first, ""
        if self.needs_all and first:
            self.wait(step, but=next((it for it in self.awaits if first in (it.name, it.kind)), None))
            return True
        return False

    def wait(self, step: Step, *, but: Trigger | None = None) -> None:
        """Begin to listen. Raises StepFault."""
        if len(self.awaits) == 1:
            listen(step, self.awaits[0].wait(step.visible(), step.scope.live.at))
        elif not step.note.watches:
            step.note.watches = watch(step.scope, step, (self,), but=but)

    def take(self, step: Step, event: Event) -> None:
        payload = caught(step, event)
        if not step.is_watch:
            forget(step)
            self.complete(step, payload)
            return
        host = step.host
        if self.needs_all:
            others = siblings(step)
            if others:
                _hand_on(step, others[0], payload)
                return
            payload = {**(step.note.caught or {}), **payload}
        if not self._stays():
            forget(step)
        elif self.needs_all:
            watch_again(step, host)
        else:
            again(step)
        if host is None:
            self.triggered(step, payload)
        else:
            host.task_spec.watched(host, step, payload)

    def _stays(self) -> bool:
        return not self.node.interrupting and self.node.kind in ("boundaryEvent", "startEvent")

    def watched(self, step: Step, watch: Step, caught: dict[str, Any]) -> None:
        """One of several triggers of a token has come, or the last of all."""
        unwatch(step.scope, step.note.watches)
        step.note.watches = ()
        self.complete(step, {**(step.note.caught or {}), **caught})

    def triggered(self, step: Step, caught: dict[str, Any]) -> None:
        """It has caught something for its whole scope."""

    def withdraw(self, step: Step) -> None:
        forget(step)
        unwatch(step.scope, step.note.watches)


def _hand_on(step: Step, other: Step, payload: dict[str, Any]) -> None:
    """One of all triggers has come: another keeps what it brought, until the last comes."""
    other.note.caught = {**(other.note.caught or {}), **(step.note.caught or {}), **payload}
    other.touch()
    step.cancel()


class CatchEvent(Listener):
    """An intermediate event that waits for something; the target of a link goes on at once."""

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        return super().perform(step) if self.awaits[0].listens else {}


class Boundary(Listener):
    """An event on the border of an activity."""


class StartEvent(Listener):
    """Where a scope begins."""

    sub: EventSubProcess  #: the event sub-process it starts

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node)
        self.outcome = "caught" if node.events else "completed"

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        if self.awaits_others(step):
            return None
        if self.needs_all and step.note.caught is None:  # a condition has begun the case
            self.wait(step)
            return None
        return step.note.caught or {}

    def triggered(self, step: Step, caught: dict[str, Any]) -> None:
        self.sub.begin(step.scope, caught)


class ReceiveTask(Activity):
    """An activity that waits for a message."""

    outcome = "caught"

    def work(self, step: Step) -> Mapping[str, Any] | None:
        if step.note.caught is not None:
            return step.note.caught
        listen(step, self.awaits[0].wait(step.visible(), step.scope.live.at))
        return None

    def take(self, step: Step, event: Event) -> None:
        payload = caught(step, event)
        forget(step)
        host = step.host
        if host is not None:
            host.task_spec.watched(host, step, payload)
        else:
            self.complete(step, payload)

    def call_off(self, step: Step) -> None:
        forget(step)


class ThrowEvent(NodeSpec):
    """An intermediate or end event that says something - a message, a signal, an error, ... - or nothing."""

    says: tuple[Trigger, ...] = ()

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        self.prepare(step)
        waits = False
        for said in self.says:  # what cannot be said is known before anything is
            if said.kind in ("message", "signal"):
                correlation_of(said, step.visible())
        for said in self.says:
            waits = self._say(step, said) or waits
        return None if waits else {}

    def _say(self, step: Step, said: Trigger) -> bool:
        """Whether the step must wait until it is done."""
        match said.kind:
            case "message" | "signal":
                send(self, step, said)
            case "error" | "escalation":
                escape(self, step, said)
            case "terminate":
                cancel_others(step)
            case "cancel":
                cancel_others(step)
                return undo(step, step.scope, "")
            case "compensate":
                return undo(step, step.scope, said.name, waits=said.waits)
        return False

    def withdraw(self, step: Step) -> None:
        if step.begun and any(said.kind in ("compensate", "cancel") for said in self.says):
            call_off(step)

    def undone(self, step: Step) -> None:
        """All that a compensation had to undo is undone. Raises StepFault."""
        if step.note.quiet:
            step.complete()
        else:
            self.complete(step, {})

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        live = step.scope.live
        if step.note.quiet or (live.catches and live.catches[-1].interrupts):
            return ()
        return super().choose(step)

    def _on_complete_hook(self, step: Step) -> None:
        super()._on_complete_hook(step)
        if not step.note.quiet and any(said.kind == "cancel" for said in self.says):
            escape(self, step, Trigger("cancel"))


def escape(spec: NodeSpec, step: Step, said: Trigger, scope: Scope | None = None) -> Catcher | None:
    """An error, an escalation or a cancellation looks for who catches it; nobody ends the case where it is an error."""
    live = step.scope.live
    catcher = find_catcher(scope or step.scope, None, said.kind, said.code)
    if catcher is None and said.kind == "error":
        catcher = Catcher(None, None, {}, said.code, spec.element)
    if catcher is not None:
        live.catches.append(catcher)
    return catcher
