"""A running case goes over to another version of its diagram: where its steps stand then, and what is in the way.

Only the live part is rewritten: each step finds its node in the new drawing, by an element map and otherwise by the
same id. Nothing is lost on the way: timers keep their due moment, messages their key, called processes their own
version. A listener without a node any more is forgotten, one that is new on something active begins to listen. Whatever
cannot be kept is an obstacle, by name; then nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from . import codec, spiff, unmigration
from .advance import _run
from .codec import Piece, StepNote
from .errors import CannotMigrate, StepFault, UnreadableState
from .happenings import Happening, MessageForgotten, TimerCleared
from .host import Host
from .kinship import NO_FLOW, NO_TARGET, OTHER_TRIGGER, Obstacle, kinds_of, obstacle
from .live import Live
from .program import Program
from .spec import NodeSpec, ScopeSpec
from .specs.activities import Activity, PersonTask, _names
from .specs.gateways import EventGateway, Join, release
from .specs.scopes import EventSubProcess
from .specs.triggers import correlation_of, forget, listen
from .specs.watching import watch
from .step import Step

#: element of the old drawing -> element of the new one; "" = it has none. What is missing keeps its id.
ElementMap = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A person's task that stands at a node of the new version now."""

    ref: str
    element: str
    groups: tuple[str, ...] | None  #: who the new version offers it to; None = as before, or no groups


