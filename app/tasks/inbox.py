"""What work there is for a person: the pages of the inbox, and how much is on them.

A page is one ordered index range per lane, merged: its cost depends on the page, not on how much work there is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.database import Id, Statement, UtcDateTime, ask, ask_all
from app.core.errors import Invalid
from app.people.actor import Actor
from app.people.models import Department, Lane
from app.tasks.models import Candidate, Task
from app.tasks.work import CLAIMED, LANE, LIVE, OPEN, TASK, LaneName, Work, as_lane, in_lane, of_owner

View = Literal["mine", "lanes", "late"]
VIEWS: tuple[View, ...] = get_args(View)
PAGE = 50
#: Counts stop here; screens show "99+".
MOST_COUNTED = 100
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class BadCursor(Invalid):
    """This page cannot be found again."""


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
    lanes = _lanes(session, actor)
    rows = ask(session, *_paging(actor, lanes, view, cursor, limit, process))
    return _as_page(session, lanes, rows, limit)


def counts(session: Session, actor: Actor) -> Counts:
    """The sizes of the three views."""
    return Counts(*ask(session, *_sizing(actor, _lanes(session, actor)))[0])


def inbox_with_counts(
    session: Session, actor: Actor, view: View, cursor: str = "", process: str = ""
) -> tuple[Page, Counts]:
    """`inbox` and `counts` at once, as the page of the inbox shows them: half the way. Raises BadCursor."""
    lanes = _lanes(session, actor)
    rows, sizes = ask_all(session, [_paging(actor, lanes, view, cursor, PAGE, process), _sizing(actor, lanes)])
    return _as_page(session, lanes, rows, PAGE), Counts(*sizes[0])


@dataclass(frozen=True, slots=True)
class _Lane:
    """A lane of the person, with the process it belongs to: its names are the same in every row of a page."""

    process_key: str
    lane: LaneName


def _paging(
    actor: Actor, lanes: Sequence[_Lane], view: View, cursor: str, limit: int, process: str
) -> tuple[Statement, dict[str, Any]]:
    after_at, after_id = _read_cursor(cursor)
    own = [each.lane.id for each in lanes if not process or each.process_key == process]
    values = _values(actor, own) | {"after_at": after_at, "after_id": after_id, "process": process}
    return _page(view, len(own), actor.is_admin, bool(process), bool(cursor), limit + 1), values


def _as_page(session: Session, lanes: Sequence[_Lane], rows: Sequence[tuple[Any, ...]], limit: int) -> Page:
    known = {each.lane.id: each.lane for each in lanes}
    others = {row[-1] for row in rows if row[-1] is not None} - known.keys()
    if others:  # named besides its lane, or by a head
        known |= {row[0]: lane for row in session.execute(_some_lanes(others)) if (lane := as_lane(row)) is not None}
    work = [in_lane(row, known.get(row[-1])) for row in rows[:limit]]
    return Page(work, _write_cursor(work[-1]) if len(rows) > limit else None)


def _sizing(actor: Actor, lanes: Sequence[_Lane]) -> tuple[Statement, dict[str, Any]]:
    own = [each.lane.id for each in lanes]
    return _counting(len(own), actor.is_admin), _values(actor, own)


def _lanes(session: Session, actor: Actor) -> list[_Lane]:
    """The lanes of the person's departments; administrators also have those of no department."""
    departments = sorted(actor.departments)
    statement = _own_lanes(len(departments), actor.is_admin)
    values = {f"department_{place}": department for place, department in enumerate(departments)}
    rows = ask(session, statement, values)
    return [_Lane(row[-1], lane) for row in rows if (lane := as_lane(row[:-1])) is not None]


@lru_cache(maxsize=64)
def _own_lanes(departments: int, admin: bool) -> Statement:
    own = [Lane.department_id == sa.bindparam(f"department_{place}", type_=Id) for place in range(departments)]
    nobodys = [Lane.department_id.is_(None)] if admin else []
    return Statement(_of_department(sa.select(*LANE, Lane.process_key)).where(sa.or_(sa.false(), *own, *nobodys)))


def _some_lanes(lanes: Collection[int]) -> sa.Select[Any]:
    return _of_department(sa.select(*LANE)).where(Lane.id.in_(lanes))


def _of_department(select: sa.Select[Any]) -> sa.Select[Any]:
    return select.select_from(Lane).outerjoin(Department, Department.id == Lane.department_id)


def _values(actor: Actor, lanes: Sequence[int]) -> dict[str, Any]:
    return {"me": actor.account_id, "now": clock.now()} | {f"lane_{n}": lane for n, lane in enumerate(lanes)}


@lru_cache(maxsize=512)
def _page(view: View, lanes: int, admin: bool, by_process: bool, goes_on: bool, most: int) -> Statement:
    only = [Task.process_key == sa.bindparam("process", type_=sa.Text)] if by_process else []
    # The first page asks for no beginning: PostgreSQL would take any for a third of the work, and plan anew each time.
    only += [_AFTER] if goes_on else []
    ranges = [_range(*conditions, *only) for conditions in _ranges(view, lanes, admin)]
    every = sa.union_all(*[sa.select(_first(each, most)) for each in ranges]).subquery()
    first = _first(sa.select(every.c.id, every.c.sort_at).order_by(every.c.sort_at, every.c.id), most)
    wanted = of_owner(sa.select(*TASK, Task.lane_id)).join(first, first.c.id == Task.id)
    return Statement(wanted.order_by(Task.sort_at, Task.id))


@lru_cache(maxsize=128)
def _counting(lanes: int, admin: bool) -> Statement:
    def size(view: View) -> sa.ScalarSelect[int]:
        # In the order of the index, so that no plan looks for the first hundred of a lane through the whole table.
        some_of_each = [_first(_range(*each), MOST_COUNTED) for each in _ranges(view, lanes, admin)]
        every = sa.union_all(*[sa.select(each.c.id) for each in some_of_each]).subquery()
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
        (CLAIMED, Task.holder_id == _ME),
        (OPEN, Task.assignee_id == _ME),
    ]
    if view == "mine":
        return mine
    late = [Task.sort_at < _NOW] if view == "late" else []
    elsewhere = sa.or_(Task.lane_id.is_(None), Task.lane_id.not_in(ids)) if ids else sa.true()
    further = [Candidate.lane_id == lane for lane in ids]
    named = Task.id.in_(sa.select(Candidate.task_id).where(sa.or_(Candidate.account_id == _ME, *further)))
    ranges: list[tuple[Any, ...]] = [(LIVE, Task.lane_id == lane) for lane in ids]
    ranges += [(LIVE, Task.lane_id.is_(None))] if admin else []
    outside = [(LIVE, named, *_not_mine()), *mine] if view == "late" else [(LIVE, named)]
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
