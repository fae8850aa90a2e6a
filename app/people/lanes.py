"""Which department a lane means: asked at every task, changed by an administrator, guessed at the first deployment."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.calendars import Calendar
from app.core.database import Tx
from app.core.ids import new_id
from app.people.actor import Actor, today
from app.people.calendars import calendar
from app.people.change import Change
from app.people.errors import UnknownLane
from app.people.models import Department, Lane, Membership, WorkCalendar, holds

#: What people add to the name of a department without meaning another one.
_SUFFIX = re.compile(r"(部门|部|中心|组|科|处|\bdepartment|\bdept\.?|\bteam|\bunit)$")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is responsible for a lane now."""

    department_id: int | None  #: None: nobody yet; administrators see its tasks
    code: str
    calendar: Calendar


def lane_ids(tx: Tx, process_key: str, lanes: Iterable[tuple[str, str, Mapping[str, str]]]) -> dict[str, int]:
    """The id of each lane path, for a deployment. New lanes are created, with a department where the name says which.

    `lanes` are (path, name, names by language); the path "@RC" stands for the candidate group RC. An existing lane
    keeps its department, whatever it is called now.
    """
    session = tx.session
    known = {row.path: row for row in session.scalars(select(Lane).where(Lane.process_key == process_key))}
    guesses = _Guess(session.scalars(select(Department)).all())
    for path, name, names in lanes:
        row = known.get(path)
        if row is None:
            row = known[path] = Lane(id=new_id(), process_key=process_key, path=path)
            row.department_id = guesses.department(path, names)
            session.add(row)
        row.name, row.names = name, dict(names)
    session.flush()
    return {path: row.id for path, row in known.items()}


def guess(session: Session, path: str, names: Mapping[str, str]) -> str:
    """The code of the department that a new lane will mean; empty when its name fits none, or several."""
    departments = session.scalars(select(Department)).all()
    found = _Guess(departments).department(path, names)
    return next((each.code for each in departments if each.id == found), "")


def holders(session: Session, wanted: Collection[int]) -> dict[int, Holder]:
    """Department and calendar of each lane, in one question."""
    rows = session.execute(
        select(Lane.id, Department.id, Department.code, WorkCalendar.id, WorkCalendar.revision)
        .select_from(Lane)
        .outerjoin(Department, Department.id == Lane.department_id)
        .outerjoin(WorkCalendar, WorkCalendar.id == Department.calendar_id)
        .where(Lane.id.in_(wanted))
    )
    return {
        lane: Holder(department, code or "", calendar(session, calendar_id, revision))
        for lane, department, code, calendar_id, revision in rows
    }


def lanes_of(session: Session, actor: Actor) -> frozenset[int]:
    """Ids of the lanes whose tasks this person may work on now."""
    return frozenset(session.scalars(select(Lane.id).where(Lane.department_id.in_(actor.departments))))


def may_work_in(session: Session, account_id: int, lane_id: int, *, on: date | None = None) -> bool:
    """Whether the person is a member, on that day, of the department that the lane means now."""
    found = (
        select(Membership.id)
        .join(Lane, Lane.department_id == Membership.department_id)
        .where(Lane.id == lane_id, Membership.account_id == account_id, holds(Membership, on or today()))
        .limit(1)
    )
    return session.scalar(found) is not None


def map_lane(change: Change, lane_id: int, department: Department | None) -> None:
    """From now on the lane means this department; open tasks move with it. Raises UnknownLane."""
    lane = change.session.get(Lane, lane_id)
    if lane is None:
        raise UnknownLane(lane_id=lane_id)
    before, lane.department_id = lane.department_id, department.id if department else None
    change.record("lane.mapped", lane=lane.id, process=lane.process_key, before=before, department=lane.department_id)


class _Guess:
    """Finds the one department that a lane's name, in any language, is a name of."""

    def __init__(self, departments: Sequence[Department]) -> None:
        self._by_code = {each.code.casefold(): each.id for each in departments}
        self._by_name: dict[str, set[int]] = {}
        for each in departments:
            called = {each.code, each.name, each.short, each.seal, *each.names.values(), *each.shorts.values()}
            for name in called:
                self._by_name.setdefault(_plain(name), set()).add(each.id)

    def department(self, path: str, names: Mapping[str, str]) -> int | None:
        """The innermost name that fits exactly one department."""
        if path.startswith("@"):
            return self._by_code.get(path[1:].casefold())
        inner, *outer = reversed(path.split("/"))
        for name in (inner, *names.values(), *outer):
            fitting = self._by_name.get(_plain(name), set())
            if len(fitting) == 1:
                return next(iter(fitting))
        return None


def _plain(name: str) -> str:
    """A name without case, width, blanks and the word for department; itself where that leaves nothing."""
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return _SUFFIX.sub("", folded).strip() or folded
