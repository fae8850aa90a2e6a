"""What work there is: the inbox of a person with its counts, one task, the tasks of a case. Only reads.

The inbox is one ordered index range per lane, merged: its cost depends on the page, not on how much work there is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.database import Id, Statement, UtcDateTime, ask, ask_all
from app.core.errors import Invalid
from app.people.actor import Actor
from app.people.models import Account, Department, Lane
from app.tasks.errors import NoSuchTask
from app.tasks.models import Candidate, Task, named_only

View = Literal["mine", "lanes", "late"]
VIEWS: tuple[View, ...] = get_args(View)
PAGE = 50
#: Counts stop here; screens show "99+".
MOST_COUNTED = 100
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class BadCursor(Invalid):
    """This page cannot be found again."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a list shows them."""

    id: int
    name: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LaneName:
    """A lane with the department that it means now."""

    id: int
    name: str
    names: Mapping[str, str]
    department_id: int | None
    code: str  #: of the department, "" without one
    department: str
    departments: Mapping[str, str]  #: the department's names by language
    short: str
    shorts: Mapping[str, str]
    seal: str


@dataclass(frozen=True, slots=True)
class Work:
    """A task as a list shows it."""

    id: int
    instance_id: int
    process_key: str
    element: str
    name: str
    names: Mapping[str, str]
    item: str | None
    state: str
    priority: int
    created_at: datetime
    due_at: datetime | None
    sort_at: datetime
    version: int
    holder_id: int | None
    owner: Person | None  #: who holds it, else who the diagram or a head names
    lane: LaneName | None

    @property
    def is_live(self) -> bool:
        return self.state in ("open", "claimed")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the inbox; `next` is the cursor of the one after it."""

    work: Sequence[Work]
    next: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is in each view, at most MOST_COUNTED."""

    mine: int
    lanes: int
    late: int


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


_owner = aliased(Account)
_ender = aliased(Account)
_COLUMNS = (
    Task.id,
    Task.instance_id,
    Task.process_key,
    Task.element,
    Task.name,
    Task.names,
    Task.item,
    Task.state,
    Task.priority,
    Task.created_at,
    Task.due_at,
    Task.sort_at,
    Task.version,
    Task.holder_id,
    _owner.id,
    _owner.name,
    _owner.names,
    Task.lane_id,
    Lane.name,
    Lane.names,
    Department.id,
    Department.code,
    Department.name,
    Department.names,
    Department.short,
    Department.shorts,
    Department.seal,
)
# Literally the condition of the partial indexes: a database has to see that it follows from the question.
_LIVE = sa.text("task.state in ('open', 'claimed')")
_OPEN = sa.text("task.state = 'open'")
_CLAIMED = sa.text("task.state = 'claimed'")

_ME = sa.bindparam("me", type_=Id)
_NOW = sa.bindparam("now", type_=UtcDateTime)
_AFTER = sa.tuple_(Task.sort_at, Task.id) > sa.tuple_(
    sa.bindparam("after_at", type_=UtcDateTime), sa.bindparam("after_id", type_=Id)
)


def inbox(
    session: Session, actor: Actor, view: View = "mine", cursor: str = "", limit: int = PAGE, process: str = ""
) -> Page:
    """One page of a person's work, what is due first at the top.

    `mine` is held by or assigned to the person; `lanes` is all live work of the lanes of their departments, whoever
    holds it, and what names them besides; `late` is what is overdue in both. Raises BadCursor.
    """
    question = _paging(actor, _lanes(session, actor), view, cursor, limit, process)
    return _as_page(ask(session, *question), limit)


def counts(session: Session, actor: Actor) -> Counts:
    """The sizes of the three views."""
    return Counts(*ask(session, *_sizing(actor, _lanes(session, actor)))[0])


def inbox_with_counts(
    session: Session, actor: Actor, view: View, cursor: str = "", process: str = ""
) -> tuple[Page, Counts]:
    """`inbox` and `counts` at once, as the page of the inbox shows them: the half of the way. Raises BadCursor."""
    lanes = _lanes(session, actor)
    page, sizes = ask_all(session, [_paging(actor, lanes, view, cursor, PAGE, process), _sizing(actor, lanes)])
    return _as_page(page, PAGE), Counts(*sizes[0])


#: lanes with the process that each belongs to
_Lanes = Sequence[tuple[int, str]]


