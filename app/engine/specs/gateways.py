"""Gateways: where the way parts, and where it meets again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.diagrams.model import Node

from .. import spiff
from ..errors import StepFault
from ..spec import FlowSpec, NodeSpec, ScopeSpec, holds
from ..step import Step
from .watching import unwatch, watch

DEADLOCK = "join-deadlock"  #: the fault of a join that waits for a token which cannot come

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
        number = scope.piece.joins.get(self.name)
        step = scope.find(number) if number is not None else None
        if step is None:
            step = self._wait(scope, previous)
        else:
            step.note.previous = (*step.note.previous, *previous)
        step.note.arrived.setdefault(flow.id, []).extend(previous)
        step.touch()
        return step

    def _wait(self, scope: Scope, previous: tuple[str, ...]) -> Step:
        step = super().enter(scope, None, previous)
        scope.piece.joins[self.name] = step.number
        step._set_state(spiff.WAITING)
        return step

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
        note, scope = step.note, step.scope
        left = {flow: refs[1:] for flow, refs in note.arrived.items() if len(refs) > 1}
        note.previous = tuple(refs[0] for refs in note.arrived.values())
        note.arrived = {}
        scope.piece.joins.pop(self.name, None)
        if left:
            following = self._wait(scope, tuple(ref for refs in left.values() for ref in refs))
            following.note.arrived = left
            self._update(following)

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

    def may_go(self, step: Step, places: set[str]) -> bool:
        """Whether no token at any of these nodes keeps it waiting."""
        if not places:
            return True
        came = [self.sources[flow] for flow in self.incoming if flow in step.note.arrived]
        empty = [self.sources[flow] for flow in self.incoming if flow not in step.note.arrived]
        return not any(
            any(place in sources for sources in empty) and not any(place in sources for sources in came)
            for place in places
        )

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        if len(self.flows) < 2 and not self.conditional:
            return self.flows
        data = step.visible()
        taken = tuple(flow for flow in self.flows if not flow.is_default and holds(flow, data))
        return taken or _default(self.flows)


def release(live: Live) -> bool:
    """Let one inclusive join go on that waits for nothing any more. False when there is none."""
    for path, scope in list(live.joining.items()):
        waiting = [step for step in map(scope.find, list(scope.piece.joins.values())) if step is not None]
        joins = [step for step in waiting if isinstance(step.task_spec, InclusiveGateway)]
        if not joins:
            del live.joining[path]
            continue
        # One that failed, or is ready already, is not asked again.
        joins = [step for step in joins if step.state == spiff.WAITING]
        places = {step.number: step.note.at for step in scope.steps() if not step.is_watch}
        for step in joins:
            gateway = step.task_spec
            assert isinstance(gateway, InclusiveGateway)
            others = {place for number, place in places.items() if number != step.number}
            if gateway.may_go(step, others):
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
            if step is not None and step.state == spiff.WAITING:
                gateway = step.task_spec
                assert isinstance(gateway, Join)
                yield step, gateway.missing(step)


class EventGateway(NodeSpec):
    """Waits for the first of the events behind it."""

    def perform(self, step: Step) -> None:
        step.note.watches = watch(step.scope, step, [flow.target for flow in self.flows])

    def watched(self, step: Step, watch: Step, caught: dict[str, Any]) -> None:
        at = watch.note.at
        step.note.caught = caught
        step.chosen = tuple(flow for flow in self.flows if flow.target.name == at)[:1]
        step.complete()

    def skip(self, step: Step, result: Mapping[str, Any]) -> None:
        raise StepFault("no-flow", "Which event came is not known: an event-based gateway cannot be skipped.")

    def withdraw(self, step: Step) -> None:
        unwatch(step.scope, step.note.watches)

    def _on_complete_hook(self, step: Step) -> None:
        unwatch(step.scope, step.note.watches)
        super()._on_complete_hook(step)
        for number in step._children:
            child = step.scope.tasks[number]
            child.note.caught = step.note.caught


def _default(flows: tuple[FlowSpec, ...]) -> tuple[FlowSpec, ...]:
    for flow in flows:
        if flow.is_default:
            return (flow,)
    raise StepFault("no-flow", "No condition of an outgoing flow is true, and there is no default flow.")
