"""Tasks: the work of people, services, scripts and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.core.errors import LanewayError
from app.diagrams.model import Node
from app.expressions import Compiled, YearsMonths, to_json

from .. import data, moments, spiff
from ..errors import DEADLOCK, StepFault, ThrownError, UnknownStep
from ..events import Event, ServiceDone, ServiceFailed, TaskDone
from ..happenings import (
    DecisionMade,
    MessageSent,
    ServiceCalled,
    ServiceWithdrawn,
    TaskReached,
    TaskWithdrawn,
)
from ..spec import FlowSpec, NodeSpec, ScopeSpec
from .arrivals import came, consume, gather
from .compensation import proceed, remember
from .triggers import Trigger, correlation_of
from .watching import emerge, unwatch, watch

if TYPE_CHECKING:
    from ..scope import Scope
    from ..step import Step
    from .compensation import CompensationBoundary
    from .events import Boundary
    from .scopes import AdHoc


class Activity(NodeSpec):
    """Anything that boundary events can stand on: it prepares its inputs, lets them listen, and works."""

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node)
        self.boundaries: tuple[Boundary, ...] = ()  #: all of them
        self.listening: tuple[Boundary, ...] = ()  #: those that wait by themselves
        self.undone_by: CompensationBoundary | None = None

    def enter(self, scope: Scope, flow: FlowSpec | None, previous: tuple[str, ...]) -> Step:
        if flow is None or self.node.start_quantity < 2 or self.node.for_compensation:
            return super().enter(scope, flow, previous)
        return gather(self, scope, flow.id, previous)

    def _update_hook(self, step: Step) -> bool:
        waits = step.state in (spiff.FUTURE, spiff.WAITING)
        return waits and (not step.note.arrived or came(step) >= self.node.start_quantity)

    def missing(self, step: Step) -> StepFault:
        """Why it can never begin."""
        text = f"It begins when {self.node.start_quantity} tokens have come: nobody is left who could bring the others."
        return StepFault(DEADLOCK, text)

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        note = step.note
        if note.arrived and came(step) < self.node.start_quantity:  # a deadlock that an operator tries again
            raise self.missing(step)
        if note.arrived:
            consume(self, step, self.node.start_quantity)
        self.prepare(step)
        if self.listening and not note.watches:
            note.watches = watch(step.scope, step, self.listening)
        return self.work(step)

    def skip(self, step: Step, result: Mapping[str, Any]) -> None:
        if step.note.arrived:  # an operator lets it go on with those who came
            consume(self, step, self.node.start_quantity)
        super().skip(step, result)

    def work(self, step: Step) -> Mapping[str, Any] | None:
        """What this kind of activity does. Raises StepFault."""
        return {}

    def watched(self, step: Step, watch: Step, caught: dict[str, Any]) -> None:
        boundary = watch.task_spec
        assert isinstance(boundary, NodeSpec)
        if boundary.node.interrupting:
            step.cancel()
        emerge(step.scope, boundary, caught, (step.ref,))

    def withdraw(self, step: Step) -> None:
        if step.note.arrived and step.scope.piece.joins.get(self.name) == step.number:
            del step.scope.piece.joins[self.name]
        unwatch(step.scope, step.note.watches)
        self.call_off(step)
        proceed(step)

    def call_off(self, step: Step) -> None:
        """Nobody wants the result any more."""

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        ad_hoc = self._within(step)
        if ad_hoc is not None and ad_hoc.is_met(step.scope):
            step.scope.piece.closing = True
            return ()
        return super().choose(step)

    def _within(self, step: Step) -> AdHoc | None:
        """The ad-hoc sub-process that asks its condition when this is over; what undoes is no part of its work."""
        undoes = self.node.for_compensation or step.scope.piece.of
        return None if undoes else step.scope.spec.ad_hoc

    def remember(self, step: Step) -> None:
        """It is over: what may have to be undone of it is kept in mind."""
        remember(step.scope, self, step.ref)

    def _on_complete_hook(self, step: Step) -> None:
        if step.note.watches:
            unwatch(step.scope, step.note.watches)
        super()._on_complete_hook(step)
        self.remember(step)
        proceed(step)
        ad_hoc = self._within(step)
        if ad_hoc is not None and step.scope.piece.closing:
            ad_hoc.close(step)


@dataclass(frozen=True, slots=True)
class Offer:
    """Who may do a task, until when, how urgent it is."""

    assignee: Compiled | None = None
    groups: Compiled | None = None
    users: Compiled | None = None
    due: Compiled | None = None
    follow_up: Compiled | None = None
    priority: Compiled | None = None


class PersonTask(Activity):
    """A user or manual task: it waits in somebody's inbox."""

    offer = Offer()

    def work(self, step: Step) -> None:
        node, offer, seen = self.node, self.offer, step.visible()
        step.scope.live.tell(
            TaskReached(
                ref=step.ref,
                process=self.process,
                element=node.id,
                name=node.name,
                names=node.names,
                lane=node.lane,
                form=node.form,
                data=data.Shown(seen),
                assignee=next(iter(_names(offer.assignee, seen)), None),
                groups=_names(offer.groups, seen),
                users=_names(offer.users, seen),
                due=_moment(offer.due, seen),
                follow_up=_moment(offer.follow_up, seen),
                priority=_priority(offer.priority, seen),
                properties=node.properties,
                previous=step.note.previous,
                item=_item(step),
                program=step.scope.program.hash,
            )
        )

    def take(self, step: Step, event: Event) -> None:
        if not isinstance(event, TaskDone):
            raise UnknownStep(ref=step.ref)
        self.complete(step, data.taken(event.answer))

    def call_off(self, step: Step) -> None:
        if step.note.state == "waiting":
            step.scope.live.tell(TaskWithdrawn(step.ref, self.element))


