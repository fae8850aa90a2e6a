"""A running case: its scopes as far as they were needed, what is about to run, and what happened in this move."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.core.errors import LanewayError

from . import codec, data, spiff
from .catching import Catcher
from .codec import FORMAT, Piece
from .errors import UnknownStep, UnreadableState
from .happenings import Happening, StoreWritten
from .host import Host
from .program import Program
from .scope import Scope
from .spec import ScopeSpec
from .step import Step

_PATH = re.compile(r"([1-9][0-9]{0,8}(/[1-9][0-9]{0,8})*)?")

#: Reads stored pieces: one with everything below it.
Fetch = Callable[[str], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Pieces:
    """What must be stored since the last time."""

    changed: Mapping[str, bytes] = field(default_factory=dict)  #: piece id -> its content
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A live step, for people to look at."""

    ref: str
    element: str
    kind: str  #: BPMN kind of the node
    state: str  #: waiting, ready, joining, watching, failed, or undoing (it waits for a compensation it has thrown)
    process: str
    wait: codec.Wait | None = None


def pieces_for(ref: str) -> list[str]:
    """The pieces that an event on the step `ref` reads first: those of its scope and of the scopes around it."""
    parts = ref.split("/")[:-1]
    return ["", *("/".join(parts[: depth + 1]) for depth in range(len(parts)))]


