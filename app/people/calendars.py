"""The working calendars of departments: the official one, or rows that differ from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.calendars import Calendar, Day, Hours, NotHours, china, parse_hours
from app.people.change import Change
from app.people.errors import CodeTaken, UnknownCalendar
from app.people.fields import code_field, names_field, text_field
from app.people.models import CalendarDay, DayKind, WorkCalendar


def create(
    change: Change,
    code: str,
    name: str,
    *,
    hours: Sequence[str],
    names: Mapping[str, str] | None = None,
    official_days: bool = True,
) -> WorkCalendar:
    """`hours` are seven texts, Monday first. Raises CodeTaken, NotHours, NeverWorks."""
    if len(hours) != 7:
        raise NotHours(text=str(list(hours)))
    code = code_field(code)
    if code == "cn" or change.session.scalar(select(WorkCalendar.id).where(WorkCalendar.code == code)):
        raise CodeTaken(fields={"code": ["people.code_taken"]}, code=code)
    row = WorkCalendar(
        code=code,
        name=text_field("name", name, 200, required=True),
        names=names_field(names),
        zone=china().zone,
        hours=list(hours),
        official_days=official_days,
        revision=1,
    )
    _build(row, [])
    change.session.add(row)
    change.session.flush()
    change.record("calendar.created", calendar=row.id, code=code, hours=row.hours, official_days=official_days)
    return row


def set_day(change: Change, code: str, day: date, kind: DayKind, *, hours: str = "", source: str = "") -> None:
    """One date that differs. Due dates already set stay as they are. Raises UnknownCalendar, NotHours."""
    row = get(change.session, code)
    hours = "" if kind is DayKind.REST else hours
    parse_hours(hours)
    source = text_field("source", source, 200)
    change.session.merge(CalendarDay(calendar_id=row.id, day_on=day, kind=kind, hours=hours, source=source))
    row.revision += 1
    change.record("calendar.day_set", calendar=row.id, day=day.isoformat(), day_kind=kind, hours=hours, source=source)


def get(session: Session, code: str) -> WorkCalendar:
    """Raises UnknownCalendar (code)."""
    row = session.scalar(select(WorkCalendar).where(WorkCalendar.code == code))
    if row is None:
        raise UnknownCalendar(code=code)
    return row


def calendar(session: Session, calendar_id: int | None, revision: int | None = None) -> Calendar:
    """The calendar of a department row; None is the official one. With its revision known, usually asks nothing."""
    if calendar_id is None:
        return china()
    if revision is not None and (known := _known.get((calendar_id, revision))):
        return known
    row = session.get_one(WorkCalendar, calendar_id)
    days = session.scalars(select(CalendarDay).where(CalendarDay.calendar_id == calendar_id)).all()
    built = _known[calendar_id, row.revision] = _build(row, days)
    return built


#: Calendars by id and revision. Few and small; an old revision is asked for no more.
_known: dict[tuple[int, int], Calendar] = {}


def _build(row: WorkCalendar, rows: Sequence[CalendarDay]) -> Calendar:
    week = tuple(parse_hours(text) for text in row.hours)
    ordinary = next((hours for hours in week if hours), ())
    official = china()
    days = {
        day: Day(ordinary if special.hours else (), special.source)
        for day, special in official.days.items()
        if row.official_days
    }
    days |= {each.day_on: Day(_hours(each, ordinary), each.source) for each in rows}
    return Calendar(
        name=row.code,
        zone=row.zone,
        week=week,
        days=days,
        valid_from=official.valid_from if row.official_days else date.min,
        valid_through=official.valid_through if row.official_days else date.max,
    )


def _hours(row: CalendarDay, ordinary: Hours) -> Hours:
    if row.kind == DayKind.REST:
        return ()
    return parse_hours(row.hours) or ordinary
