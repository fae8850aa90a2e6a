"""The stored pieces of a case, rewritten for another drawing: where each step stands in it, and what is in the way.

Every field that names an element or a flow is looked at here (docs/state-format.md): `at`, `joins`, `arrived`, `used`,
`left`, `of`, `done`, `undo`. Nothing is asked of the case's variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from . import codec
from .codec import Done, Piece, StepNote, Undo
from .errors import CannotMigrate, UnreadableState
from .happenings import Happening, MessageForgotten, TimerCleared
from .kinship import (
    ELSEWHERE,
    NO_FLOW,
    NO_TARGET,
    NOT_UNDONE,
    OTHER_TRIGGER,
    Obstacle,
    is_alike,
    kinds_of,
    nodes,
    obstacle,
)
from .program import Program
from .spec import NodeSpec, ScopeSpec
from .specs.activities import Activity
from .specs.events import Listener
from .specs.gateways import EventGateway
from .specs.scopes import EventSubProcess

#: element of the old drawing -> element of the new one; "" = it has none. What is missing keeps its id.
ElementMap = Mapping[str, str]


@dataclass
class Draft:
    """One case, rewritten scope by scope; what is in the way is collected, so that all of it can be told at once."""

    old: Program
    new: Program
    given: ElementMap
    obstacles: list[Obstacle] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)  #: elements of the old drawing that the live part names
    told: list[Happening] = field(default_factory=list)  #: listeners that are gone
    deaf: set[str] = field(default_factory=set)  #: their refs
    pairs: dict[str, tuple[ScopeSpec, ScopeSpec]] = field(default_factory=dict)  #: scope -> its graph, old and new
    #: ref -> its node, old and new; of a scope that is kept, by its path, that of the step it outlived
    steps: dict[str, tuple[NodeSpec, NodeSpec]] = field(default_factory=dict)
    fresh: list[tuple[str, str, NodeSpec]] = field(default_factory=list)  #: (scope, ref or "") begins to listen at
    calls: set[str] = field(default_factory=set)  #: scopes of called processes

    def target(self, element: str) -> str:
        return self.given.get(element, element)

    def refuse(self, code: str, element: str, target: str = "", detail: str = "") -> None:
        found = Obstacle(code, element, target, detail)
        if found not in self.obstacles:
            self.obstacles.append(found)

    def require_free(self) -> None:
        """Raises CannotMigrate."""
        if self.obstacles:
            raise CannotMigrate(obstacles=tuple(self.obstacles), standing=frozenset(self.standing))

    # -- scope by scope ----------------------------------------------------------------------------------------------

    def rewrite(self, pieces: Mapping[str, bytes]) -> dict[str, bytes]:
        """The pieces of the case's own process, as they are on the new version. See `obstacles`."""
        read = {path: codec.decode(stored) for path, stored in pieces.items()}
        self.calls = {path for path, piece in read.items() if piece.kind == "call"}
        rewritten: dict[str, Piece] = {}
        for path in sorted(read, key=lambda path: (path != "", path.count("/"), path)):
            piece, around = read[path], path.rpartition("/")[0]
            if piece.of and around in self.pairs:
                self._kept(path, piece, *self.pairs[around])
                rewritten[path] = piece
            pair = self._graphs(path, piece)
            if pair is not None:
                self.pairs[path] = pair
                self._scope(path, piece, *pair)
                rewritten[path] = piece
        if self.deaf:
            rewritten[""].conditions = tuple(ref for ref in rewritten[""].conditions if ref not in self.deaf)
        return {path: codec.encode(piece) for path, piece in rewritten.items()}

    def _kept(self, path: str, piece: Piece, old: ScopeSpec, new: ScopeSpec) -> None:
        """A scope that is over and may have to be undone is known by the element that opened it."""
        self.standing.add(piece.of)
        was, now = old.find(piece.of), new.find(self.target(piece.of))
        if was is None or now is None or not is_alike(was, now):
            self.refuse(NOT_UNDONE, piece.of, self.target(piece.of))
        else:
            piece.of, self.steps[path] = now.name, (was, now)

    def _graphs(self, path: str, piece: Piece) -> tuple[ScopeSpec, ScopeSpec] | None:
        """None for a called process, which stays on its version, and below what cannot be kept anyway."""
        if not path:
            return self.old.root, self.new.root
        around = path.rpartition("/")[0]
        if piece.kind == "call" or around not in self.pairs:
            return None
        if piece.kind in ("child", "result", "kept"):
            return self.pairs[around]
        opener = self.steps.get(path)
        if opener is None or opener[0].inner is None or opener[1].inner is None:
            return None
        return opener[0].inner, opener[1].inner

    def _scope(self, path: str, piece: Piece, old: ScopeSpec, new: ScopeSpec) -> None:
        prefix = f"{path}/" if path else ""
        notes = {number: codec.decode_step(raw) for number, raw in piece.steps.items()}
        for number, note in notes.items():
            if note.host is None:
                self._token(path, f"{prefix}{number}", note, old, new)
        kept = {
            number: note
            for number, note in notes.items()
            if note.host is None or self._listener(path, number, note, old, new)
        }
        piece.steps = {number: codec.encode_step(note) for number, note in kept.items()}
        piece.joins = self._joins(piece.joins, kept)
        piece.left = tuple(self.target(name) for name in piece.left if self.target(name) in new.task_specs)
        piece.done = tuple(self._done(done, old, new) for done in piece.done)
        piece.undo = tuple(self._undo(each) for each in piece.undo)
        if piece.kind == "process":
            piece.program = (self.new.hash, self.new.key)
        if not piece.of and not any(_takes_over(note, old) for note in kept.values()):
            self._begin(path, "", old.triggers, new.listening)

    def _joins(self, joins: Mapping[str, int], notes: Mapping[int, StepNote]) -> dict[str, int]:
        found: dict[str, int] = {}
        for element, number in joins.items():
            if number not in notes or found.setdefault(notes[number].at, number) != number:
                self.refuse(NO_TARGET, element, self.target(element))
        return found

    def _done(self, done: Done, old: ScopeSpec, new: ScopeSpec) -> Done:
        """An activity that is over and may have to be undone: by what the new drawing has for it."""
        self.standing.add(done.at)
        was, now = old.find(done.at), new.find(self.target(done.at))
        lost = was is not None and now is not None and was.undone_by is not None and now.undone_by is None
        if was is None or now is None or lost or not is_alike(was, now):
            self.refuse(NOT_UNDONE, done.at, self.target(done.at))
            return done
        return replace(done, at=now.name)

    # -- step by step ------------------------------------------------------------------------------------------------

    def _token(self, path: str, ref: str, note: StepNote, old: ScopeSpec, new: ScopeSpec) -> None:
        was = old.task_specs.get(note.at)
        if was is None:
            raise UnreadableState(piece=path, step=ref)
        self.standing.add(note.at)
        now = new.task_specs.get(self.target(note.at))
        found = obstacle(was, now, self.target(note.at), self.new, waits=bool(note.wait or note.watches))
        if found is not None or now is None:
            self.obstacles += [found] if found is not None and found not in self.obstacles else []
            return
        self.steps[ref] = was, now
        note.arrived = self._arrived(note, now)
        note.used = tuple(flow for each in note.used if (flow := self._flow(now, each)) is not None)
        note.undo = tuple(self._undo(each) for each in note.undo)
        note.at = now.name
        if note.state == "waiting" or note.watches:
            self._hosts(path, ref, was, now)

    def _arrived(self, note: StepNote, now: NodeSpec) -> dict[str, list[str]]:
        """The tokens that wait for others, by the flows of the new drawing."""
        found: dict[str, list[str]] = {}
        for flow, refs in note.arrived.items():
            target = self._flow(now, flow)
            if target is None:
                self.refuse(NO_FLOW, note.at, now.name, flow)
            else:
                found.setdefault(target, []).extend(refs)
        return found

    def _flow(self, now: NodeSpec, flow: str) -> str | None:
        """The same way in: by its id, or drawn anew between the same two nodes."""
        coming = now.node.incoming
        if self.target(flow) in coming:
            return self.target(flow)
        source = self.old.process.flows[flow].source if flow in self.old.process.flows else ""
        alike = [each for each in coming if self.new.process.flows[each].source == self.target(source)]
        return alike[0] if len(alike) == 1 else None

    @cached_property
    def _nodes(self) -> tuple[dict[str, NodeSpec], dict[str, NodeSpec]]:
        return nodes(self.old), nodes(self.new)

    def _undo(self, undo: Undo) -> Undo:
        """What a compensation still has to do; a called process undoes by its own version."""
        if not undo.at or any(f"{undo.path}/".startswith(f"{path}/") for path in self.calls):
            return undo
        was, now = self._nodes[0].get(undo.at), self._nodes[1].get(self.target(undo.at))
        if was is None or now is None or not is_alike(was, now):
            self.refuse(NOT_UNDONE, undo.at, self.target(undo.at))
            return undo
        return replace(undo, at=now.name)

    # -- who listens -------------------------------------------------------------------------------------------------

    def _hosts(self, path: str, ref: str, was: NodeSpec, now: NodeSpec) -> None:
        """Who listens on behalf of a step that is active: the events on its border, or behind its gateway."""
        if isinstance(was, Activity) and isinstance(now, Activity):
            self._same_triggers(was.boundaries, now.boundaries)
            self._begin(path, ref, was.boundaries, now.listening)
        elif isinstance(now, EventGateway):
            self._begin(path, ref, [flow.target for flow in was.flows], [flow.target for flow in now.flows])

    def _same_triggers(self, was: Iterable[NodeSpec], now: Iterable[NodeSpec]) -> None:
        there = {spec.name: spec for spec in now}
        for spec in was:
            other = there.get(self.target(spec.name))
            if other is not None and kinds_of(other) != kinds_of(spec):
                self.refuse(OTHER_TRIGGER, spec.name, other.name)

    def _begin(self, path: str, ref: str, was: Iterable[NodeSpec], now: Iterable[NodeSpec]) -> None:
        """What stood there before has listened, or has had its turn: only what is new begins."""
        known = {self.target(spec.name) for spec in was}
        self.fresh += [(path, ref, spec) for spec in now if spec.name not in known]

    def _listener(self, path: str, number: int, note: StepNote, old: ScopeSpec, new: ScopeSpec) -> bool:
        """Whether a listener still has a node; one that has none is forgotten, unless the map sends it elsewhere."""
        prefix, element, was = f"{path}/" if path else "", note.at, old.find(note.at)
        if was is None:
            raise UnreadableState(piece=path, step=number)
        ref, host = f"{prefix}{number}", f"{prefix}{note.host}" if note.host else ""
        self.standing.add(element)
        if host and host not in self.steps:
            return True  # its host is the obstacle
        there = {spec.name: spec for spec in self._places(host, new)}
        now = there.get(self.target(element))
        if now is None:
            self._forget(ref, element, note)
            return False
        if kinds_of(was) != kinds_of(now):
            self.refuse(OTHER_TRIGGER, element, now.name)
        note.at = now.name
        self.steps[ref] = was, now
        return True

    def _places(self, host: str, new: ScopeSpec) -> Iterable[NodeSpec]:
        """Where somebody may listen for this step, or for the whole scope."""
        if not host:
            return new.triggers
        now = self.steps[host][1]
        if isinstance(now, EventGateway):
            return [flow.target for flow in now.flows]
        return now.boundaries if isinstance(now, Activity) else [now] if isinstance(now, Listener) else ()

    def _forget(self, ref: str, element: str, note: StepNote) -> None:
        target = self.given.get(element)
        if target:
            self.refuse(ELSEWHERE if target in self.new.process.nodes else NO_TARGET, element, target)
        self.deaf.add(ref)
        if note.wait is not None:
            self.told.append(TimerCleared(ref) if note.wait.kind == "timer" else MessageForgotten(ref))


def _takes_over(note: StepNote, old: ScopeSpec) -> bool:
    """An event sub-process that took the place of all in its scope: nothing listens there any more."""
    spec = old.find(note.at)
    if not isinstance(spec, EventSubProcess) or note.host is not None:
        return False
    kinds = kinds_of(spec.start)
    return "compensate" not in kinds and (spec.start.node.interrupting or "error" in kinds)
