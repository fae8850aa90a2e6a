"""Which lane row a reached task belongs to, who holds that lane now, and what a login or moment in a diagram means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from app.core.calendars import BeyondTheCalendar, NotADuration, china
from app.core.database import Tx, db
from app.core.keepable import keepable
from app.definitions.library import Version
from app.people.lanes import Holder, holders, lane_ids
from app.people.models import Account

#: Answers hold as long as nothing among people changed: the number of the people stream's last event says so.
_holders: dict[tuple[sa.Engine, int, int], Holder] = {}
_MOST = 5000


def holder(tx: Tx, people_seq: int, lane_id: int) -> Holder:
    """Department and calendar of a lane, asked once for every state of the people stream."""
    key = (db.engine, people_seq, lane_id)
    found = _holders.get(key)
    if found is None:
        if len(_holders) > _MOST:
            _holders.clear()
        found = _holders[key] = holders(tx.session, [lane_id])[lane_id]
    return found


def lane_of(version: Version, lanes: Iterable[str]) -> int | None:
    """The innermost of the BPMN lanes that has a row."""
    for lane in reversed(tuple(lanes)):
        if lane in version.lanes:
            return version.lanes[lane]
    return None


def group_lanes(tx: Tx, process_key: str, groups: Iterable[str]) -> list[int]:
    """Lane rows that stand for candidate groups (department codes), made when first met."""
    paths = [f"@{keepable(group, 190)}" for group in groups]
    known = lane_ids(tx, process_key, [(path, path[1:], {}) for path in paths])
    return [known[path] for path in paths]


def accounts(tx: Tx, logins: Iterable[str]) -> dict[str, int]:
    """Account ids of logins; unknown ones are missing."""
    wanted = [login.strip().lower() for login in logins]
    rows = tx.session.execute(sa.select(Account.login, Account.id).where(Account.login.in_(wanted)))
    return {row.login: row.id for row in rows}


def moment(holder_: Holder | None, start: datetime, text: str | datetime | None) -> datetime | None:
    """A due or follow-up moment: as given, or an ISO duration in the department's working time.

    Where there is no lane, the official calendar counts. What is no duration, or leads beyond the calendar, is none: it
    may come from data, and must not keep the step before from being completed.
    """
    if text is None or isinstance(text, datetime):
        return text
    try:
        return (holder_.calendar if holder_ is not None else china()).due(start, text)
    except (NotADuration, BeyondTheCalendar):
        return None