@dataclass(slots=True)
class Migrated:
    """A case on the other version. It has not moved yet: see `go_on`."""

    live: Live
    told: list[Happening]  #: listeners that are gone, and those that began
    tasks: list[Redrawn]
    before: dict[str, Any]  #: what `back` needs; JSON without any variable of the case
    standing: frozenset[str]  #: the elements of the old drawing where it stood, listeners included
    goes_on: bool  #: a join has all it waits for now

    def go_on(self) -> list[Happening]:
        """Let the joins go that wait for nothing any more."""
        return _run(self.live) if self.goes_on else []


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would become of a case."""

    standing: frozenset[str]  #: the elements of the old drawing where it stands, listeners included
    obstacles: tuple[Obstacle, ...] = ()
    goes_on: bool = False


def migrate(
    pieces: Mapping[str, bytes], old: Program, new: Program, given: ElementMap, *, host: Host, at: datetime
) -> Migrated:
    """The case of these pieces on another version. Raises CannotMigrate(obstacles=[...], standing={...})."""
    draft = _Draft(old, new, given)
    rewritten = draft.rewrite(pieces)
    draft.require_free()
    live = Live(host, new, {**pieces, **rewritten})
    live.at, live.told = at, draft.told
    for path in rewritten:
        live.scope(path).touch()
    tasks = draft.finish(live)
    draft.require_free()
    goes_on = draft.free_joins(live)
    dumped = live.dump()
    before = unmigration.differences(pieces, dumped.changed)
    for path in dumped.changed:
        live.scope(path).touch()
    told, live.told = live.told, []
    return Migrated(live, told, tasks, before, frozenset(draft.standing), goes_on)


def back(pieces: Mapping[str, bytes], before: Mapping[str, Any], old: Program, *, host: Host, at: datetime) -> Live:
    """The case as it was before `migrate`, if nothing has moved since."""
    restored = unmigration.restored(pieces, before)
    live = Live(host, old, {**pieces, **restored})
    live.at = at
    for path in restored:
        live.scope(path).touch()
    return live


def outlook(
    pieces: Mapping[str, bytes], old: Program, new: Program, given: ElementMap, *, host: Host, at: datetime
) -> Outlook:
    """What would become of a case; nothing of it is changed."""
    try:
        made = migrate(pieces, old, new, given, host=host, at=at)
    except CannotMigrate as fault:
        return Outlook(fault.standing, fault.obstacles)
    return Outlook(made.standing, goes_on=made.goes_on)


@dataclass(slots=True)
class _Draft:
    """One case, rewritten scope by scope; what is in the way is collected, so that all of it can be told at once."""

    old: Program
    new: Program
    given: ElementMap
    obstacles: list[Obstacle] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)
    told: list[Happening] = field(default_factory=list)
    pairs: dict[str, tuple[ScopeSpec, ScopeSpec]] = field(default_factory=dict)  #: scope -> its graph, old and new
    steps: dict[str, tuple[NodeSpec, NodeSpec]] = field(default_factory=dict)  #: ref -> its node, old and new
    fresh: list[tuple[str, str, NodeSpec]] = field(default_factory=list)  #: (scope, ref or "") begins to listen at

    def target(self, element: str) -> str:
        return self.given.get(element, element)

    def refuse(self, code: str, element: str, target: str = "", detail: str = "") -> None:
        found = Obstacle(code, element, target, detail)
        if found not in self.obstacles:
            self.obstacles.append(found)

    def require_free(self) -> None:
        if self.obstacles:
            raise CannotMigrate(obstacles=tuple(self.obstacles), standing=frozenset(self.standing))

    # -- scope by scope ----------------------------------------------------------------------------------------------

    def rewrite(self, pieces: Mapping[str, bytes]) -> dict[str, bytes]:
        """The pieces of the case's own process, as they are on the new version."""
        rewritten = {}
        for path in sorted(pieces, key=lambda path: (path != "", path.count("/"), path)):
            piece = codec.decode(pieces[path])
            pair = self._graphs(path, piece)
            if pair is not None:
                self.pairs[path] = pair
                rewritten[path] = self._scope(path, piece, *pair)
        return rewritten

    def _graphs(self, path: str, piece: Piece) -> tuple[ScopeSpec, ScopeSpec] | None:
        """None for a called process, which stays on its version, and below what cannot be kept anyway."""
        if not path:
            return self.old.root, self.new.root
        around = path.rpartition("/")[0]
        if piece.kind == "call" or around not in self.pairs:
            return None
        if piece.kind in ("child", "result"):
            return self.pairs[around]
        opener = self.steps.get(path)
        if opener is None or opener[0].inner is None or opener[1].inner is None:
            return None
        return opener[0].inner, opener[1].inner

    def _scope(self, path: str, piece: Piece, old: ScopeSpec, new: ScopeSpec) -> bytes:
        prefix = f"{path}/" if path else ""
        notes = {number: codec.decode_step(raw) for number, raw in piece.steps.items()}
        for number, note in notes.items():
            if note.host is None:
                self._token(path, f"{prefix}{number}", note, old, new)
        kept = {
            number: note
            for number, note in notes.items()
            if note.host is None or self._listener(prefix, number, note, old, new)
        }
        piece.steps = {number: codec.encode_step(note) for number, note in kept.items()}
        piece.joins = self._joins(piece.joins, kept)
        if piece.kind == "process":
            piece.program = (self.new.hash, self.new.key)
        if not any(self._interrupts(note, old) for note in kept.values()):
            self._fresh(path, "", old.triggers, new.listening)
        return codec.encode(piece)

    def _joins(self, joins: Mapping[str, int], notes: Mapping[int, StepNote]) -> dict[str, int]:
        found: dict[str, int] = {}
        for element, number in joins.items():
            if number not in notes or found.setdefault(notes[number].at, number) != number:
                self.refuse(NO_TARGET, element, self.target(element))
        return found

    @staticmethod
    def _interrupts(note: StepNote, old: ScopeSpec) -> bool:
        """An event sub-process that took the place of its scope: nothing listens there any more."""
        spec = old.find(note.at)
        if not isinstance(spec, EventSubProcess) or note.host is not None:
            return False
        return spec.start.node.interrupting or "error" in kinds_of(spec.start)

    # -- step by step ------------------------------------------------------------------------------------------------

    def _token(self, path: str, ref: str, note: StepNote, old: ScopeSpec, new: ScopeSpec) -> None:
        was = old.task_specs.get(note.at)
        if was is None:
            raise UnreadableState(piece=path, step=ref)
        self.standing.add(note.at)
        target = self.target(note.at)
        now = new.task_specs.get(target)
        found = obstacle(was, now, target, self.new, waits=note.wait is not None)
        if found is not None or now is None:
            self.obstacles += [found] if found is not None and found not in self.obstacles else []
            return
        self.steps[ref] = was, now
        if note.arrived:
            note.arrived = self._arrived(note.at, now, note.arrived)
        note.at = target
        if note.state == "waiting" or note.watches:
            self._listening(path, ref, was, now)

    def _arrived(self, element: str, now: NodeSpec, arrived: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """The tokens that wait in a join, by the flows of the new drawing."""
        found: dict[str, list[str]] = {}
        for flow, refs in arrived.items():
            target = self._flow(now, flow)
            if target is None:
                self.refuse(NO_FLOW, element, now.name, flow)
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

    def _listening(self, path: str, ref: str, was: NodeSpec, now: NodeSpec) -> None:
        """Who listens on behalf of a step that is active: the events on its border, or behind its gateway."""
        if isinstance(was, Activity) and isinstance(now, Activity):
            self._same_triggers(was.boundaries, now.boundaries)
            self._fresh(path, ref, was.boundaries, now.listening)
        elif isinstance(now, EventGateway):
            self._fresh(path, ref, [flow.target for flow in was.flows], [flow.target for flow in now.flows])

    def _same_triggers(self, was: Iterable[NodeSpec], now: Iterable[NodeSpec]) -> None:
        there = {spec.name: spec for spec in now}
        for spec in was:
            other = there.get(self.target(spec.name))
            if other is not None and kinds_of(other) != kinds_of(spec):
                self.refuse(OTHER_TRIGGER, spec.name, other.name)

    def _fresh(self, path: str, ref: str, was: Iterable[NodeSpec], now: Iterable[NodeSpec]) -> None:
        """What stood there before has listened, or has had its turn: only what is new begins."""
        known = {self.target(spec.name) for spec in was}
        self.fresh += [(path, ref, spec) for spec in now if spec.name not in known]

    def _listener(self, prefix: str, number: int, note: StepNote, old: ScopeSpec, new: ScopeSpec) -> bool:
        """Whether a listener still has a node; one that has none is forgotten, unless the map sends it elsewhere."""
        was = old.find(note.at)
        if was is None:
            raise UnreadableState(piece=prefix.rstrip("/"), step=number)
        ref, element = f"{prefix}{number}", note.at
        self.standing.add(element)
        if note.host and f"{prefix}{note.host}" not in self.steps:
            return True  # its host is the obstacle
        there = {spec.name: spec for spec in self._places(f"{prefix}{note.host}" if note.host else "", new)}
        target = self.target(element)
        now = there.get(target)
        if now is None:
            if self.given.get(element):
                self.refuse("elsewhere" if target in self.new.process.nodes else NO_TARGET, element, target)
            if note.wait is not None:
                self.told.append(TimerCleared(ref) if note.wait.kind == "timer" else MessageForgotten(ref))
            return False
        if kinds_of(was) != kinds_of(now):
            self.refuse(OTHER_TRIGGER, element, target)
        note.at = target
        self.steps[ref] = was, now
        return True

    def _places(self, host: str, new: ScopeSpec) -> Iterable[NodeSpec]:
        """Where somebody may listen for this step, or for the whole scope."""
        if not host:
            return new.triggers
        now = self.steps[host][1]
        return [flow.target for flow in now.flows] if isinstance(now, EventGateway) else getattr(now, "boundaries", ())

    # -- what expressions are needed for -----------------------------------------------------------------------------

    def finish(self, live: Live) -> list[Redrawn]:
        """Listen by the new names and at the new places; what people do is offered as the new version says."""
        for ref, (was, now) in self.steps.items():
            self._attempt(now, lambda ref=ref, was=was, now=now: _rename(live.step(ref), was, now))
        for path, ref, spec in self.fresh:
            self._attempt(spec, lambda path=path, ref=ref, spec=spec: _begin(live, path, ref, spec))
        tasks: list[Redrawn] = []
        for ref, (was, now) in self.steps.items():
            if isinstance(was, PersonTask) and isinstance(now, PersonTask):
                self._attempt(now, lambda ref=ref, was=was, now=now: tasks.append(_redrawn(live.step(ref), was, now)))
        return tasks

    def _attempt(self, spec: NodeSpec, work: Any) -> None:
        try:
            work()
        except StepFault as fault:
            self.refuse(fault.code, "", spec.name, fault.message)

    def free_joins(self, live: Live) -> bool:
        """Whether a join can go on now."""
        ready = len(live.ready)
        for step, join in _waiting_joins(live, self.pairs):
            if len(join.incoming) < 2:
                step._ready()  # where one way comes in nobody waits
            join._update(step)
        return len(live.ready) > ready or release(live)


def _waiting_joins(live: Live, paths: Iterable[str]) -> Iterator[tuple[Step, Join]]:
    for path in paths:
        scope = live.scope(path)
        for number in list(scope.piece.joins.values()):
            step = scope.find(number)
            if step is not None and step.state == spiff.WAITING and isinstance(step.task_spec, Join):
                yield step, step.task_spec


def _rename(step: Step, was: NodeSpec, now: NodeSpec) -> None:
    """A message or signal may be called otherwise, or be told apart by another key. Raises StepFault."""
    wait, old, new = step.note.wait, was.trigger, now.trigger
    if wait is None or wait.kind not in ("message", "signal") or old is None or new is None:
        return
    key, texts = wait.correlation, [each and each.text for each in (old.correlation, new.correlation)]
    if texts[0] != texts[1]:
        host = step.scope.find(step.note.host) if step.note.host else None
        key = correlation_of(new.correlation, (host or step).visible())
    if (new.name, key) != (wait.name, wait.correlation):
        forget(step)
        listen(step, replace(wait, name=new.name, correlation=key))


def _begin(live: Live, path: str, ref: str, spec: NodeSpec) -> None:
    """Somebody listens who did not before. Raises StepFault."""
    scope = live.scope(path)
    if not ref:
        scope.piece.watches += watch(scope, None, [spec])
        return
    host = live.step(ref)
    host.note.watches += watch(scope, host, [spec])
    host.touch()


def _redrawn(step: Step, was: PersonTask, now: PersonTask) -> Redrawn:
    old, new = was.offer.groups, now.offer.groups
    if new is None or (old is not None and old.text == new.text):
        return Redrawn(step.ref, now.element, None)
    return Redrawn(step.ref, now.element, _names(new, step.visible()))
