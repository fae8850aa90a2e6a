"""Events: where a case begins, waits, says something, ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.diagrams.model import Node

from ..catching import Catcher, find_catcher
from ..events import Event
from ..spec import FlowSpec, NodeSpec, ScopeSpec
from .activities import Activity, send
from .triggers import Trigger, again, caught, forget, listen

if TYPE_CHECKING:
    from ..step import Step
    from .scopes import EventSubProcess


class Listener(NodeSpec):
    """An event that catches. As a token it waits; as a watch it tells its host; once it has caught, it goes on."""

    outcome = "caught"
    trigger: Trigger

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        if step.note.caught is not None:
            return step.note.caught
        listen(step, self.trigger.wait(step.visible(), step.scope.live.at))
        return None

    def take(self, step: Step, event: Event) -> None:
        payload = caught(step, event)
        if not step.is_watch:
            forget(step)
            self.complete(step, payload)
            return
        if self.node.interrupting or self.node.kind not in ("boundaryEvent", "startEvent"):
            forget(step)
        else:
            again(step)
        host = step.scope.find(step.note.host) if step.note.host else None
        if host is None:
            self.triggered(step, payload)
        else:
            host.task_spec.watched(host, step, payload)

    def triggered(self, step: Step, caught: dict[str, Any]) -> None:
        """It has caught something for its whole scope."""

    def withdraw(self, step: Step) -> None:
        forget(step)


class CatchEvent(Listener):
    """An intermediate event that waits for something; the target of a link goes on at once."""

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        return super().perform(step) if self.trigger.listens else {}


class Boundary(Listener):
    """An event on the border of an activity."""


class StartEvent(Listener):
    """Where a scope begins."""

    sub: EventSubProcess  #: the event sub-process it starts

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node)
        self.outcome = "caught" if node.events else "completed"

    def perform(self, step: Step) -> Mapping[str, Any]:
        return step.note.caught or {}

    def triggered(self, step: Step, caught: dict[str, Any]) -> None:
        self.sub.begin(step.scope, caught)


class ReceiveTask(Activity):
    """An activity that waits for a message."""

    trigger: Trigger
    outcome = "caught"

    def work(self, step: Step) -> Mapping[str, Any] | None:
        if step.note.caught is not None:
            return step.note.caught
        listen(step, self.trigger.wait(step.visible(), step.scope.live.at))
        return None

    def take(self, step: Step, event: Event) -> None:
        payload = caught(step, event)
        forget(step)
        host = step.scope.find(step.note.host) if step.note.host else None
        if host is not None:
            host.task_spec.watched(host, step, payload)
        else:
            self.complete(step, payload)

    def call_off(self, step: Step) -> None:
        forget(step)


class ThrowEvent(NodeSpec):
    """An intermediate or end event that says something: a message, a signal, an error, an escalation; or nothing."""

    said: Trigger | None = None

    def perform(self, step: Step) -> Mapping[str, Any]:
        if self.inputs_:
            step.note.local = step.scope.map(self.inputs_, {}, nested=False)
        if self.said is None:
            return {}
        if self.said.kind in ("message", "signal"):
            send(self, step, self.said)
        elif self.said.kind in ("error", "escalation"):
            self._escape(step, self.said)
        elif self.said.kind == "terminate":
            for other in list(step.scope.steps()):
                if other is not step:
                    other.cancel()
        return {}

    def _escape(self, step: Step, said: Trigger) -> None:
        live = step.scope.live
        catcher = find_catcher(step.scope, None, said.kind, said.code)
        if catcher is None:
            if said.kind == "error":
                live.catches.append(Catcher(None, None, {}, said.code, self.element))
            return
        live.catches.append(catcher)

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        live = step.scope.live
        if live.catches and live.catches[-1].interrupts:
            return ()
        return super().choose(step)
