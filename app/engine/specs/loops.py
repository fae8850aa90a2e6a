"""Multi-instance and loops: one activity, several times.

The step of the whole opens a piece that holds counters only; every instance is a piece of its own, named by its number.
What an instance yields waits in its piece until the end, so finishing one of a thousand costs what one of ten costs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.diagrams.model import Node
from app.expressions import Compiled

from .. import data, spiff
from ..codec import LoopNote, Piece
from ..errors import StepFault
from ..spec import NodeSpec, ScopeSpec
from .behaviors import throw_of_instance
from .compensation import cancel_scope, remember
from .scopes import Container, SubProcess, begin, cancel_below
from .triggers import Trigger

if TYPE_CHECKING:
    from ..build import Builder
    from ..live import Live
    from ..scope import Scope
    from ..step import Step

_PLAIN = re.compile(r"[^\W\d]\w*(\.\w+)*")


class Loop(Container):
    """A multi-instance activity or a standard loop. `inner` holds the activity itself, without the loop."""

    inner: ScopeSpec
    opens = "multi"
    merges = True
    sequential = False
    cardinality: Compiled | None = None
    collection: Compiled | None = None
    completion: Compiled | None = None
    output_collection = ""
    output_element: Compiled | None = None
    throws: tuple[tuple[Trigger, Compiled | None], ...] = ()  #: as instances complete, each with its condition
    throws_once = False
    own = ""  #: variable that every instance has for itself, so that its result is not overwritten by another

    @staticmethod
    def counts(loop: LoopNote) -> dict[str, int]:
        """The names that completion conditions know: BPMN 2.0.2 (table 10.30), and Camunda 7's."""
        return {
            "numberOfInstances": loop.total,
            "numberOfActiveInstances": loop.active,
            "numberOfCompletedInstances": loop.completed,
            "numberOfTerminatedInstances": loop.terminated,
            "nrOfInstances": loop.total,
            "nrOfActiveInstances": loop.active,
            "nrOfCompletedInstances": loop.completed,
        }

    def work(self, step: Step) -> Mapping[str, Any] | None:
        if step.scope.live.has(step.ref):
            return self._resume(step, step.scope.live.scope(step.ref))
        items = self._items(step)
        if not items:
            return {self.output_collection: []} if self.output_collection else {}
        body = step.scope.live.open(step.scope, step.ref, self.inner, "multi", step.note.local)
        body.piece.loop = LoopNote(len(items))
        for number, item in enumerate(items, 1):
            self._open(body, number, item, starts=not self.sequential or number == 1)
        return None

    def _items(self, step: Step) -> list[Any]:
        """The element of each instance. Raises StepFault."""
        seen = step.visible()
        if self.collection is not None:
            items = data.clean({"": self.collection.evaluate(seen)})[""]
            if type(items) is not list:
                raise StepFault("bad-collection", f"The collection “{self.collection.text}” is no list.")
        else:
            assert self.cardinality is not None
            count = self.cardinality.evaluate(seen)
            if isinstance(count, str) and count.strip().isdecimal() and len(count) < 10:
                count = int(count)
            if type(count) is not int or count < 0:
                raise StepFault(
                    "bad-collection", f"The number of instances “{self.cardinality.text}” is no whole number."
                )
            _limit(step.scope.live, count)
            items = [None] * count
        _limit(step.scope.live, len(items))
        return items

    def _open(self, body: Scope, number: int, item: Any, *, starts: bool) -> None:
        values: dict[str, Any] = {"loopCounter": number}
        if self.own:
            values[self.own] = None
        if self.element_variable:
            values[self.element_variable] = item
        child = body.live.open(body, f"{body.path}/{number}", self.inner, "child", values)
        if starts:
            self._start(body, child)

    def _start(self, body: Scope, child: Scope) -> None:
        assert body.piece.loop is not None
        body.piece.loop.active += 1
        body.touch()
        begin(child, self.inner.starts, (body.path,))

    def inside_over(self, step: Step, scope: Scope) -> None:
        if scope.piece.kind == "multi":
            self.finish(step, scope)
            return
        body = scope.parent
        assert body is not None
        self._count(body, scope)
        self._over(step, body, scope)

    def _over(self, step: Step, body: Scope, child: Scope) -> None:
        live = body.live
        if throw_of_instance(self, step, body):
            return
        if self.end_instance(live, body, child) and step.state != spiff.ERROR:
            live.endings.appendleft((body, step))  # what was thrown is heard first

    def _resume(self, step: Step, body: Scope) -> Mapping[str, Any] | None:
        """A retry throws again for the instances that are over."""
        for child in body.children():
            if child.piece.kind == "child" and child.piece.next > 1 and not child.piece.tokens:
                self._over(step, body, child)
        return None

    def _count(self, body: Scope, child: Scope) -> None:
        loop = body.piece.loop
        assert loop is not None
        loop.active -= 1
        loop.completed += 1
        body.touch()
        if self.undone_by is not None:
            remember(body, self, "", child.data)

    def finish(self, step: Step, body: Scope) -> None:
        """All instances are over, or nobody wants the others. Raises StepFault."""
        children = body.children()
        result = self.gather(children)
        if body.piece.done:
            step.scope.piece.done = (*step.scope.piece.done, *body.piece.done)
            body.piece.done = ()
        self._leave(step, body, children)
        self.complete(step, result)

    def _leave(self, step: Step, body: Scope, children: list[Scope]) -> None:
        """What is kept of the instances stays for compensation; all else goes."""
        if not any(scope.piece.kind == "kept" for scope in children):
            cancel_below(step)
            return
        for child in children:
            if child.piece.kind != "kept":
                cancel_scope(child)
        body.piece.of = self.element
        body.touch()

    def remember(self, step: Step) -> None:
        if self.undone_by is None:  # else each instance was remembered
            super().remember(step)

    def end_instance(self, live: Live, body: Scope, child: Scope) -> bool:
        """One instance is over. Whether that was the last."""
        loop = body.piece.loop
        assert loop is not None
        seen = child.visible(self.counts(loop))
        done = self.completion is not None and self.completion.evaluate(seen) is True
        self._keep(live, child, seen)
        if done or loop.completed == loop.total:
            return True
        if self.sequential:
            following = live.scope(f"{body.path}/{loop.completed + 1}")
            self._start(body, following)
        return False

    def _keep(self, live: Live, child: Scope, seen: Mapping[str, Any]) -> None:
        """The instance goes; what it yields waits in its piece for the end of the whole."""
        kept = self.undone_by is None and bool(child.piece.done)
        if not self.output_collection and not kept:
            live.forget_below(child.path)
            return
        value = self.output_element.evaluate(seen) if self.output_element is not None else None
        result = data.clean({"value": value}) if self.output_collection else {}
        child.touch()
        if kept:
            child.piece.kind, child.piece.result = "kept", result
            return
        child.piece.kind, child.piece.next = "result", 1
        child.data = child.piece.data = result

    def gather(self, children: list[Scope]) -> dict[str, Any]:
        """What the instances yielded, in their order; null for those that were cut short."""
        if not self.output_collection:
            return {}
        return {self.output_collection: [_yielded(child.piece) for child in children]}


