"""Deployed content, read and compiled once per process: versions never change, so nothing here ever grows stale."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
import sqlalchemy.orm

from app import decisions, diagrams, engine, forms, history
from app.core.database import Statement, Tx
from app.definitions.errors import NoSuchDefinition
from app.definitions.models import DefinitionFile, DefinitionPart, ProcessDefinition
from app.people.models import Lane

#: Runs a statement: `Tx.run`, or `database.ask` bound to a reading session.
Run = Callable[[Statement, Mapping[str, Any]], Sequence[tuple[Any, ...]]]

T = TypeVar("T")
_lock = Lock()
_kept: OrderedDict[Hashable, Any] = OrderedDict()
_MOST = 500


@dataclass(frozen=True, slots=True)
class Version:
    """A definition as the engine and the moves need it."""

    id: int
    key: str
    version: int
    hash: str
    diagram: diagrams.Diagram
    program: engine.Program
    lanes: Mapping[str, int]  #: BPMN lane id -> lane row

    @property
    def process(self) -> diagrams.Process:
        return self.diagram.processes[self.key]


_by_id = Statement(
    sa.select(
        ProcessDefinition.key, ProcessDefinition.version, ProcessDefinition.hash, ProcessDefinition.diagram_hash
    ).where(ProcessDefinition.id == sa.bindparam("definition"))
)
_newest = Statement(
    sa.select(ProcessDefinition.id)
    .where(ProcessDefinition.key == sa.bindparam("process"), ProcessDefinition.state == "deployed")
    .order_by(ProcessDefinition.version.desc())
    .limit(1)
)
_numbered = Statement(
    sa.select(ProcessDefinition.id).where(
        ProcessDefinition.key == sa.bindparam("process"),
        ProcessDefinition.version == sa.bindparam("number"),
        ProcessDefinition.state != "draft",
    )
)
_of_process = Statement(
    sa.select(ProcessDefinition.id)
    .where(ProcessDefinition.key == sa.bindparam("process"), ProcessDefinition.state != "draft")
    .order_by(ProcessDefinition.version.desc())
)
_caller = sa.orm.aliased(ProcessDefinition)
_together = Statement(
    sa.select(ProcessDefinition.id)
    .join(_caller, _caller.diagram_hash == ProcessDefinition.diagram_hash)
    .where(
        ProcessDefinition.key == sa.bindparam("process"),
        ProcessDefinition.state != "draft",
        _caller.hash == sa.bindparam("content"),
    )
    .order_by(ProcessDefinition.version.desc())
    .limit(1)
)
_deployed = Statement(
    sa.select(ProcessDefinition.id).where(
        ProcessDefinition.id == sa.bindparam("definition"), ProcessDefinition.state == "deployed"
    )
)
_by_hash = Statement(
    sa.select(ProcessDefinition.id)
    .where(ProcessDefinition.key == sa.bindparam("process"), ProcessDefinition.hash == sa.bindparam("content"))
    .order_by(ProcessDefinition.version)
    .limit(1)
)
_file = Statement(sa.select(DefinitionFile.body).where(DefinitionFile.hash == sa.bindparam("content")))
_part = Statement(
    sa.select(DefinitionPart.hash).where(
        DefinitionPart.definition_id == sa.bindparam("definition"),
        DefinitionPart.kind == sa.bindparam("kind_"),
        DefinitionPart.part_id == sa.bindparam("part"),
    )
)
_lane_rows = Statement(sa.select(Lane.path, Lane.id).where(Lane.process_key == sa.bindparam("process")))


def version(run: Run, definition_id: int) -> Version:
    """A version by its id. Raises NoSuchDefinition."""
    return _once(("version", definition_id), lambda: _version(run, definition_id))


def newest(run: Run, key: str, system_seq: int | None = None) -> Version:
    """The newest deployed version of a process. Raises NoSuchDefinition.

    What was found is remembered for as long as the system's record stands at `system_seq` (`changed`).
    """
    if system_seq is None:
        found = find_newest(run, key)
    else:
        found = _once(("newest", key, system_seq), lambda: find_newest(run, key))
    if found is None:
        raise NoSuchDefinition(key=key)
    return version(run, found)


def changed(tx: Tx, definitions: Sequence[int], by: int | None) -> None:
    """Other versions are in use from now on: said in the system's record, where every move sees that it grew."""
    fact = history.Fact("library.changed", facts={"definitions": list(definitions)})
    history.record(tx, history.SYSTEM, "system", [fact], by=by)


