"""One run of a process, a sub-process or one instance of a multi-instance: its steps and its variables.

A scope is what is stored as one piece. It knows its parent and never its children, so a parent of a thousand costs no
more than a parent of one.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import data
from .codec import Piece, StepNote, decode_step, encode, encode_step
from .errors import UnreadableState
from .happenings import DataWritten
from .spiff import Workflow
from .step import STATES, Step

if TYPE_CHECKING:
    from .live import Live
    from .program import Program
    from .spec import Mapped, NodeSpec, ScopeSpec


class Scope(Workflow):
    """`piece` is what is stored of it; steps are read from there when somebody asks for them."""

    spec: ScopeSpec
    tasks: dict[int, Step]

    def __init__(
        self, live: Live, path: str, spec: ScopeSpec, program: Program, piece: Piece, parent: Scope | None
    ) -> None:
        super().__init__(spec, deserializing=True)
        self.live = live
        self.path = path
        self.prefix = f"{path}/" if path else ""
        self.program = program
        self.piece = piece
        self.parent = parent
        self.data = piece.data
        self.depth: int = parent.depth + (piece.kind == "call") if parent is not None else 1
        #: some variable seen here may be called by another name as well
        self.aliased: bool = bool(spec.aliases) or (parent is not None and not self.is_run and parent.aliased)
        self.round: tuple[int, int] | None = (
            None  #: ad-hoc: the move in which this round began, and what was written then
        )
        self._touched: set[int] = set()

    # -- steps -------------------------------------------------------------------------------------------------------

    @property
    def number(self) -> int:
        """The number of the step, or of the instance, that opened this scope."""
        return int(self.path.rpartition("/")[2])

    @property
    def opener(self) -> Step | None:
        """The step that opened it: for one instance of a multi-instance, the step of the whole. None for the root."""
        scope = self.parent if self.piece.kind == "child" else self
        return scope.parent.find(scope.number) if scope is not None and scope.parent is not None else None

    def children(self) -> list[Scope]:
        """The scopes right inside this one, in the order of their numbers. They are read for it."""
        return [scope for scope in self.live.below(self.path) if scope.parent is self]

    @property
    def within_event(self) -> bool:
        """It is the inside of an event sub-process."""
        opener = self.opener
        if opener is not None:
            return opener.task_spec.node.triggered_by_event
        spec = self.parent.spec.find(self.piece.of) if self.parent is not None and self.piece.of else None
        return spec is not None and spec.node.triggered_by_event

    def place(self, spec: NodeSpec, previous: tuple[str, ...], *, host: int | None = None) -> Step:
        """A new step. With `host` it is no token but listens for that step (0: for the whole scope)."""
        piece = self.piece
        number = piece.next
        piece.next = number + 1
        step = Step(self, spec, number, StepNote(spec.name, previous=previous, since=self.live.at, host=host))
        step.move = self.live.move
        if host is None:
            piece.tokens += 1
        self.touch(number)
        return step

    def find(self, number: int) -> Step | None:
        """A live step, read from the piece when it was not yet."""
        step: Step | None = self.tasks.get(number)
        if step is None and number in self.piece.steps:
            note = decode_step(self.piece.steps[number])
            spec, state = self.spec.find(note.at), STATES.get(note.state)
            if spec is None or state is None or (note.host and not self._has(note.host)):
                raise UnreadableState(piece=self.path, step=number)
            step = Step(self, spec, number, note, state)
        return step

    def _has(self, number: int) -> bool:
        return number in self.tasks or number in self.piece.steps

    def steps(self) -> Iterator[Step]:
        """All live steps, oldest first."""
        for number in sorted(self.piece.steps.keys() | self.tasks.keys()):
            step = self.find(number)
            if step is not None:
                yield step

    def drop(self, step: Step) -> None:
        """The step is over: nothing of it stays here."""
        del self.tasks[step.number]
        self.piece.steps.pop(step.number, None)
        self._touched.discard(step.number)
        self.touch()
        if not step.is_watch:
            self.piece.tokens -= 1

    def touch(self, number: int | None = None) -> None:
        """The piece must be stored again."""
        if number is not None:
            self._touched.add(number)
        self.live.dirty[self.path] = self

    def _task_completed_notify(self, step: Step) -> None:
        self.drop(step)
        if not self.piece.tokens:
            self.live.endings.append((self, step))

    def update_waiting_tasks(self) -> None:
        """SpiffWorkflow walks the whole tree here; what waits is told by an event instead."""

    # -- variables ---------------------------------------------------------------------------------------------------

    @property
    def is_run(self) -> bool:
        """It has a data space of its own: variables are not seen or written beyond it."""
        return self.piece.program is not None

    @property
    def element_variable(self) -> str:
        """One instance of a multi-instance: the variable that holds its element; "" where there is none."""
        if self.piece.kind != "child":
            return ""
        loop = self.opener
        return loop.task_spec.element_variable if loop is not None else ""

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it, up to the run of the process."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = None if scope.is_run else scope.parent

    def visible(self, local: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The variables seen here, nearest first. Never change them."""
        if self.is_run and not self.aliased:
            return ChainMap(local, self.data) if local else self.data  # type: ignore[arg-type]
        spaces: list[Any] = [local] if local else []
        spaces += [scope.data for scope in self.chain() if scope.data]
        if self.aliased:
            seen = data.Seen(*spaces)
            seen.others = [(scope.spec.aliases, scope.data) for scope in self.chain() if scope.spec.aliases]
            return seen
        return ChainMap(*spaces) if len(spaces) != 1 else spaces[0]

    def write(self, step: Step, values: Mapping[str, Any]) -> None:
        """Write each variable in the nearest scope that has it, else in the run of the process. Values are clean."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for name, value in values.items():
            owner, name = self._owner(name)
            if name in owner.data:
                old = owner.data[name]
                if data.same(old, value):
                    continue
                before[name] = data.copied(old)
            owner.data[name] = value
            owner.touch()
            if owner.piece.kind == "call" and name not in owner.piece.written:
                owner.piece.written += (name,)
            self.live.volume += data.volume(value)
            after[name] = data.copied(value)
        if after:
            self.live.changed = True
            self.live.writes += 1
            program = step.scope.program
            self.live.tell(DataWritten(step.ref, step.note.at, before, after, program.key, program.hash))

    def _owner(self, name: str) -> tuple[Scope, str]:
        """The nearest scope that has the variable, and what it calls it; else the run of the process."""
        scope = self
        while name not in scope.data and name not in scope.spec.declared:
            if name in scope.spec.aliases:
                return scope, scope.spec.aliases[name]
            if scope.is_run or scope.parent is None:
                break
            scope = scope.parent
        return scope, name

    def map(self, mappings: Sequence[Mapped], local: Mapping[str, Any], *, nested: bool) -> dict[str, Any]:
        """Evaluate mappings over what is seen here. Raises StepFault."""
        return data.apply(mappings, self.visible(local), nested=nested)

    # -- storing -----------------------------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """The piece as it is now; only steps that changed are written anew."""
        for number in sorted(self._touched):
            self.piece.steps[number] = encode_step(self.tasks[number].note)
        self._touched.clear()
        return encode(self.piece)
