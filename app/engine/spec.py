"""What every node has in common, and the graph of one scope. Specs are made once, shared by all, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.diagrams.model import Node
from app.expressions import Compiled

from .errors import DEADLOCK, StepFault, UnknownStep
from .events import Event
from .happenings import StepEntered, StepLeft
from .spiff import TaskSpec, WorkflowSpec
from .step import Step

if TYPE_CHECKING:
    from .scope import Scope
    from .specs.carrying import Cargo
    from .specs.compensation import CompensationBoundary
    from .specs.scopes import AdHoc
    from .specs.triggers import Trigger


@dataclass(slots=True, eq=False)
class FlowSpec:
    """A sequence flow. `id` is "" where a link takes its place."""

    id: str
    target: NodeSpec
    condition: Compiled | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """One input or output mapping, compiled."""

    source: Compiled
    path: tuple[str, ...]


class ScopeSpec(WorkflowSpec):
    """The nodes of a process, a sub-process, or one instance of a multi-instance."""

    def __init__(self, name: str, process: str) -> None:
        super().__init__(name)
        self.process = process  #: process id, told with every happening
        self.starts: tuple[NodeSpec, ...] = ()  #: its plain start events, or the nodes that nothing leads to
        self.triggers: tuple[NodeSpec, ...] = ()  #: start events of its event sub-processes
        self.listening: tuple[NodeSpec, ...] = ()  #: those that wait by themselves
        self.compensator: NodeSpec | None = None  #: its compensation event sub-process
        self.ad_hoc: AdHoc | None = None  #: the ad-hoc sub-process whose inside this is
        self.declared: tuple[str, ...] = ()  #: variables that are drawn in it: data objects and properties
        self.aliases: Mapping[str, str] = {}  #: other names of these

    def variables(self, given: dict[str, Any]) -> dict[str, Any]:
        """What it begins with: what it is given, and null for what is drawn in it."""
        if not self.declared:
            return given
        return dict.fromkeys(self.declared) | self.called(given)

    def called(self, given: dict[str, Any]) -> dict[str, Any]:
        """The same values under the names that the scope calls them by."""
        return {self.aliases.get(name, name): value for name, value in given.items()} if self.aliases else given

    @property
    def entry(self) -> tuple[NodeSpec, ...]:
        """Where it begins when nobody says where; empty when it cannot.

        Of several plain start events each is another way to begin, and the first is meant; of nodes that nothing leads
        to, all begin.
        """
        begins = self.starts
        return begins[:1] if begins and begins[0].node.kind == "startEvent" else begins

    def find(self, element: str) -> NodeSpec | None:
        """A node where a step of this scope may be: those that start its event sub-processes listen here."""
        found: NodeSpec | None = self.task_specs.get(element)
        return found or next((trigger for trigger in self.triggers if trigger.name == element), None)


class NodeSpec(TaskSpec):
    """A node: what happens when a token reaches it. Subclasses stand in `specs/`, by the BPMN palette."""

    outcome = "completed"
    ends_as = "completed"  #: how the case ends when this was its last step
    awaits: tuple[Trigger, ...] = ()  #: what it waits for, when it is an event that catches; any of them
    undone_by: CompensationBoundary | None = None  #: of an activity: the border event that leads to its handler
    inner: ScopeSpec | None = None  #: the graph that runs inside its steps
    opens = ""  #: the kind of scope that its steps open
    element_variable = ""  #: of a multi-instance: the variable that holds the element of each instance

    def __init__(self, scope: ScopeSpec, node: Node) -> None:
        super().__init__(scope, node.id)
        self.node = node
        self.process = scope.process
        self.flows: tuple[FlowSpec, ...] = ()
        self.inputs_: tuple[Mapped, ...] = ()
        self.outputs_: tuple[Mapped, ...] = ()
        self.cargo: Cargo | None = None  #: its data associations
        self.conditional = False

    @property
    def element(self) -> str:
        return self.node.id

    @property
    def trigger(self) -> Trigger | None:
        """The first of what it waits for."""
        return self.awaits[0] if self.awaits else None

    # -- what subclasses answer ----------------------------------------------------------------------------------

    def perform(self, step: Step) -> Mapping[str, Any] | None:
        """Do the work: the variables it yields, or None when it waits for something. Raises StepFault."""
        return {}

    def take(self, step: Step, event: Event) -> None:
        """Something happened that the step waits for. Raises UnknownStep when it does not, and StepFault."""
        raise UnknownStep(ref=step.ref)

    def watched(self, step: Step, watch: Step, caught: dict[str, Any]) -> None:
        """A listener of this step has caught something."""
        raise UnknownStep(ref=watch.ref)

    def inside_over(self, step: Step, scope: Scope) -> None:
        """A scope that the step opened has no tokens left. Raises StepFault."""
        raise UnknownStep(ref=step.ref)

    def undone(self, step: Step) -> None:
        """All that the step wanted undone is undone. Raises StepFault."""
        raise UnknownStep(ref=step.ref)

    def missing(self, step: Step) -> StepFault:
        """Why a step at which tokens wait for each other can never go on."""
        return StepFault(DEADLOCK, "Nobody is left who could come: it waits for ever.")

    def withdraw(self, step: Step) -> None:
        """The step is over without having been finished: tell whoever waits with it."""

    def choose(self, step: Step) -> tuple[FlowSpec, ...]:
        """The flows to take: those without a condition or with a true one, else the default. Raises StepFault."""
        if not self.conditional:
            return self.flows
        data = step.visible()
        taken = tuple(flow for flow in self.flows if not flow.is_default and holds(flow, data))
        if not any(flow.condition for flow in taken):
            taken += tuple(flow for flow in self.flows if flow.is_default)
        if not taken:
            raise StepFault("no-flow", "No condition of an outgoing flow is true, and there is no default flow.")
        return taken

    # -- the life of a step ----------------------------------------------------------------------------------------

    def enter(self, scope: Scope, flow: FlowSpec | None, previous: tuple[str, ...]) -> Step:
        """A token comes over `flow`: the step it makes, or the waiting one it joins."""
        step = scope.place(self, previous)
        self.tell_entered(step)
        return step

    def tell_entered(self, step: Step) -> None:
        note = step.note
        scope = step.scope
        told = StepEntered(step.ref, self.process, note.at, self.node.kind, note.previous, scope.program.hash)
        scope.live.tell(told)

    def prepare(self, step: Step) -> None:
        """Make the step's own variables: what associations carry in, then its input mappings. Raises StepFault."""
        note = step.note
        if self.cargo is not None and self.cargo.into:
            note.local = note.local | self.cargo.load(step)
        if self.inputs_:
            note.local = note.local | step.scope.map(self.inputs_, note.local, nested=False)

    def conclude(self, step: Step, result: Mapping[str, Any]) -> None:
        """Write what the work yielded and choose the way on. Raises StepFault."""
        if not step.note.worked:
            written = self.mapped_outputs(step, result) if self.outputs_ else self.kept(result)
            if self.cargo is not None and self.cargo.out:
                written = self.cargo.unload(step, result, written)
            if written:
                step.scope.write(step, written)
            step.note.worked = True
        step.chosen = self.choose(step)

    def kept(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is written of the result where nothing says so."""
        return result

    def mapped_outputs(self, step: Step, result: Mapping[str, Any]) -> Mapping[str, Any]:
        return step.scope.map(self.outputs_, {**step.note.local, **result}, nested=True)

    def complete(self, step: Step, result: Mapping[str, Any]) -> None:
        """What the step waited for has come. Raises StepFault."""
        try:
            self.conclude(step, result)
        except StepFault:
            # What has come is kept: a retry writes it, and asks nobody again.
            if not step.note.worked:
                step.note.came = dict(result)
            raise
        step.complete()

    def skip(self, step: Step, result: Mapping[str, Any]) -> None:
        """An operator lets a failed step pass, writing `result` as it is. Raises StepFault."""
        if not step.note.worked:
            self.withdraw(step)
            step.note.worked = True
            step.scope.write(step, result)
        self.complete(step, {})

    # -- SpiffWorkflow's hooks -------------------------------------------------------------------------------------

    def test(self) -> None:
        """Whether the drawing is sound was asked when it was compiled."""

    def _update_hook(self, step: Step) -> bool:
        return True

    def _on_ready_hook(self, step: Step) -> None:
        ready = step.scope.live.ready
        if step.note.caught is not None:  # what has happened is written before anybody asks the data
            ready.appendleft(step)
        else:
            ready.append(step)

    def _run_hook(self, step: Step) -> bool | None:
        result: Mapping[str, Any] | None = {}
        if not step.note.worked:
            result = step.note.came if step.note.came is not None else self.perform(step)
        if result is None:
            return None
        self.conclude(step, result)
        return True

    def _on_complete_hook(self, step: Step) -> None:
        if not step.note.quiet:
            self.tell_left(step, step.outcome if step.outcome != "completed" else self.outcome)
        if step.scope.piece.closing and not step.note.undoes:
            return
        for flow in step.chosen:
            for _ in range(self.node.completion_quantity):
                child = flow.target.enter(step.scope, flow, (step.ref,))
                if child.id not in step._children:
                    step._children.append(child.id)

    def _on_cancel(self, step: Step) -> None:
        self.withdraw(step)
        if not step.is_watch and not step.note.quiet:
            self.tell_left(step, "cancelled" if step.outcome == "completed" else step.outcome)
        step.scope.drop(step)

    def _on_error(self, step: Step) -> None:
        """The stepping loop tells what failed."""

    def tell_left(self, step: Step, outcome: str) -> None:
        note, live = step.note, step.scope.live
        flows = tuple([flow.id for flow in step.chosen if flow.id])
        since = note.since if step.move != live.move else None
        kind = self.node.kind
        program = step.scope.program.hash
        begun = outcome != "cancelled" or step.begun
        live.tell(StepLeft(step.ref, self.process, note.at, kind, outcome, note.previous, flows, since, program, begun))


def holds(flow: FlowSpec, data: Mapping[str, Any]) -> bool:
    """Whether the flow may be taken. A condition that is null is not true."""
    return flow.condition is None or flow.condition.evaluate(data) is True
