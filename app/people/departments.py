"""Departments: create, rename, give another calendar. Called inside a move's transaction."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.change import Change
from app.people.errors import CodeTaken, UnknownCalendar, UnknownDepartment
from app.people.fields import code_field, names_field, text_field
from app.people.models import Department, WorkCalendar


def create(
    change: Change,
    code: str,
    name: str,
    *,
    names: Mapping[str, str] | None = None,
    short: str = "",
    shorts: Mapping[str, str] | None = None,
    seal: str = "",
    position: int = 0,
    calendar: str = "",
) -> Department:
    """Without a seal, the first character of the name. Raises CodeTaken, BadCode, UnknownCalendar."""
    code = code_field(code)
    if find(change.session, code) is not None:
        raise CodeTaken(fields={"code": ["people.code_taken"]}, code=code)
    name = text_field("name", name, 200, required=True)
    department = Department(
        code=code,
        name=name,
        names=names_field(names),
        short=text_field("short", short, 40),
        shorts=names_field(shorts),
        seal=text_field("seal", seal or name[0], 4),
        position=position,
        calendar_id=_calendar_id(change.session, calendar),
    )
    change.session.add(department)
    change.session.flush()
    change.record("department.created", {"name": name}, department=department.id, code=code)
    return department


def rename(change: Change, department: Department, name: str, *, names: Mapping[str, str] | None = None) -> None:
    before, department.name = department.name, text_field("name", name, 200, required=True)
    if names is not None:
        department.names = names_field(names)
    change.record("department.renamed", {"before": before, "name": department.name}, department=department.id)


def set_calendar(change: Change, department: Department, calendar: str) -> None:
    """An empty code gives the official calendar. Due dates already set stay. Raises UnknownCalendar."""
    department.calendar_id = _calendar_id(change.session, calendar)
    change.record("department.calendar_set", department=department.id, calendar=calendar)


def find(session: Session, code: str) -> Department | None:
    return session.scalar(select(Department).where(Department.code == code))


def get(session: Session, code: str) -> Department:
    """Raises UnknownDepartment (code)."""
    department = find(session, code)
    if department is None:
        raise UnknownDepartment(code=code)
    return department


def _calendar_id(session: Session, code: str) -> int | None:
    if not code:
        return None
    found = session.scalar(select(WorkCalendar.id).where(WorkCalendar.code == code))
    if found is None:
        raise UnknownCalendar(code=code)
    return found
