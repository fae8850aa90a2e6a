"""Which processes stand, in which versions, and what the rules say about one. Only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import diagrams
from app.core import jsontext
from app.core.database import ask
from app.definitions import library
from app.definitions.errors import NoSuchDefinition
from app.definitions.judging import DeploymentContext, lane_names
from app.definitions.models import DefinitionFile, DefinitionPart, ProcessDefinition
from app.history import HistoryEvent, HistoryPayload
from app.history.queries import told
from app.people.models import Account


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One version of a process as screens show it."""

    id: int
    key: str
    version: int
    name: str
    names: Mapping[str, str]
    hash: str
    diagram_hash: str
    state: str
    file_name: str
    source: str
    deployed_at: datetime
    deployed_by: str  #: "" for the system
    deployer_names: Mapping[str, str]
    startable: bool
    start_form: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """How a version went out of use."""

    at: datetime
    name: str  #: of who did it
    names: Mapping[str, str]
    reason: str  #: "" where none was given, or it was erased


@dataclass(slots=True)
class StoredParts:
    """The forms and decisions that a version was deployed with, as `Sources`."""

    session: Session
    definition_id: int

    def form(self, form_id: str) -> bytes | None:
        return self._part("form", form_id)

    def decision(self, decision_id: str) -> bytes | None:
        return self._part("decision", decision_id)

    def _part(self, kind: str, part: str) -> bytes | None:
        return self.session.scalar(
            sa.select(DefinitionFile.body)
            .join(DefinitionPart, DefinitionPart.hash == DefinitionFile.hash)
            .where(
                DefinitionPart.definition_id == self.definition_id,
                DefinitionPart.kind == kind,
                DefinitionPart.part_id == part,
            )
        )


_COLUMNS = (
    ProcessDefinition.id,
    ProcessDefinition.key,
    ProcessDefinition.version,
    ProcessDefinition.name,
    ProcessDefinition.names,
    ProcessDefinition.hash,
    ProcessDefinition.diagram_hash,
    ProcessDefinition.state,
    ProcessDefinition.file_name,
    ProcessDefinition.source,
    ProcessDefinition.deployed_at,
    Account.name,
    Account.names,
    ProcessDefinition.startable,
    ProcessDefinition.start_form,
)


def processes(session: Session) -> list[VersionFacts]:
    """The version of every process that new cases begin on, by name; the newest retired one where none is deployed."""
    deployed = sa.case((ProcessDefinition.state == "deployed", 0), else_=1)
    place = sa.func.row_number().over(
        partition_by=ProcessDefinition.key, order_by=(deployed, ProcessDefinition.version.desc())
    )
    ranked = sa.select(ProcessDefinition.id, place.label("place")).where(ProcessDefinition.state != "draft").subquery()
    first = sa.and_(ranked.c.id == ProcessDefinition.id, ranked.c.place == 1)
    rows = session.execute(_facts().join(ranked, first).order_by(ProcessDefinition.name, ProcessDefinition.key))
    return [_as_facts(row) for row in rows]


def startable(session: Session) -> list[VersionFacts]:
    """Processes that a person can begin."""
    return [each for each in processes(session) if each.startable and each.state == "deployed"]


def versions(session: Session, key: str) -> list[VersionFacts]:
    """Every version of a process, the newest first. Raises NoSuchDefinition."""
    rows = session.execute(
        _facts()
        .where(ProcessDefinition.key == key, ProcessDefinition.state != "draft")
        .order_by(ProcessDefinition.version.desc())
    )
    found = [_as_facts(row) for row in rows]
    if not found:
        raise NoSuchDefinition(key=key)
    return found


def version(session: Session, key: str, number: int | None = None) -> VersionFacts:
    """One version, the newest without a number. Raises NoSuchDefinition."""
    for each in versions(session, key):
        if number is None or each.version == number:
            return each
    raise NoSuchDefinition(key=key, version=number)


def begins_on(session: Session, key: str) -> VersionFacts:
    """The version that new cases begin on. Raises NoSuchDefinition, also where every version is retired."""
    for each in versions(session, key):
        if each.state == "deployed":
            return each
    raise NoSuchDefinition(key=key)


def retirement(session: Session, definition_id: int) -> Retirement | None:
    """Who took a version out of use, and why. None where it never was."""
    events = (
        told(HistoryEvent.at, Account.name, Account.names, HistoryPayload.body)
        .outerjoin(Account, Account.id == HistoryEvent.actor_id)
        .where(HistoryEvent.stream_id == definition_id, HistoryEvent.kind == "definition.retired")
    )
    rows = session.execute(events).all()
    if not rows:
        return None
    at, name, names, body = rows[-1]
    return Retirement(at, name or "", names or {}, (jsontext.loads(body) if body else {}).get("reason", ""))


def diagram_of(session: Session, definition_id: int) -> diagrams.Diagram:
    """The drawing of a version."""
    return library.version(partial(ask, session), definition_id).diagram


def source_of(session: Session, facts: VersionFacts) -> bytes:
    """The BPMN file, byte for byte as it was deployed."""
    return library.source(partial(ask, session), facts.diagram_hash)


def findings(session: Session, facts: VersionFacts) -> Sequence[diagrams.Finding]:
    """What today's rules say about a version, with the lanes and processes of today."""
    parts = StoredParts(session, facts.id)
    diagram = diagram_of(session, facts.id)
    context = DeploymentContext(session, parts, diagram.processes, lane_names(diagram))
    return list(diagrams.check(diagram, context))


def _facts() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).outerjoin(Account, Account.id == ProcessDefinition.deployed_by_id)


def _as_facts(row: Sequence[Any]) -> VersionFacts:
    return VersionFacts(*[*row[:4], row[4] or {}, *row[5:11], row[11] or "", row[12] or {}, *row[13:]])
