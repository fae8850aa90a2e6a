"""What cases there are and how one stands. Only reads; what happened in a case is told by `story`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import forms
from app.core.database import ask
from app.customers.models import Customer
from app.definitions import library
from app.definitions.models import ProcessDefinition
from app.instances import live, services
from app.instances.errors import NoSuchIncident, NoSuchInstance
from app.instances.models import Incident, ProcessInstance, Subscription, Timer
from app.people.actor import Actor
from app.people.models import Lane
from app.tasks.models import Task
from app.tasks.queries import TaskDetail

PAGE = 50
STATES = ("running", "suspended", "completed", "terminated", "cancelled", "error")


@dataclass(frozen=True, slots=True)
class Brief:
    """A case as a line of a list."""

    id: int
    reference: str
    process_key: str
    definition_id: int
    name: str  #: of the process
    names: Mapping[str, str]
    version: int
    customer_id: int | None
    customer: str  #: "" without one
    customer_number: str
    business_key: str | None
    segment: str | None
    channel: str | None
    mark: str
    state: str
    started_at: datetime
    started_by_id: int | None
    ended_at: datetime | None
    end_element: str | None

    @property
    def is_over(self) -> bool:
        return self.state not in ("running", "suspended")


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of cases; `next` is the cursor of the one after it."""

    cases: Sequence[Brief]
    next: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a case waits for besides people."""

    kind: str  #: timer, message, signal or service
    element: str
    name: str  #: of the message, type of the service
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """A case that cannot move, as the one who repairs it needs it."""

    id: int
    instance_id: int
    ref: str
    element: str
    kind: str
    code: str
    message: str
    state: str
    created_at: datetime
    resolved_at: datetime | None
    resolved_by_id: int | None
    resolution: str | None
    case: Brief


_COLUMNS = (
    ProcessInstance.id,
    ProcessInstance.reference,
    ProcessInstance.process_key,
    ProcessInstance.definition_id,
    ProcessDefinition.name,
    ProcessDefinition.names,
    ProcessDefinition.version,
    ProcessInstance.customer_id,
    Customer.name,
    Customer.number,
    ProcessInstance.business_key,
    ProcessInstance.segment,
    ProcessInstance.channel,
    ProcessInstance.mark,
    ProcessInstance.state,
    ProcessInstance.started_at,
    ProcessInstance.started_by_id,
    ProcessInstance.ended_at,
    ProcessInstance.end_element,
)


def cases(
    session: Session,
    actor: Actor,
    search: str = "",
    state: str = "",
    process: str = "",
    before: int = 0,
    limit: int = PAGE,
) -> CasePage:
    """The newest cases that a person may see, `limit` of those older than the case `before`.

    `search` finds a reference or its end ("42"), a business key, a customer's number or part of a customer's name.
    """
    wanted = _brief().where(visible_to(actor)).order_by(ProcessInstance.id.desc()).limit(limit + 1)
    if search:
        wanted = wanted.where(_matches(search))
    if state:
        wanted = wanted.where(ProcessInstance.state == state)
    if process:
        wanted = wanted.where(ProcessInstance.process_key == process)
    if before:
        wanted = wanted.where(ProcessInstance.id < before)
    found = [_as_brief(row) for row in session.execute(wanted)]
    return CasePage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def briefs(session: Session, instances: Collection[int]) -> dict[int, Brief]:
    """Cases by id, for lists of tasks."""
    rows = session.execute(_brief().where(ProcessInstance.id.in_(set(instances))))
    return {row[0]: _as_brief(row) for row in rows}


def case(session: Session, instance_id: int, actor: Actor) -> Brief:
    """Raises NoSuchInstance, also for a case that this person may not see."""
    row = session.execute(_brief().where(ProcessInstance.id == instance_id, visible_to(actor))).first()
    if row is None:
        raise NoSuchInstance(instance_id=instance_id)
    return _as_brief(row)


def find_reference(session: Session, reference: str, actor: Actor) -> int | None:
    """The id of the case with exactly this reference, if the person may see it."""
    wanted = sa.select(ProcessInstance.id).where(ProcessInstance.reference == reference.upper(), visible_to(actor))
    return session.scalar(wanted)


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Whose cases: all for auditors and administrators; for others, those that pass through their departments.

    A department is part of a case when the process has a lane of it, or when a task of the case (a called process'
    too) was or is in such a lane. Whoever started a case keeps seeing it.
    """
    if actor.is_admin or actor.is_auditor:
        return sa.true()
    own = sa.select(Lane.id).where(Lane.department_id.in_(actor.departments))
    processes = sa.select(Lane.process_key).where(Lane.department_id.in_(actor.departments))
    tasks = sa.exists().where(Task.instance_id == ProcessInstance.id)
    return sa.or_(
        ProcessInstance.process_key.in_(processes),
        ProcessInstance.started_by_id == actor.account_id,
        tasks.where(sa.or_(Task.lane_id.in_(own), Task.holder_id == actor.account_id)),
    )