class StandardLoop(Loop):
    """Repeats while its condition is true; the condition is asked before or after each round."""

    sequential = True
    test_before = False
    condition: Compiled | None = None
    maximum: int | None = None

    def work(self, step: Step) -> Mapping[str, Any] | None:
        live = step.scope.live
        if live.has(step.ref):
            return self._resume(step, live.scope(step.ref))
        if self.maximum == 0 or (self.test_before and not self._again(live, step.visible(), 0)):
            return {}
        body = live.open(step.scope, step.ref, self.inner, "multi", step.note.local)
        body.piece.loop = LoopNote(-1)
        self._open(body, 1, None, starts=True)
        return None

    def _resume(self, step: Step, body: Scope) -> Mapping[str, Any] | None:
        """A retry goes on after the rounds that were done."""
        assert body.piece.loop is not None
        rounds = body.piece.loop.completed
        if not self._again(body.live, {**step.visible(), "loopCounter": rounds}, rounds):
            cancel_below(step)
            return {}
        self._open(body, rounds + 1, None, starts=True)
        return None

    def _again(self, live: Live, seen: Mapping[str, Any], rounds: int) -> bool:
        if self.maximum is not None and rounds >= self.maximum:
            return False
        again = self.condition is None or self.condition.evaluate(seen) is True
        if again:
            _limit(live, rounds + 1)
        return again

    def end_instance(self, live: Live, body: Scope, child: Scope) -> bool:
        loop = body.piece.loop
        assert loop is not None
        seen = dict(child.visible())
        self._keep(live, child, seen)
        if not self._again(live, seen, loop.completed):
            return True
        self._open(body, loop.completed + 1, None, starts=True)
        return False