def find_newest(run: Run, key: str) -> int | None:
    """The id of the version that new cases begin on; None where no version is deployed."""
    rows = run(_newest, {"process": key})
    return rows[0][0] if rows else None


def numbered(run: Run, key: str, number: int) -> Version:
    """One version of a process by its number, retired ones too. Raises NoSuchDefinition."""
    rows = run(_numbered, {"process": key, "number": number})
    if not rows:
        raise NoSuchDefinition(key=key, version=number)
    return version(run, rows[0][0])


def versions_of(run: Run, key: str) -> Iterator[Version]:
    """Every version of a process, the newest first; each is read when it is asked for."""
    for (definition_id,) in run(_of_process, {"process": key}):
        yield version(run, definition_id)


def tagged(run: Run, key: str, tag: str) -> Version:
    """The newest version of a process that carries a version tag, retired ones too. Raises NoSuchDefinition."""
    for candidate in versions_of(run, key):
        if candidate.process.version_tag == tag:
            return candidate
    raise NoSuchDefinition(key=key, version=tag)


def together(run: Run, key: str, content: str) -> Version | None:
    """The version of a process from the same file as the version with this content; None where it came from another."""
    rows = run(_together, {"process": key, "content": content})
    return version(run, rows[0][0]) if rows else None


def is_deployed(run: Run, definition_id: int) -> bool:
    """Whether new cases may begin on this version. Asked each time: of a version only this changes."""
    return bool(run(_deployed, {"definition": definition_id}))


def with_hash(run: Run, key: str, content: str) -> Version:
    """The version of a process with this content. Raises NoSuchDefinition."""
    rows = run(_by_hash, {"process": key, "content": content})
    if not rows:
        raise NoSuchDefinition(key=key)
    return version(run, rows[0][0])


def form(run: Run, definition_id: int, form_id: str) -> forms.Form | None:
    """The form of a version, as it was deployed with it."""
    content = _content(run, definition_id, "form", form_id)
    return _once(("form", content), lambda: forms.read(_body(run, content))) if content else None


def decision(run: Run, definition_id: int, decision_id: str) -> decisions.DecisionFile | None:
    """The decision file that a version uses for a decision."""
    content = _content(run, definition_id, "decision", decision_id)
    return _once(("decision", content), lambda: decisions.read(_body(run, content))) if content else None


def source(run: Run, diagram_hash: str) -> bytes:
    """A stored file, byte for byte. Raises NoSuchDefinition."""
    return _body(run, diagram_hash)


def forget() -> None:
    """Drop what is kept (tests that swap databases)."""
    with _lock:
        _kept.clear()


def _version(run: Run, definition_id: int) -> Version:
    rows = run(_by_id, {"definition": definition_id})
    if not rows:
        raise NoSuchDefinition(definition_id=definition_id)
    key, number, content, diagram_hash = rows[0]
    diagram = diagrams.read(_body(run, diagram_hash))
    # A running case is tied to the whole content, forms and decisions included, not only to the drawing.
    program = engine.compile(replace(diagram, hash=content), key)
    paths: dict[str, int] = dict(run(_lane_rows, {"process": key}))
    lanes = {lane.id: paths[lane.path] for lane in diagram.processes[key].lanes.values() if lane.path in paths}
    return Version(definition_id, key, number, content, diagram, program, lanes)


def _content(run: Run, definition_id: int, kind: str, part: str) -> str | None:
    def find() -> str | None:
        rows = run(_part, {"definition": definition_id, "kind_": kind, "part": part})
        return rows[0][0] if rows else None

    return _once(("part", definition_id, kind, part), find)


def _body(run: Run, content: str) -> bytes:
    rows = run(_file, {"content": content})
    if not rows:
        raise NoSuchDefinition(hash=content)
    return bytes(rows[0][0])


def _once(key: Hashable, make: Callable[[], T]) -> T:
    """What is kept under the key, made at the first use; what was not used for longest goes first.

    It is made outside the lock, since making asks the database: two threads may make the same, and one of them stays.
    """
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            known: T = _kept[key]
            return known
    made = make()
    with _lock:
        found: T = _kept.setdefault(key, made)
        _kept.move_to_end(key)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return found
