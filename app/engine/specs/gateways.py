"""Gateways: where the way parts, and where it meets again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.diagrams.model import Node
from app.expressions import Compiled

from .. import spiff
from ..errors import DEADLOCK, StepFault
from ..spec import FlowSpec, NodeSpec, ScopeSpec, holds
from ..step import Step
from .arrivals import came, gather, settle, wait
from .compensation import is_shadow
from .watching import unwatch, watch

if TYPE_CHECKING:
    from ..live import Live
    from ..scope import Scope


class ExclusiveGateway(NodeSpec):
    """The first flow whose condition is true, else the default."""

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        if len(self.flows) < 2 and not self.conditional:
            return self.flows
        data = step.visible()
        for flow in self.flows:
            if not flow.is_default and holds(flow, data):
                return (flow,)
        return _default(self.flows)


class Join(NodeSpec):
    """A gateway at which tokens meet: one step waits for all of them, and counts."""

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node)
        self.incoming: tuple[str, ...] = node.incoming

    def enter(self, scope: Scope, flow: FlowSpec | None, previous: tuple[str, ...]) -> Step:
        if flow is None or len(self.incoming) < 2:
            return super().enter(scope, flow, previous)
        return gather(self, scope, flow.id, previous)

    def perform(self, step: Step) -> Mapping[str, Any]:
        if step.note.arrived:
            self._gather(step)
        return {}

    def skip(self, step: Step, result: Mapping[str, Any]) -> None:
        if step.note.arrived:  # an operator lets it go on with those who came
            self._gather(step)
        super().skip(step, result)

    def missing(self, step: Step) -> StepFault:
        """Why a join can never go on."""
        empty = ", ".join(flow for flow in self.incoming if flow not in step.note.arrived)
        return StepFault(DEADLOCK, f"Nobody is left who could come over {empty}: the join waits for ever.")

    def _gather(self, step: Step) -> None:
        """Take one token of each flow; what came more than once waits for the next time."""
        arrived = step.note.arrived
        settle(
            self,
            step,
            tuple(refs[0] for refs in arrived.values()),
            {flow: refs[1:] for flow, refs in arrived.items()},
        )

    def withdraw(self, step: Step) -> None:
        if step.scope.piece.joins.get(self.name) == step.number:
            del step.scope.piece.joins[self.name]


class ParallelGateway(Join):
    """Waits for a token of every incoming flow, then takes every outgoing one."""

    def _update_hook(self, step: Step) -> bool:
        waits = step.state in (spiff.FUTURE, spiff.WAITING)
        return waits and (not step.note.arrived or len(step.note.arrived) == len(self.incoming))

    def perform(self, step: Step) -> Mapping[str, Any]:
        if step.note.arrived and len(step.note.arrived) < len(self.incoming):  # a deadlock that an operator tries again
            raise self.missing(step)
        return super().perform(step)

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        return self.flows


class InclusiveGateway(Join):
    """Waits while another token can still arrive by an empty flow; takes every flow whose condition is true.

    `sources` tells for each incoming flow from which nodes it can be reached without passing this gateway
    (BPMN 2.0.2, 13.4.3). Whether it may go on is asked when nothing else of the case can move.
    """

    before: Mapping[str, set[str]] = {}  #: node of the scope -> the nodes that a token comes to it from
    begins: Mapping[str, str] = {}  #: incoming flow -> the node it begins at

    @cached_property
    def sources(self) -> Mapping[str, frozenset[str]]:
        """Worked out when it is needed: all joins of a drawing together would know its nodes squared."""
        return {flow: self._behind(node) for flow, node in self.begins.items()}

    def _behind(self, node: str) -> frozenset[str]:
        if node == self.name:  # a flow back to the gateway itself: only through it is the flow come to
            return frozenset()
        seen, todo = {node}, [node]
        while todo:
            for name in self.before.get(todo.pop(), ()):
                if name not in seen and name != self.name:
                    seen.add(name)
                    todo.append(name)
        return frozenset(seen)

    def enter(self, scope: Scope, flow: FlowSpec | None, previous: tuple[str, ...]) -> Step:
        step = super().enter(scope, flow, previous)
        if step.note.arrived:
            scope.live.joining[scope.path] = scope
        return step

    def _update_hook(self, step: Step) -> bool:
        return step.state in (spiff.FUTURE, spiff.WAITING) and not step.note.arrived

    def asks(self, step: Step) -> bool:
        """Whether it goes on when no other token can come to it."""
        return True

    def may_go(self, step: Step, places: set[str]) -> bool:
        """Whether no token at any of these nodes keeps it waiting."""
        if not places:
            return True
        full = {*step.note.arrived, *step.note.used}
        came = [self.sources[flow] for flow in self.incoming if flow in full]
        empty = [self.sources[flow] for flow in self.incoming if flow not in full]
        return not any(
            any(place in sources for sources in empty) and not any(place in sources for sources in came)
            for place in places
        )

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        if len(self.flows) < 2 and not self.conditional:
            return self.flows
        return self.true_ways(step.visible())

    def true_ways(self, seen: Mapping[str, Any]) -> tuple[FlowSpec, ...]:
        """Every flow whose condition is true, else the default. Raises StepFault."""
        taken = tuple(flow for flow in self.flows if not flow.is_default and holds(flow, seen))
        return taken or _default(self.flows)


class ComplexGateway(InclusiveGateway):
    """Goes on when its activation condition says so; then waits for the tokens of the other ways, and begins anew.

    The first step counts until the condition is true, takes a token of each way that has one, and goes on. A second,
    quiet one then waits for reset: until each other way has brought its token, or none can come. Only flows whose
    condition speaks of `waitingForStart` leave it then (BPMN 2.0.2, 13.4.5).
    """

    activation: Compiled | None = None

    def _update_hook(self, step: Step) -> bool:
        return step.state in (spiff.FUTURE, spiff.WAITING) and self._is_enough(step)

    def _is_enough(self, step: Step) -> bool:
        note = step.note
        if not note.arrived or note.used:
            return not note.used or self._is_full(step)
        return self.activation is not None and self.activation.evaluate(self._seen(step, start=True)) is True

    def _is_full(self, step: Step) -> bool:
        return all(flow in step.note.used or flow in step.note.arrived for flow in self.incoming)

    def _seen(self, step: Step, *, start: bool) -> Mapping[str, Any]:
        counts = {flow: len(step.note.arrived.get(flow, ())) for flow in self.incoming}
        return {**step.visible(), **counts, "activationCount": came(step), "waitingForStart": start}

    def asks(self, step: Step) -> bool:
        return bool(step.note.used)

    def missing(self, step: Step) -> StepFault:
        text = self.activation.text if self.activation is not None else ""
        return StepFault(DEADLOCK, f"Nobody is left who could come, and “{text}” is not true: it waits for ever.")

    def perform(self, step: Step) -> Mapping[str, Any]:
        note = step.note
        if len(self.incoming) < 2:
            return {}
        if not note.used and not self._is_enough(step):  # a deadlock that an operator tries again
            raise self.missing(step)
        self._gather(step)
        return {}

    def _gather(self, step: Step) -> None:
        """Take one token of each way that has one and was not used before; then wait for reset, or begin anew."""
        note, used = step.note, step.note.used
        step.chosen = self._ways(step, start=not used)
        taken = [flow for flow in note.arrived if flow not in used]
        left = {flow: refs[1:] if flow in taken else refs for flow, refs in note.arrived.items()}
        first = tuple(note.arrived[flow][0] for flow in taken)
        if used or len(taken) == len(self.incoming):
            settle(self, step, first, left)
            return
        settle(self, step, first, {})
        reset = wait(self, step.scope, first, quiet=True)
        reset.note.used = tuple(taken)
        reset.note.arrived = {flow: refs for flow, refs in left.items() if refs}
        step.scope.live.joining[step.scope.path] = step.scope

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        if len(self.incoming) < 2:
            return super().choose(step)
        return step.chosen

    def _ways(self, step: Step, *, start: bool) -> tuple[FlowSpec, ...]:
        seen = self._seen(step, start=start)
        if not start:
            asked = [flow for flow in self.flows if flow.condition and "waitingForStart" in flow.condition.names]
            return tuple(flow for flow in asked if holds(flow, seen))
        return self.true_ways(seen)

    def _on_complete_hook(self, step: Step) -> None:
        if step.note.quiet and step.chosen:
            step.note.quiet = False
            self.tell_entered(step)
        super()._on_complete_hook(step)


def release(live: Live) -> bool:
    """Let one inclusive join go on that waits for nothing any more. False when there is none."""
    for path, scope in list(live.joining.items()):
        waiting = [step for step in map(scope.find, list(scope.piece.joins.values())) if step is not None]
        joins = [(step, step.task_spec) for step in waiting if isinstance(step.task_spec, InclusiveGateway)]
        if not joins:
            del live.joining[path]
            continue
        # One that failed, or is ready already, is not asked again.
        joins = [(step, spec) for step, spec in joins if step.state == spiff.WAITING and spec.asks(step)]
        places = {step.number: step.note.at for step in scope.steps() if not (step.is_watch or is_shadow(step))}
        for step, spec in joins:
            others = {place for number, place in places.items() if number != step.number}
            if spec.may_go(step, others):
                step._ready()
                return True
    return False


def deadlocks(live: Live) -> Iterator[tuple[Step, StepFault]]:
    """The joins that can never go on, of the scopes that this move has changed: all that is left there waits in joins.

    Whether something around the scope may still end it is not asked: the drawing is wrong all the same.
    """
    for scope in list(live.dirty.values()):
        joins = scope.piece.joins
        if not joins or scope.piece.tokens != len(joins):
            continue
        for step in [scope.find(number) for number in joins.values()]:
            if step is not None and step.state == spiff.WAITING and not step.note.quiet:
                yield step, step.task_spec.missing(step)


class EventGateway(NodeSpec):
    """Waits for the first of the events behind it."""

    def perform(self, step: Step) -> None:
        step.note.watches = watch(step.scope, step, [flow.target for flow in self.flows])

    def watched(self, step: Step, watch: Step, caught: dict[str, Any]) -> None:
        at = watch.note.at
        step.note.caught = caught
        step.chosen = tuple(flow for flow in self.flows if flow.target.name == at)[:1]
        step.complete()

    def begin_at(self, scope: Scope, element: str, caught: dict[str, Any], first: str) -> None:
        """A case begins by one of the events behind it; where it is parallel, the others are waited for.

        `first` names what has come, where the event needs several.
        """
        step = self.enter(scope, None, ())
        step.note.caught = caught
        step.first = element
        step.chosen = tuple(flow for flow in self.flows if self.is_parallel or flow.target.name == element)
        step.complete()
        for child in [scope.tasks[number] for number in step._children]:
            child.first = first if child.note.at == element else ""

    @property
    def is_parallel(self) -> bool:
        return self.node.event_gateway_type == "Parallel"

    def skip(self, step: Step, result: Mapping[str, Any]) -> None:
        raise StepFault("no-flow", "Which event came is not known: an event-based gateway cannot be skipped.")

    def withdraw(self, step: Step) -> None:
        unwatch(step.scope, step.note.watches)

    def _on_complete_hook(self, step: Step) -> None:
        unwatch(step.scope, step.note.watches)
        super()._on_complete_hook(step)
        for number in step._children:
            child = step.scope.tasks[number]
            if step.first in ("", child.note.at):
                child.note.caught = step.note.caught


def _default(flows: tuple[FlowSpec, ...]) -> tuple[FlowSpec, ...]:
    for flow in flows:
        if flow.is_default:
            return (flow,)
    raise StepFault("no-flow", "No condition of an outgoing flow is true, and there is no default flow.")