class Live:
    """Made by `start` or `load`, moved by `advance`, stored by `dump`. Not shared between threads."""

    def __init__(self, host: Host, program: Program, pieces: Mapping[str, bytes], fetch: Fetch | None = None) -> None:
        self.host = host
        self.program = program
        self.scopes: dict[str, Scope] = {}
        self.ready: deque[Step] = deque()  #: about to run, first in first out
        self.endings: deque[tuple[Scope, Step]] = deque()  #: scopes without tokens, with their last step
        self.signals: deque[tuple[str, dict[str, Any]]] = deque()  #: thrown here, not heard yet
        #: what is to be undone, who waits for it, and the steps that it comes after
        self.undone: deque[tuple[tuple[codec.Undo, ...], str, tuple[str, ...]]] = deque()
        self.opened = 0  #: scopes that were opened in this move
        self.volume = 0  #: how much was written in this move
        self.writes = 0  #: times that variables were written
        self.changed = False  #: variables were written since the conditions were asked
        self.catches: deque[Catcher] = deque()  #: thrown errors and escalations, with who catches them
        self.told: list[Happening] = []
        self.at = datetime.min.replace(tzinfo=UTC)
        self.move = 1
        self.dirty: dict[str, Scope] = {}
        self.stores: dict[str, Any] = {}  #: data stores that this move has looked at, as they are now
        self.joining: dict[str, Scope] = {}  #: scopes where an inclusive join may wait
        self._unread = dict(pieces)
        self._stored = set(pieces)
        self._removed: set[str] = set()
        self._fetch = fetch

    # -- what others ask ---------------------------------------------------------------------------------------------

    @property
    def root(self) -> Scope:
        return self.scope("")

    @property
    def data(self) -> dict[str, Any]:
        """The root variables; a copy."""
        copy: dict[str, Any] = data.copied(self.root.data)
        return copy

    @property
    def ended(self) -> str:
        """How the case ended: completed, terminated, cancelled or error; "" while it runs."""
        return self.root.piece.ended

    def visible(self, ref: str) -> dict[str, Any]:
        """The variables that a step sees, after its input mappings; a copy. Raises UnknownStep."""
        return {name: data.copied(value) for name, value in self.step(ref).visible().items()}

    def waiting(self) -> list[Waiting]:
        """Every live step of the whole case."""
        self._read_below("")
        scopes = self.below("", itself=True)
        steps = [step for scope in scopes for step in scope.steps() if not step.note.quiet]
        undone_for = {step.note.undoes for step in steps} | {scope.piece.undoes for scope in scopes}
        found = []
        for step in steps:
            spec, note = step.task_spec, step.note
            state = "undoing" if step.ref in undone_for and note.state == "waiting" else note.state
            found.append(Waiting(step.ref, note.at, spec.node.kind, state, spec.process, note.wait))
        return found

    pieces_for = staticmethod(pieces_for)

    # -- what the engine asks ----------------------------------------------------------------------------------------

    def tell(self, happening: Happening) -> None:
        self.told.append(happening)

    def stored(self, store: str) -> Any:
        """What a data store holds: as the host knows it, and as this move has changed it."""
        if store not in self.stores:
            self.stores[store] = data.taken({"": self.host.stored(store)})[""]
        return self.stores[store]

    def store(self, step: Step, store: str, value: Any) -> None:
        """A step writes a data store."""
        self.stores[store] = value
        program = step.scope.program
        self.tell(StoreWritten(step.ref, step.note.at, store, data.copied(value), program.key, program.hash))

    def step(self, ref: str) -> Step:
        """A live step. Raises UnknownStep."""
        path, _, number = ref.rpartition("/")
        scope = self._find_scope(path) if ref and _PATH.fullmatch(ref) else None
        step = scope.find(int(number)) if scope is not None else None
        if step is None:
            raise UnknownStep(ref=ref)
        return step

    def stopped(self, ref: str) -> Step:
        """A step that a stored piece speaks of. Raises UnreadableState."""
        try:
            return self.step(ref)
        except UnknownStep as fault:
            raise UnreadableState(piece="", step=ref) from fault

    def has(self, path: str) -> bool:
        """Whether there is such a scope."""
        return self._find_scope(path) is not None

    def scope(self, path: str) -> Scope:
        """A live scope. Raises UnreadableState when it was never stored."""
        found = self._find_scope(path)
        if found is None:
            raise UnreadableState(piece=path)
        return found

    def open(
        self,
        parent: Scope | None,
        path: str,
        spec: ScopeSpec,
        kind: str,
        variables: dict[str, Any],
        program: Program | None = None,
    ) -> Scope:
        """A new scope. With a program it is a run of that process, with variables of its own."""
        key = (program.hash, program.key) if program is not None else None
        piece = Piece(format=FORMAT, kind=kind, program=key, data=spec.variables(variables))
        within = program or (parent.program if parent is not None else self.program)
        scope = self.scopes[path] = Scope(self, path, spec, within, piece, parent)
        self.opened += 1
        self._removed.discard(path)
        scope.touch()
        return scope

    def forget(self, scope: Scope) -> None:
        """The scope is over."""
        self.forget_piece(scope.path)

    def forget_piece(self, path: str) -> None:
        self.scopes.pop(path, None)
        self.dirty.pop(path, None)
        self.joining.pop(path, None)
        self._unread.pop(path, None)
        if path in self._stored:
            self._removed.add(path)

    def forget_below(self, path: str) -> None:
        """A scope is over, with what was kept below it."""
        piece = self.scope(path).piece
        if piece.done or piece.of or piece.kind == "multi":
            for scope in self.below(path):
                self.forget(scope)
        self.forget_piece(path)

    def has_kept(self, path: str) -> bool:
        """Whether a scope that is over was kept for compensation."""
        scope = self._find_scope(path)
        return scope is not None and bool(scope.piece.of)

    # -- who waits for the data --------------------------------------------------------------------------------------

    def watch_data(self, ref: str) -> None:
        """A step waits for a condition; it is asked before anything else moves."""
        piece = self.root.piece
        if ref not in piece.conditions:
            piece.conditions = (*piece.conditions, ref)
            self.root.touch()
        self.changed = True

    def unwatch_data(self, ref: str) -> None:
        piece = self.root.piece
        piece.conditions = tuple(other for other in piece.conditions if other != ref)
        self.root.touch()

    def below(self, path: str, *, itself: bool = False) -> list[Scope]:
        """The live scopes below a path, innermost first."""
        self._read_below(path)
        prefix = f"{path}/" if path else ""
        paths = [name for name in {*self.scopes, *self._unread} if name.startswith(prefix) and name != path]
        scopes = [self.scope(name) for name in paths]
        scopes.sort(key=lambda scope: [int(part) for part in scope.path.split("/")])
        scopes.sort(key=lambda scope: -scope.path.count("/"))
        return [*scopes, self.scope(path)] if itself else scopes

    def dump(self) -> Pieces:
        """What changed since the last dump."""
        ready = tuple([step.ref for step in self.ready if step.state == spiff.READY])
        if ready != self.root.piece.ready:
            self.root.piece.ready = ready
            self.root.touch()
        changed = {path: scope.dump() for path, scope in self.dirty.items()}
        removed = frozenset(self._removed)
        self._stored |= changed.keys()
        self._stored -= removed
        self.dirty.clear()
        self._removed.clear()
        return Pieces(changed, removed)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _find_scope(self, path: str) -> Scope | None:
        scope = self.scopes.get(path)
        if scope is not None:
            return scope
        stored = self._unread.pop(path, None)
        if stored is None and self._fetch is not None and path not in self._removed:
            self._take(self._fetch(path))
            stored = self._unread.pop(path, None)
        return self._read(path, stored) if stored is not None else None

    def _read(self, path: str, stored: bytes) -> Scope:
        if not _PATH.fullmatch(path):
            raise UnreadableState(piece=path)
        piece = codec.decode(stored)
        parent = self.scope(path.rpartition("/")[0]) if path else None
        program = self.program if parent is None else self._program(piece, parent)
        spec = program.root if parent is None else _spec(piece, parent, path, program)
        if (parent is None) != (piece.kind == "process"):
            raise UnreadableState(piece=path)
        scope = self.scopes[path] = Scope(self, path, spec, program, piece, parent)
        if piece.joins:
            self.joining[path] = scope
        self.ready.extend([self.stopped(ref) for ref in piece.ready])
        return scope

    def _program(self, piece: Piece, parent: Scope) -> Program:
        if piece.program is None:
            return parent.program
        try:
            return self.host.program_by_hash(*piece.program)
        except LanewayError as fault:
            raise UnreadableState(program=piece.program) from fault

    def _read_below(self, path: str) -> None:
        if self._fetch is not None:
            self._take(self._fetch(path))

    def _take(self, pieces: Mapping[str, bytes]) -> None:
        for path, stored in pieces.items():
            if path not in self.scopes and path not in self._removed:
                self._unread[path] = stored
                self._stored.add(path)