def _yielded(piece: Piece) -> Any:
    result = {"result": piece.data, "kept": piece.result}.get(piece.kind, {})
    return result.get("value")


def _limit(within: Live, count: int) -> None:
    most = within.host.limits.instances
    if count > most:
        raise StepFault("too-many", f"More than {most} instances of one activity.")


def build(
    builder: Builder, scope: ScopeSpec, node: Node, make: Callable[[Builder, ScopeSpec, Node], NodeSpec]
) -> NodeSpec:
    """The loop around an activity."""
    assert node.loop is not None
    inner = ScopeSpec(node.id, scope.process)
    activity = make(builder, inner, node)
    _inside(builder, activity, node)
    inner.starts = (activity,)
    spec = _standard(builder, scope, node) if node.loop.kind == "standard" else _multi(builder, scope, node)
    if isinstance(activity, SubProcess) and spec.output_collection and not activity.outputs_:
        activity.shows_inside = True
    spec.inner = inner
    return spec


def _behavior(builder: Builder, spec: Loop, node: Node) -> None:
    loop = node.loop
    assert loop is not None
    said = f"The multi-instance behaviour {loop.behavior}"
    if loop.behavior not in ("", "All", "None", "One", "Complex"):
        builder.refuse(node.id, loop.line or node.line, f"{said} is not run.")
    spec.throws_once = loop.behavior == "One"
    for each in loop.throws:
        if each.event.kind not in ("message", "signal", "error", "escalation"):
            line = each.event.line or node.line
            builder.refuse(node.id, line, f"{said} with the event {each.event.kind} is not run.")
    spec.throws = tuple(
        (builder.trigger(node, each.event, throws=True), builder.compile(node.id, each.condition))
        for each in loop.throws
    )


def _inside(builder: Builder, activity: NodeSpec, node: Node) -> None:
    activity.inputs_ = builder.mappings(node, node.inputs)
    activity.outputs_ = builder.mappings(node, node.outputs)
    activity.cargo = builder.cargo_of(node)


def _standard(builder: Builder, scope: ScopeSpec, node: Node) -> StandardLoop:
    spec, loop = StandardLoop(scope, node), node.loop
    assert loop is not None
    spec.test_before, spec.maximum = loop.test_before, loop.maximum
    spec.condition = builder.compile(node.id, loop.condition)
    if spec.condition is None and spec.maximum is None:
        builder.refuse(node.id, loop.line or node.line, "The loop has neither a condition nor a maximum.")
    if spec.maximum is not None and spec.maximum < 0:
        builder.refuse(node.id, loop.line or node.line, "The maximum of the loop is negative.")
    return spec


def _multi(builder: Builder, scope: ScopeSpec, node: Node) -> Loop:
    spec, loop = Loop(scope, node), node.loop
    assert loop is not None
    spec.sequential, spec.element_variable = loop.sequential, loop.element_variable
    spec.output_collection = loop.output_collection
    spec.collection = builder.compile(node.id, loop.collection)
    spec.cardinality = builder.compile(node.id, loop.cardinality)
    spec.completion = builder.compile(node.id, loop.completion)
    spec.output_element = builder.compile(node.id, loop.output_element)
    if loop.collection is None and loop.cardinality is None:
        builder.refuse(node.id, loop.line or node.line, "The multi-instance has neither a collection nor a number.")
    _behavior(builder, spec, node)
    text = loop.output_element.text.strip() if loop.output_element is not None else ""
    if loop.output_element is not None and loop.output_element.language == "name":
        spec.own = text
    elif _PLAIN.fullmatch(text):
        spec.own = text.partition(".")[0]
    return spec
