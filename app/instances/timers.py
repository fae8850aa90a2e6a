"""Due timers: the row is the only truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import Statement, Tx
from app.instances.models import ProcessInstance, Timer


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose moment has come."""

    element: str
    due_at: datetime


_find = Statement(
    sa.select(Timer.element, Timer.due_at).where(
        Timer.instance_id == sa.bindparam("instance"),
        Timer.ref == sa.bindparam("ref"),
        Timer.due_at <= sa.bindparam("now"),
    )
)


def due(tx: Tx, instance_id: int, ref: str, now: datetime) -> DueTimer | None:
    """The timer, if it is still set and its moment has come."""
    rows = tx.run(_find, {"instance": instance_id, "ref": ref, "now": now})
    return DueTimer(*rows[0]) if rows else None


def all_due(session: Session, now: datetime, limit: int = 100) -> list[tuple[int, str]]:
    """(instance, ref) of due timers of running cases, the oldest first."""
    found = (
        sa.select(Timer.instance_id, Timer.ref)
        .join(ProcessInstance, ProcessInstance.id == Timer.instance_id)
        .where(Timer.due_at <= now, ProcessInstance.state == "running")
        .order_by(Timer.due_at)
        .limit(limit)
    )
    return [(instance, ref) for instance, ref in session.execute(found)]