def _paging(
    actor: Actor, lanes: _Lanes, view: View, cursor: str, limit: int, process: str
) -> tuple[Statement, dict[str, Any]]:
    after_at, after_id = _read_cursor(cursor)
    own = [lane for lane, key in lanes if not process or key == process]
    values = _values(actor, own) | {"after_at": after_at, "after_id": after_id, "process": process}
    return _page(view, len(own), actor.is_admin, bool(process), limit + 1), values


def _as_page(rows: Sequence[tuple[Any, ...]], limit: int) -> Page:
    work = [as_work(row) for row in rows[:limit]]
    return Page(work, _write_cursor(work[-1]) if len(rows) > limit else None)


def _sizing(actor: Actor, lanes: _Lanes) -> tuple[Statement, dict[str, Any]]:
    own = [lane for lane, _ in lanes]
    return _counting(len(own), actor.is_admin), _values(actor, own)


def task(session: Session, task_id: int, actor: Actor) -> TaskDetail:
    """Raises NoSuchTask, also for a task that this person may not see."""
    found = session.execute(_one, {"task": task_id}).first()
    if found is None:
        raise NoSuchTask(task_id=task_id)
    work = as_work(found[: len(_COLUMNS)])
    ref, definition, form, duty, claimed, started, ended, assignee, only, *ender = found[len(_COLUMNS) :]
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
        ended_by=_person(*ender),
        assignee_id=assignee,
        is_mine=work.state == "claimed" and work.holder_id == actor.account_id,
        can_claim=work.state == "open" and can_claim,
        can_assign=work.is_live and (actor.is_admin or _department(work) in actor.heads),
    )


def of_case(session: Session, instance_id: int) -> list[Work]:
    """Every task of a case, live ones first, then the newest."""
    live = sa.case((_LIVE, 0), else_=1)
    rows = session.execute(
        _joined(sa.select(*_COLUMNS)).where(Task.instance_id == instance_id).order_by(live, Task.id.desc())
    )
    return [as_work(tuple(row)) for row in rows]


def by_id(session: Session, tasks: Collection[int]) -> list[Work]:
    """These tasks, whoever asks: for events that were found already."""
    return [as_work(tuple(row)) for row in session.execute(_joined(sa.select(*_COLUMNS)).where(Task.id.in_(tasks)))]


def live_of(session: Session, instances: Collection[int]) -> dict[int, list[Work]]:
    """The live tasks of several cases, for lists of cases."""
    rows = session.execute(
        _joined(sa.select(*_COLUMNS)).where(Task.instance_id.in_(instances), _LIVE).order_by(Task.sort_at, Task.id)
    )
    found: dict[int, list[Work]] = {}
    for row in rows:
        work = as_work(tuple(row))
        found.setdefault(work.instance_id, []).append(work)
    return found


def as_work(row: Sequence[Any]) -> Work:
    """A row of `_COLUMNS` as the list shows it."""
    lane = LaneName(row[17], row[18], row[19] or {}, row[20], row[21] or "", *_named(row[22:])) if row[17] else None
    return Work(*[*row[:5], row[5] or {}, *row[6:14], _person(*row[14:17]), lane])


def _named(row: Sequence[Any]) -> tuple[str, Mapping[str, str], str, Mapping[str, str], str]:
    name, names, short, shorts, seal = row
    return name or "", names or {}, short or "", shorts or {}, seal or ""


def _person(account_id: int | None, name: str, names: Mapping[str, str] | None) -> Person | None:
    return None if account_id is None else Person(account_id, name, names or {})


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


def _lanes(session: Session, actor: Actor) -> _Lanes:
    """The lanes of the person's departments; administrators also have those of no department."""
    departments = sorted(actor.departments)
    statement = _own_lanes(len(departments), actor.is_admin)
    values = {f"department_{place}": department for place, department in enumerate(departments)}
    return [(lane, key) for lane, key in ask(session, statement, values)]


@lru_cache(maxsize=64)
def _own_lanes(departments: int, admin: bool) -> Statement:
    own = [Lane.department_id == sa.bindparam(f"department_{place}", type_=Id) for place in range(departments)]
    nobodys = [Lane.department_id.is_(None)] if admin else []
    return Statement(sa.select(Lane.id, Lane.process_key).where(sa.or_(sa.false(), *own, *nobodys)))


def _values(actor: Actor, lanes: Sequence[int]) -> dict[str, Any]:
    return {"me": actor.account_id, "now": clock.now()} | {f"lane_{n}": lane for n, lane in enumerate(lanes)}


