"""Where work comes from: the last person's step before it, and so whether it changed hands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.database import Tx
from app.history import StepRow
from app.tasks.models import Task
from app.tasks.states import LIVE


@dataclass(frozen=True, slots=True)
class Origin:
    """The person's step that handed over; all None where a case began without one."""

    element: str | None = None
    department_id: int | None = None
    at: datetime | None = None

    def said(self) -> list[Any]:
        """As the record keeps it."""
        return [self.element, self.department_id, self.at.isoformat() if self.at else None]


NOWHERE = Origin()


def last_of(tx: Tx, instance_id: int, known: Mapping[str, Origin], previous: Iterable[str]) -> Origin:
    """The latest hand-over among the steps before. Those of earlier moves are looked up (joins, timers, services)."""
    refs = list(previous)
    known = {**known, **{ref: found for ref in refs if ref not in known and (found := inside(known, ref))}}
    missing = [ref for ref in refs if ref not in known]
    return latest(refs, {**known, **_stored(tx, instance_id, missing)} if missing else known)


def inside(known: Mapping[str, Origin], ref: str) -> Origin | None:
    """What was done in this move inside a sub-process, a called process or a loop: it hands over."""
    inner = [each for each in known if each.startswith(f"{ref}/")]
    return latest(inner, known) if inner else None


def latest(refs: Iterable[str], known: Mapping[str, Origin]) -> Origin:
    """The latest hand-over among these steps; of several at one moment the first, whichever way they were found."""
    found = [known[ref] for ref in refs if ref in known]
    return max(found, key=lambda origin: (origin.at is not None, origin.at), default=NOWHERE)


def _stored(tx: Tx, instance_id: int, refs: list[str]) -> dict[str, Origin]:
    """A person's step is an origin itself; an automatic one passes on where it came from, and so does live work."""
    # A boundary event that does not interrupt comes from a task that is not over.
    live = tx.session.execute(
        sa.select(Task.ref, Task.from_element, Task.from_department_id, Task.handed_over_at).where(
            Task.instance_id == instance_id, Task.ref.in_(refs), Task.state.in_(LIVE)
        )
    )
    known = {ref: Origin(element, department, at) for ref, element, department, at in live}
    rows = tx.session.execute(
        sa.select(
            StepRow.ref,
            StepRow.task_id,
            StepRow.element,
            StepRow.department_id,
            StepRow.completed_at,
            StepRow.from_element,
            StepRow.from_department_id,
            StepRow.handed_over_at,
        ).where(StepRow.instance_id == instance_id, StepRow.ref.in_(refs))
    )
    return known | {
        ref: Origin(element, department, at) if task is not None else Origin(from_element, from_department, handed_over)
        for ref, task, element, department, at, from_element, from_department, handed_over in rows
    }
