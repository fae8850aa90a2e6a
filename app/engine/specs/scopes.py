"""Activities with a graph inside: sub-processes, event sub-processes, called processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from app.core.errors import LanewayError
from app.diagrams.model import Node
from app.expressions import Compiled

from .. import data, limits, spiff
from ..errors import StepFault
from ..spec import NodeSpec, ScopeSpec
from .activities import Activity
from .compensation import cancel_scope, holds_something
from .watching import emerge, unwatch, watch

if TYPE_CHECKING:
    from ..scope import Scope
    from ..step import Step


class Container(Activity):
    """An activity whose step is over when the scope it opened is."""

    merges = False

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        if len(step.ref) > limits.REF:
            raise StepFault("too-deep", "Too many sub-processes and called processes, one inside the other.")
        return super().perform(step)

    def inside_over(self, step: Step, scope: Scope) -> None:
        self.leave(scope)
        self.complete(step, scope.data)

    def leave(self, scope: Scope) -> None:
        """The scope is over: it goes, or is kept with what may have to be undone in it."""
        unwatch(scope, scope.piece.watches)
        if self.undone_by is None and holds_something(scope):
            scope.piece.of, scope.piece.closing = self.element, False
            scope.touch()
        else:
            scope.live.forget_below(scope.path)

    def call_off(self, step: Step) -> None:
        cancel_below(step)

    def kept(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        return result if self.merges else {}


class SubProcess(Container):
    """An embedded sub-process."""

    inner: ScopeSpec
    opens = "sub"
    shows_inside = False  #: an instance of a multi-instance: what it yields may be a variable of its inside

    def work(self, step: Step) -> Mapping[str, Any] | None:
        if not self.inner.starts:  # nothing is drawn in it
            return {}
        scope = step.scope.live.open(step.scope, step.ref, self.inner, "sub", step.note.local)
        step.note.local = {}
        begin(scope, self.inner.starts, (step.ref,))
        return None

    def inside_over(self, step: Step, scope: Scope) -> None:
        super().inside_over(step, scope)
        if self.shows_inside:
            step.scope.data.update(scope.data)
            step.scope.touch()


class AdHoc(SubProcess):
    """A sub-process whose activities begin without being led to: all at once, or one after the other."""

    completion: Compiled | None = None
    sequential = False

    def work(self, step: Step) -> None:
        live = step.scope.live
        if live.has(step.ref):  # an operator tries a round again that changed nothing
            scope = live.scope(step.ref)
        else:
            scope = live.open(step.scope, step.ref, self.inner, "sub", step.note.local)
            step.note.local = {}
        self._round(scope, step)

    def _round(self, scope: Scope, step: Step) -> None:
        scope.round = (scope.live.move, scope.live.writes)
        starts = self.inner.starts
        if self.sequential:
            scope.piece.left = tuple(spec.name for spec in starts[1:])
            starts = starts[:1]
        begin(scope, starts, (step.ref,))

    def is_met(self, scope: Scope) -> bool:
        """Whether its completion condition is true."""
        return self.completion is not None and self.completion.evaluate(scope.visible()) is True

    def close(self, last: Step) -> None:
        """Its condition is met: what runs is taken away, or only what waits for tokens that will not come."""
        for step in list(last.scope.steps()):
            joins = step.state == spiff.WAITING and not step.is_watch
            if step is not last and (self.node.cancel_remaining or joins):
                step.cancel()

    def inside_over(self, step: Step, scope: Scope) -> None:
        piece = scope.piece
        if piece.closing or (not piece.left and (self.completion is None or self.is_met(scope))):
            super().inside_over(step, scope)
        elif piece.left:
            following, piece.left = self.inner.task_specs[piece.left[0]], piece.left[1:]
            begin(scope, (following,), (step.ref,))
        elif scope.round == (scope.live.move, scope.live.writes):
            raise StepFault("ad-hoc-stuck", "All is done, nobody was asked, and the completion condition is not true.")
        else:
            self._round(scope, step)


class EventSubProcess(Container):
    """A sub-process that an event of its scope starts, instead of a token."""

    inner: ScopeSpec
    opens = "sub"

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node)
        self.start: NodeSpec

    def begin(self, scope: Scope, caught: dict[str, Any]) -> None:
        """Its start event has caught something."""
        if self.start.node.interrupting or any(it.kind == "error" for it in self.start.awaits):
            for step in list(scope.steps()):
                step.cancel()
            scope.piece.watches = ()
            scope.piece.closing = scope.spec.ad_hoc is not None  # nothing of it begins again
        emerge(scope, self, caught, ())

    def work(self, step: Step) -> None:
        scope = step.scope.live.open(step.scope, step.ref, self.inner, "sub", step.note.local)
        step.note.local = {}
        begin(scope, (self.start,), (step.ref,), step.note.caught)


class CallActivity(Container):
    """Runs another process, with variables of its own, inside this case."""

    target: Compiled
    opens = "call"
    version = ""
    passes_all = True

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node)
        called = node.called
        self.merges = called is None or called.propagate_out

    def work(self, step: Step) -> None:
        scope, seen = step.scope, step.visible()
        key = self.target.evaluate(seen)
        if not isinstance(key, str) or not key:
            raise StepFault("bad-call", f"The process id “{self.target.text}” is no text.")
        most = scope.live.host.limits.calls
        if scope.depth >= most:
            raise StepFault("too-deep", f"More than {most} processes call each other, one inside the other.")
        try:
            program = scope.live.host.program(key, self.version, scope.program.hash)
        except LanewayError as fault:
            raise StepFault("no-program", f"The process “{key}” cannot be called: {fault.message}") from fault
        starts = program.root.entry
        if not starts:
            raise StepFault("no-program", f"The process “{key}” has no start event without a trigger.")
        values = {name: data.copied(value) for name, value in (seen if self.passes_all else step.note.local).items()}
        called = scope.live.open(scope, step.ref, program.root, "call", values, program)
        begin(called, starts, (step.ref,))

    def inside_over(self, step: Step, scope: Scope) -> None:
        self.leave(scope)
        # What it was only given may have been changed by others since: that is not written back.
        written = {name: scope.data[name] for name in scope.piece.written if name in scope.data}
        asks = self.outputs_ or (self.cargo is not None and self.cargo.out)
        self.complete(step, scope.data if asks else written)


def begin(
    scope: Scope,
    starts: Iterable[NodeSpec],
    previous: tuple[str, ...],
    caught: dict[str, Any] | None = None,
    first: str = "",
) -> None:
    """Let a new scope begin: its event sub-processes listen, tokens appear at its starts. Raises StepFault."""
    try:
        if scope.spec.listening and not scope.piece.watches:
            scope.piece.watches = watch(scope, None, scope.spec.listening)
    except StepFault:
        scope.live.forget(scope)
        raise
    for spec in starts:
        step = spec.enter(scope, None, previous)
        if caught is not None:
            step.note.caught, step.first = caught, first
        spec._update(step)


def cancel_below(step: Step) -> None:
    """Take away every scope that the step opened, innermost first."""
    live = step.scope.live
    if live.has(step.ref):
        cancel_scope(live.scope(step.ref))