@lru_cache(maxsize=512)
def _page(view: View, lanes: int, admin: bool, by_process: bool, most: int) -> Statement:
    only = [Task.process_key == sa.bindparam("process", type_=sa.Text)] if by_process else []
    ranges = [_range(*conditions, _AFTER, *only) for conditions in _ranges(view, lanes, admin)]
    every = sa.union_all(*[sa.select(_first(each, most)) for each in ranges]).subquery()
    first = _first(sa.select(every.c.id, every.c.sort_at).order_by(every.c.sort_at, every.c.id), most)
    return Statement(_joined(sa.select(*_COLUMNS)).join(first, first.c.id == Task.id).order_by(Task.sort_at, Task.id))


@lru_cache(maxsize=128)
def _counting(lanes: int, admin: bool) -> Statement:
    def size(view: View) -> sa.ScalarSelect[int]:
        every = sa.union_all(*[_range(*each).order_by(None) for each in _ranges(view, lanes, admin)]).subquery()
        some = _first(sa.select(every.c.id), MOST_COUNTED)
        return sa.select(sa.func.count()).select_from(some).scalar_subquery()

    return Statement(sa.select(*[size(view) for view in VIEWS]))


def _first(select: sa.Select[Any], most: int) -> sa.Subquery:
    """Cut off, as a sub-select: SQLite takes ORDER BY in a part of a union only there.

    The numbers stand in the text: PostgreSQL keeps the plan of a prepared statement only where it sees how little
    is wanted, and planning costs more than running it.
    """
    return select.limit(sa.literal_column(str(most))).offset(sa.literal_column("0")).subquery()


def _ranges(view: View, lanes: int, admin: bool) -> list[tuple[Any, ...]]:
    """The conditions of the index ranges of a view; no task is in two of them."""
    ids = [sa.bindparam(f"lane_{place}", type_=Id) for place in range(lanes)]
    mine: list[tuple[Any, ...]] = [
        (_CLAIMED, Task.holder_id == _ME),
        (_OPEN, Task.assignee_id == _ME),
    ]
    if view == "mine":
        return mine
    late = [Task.sort_at < _NOW] if view == "late" else []
    elsewhere = sa.or_(Task.lane_id.is_(None), Task.lane_id.not_in(ids)) if ids else sa.true()
    further = [Candidate.lane_id == lane for lane in ids]
    named = Task.id.in_(sa.select(Candidate.task_id).where(sa.or_(Candidate.account_id == _ME, *further)))
    ranges: list[tuple[Any, ...]] = [(_LIVE, Task.lane_id == lane) for lane in ids]
    ranges += [(_LIVE, Task.lane_id.is_(None))] if admin else []
    outside = [(_LIVE, named, *_not_mine()), *mine] if view == "late" else [(_LIVE, named)]
    no_lane = [Task.lane_id.is_not(None)] if admin else []
    ranges += [(*conditions, elsewhere, *no_lane) for conditions in outside]
    return [(*conditions, *late) for conditions in ranges]


def _not_mine() -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Neither held by nor assigned to the person, where both are told by other ranges."""
    return (
        sa.or_(Task.holder_id.is_(None), Task.holder_id != _ME),
        sa.or_(Task.assignee_id.is_(None), Task.assignee_id != _ME, Task.holder_id.is_not(None)),
    )


def _range(*conditions: Any) -> sa.Select[Any]:
    columns: list[Any] = [Task.id, Task.sort_at]
    return sa.select(*columns).where(*conditions).order_by(Task.sort_at, Task.id)


def _joined(select: sa.Select[Any]) -> sa.Select[Any]:
    return (
        select.select_from(Task)
        .outerjoin(Lane, Lane.id == Task.lane_id)
        .outerjoin(Department, Department.id == Lane.department_id)
        .outerjoin(_owner, _owner.id == sa.func.coalesce(Task.holder_id, Task.assignee_id))
    )


_one = (
    _joined(
        sa.select(
            *_COLUMNS,
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


def _write_cursor(last: Work) -> str:
    return f"{last.sort_at.isoformat()}~{last.id}"


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    if not cursor:
        return _BEGINNING, 0
    moment, _, number = cursor.partition("~")
    try:
        after_at, after_id = datetime.fromisoformat(moment), int(number)
        if after_at.tzinfo is None or not 0 <= after_id < 2**63:
            raise ValueError(cursor)
        return after_at.astimezone(UTC), after_id
    except (ValueError, OverflowError):  # the first and the last day are not days everywhere
        raise BadCursor(fields={"cursor": ["inbox.bad_cursor"]}) from None