def visible_of(session: Session, instances: Collection[int], actor: Actor) -> set[int]:
    """Which of these cases a person may see."""
    return set(
        session.scalars(sa.select(ProcessInstance.id).where(ProcessInstance.id.in_(instances), visible_to(actor)))
    )


def waits(session: Session, instance_id: int) -> list[Wait]:
    """Timers, messages and services a case waits for, the next timer first."""
    timers = sa.select(Timer.element, Timer.due_at).where(Timer.instance_id == instance_id).order_by(Timer.due_at)
    listens = sa.select(Subscription.kind, Subscription.element, Subscription.name).where(
        Subscription.instance_id == instance_id
    )
    return [
        *[Wait("timer", element, "", due_at) for element, due_at in session.execute(timers)],
        *[Wait(kind, element, name, None) for kind, element, name in session.execute(listens)],
        *[Wait("service", call["element"], call["type"], None) for call in services.of_case(session, instance_id)],
    ]


def incidents(
    session: Session, state: str = "open", instance_id: int | None = None, before: int = 0, limit: int = 100
) -> list[IncidentFacts]:
    """The newest, of one case or of all; older ones than `before` where that is given."""
    wanted = sa.select(Incident).where(Incident.state == state).order_by(Incident.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(Incident.id < before)
    if instance_id is not None:
        wanted = wanted.where(Incident.instance_id == instance_id)
    rows = session.scalars(wanted).all()
    known = briefs(session, {row.instance_id for row in rows})
    return [_as_incident(row, known[row.instance_id]) for row in rows]


def incident(session: Session, incident_id: int) -> IncidentFacts:
    """Raises NoSuchIncident."""
    row = session.get(Incident, incident_id)
    if row is None:
        raise NoSuchIncident(incident_id=incident_id)
    return _as_incident(row, briefs(session, [row.instance_id])[row.instance_id])


def running_on(session: Session, definition_id: int) -> int:
    """How many cases a version still carries."""
    running = ProcessInstance.state.in_(("running", "suspended"))
    wanted = sa.select(sa.func.count()).where(ProcessInstance.definition_id == definition_id, running)
    return session.scalar(wanted.select_from(ProcessInstance)) or 0


def stuck(session: Session, instances: Collection[int]) -> set[int]:
    """Which of these cases cannot go on until somebody acts."""
    wanted = sa.select(Incident.instance_id).where(Incident.state == "open", Incident.instance_id.in_(instances))
    return set(session.scalars(wanted))


def open_incidents(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Incident).where(Incident.state == "open")) or 0


def data_of(session: Session, instance_id: int, definition_id: int) -> dict[str, Any]:
    """The root variables of a case that still runs."""
    run = partial(ask, session)
    return dict(live.load(run, instance_id, definition_id).live.data)


def form_of(session: Session, task: TaskDetail) -> forms.Form | None:
    """The form that the task's version was deployed with."""
    return library.form(partial(ask, session), task.definition_id, task.form) if task.form else None


def data_for(session: Session, task: TaskDetail) -> dict[str, Any]:
    """What the task's form may show: the variables it sees, after its input mappings."""
    run = partial(ask, session)
    root = session.scalar(sa.select(ProcessInstance.definition_id).where(ProcessInstance.id == task.work.instance_id))
    if root is None or not task.work.is_live:
        return {}
    return dict(live.load(run, task.work.instance_id, root).live.visible(task.ref))


def _brief() -> sa.Select[Any]:
    return (
        sa.select(*_COLUMNS)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .outerjoin(Customer, Customer.id == ProcessInstance.customer_id)
    )


def _as_brief(row: Sequence[Any]) -> Brief:
    return Brief(*[*row[:5], row[5] or {}, *row[6:8], row[8] or "", row[9] or "", *row[10:]])


def _as_incident(row: Incident, case: Brief) -> IncidentFacts:
    return IncidentFacts(
        row.id,
        row.instance_id,
        row.ref,
        row.element,
        row.kind,
        row.code,
        row.message,
        row.state,
        row.created_at,
        row.resolved_at,
        row.resolved_by_id,
        row.resolution,
        case,
    )


def _matches(search: str) -> sa.ColumnElement[bool]:
    text = search.strip()
    return sa.or_(
        ProcessInstance.reference == text.upper(),
        ProcessInstance.reference.endswith(text, autoescape=True) if text.isdecimal() else sa.false(),
        ProcessInstance.business_key == text,
        Customer.number == text,
        Customer.name.icontains(text, autoescape=True),
    )
