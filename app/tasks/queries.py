"""One task, the tasks of a case, and what a person may do with them. Only reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core.database import Id
from app.people.actor import Actor
from app.people.models import Account, Lane
from app.tasks.errors import NoSuchTask
from app.tasks.models import Candidate, Task, named_only
from app.tasks.work import COLUMNS, LIVE, Person, Work, as_work, of_lane, person


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """One task with what its own page needs, and what this person may do with it."""

    work: Work
    ref: str
    definition_id: int
    form: str
    duty_group: str
    claimed_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    ended_by: Person | None
    assignee_id: int | None
    is_mine: bool
    can_claim: bool  #: by department or name; four eyes and races are for the move to judge
    can_assign: bool


_ender = aliased(Account)
_one = (
    of_lane(
        sa.select(
            *COLUMNS,
            Task.ref,
            Task.definition_id,
            Task.form,
            Task.duty_group,
            Task.claimed_at,
            Task.started_at,
            Task.ended_at,
            Task.assignee_id,
            named_only(),
            _ender.id,
            _ender.name,
            _ender.names,
        )
    )
    .outerjoin(_ender, _ender.id == Task.ended_by_id)
    .where(Task.id == sa.bindparam("task", type_=Id))
)


def task(session: Session, task_id: int, actor: Actor) -> TaskDetail:
    """Raises NoSuchTask, also for a task that this person may not see."""
    found = session.execute(_one, {"task": task_id}).first()
    if found is None:
        raise NoSuchTask(task_id=task_id)
    work = as_work(found[: len(COLUMNS)])
    ref, definition, form, duty, claimed, started, ended, assignee, only, *ender = found[len(COLUMNS) :]
    named = _is_named(session, task_id, actor)
    can_claim = _may_work(work, assignee, named, only, actor)
    if not (can_claim or _may_look(work, ender[0], actor)):
        raise NoSuchTask(task_id=task_id)
    return TaskDetail(
        work=work,
        ref=ref,
        definition_id=definition,
        form=form,
        duty_group=duty,
        claimed_at=claimed,
        started_at=started,
        ended_at=ended,
        ended_by=person(*ender),
        assignee_id=assignee,
        is_mine=work.state == "claimed" and work.holder_id == actor.account_id,
        can_claim=work.state == "open" and can_claim,
        can_assign=work.is_live and (actor.is_admin or _department(work) in actor.heads),
    )


def of_case(session: Session, instance_id: int) -> list[Work]:
    """Every task of a case, live ones first, then the newest."""
    live = sa.case((LIVE, 0), else_=1)
    rows = session.execute(
        of_lane(sa.select(*COLUMNS)).where(Task.instance_id == instance_id).order_by(live, Task.id.desc())
    )
    return [as_work(tuple(row)) for row in rows]


def by_id(session: Session, tasks: Collection[int]) -> list[Work]:
    """These tasks, whoever asks: for events that were found already."""
    return [as_work(tuple(row)) for row in session.execute(of_lane(sa.select(*COLUMNS)).where(Task.id.in_(tasks)))]


def live_of(session: Session, instances: Collection[int]) -> dict[int, list[Work]]:
    """The live tasks of several cases, for lists of cases."""
    rows = session.execute(
        of_lane(sa.select(*COLUMNS)).where(Task.instance_id.in_(instances), LIVE).order_by(Task.sort_at, Task.id)
    )
    found: dict[int, list[Work]] = {}
    for row in rows:
        work = as_work(tuple(row))
        found.setdefault(work.instance_id, []).append(work)
    return found


def _department(work: Work) -> int | None:
    return work.lane.department_id if work.lane else None


def _may_work(work: Work, assignee: int | None, named: bool, only: bool, actor: Actor) -> bool:
    """The same rule as `held.is_candidate`, for showing or not showing a button."""
    if actor.account_id in (assignee, work.holder_id) or named:
        return True
    department = _department(work)
    if assignee is not None or only:
        return False
    return actor.is_admin if department is None else actor.is_in(department)


def _may_look(work: Work, ended_by: int | None, actor: Actor) -> bool:
    return actor.is_admin or actor.is_auditor or actor.account_id == ended_by or actor.is_in(_department(work))


def _is_named(session: Session, task_id: int, actor: Actor) -> bool:
    own = sa.select(Lane.id).where(Lane.department_id.in_(actor.departments))
    found = sa.select(Candidate.id).where(
        Candidate.task_id == task_id, sa.or_(Candidate.account_id == actor.account_id, Candidate.lane_id.in_(own))
    )
    return session.scalar(found.limit(1)) is not None
