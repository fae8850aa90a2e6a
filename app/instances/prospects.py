"""What would become of running cases on another version of their diagram: a dry run. Only reads.

Each case is judged by the same code that would move it. What its steps need is told as a table of elements, with those
of the new version that may take each place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import engine
from app.core import clock
from app.core.database import ask
from app.core.translations import catalog, translate
from app.definitions import library
from app.definitions.library import Version
from app.definitions.models import ProcessDefinition
from app.diagrams.model import Node
from app.instances import migration
from app.instances.errors import AlreadyThere, NoSuchInstance, NotRunning
from app.instances.host import Host
from app.instances.migration import LIVE, SUSPENDED
from app.instances.models import InstanceState, ProcessInstance

#: Cases whose pieces are read together.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One thing in the way, with the names that a reader knows."""

    code: str
    element: str
    target: str
    detail: str = ""
    names: Mapping[str, str] = field(default_factory=dict)  #: of the element, by language; "" without one
    target_names: Mapping[str, str] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """What is in the way, where, and what to do."""
        key = f"studio.obstacle.{self.code}"
        if key not in catalog(lang):
            key = "studio.obstacle.expression"
        names = {
            "element": _called(self.names, self.element, lang),
            "target": _called(self.target_names, self.target, lang),
        }
        return translate(key, lang, **names, detail=self.detail)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would become of one case."""

    id: int
    reference: str
    version: int  #: that it runs on
    state: str
    standing: frozenset[str]  #: elements of its drawing where it stands
    obstacles: Sequence[Hindrance] = ()
    goes_on: bool = False  #: it would move at once, so that it could not be undone

    @property
    def is_free(self) -> bool:
        return not self.obstacles


@dataclass(frozen=True, slots=True)
class Place:
    """One element where cases stand, and where they would stand."""

    element: str
    kind: str
    names: Mapping[str, str]
    cases: int
    target: str  #: "" = none
    options: Sequence[Node]  #: elements of the new version that may take its place


@dataclass(frozen=True, slots=True)
class Plan:
    """A dry run."""

    cases: Sequence[Prospect]
    places: Sequence[Place]
    total: int  #: cases on other versions, those of other pages too
    next: int | None = None

    @property
    def free(self) -> list[Prospect]:
        return [case for case in self.cases if case.is_free]

    @property
    def held_up(self) -> list[Prospect]:
        return [case for case in self.cases if not case.is_free]


def elsewhere(session: Session, key: str, definition_id: int) -> Mapping[int, int]:
    """How many live cases each other version of a process carries, by its number."""
    counted = (
        sa.select(ProcessDefinition.version, sa.func.count())
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.process_key == key, ProcessInstance.state.in_(LIVE))
        .where(ProcessInstance.definition_id != definition_id)
        .group_by(ProcessDefinition.version)
        .order_by(ProcessDefinition.version)
    )
    return dict(session.execute(counted).all())


def plan(
    session: Session,
    definition_id: int,
    given: engine.ElementMap,
    versions: Collection[int] = (),
    after: int = 0,
    limit: int = 0,
) -> Plan:
    """A dry run over the live cases of other versions (of those `versions`, where any are named), the oldest first.

    With a `limit` that many of those behind the case `after`. Raises NoSuchDefinition.
    """
    run = partial(ask, session)
    new = library.version(run, definition_id)
    wanted = candidates(new, versions)
    page = wanted.where(ProcessInstance.id > after).order_by(ProcessInstance.id)
    rows = session.execute(page.limit(limit + 1) if limit else page).all()
    shown = rows[:limit] if limit else rows
    cases = [each for batch in _batches(shown) for each in _judged(session, batch, new, given)]
    total = session.scalar(sa.select(sa.func.count()).select_from(wanted.subquery())) or 0
    olds = {row.definition_id: library.version(run, row.definition_id) for row in shown}
    places = _places(cases, {old.version: old for old in olds.values()}, new, given)
    return Plan(cases, places, total, shown[-1].id if len(shown) < len(rows) else None)


def of_case(session: Session, instance_id: int, definition_id: int, given: engine.ElementMap) -> Plan:
    """A dry run of one case. Raises NoSuchInstance, NoSuchDefinition, NotRunning, AlreadyThere."""
    new = library.version(partial(ask, session), definition_id)
    found = sa.select(*_COLUMNS).join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
    row = session.execute(found.where(ProcessInstance.id == instance_id)).first()
    if row is None:
        raise NoSuchInstance(instance_id=instance_id)
    if row.state not in LIVE:
        raise NotRunning(reference=row.reference, state=row.state)
    if row.definition_id == new.id:
        raise AlreadyThere(reference=row.reference, version=new.version)
    old = library.version(partial(ask, session), row.definition_id)
    cases = _judged(session, [row], new, given)
    return Plan(cases, _places(cases, {old.version: old}, new, given), 1)


def process_of(session: Session, instance_id: int) -> str:
    """Raises NoSuchInstance."""
    found = session.scalar(sa.select(ProcessInstance.process_key).where(ProcessInstance.id == instance_id))
    if found is None:
        raise NoSuchInstance(instance_id=instance_id)
    return found


def require_map(session: Session, definition_id: int, given: engine.ElementMap) -> None:
    """Raises Invalid naming what stands in none of the drawings of the process."""
    run = partial(ask, session)
    new = library.version(run, definition_id)
    migration.require_map(given, library.versions_of(run, new.key), new)


def of_obstacles(
    session: Session, instance_id: int, definition_id: int, found: Iterable[engine.Obstacle]
) -> list[Hindrance]:
    """What kept a case from going to a version, with the names of both drawings."""
    run = partial(ask, session)
    own = session.scalar(sa.select(ProcessInstance.definition_id).where(ProcessInstance.id == instance_id))
    return hindrances(found, library.version(run, own or definition_id), library.version(run, definition_id))


def hindrances(obstacles: Iterable[engine.Obstacle], old: Version, new: Version) -> list[Hindrance]:
    """Obstacles with the names of both drawings."""
    return [
        Hindrance(it.code, it.element, it.target, it.detail, _names(old, it.element), _names(new, it.target))
        for it in obstacles
    ]


_COLUMNS: tuple[Any, ...] = (
    ProcessInstance.id,
    ProcessInstance.reference,
    ProcessInstance.state,
    ProcessInstance.definition_id,
    ProcessDefinition.version,
)


def candidates(new: Version, versions: Collection[int]) -> sa.Select[Any]:
    """The cases that a plan is about, with `definition_id`, the version they run on."""
    wanted = (
        sa.select(*_COLUMNS)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .where(ProcessInstance.process_key == new.key, ProcessInstance.state.in_(LIVE))
        .where(ProcessInstance.definition_id != new.id)
    )
    return wanted.where(ProcessDefinition.version.in_(versions)) if versions else wanted


def _batches(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[begin : begin + BATCH] for begin in range(0, len(rows), BATCH))


def _judged(session: Session, rows: Sequence[Any], new: Version, given: engine.ElementMap) -> list[Prospect]:
    run = partial(ask, session)
    pieces: dict[int, dict[str, bytes]] = {row.id: {} for row in rows}
    stored = sa.select(InstanceState.instance_id, InstanceState.piece, InstanceState.blob)
    for instance, piece, blob in session.execute(stored.where(InstanceState.instance_id.in_(pieces))):
        pieces[instance][piece] = bytes(blob)
    found = []
    for row in rows:
        old = library.version(run, row.definition_id)
        host = Host(row.id, run)
        seen = engine.outlook(pieces[row.id], old.program, new.program, given, host=host, at=clock.now())
        obstacles = hindrances(seen.obstacles, old, new)
        if seen.goes_on and row.state == "suspended":
            obstacles.append(Hindrance(SUSPENDED, "", ""))
        found.append(Prospect(row.id, row.reference, row.version, row.state, seen.standing, obstacles, seen.goes_on))
    return found


def _places(
    cases: Sequence[Prospect], olds: Mapping[int, Version], new: Version, given: engine.ElementMap
) -> list[Place]:
    """The elements where cases stand, in the order of the drawing, the oldest version's first."""
    counts = Counter(element for case in cases for element in case.standing)
    targets = engine.nodes(new.program)
    found: dict[str, Place] = {}
    for _, old in sorted(olds.items()):
        for element, was in engine.nodes(old.program).items():
            if not counts[element] or element in found:
                continue
            options = [now.node for now in targets.values() if engine.fits(was, now)]
            target = given.get(element, element)
            names = _names(old, element)
            found[element] = Place(
                element, was.node.kind, names, counts[element], target if target in targets else "", options
            )
    return list(found.values())


def _names(version: Version, element: str) -> dict[str, str]:
    node = version.diagram.find_node(element) if element else None
    return {"": node.name, **node.names} if node is not None else {}


def _called(names: Mapping[str, str], element: str, lang: str) -> str:
    return names.get(lang) or names.get("") or element
