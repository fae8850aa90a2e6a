"""A task as lists and pages show it: with whose it is, and the lane it lies in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.people.models import Account, Department, Lane
from app.tasks.models import Task


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


_owner = aliased(Account)
#: a task and whose it is, without its lane
TASK: tuple[Any, ...] = (
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
)
#: a lane and the department that it means now
LANE: tuple[Any, ...] = (
    Lane.id,
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
COLUMNS = (*TASK, *LANE)
# Literally the condition of the partial indexes: a database has to see that it follows from the question.
LIVE = sa.text("task.state in ('open', 'claimed')")
OPEN = sa.text("task.state = 'open'")
CLAIMED = sa.text("task.state = 'claimed'")


def of_owner(select: sa.Select[Any]) -> sa.Select[Any]:
    """What `TASK` asks for, joined."""
    return select.select_from(Task).outerjoin(_owner, _owner.id == sa.func.coalesce(Task.holder_id, Task.assignee_id))


def of_lane(select: sa.Select[Any]) -> sa.Select[Any]:
    """What `COLUMNS` asks for, joined."""
    return (
        of_owner(select)
        .outerjoin(Lane, Lane.id == Task.lane_id)
        .outerjoin(Department, Department.id == Lane.department_id)
    )


def as_work(row: Sequence[Any]) -> Work:
    """A row that begins with `COLUMNS`."""
    return in_lane(row, as_lane(row[len(TASK) : len(COLUMNS)]))


def in_lane(row: Sequence[Any], lane: LaneName | None) -> Work:
    """A row that begins with `TASK`, in a lane that is known."""
    return Work(*[*row[:5], row[5] or {}, *row[6:14], person(*row[14:17]), lane])


def as_lane(row: Sequence[Any]) -> LaneName | None:
    """A row of `LANE`; None for the nulls of a task without one."""
    lane_id, name, names, department, code, *called = row
    return None if lane_id is None else LaneName(lane_id, name, names or {}, department, code or "", *_called(called))


def _called(row: Sequence[Any]) -> tuple[str, Mapping[str, str], str, Mapping[str, str], str]:
    name, names, short, shorts, seal = row
    return name or "", names or {}, short or "", shorts or {}, seal or ""


def person(account_id: int | None, name: str, names: Mapping[str, str] | None) -> Person | None:
    return None if account_id is None else Person(account_id, name, names or {})