def load(pieces: Mapping[str, bytes], *, host: Host, program: Program, fetch: Fetch | None = None) -> Live:
    """A live state from its stored pieces; those that are missing are fetched when they are needed.

    Nothing is decoded before it is needed. Raises UnreadableState.
    """
    return Live(host, program, pieces, fetch)


def _spec(piece: Piece, parent: Scope, path: str, program: Program) -> ScopeSpec:
    """The graph of a stored scope; the instances of a multi-instance all run the same one. Raises UnreadableState."""
    if parent.piece.kind == "multi":
        if piece.kind not in ("child", "result", "kept"):
            raise UnreadableState(piece=path)
        return parent.spec
    if piece.of:
        return _kept_spec(piece, parent, path, program)
    step = parent.find(int(path.rpartition("/")[2]))
    if step is None or step.task_spec.opens != piece.kind:
        raise UnreadableState(piece=path)
    inner = program.root if piece.kind == "call" else step.task_spec.inner
    assert inner is not None
    return inner


def _kept_spec(piece: Piece, parent: Scope, path: str, program: Program) -> ScopeSpec:
    """The graph of a scope that outlived the step that opened it. Raises UnreadableState."""
    opener = parent.spec.find(piece.of)
    inner = program.root if piece.kind == "call" else opener.inner if opener is not None else None
    if inner is None:
        raise UnreadableState(piece=path)
    return inner