def _names(expression: Compiled | None, seen: Mapping[str, Any]) -> tuple[str, ...]:
    value = expression.evaluate(seen) if expression is not None else None
    if isinstance(value, str):
        value = value.split(",")
    names = value if isinstance(value, Sequence) else ()
    return tuple(name.strip() for name in names if isinstance(name, str) and name.strip())


def _moment(expression: Compiled | None, seen: Mapping[str, Any]) -> str | datetime | None:
    value = expression.evaluate(seen) if expression is not None else None
    if isinstance(value, datetime):
        return moments.in_utc(value)
    if isinstance(value, date | timedelta | YearsMonths):
        value = to_json(value)
    if not isinstance(value, str) or not value.strip():
        return None
    return moments.read_moment(value) or value.strip()


def _priority(expression: Compiled | None, seen: Mapping[str, Any]) -> int:
    value = expression.evaluate(seen) if expression is not None else None
    text = str(value)
    return min(100, max(0, int(text))) if text.lstrip("-").isdecimal() and len(text) < 10 else 50


def _item(step: Step) -> Any:
    """The element of the nearest multi-instance around the step."""
    for scope in step.scope.chain():
        name = scope.element_variable
        if name:
            return data.copied(scope.data.get(name))
    return None


class ServiceTask(Activity):
    """A call that somebody outside makes and answers."""

    type: Compiled
    retries = 3
    headers: Mapping[str, str] = {}
    result = ""  #: the variable that takes all of the answer

    def work(self, step: Step) -> None:
        seen = step.visible()
        kind = self.type.evaluate(seen)
        if not isinstance(kind, str) or not kind:
            raise StepFault("bad-service", f"The job type “{self.type.text}” is no text.")
        inputs = step.note.local if self.inputs_ or (self.cargo is not None and self.cargo.lists_inputs) else seen
        inputs = {name: data.copied(value) for name, value in inputs.items()}
        call = ServiceCalled(step.ref, self.process, self.element, kind, inputs, self.retries, self.headers)
        step.scope.live.tell(call)

    def take(self, step: Step, event: Event) -> None:
        match event:
            case ServiceDone():
                came = data.clean(event.result)
                self.complete(step, {self.result: came} if self.result else came)
            case ServiceFailed():
                # What nobody catches becomes an incident: the operator sees the BPMN code itself.
                raise ThrownError(event.code or "service", event.message, event.code)
            case _:
                raise UnknownStep(ref=step.ref)

    def call_off(self, step: Step) -> None:
        if step.note.state == "waiting":
            step.scope.live.tell(ServiceWithdrawn(step.ref))


class ScriptTask(Activity):
    """A FEEL expression, and the variable that takes its value."""

    script: Compiled
    result = ""
    output = ""  #: its only data output, which takes what is no context

    def work(self, step: Step) -> Mapping[str, Any]:
        value = data.clean({"": self.script.evaluate(step.visible())})[""]
        if self.result:
            return {self.result: value}
        if isinstance(value, dict):
            return value
        return {self.output: value} if self.output else {}


class DecisionTask(Activity):
    """A business rule task: a DMN decision."""

    target: Compiled
    result = ""

    def work(self, step: Step) -> Mapping[str, Any]:
        seen, scope = step.visible(), step.scope
        decision = self.target.evaluate(seen)
        if not isinstance(decision, str) or not decision:
            raise StepFault("bad-decision", f"The decision id “{self.target.text}” is no text.")
        program, context = scope.program, {name: data.copied(value) for name, value in seen.items()}
        try:
            decided = scope.live.host.decide(decision, context, program.hash, program.key)
        except LanewayError as fault:
            raise ThrownError("decision", fault.message) from fault
        outputs = data.clean({"": decided.outputs})[""]
        inputs = {name: data.copied(value) for name, value in decided.inputs}
        rules = tuple(rule.id for rule in decided.rules)
        made = DecisionMade(step.ref, self.element, decision, inputs, rules, data.copied(outputs))
        scope.live.tell(made)
        if self.result:
            return {self.result: outputs}
        return outputs if isinstance(outputs, dict) else {decision: outputs}


class SendTask(Activity):
    """Sends a message and goes on."""

    message: Trigger
    outcome = "completed"

    def work(self, step: Step) -> Mapping[str, Any]:
        send(self, step, self.message)
        return {}


def send(spec: NodeSpec, step: Step, trigger: Trigger) -> None:
    """A message or signal leaves the case. Its payload is what the input mappings say. Raises StepFault."""
    payload = {name: data.copied(value) for name, value in step.note.local.items()}
    correlation = correlation_of(trigger, step.visible())
    sent = MessageSent(step.ref, spec.element, trigger.kind, trigger.name, correlation, payload)
    step.scope.live.tell(sent)
    if trigger.kind == "signal":  # who listens now hears it, whatever begins to listen before the outside brings it
        step.scope.live.signals.append((trigger.name, payload))
