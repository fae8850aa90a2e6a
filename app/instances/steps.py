"""The step projection: one row per executed node, made from the same facts that the events carry.

`person_step` and `automatic_step` are used by the moves; `history rebuild` makes the same rows from the events alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from app.core.database import Several
from app.instances.origins import Origin
from app.people.lanes import Holder
from app.tasks.held import Held


class Work(Protocol):
    """What a row of the projection tells about a task: of a live one, or of one read from the record."""

    id: int
    instance_id: int
    ref: str
    definition_id: int
    process_key: str
    element: str
    lane_id: int | None
    department_id: int | None
    created_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    ended_by_id: int | None
    due_at: datetime | None
    from_ref: str
    from_element: str | None
    from_department_id: int | None
    handed_over_at: datetime | None


_NO_TIMES: dict[str, Any] = {
    "offered_at": None,
    "claimed_at": None,
    "started_at": None,
    "due_at": None,
    "paused_customer_seconds": 0,
    "paused_system_seconds": 0,
    "wait_seconds": None,
    "work_seconds": None,
    "cycle_seconds": None,
    "wait_working_seconds": None,
    "work_working_seconds": None,
    "cycle_working_seconds": None,
    "calendar_version": None,
}


def worked(task: Held, at: datetime, holder: Holder | None) -> dict[str, Any]:
    """Wait, work and cycle of a task that ends now: wall clock, and the department's working time."""
    spans = {
        "wait": (task.created_at, task.started_at),
        "work": (task.started_at, at),
        "cycle": (task.created_at, at),
    }
    times: dict[str, Any] = {"calendar_version": holder.calendar.version if holder else None}
    for name, (start, end) in spans.items():
        known = start is not None and end is not None
        times[f"{name}_seconds"] = _seconds(end - start) if start and end else None
        times[f"{name}_working_seconds"] = (
            _seconds(holder.calendar.between(start, end)) if holder and known and start and end else None
        )
    return times


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def person_step(
    task: Work, *, seq: int, kind: str, outcome: str, at: datetime, times: dict[str, Any]
) -> dict[str, Any]:
    """The row of a task that ended; `times` as `worked` gave them."""
    return (
        _NO_TIMES
        | {
            "instance_id": task.instance_id,
            "ref": task.ref,
            "seq": seq,
            "task_id": task.id,
            "definition_id": task.definition_id,
            "process_key": task.process_key,
            "element": task.element,
            "kind": kind,
            "outcome": outcome,
            "lane_id": task.lane_id,
            "department_id": task.department_id,
            "account_id": task.ended_by_id,
            "role": "holder" if task.ended_by_id is not None else None,
            "created_at": task.created_at,
            "offered_at": task.created_at,
            "claimed_at": task.claimed_at,
            "started_at": task.started_at,
            "completed_at": at,
            "due_at": task.due_at,
            "from_ref": task.from_ref,
            "from_element": task.from_element,
            "from_department_id": task.from_department_id,
            "handed_over_at": task.handed_over_at,
            "is_handoff": is_handoff(task.department_id, task.from_department_id),
        }
        | times
    )


def automatic_step(
    *,
    instance_id: int,
    ref: str,
    seq: int,
    definition_id: int,
    process_key: str,
    element: str,
    kind: str,
    outcome: str,
    created_at: datetime,
    at: datetime,
    previous: str,
    origin: Origin,
) -> dict[str, Any]:
    """The row of a node that no person works on. It passes on where the work came from and is no department."""
    return _NO_TIMES | {
        "instance_id": instance_id,
        "ref": ref,
        "seq": seq,
        "task_id": None,
        "definition_id": definition_id,
        "process_key": process_key,
        "element": element,
        "kind": kind,
        "outcome": outcome,
        "lane_id": None,
        "department_id": None,
        "account_id": None,
        "role": None,
        "created_at": created_at,
        "completed_at": at,
        "from_ref": previous,
        "from_element": origin.element,
        "from_department_id": origin.department_id,
        "handed_over_at": origin.at,
        "is_handoff": False,
    }


def is_handoff(department_id: int | None, from_department_id: int | None) -> bool:
    """Another department than the one before; the first step of a case is none."""
    return from_department_id is not None and department_id is not None and department_id != from_department_id


def attempt(instance_id: int, element: str, last_seq: int, earlier_in_this_move: int) -> Several:
    """The round of an element, counted by the database where the row is written.

    `last_seq` is the last event before this move: of a move with many steps some are written already.
    """
    return Several([instance_id, element, last_seq, earlier_in_this_move + 1])
