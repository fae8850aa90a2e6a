"""The tables of the record, and the two projections kept beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Id, JsonText, Model, UtcDateTime

#: Streams that always exist; every other stream has the id of what it tells about.
SYSTEM = 1
PEOPLE = 2


class HistoryStream(Model):
    """One chain. The row is what a move holds while it appends."""

    __tablename__ = "history_stream"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(16))  #: instance, definition, people, system
    seq: Mapped[int]  #: number of the last event; 0 = none yet
    head: Mapped[bytes] = mapped_column(sa.LargeBinary(32))  #: hash of the last event; of the stream's name at first
    salt: Mapped[bytes] = mapped_column(sa.LargeBinary(16))  #: for field digests, so that equal values show only here


class HistoryEvent(Model):
    """One fact that happened; never changed."""

    __tablename__ = "history_event"

    stream_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("history_stream.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))  #: task.completed, step.left, instance.started, ...
    at: Mapped[datetime] = mapped_column(UtcDateTime)  #: when it happened
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)  #: when it was written
    actor_id: Mapped[int | None] = mapped_column(Id)  #: account; None = the system itself
    acting_for_id: Mapped[int | None] = mapped_column(Id)  #: the person represented
    element: Mapped[str] = mapped_column(sa.Text)  #: BPMN id, "" where none
    task_id: Mapped[int | None] = mapped_column(Id)
    format: Mapped[int]  #: how facts and hash are to be read; 1 now
    facts: Mapped[Any] = mapped_column(JsonText, nullable=True)  #: ids, names and moments only, never personal data
    digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))  #: SHA-256(salt + payload); None = no payload
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))  #: SHA-256 over everything above and the hash before

    __table_args__ = (sa.Index("ix_history_event_task_id", "task_id"),)


class HistoryPayload(Model):
    """What was said: answers, values before and after. Can be erased; the erasure is an event of its own."""

    __tablename__ = "history_payload"

    stream_id: Mapped[int] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    body: Mapped[str] = mapped_column(sa.Text)  #: canonical JSON

    __table_args__ = (sa.ForeignKeyConstraint(["stream_id", "seq"], ["history_event.stream_id", "history_event.seq"]),)


class StepRow(Model):
    """One executed node: what measures are taken from. A projection of the events."""

    __tablename__ = "step"

    instance_id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    seq: Mapped[int]  #: the event that closed it
    task_id: Mapped[int | None] = mapped_column(Id)
    definition_id: Mapped[int] = mapped_column(Id)
    process_key: Mapped[str] = mapped_column(sa.Text)
    element: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.String(30))
    outcome: Mapped[str] = mapped_column(sa.String(16))  #: completed, caught, thrown, cancelled, error, skipped
    lane_id: Mapped[int | None] = mapped_column(Id)
    department_id: Mapped[int | None] = mapped_column(Id)  #: as of then
    account_id: Mapped[int | None] = mapped_column(Id)  #: who did it
    role: Mapped[str | None] = mapped_column(sa.String(16))
    channel: Mapped[str | None] = mapped_column(sa.String(40))
    segment: Mapped[str | None] = mapped_column(sa.String(40))
    attempt: Mapped[int]  #: 1 for the first time this element ran in this case
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  #: the holder first opened the form
    completed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_customer_seconds: Mapped[int]
    paused_system_seconds: Mapped[int]
    from_ref: Mapped[str] = mapped_column(sa.Text)  #: the steps before, joined with a blank
    from_element: Mapped[str | None] = mapped_column(sa.Text)  #: the person's step that handed over
    from_department_id: Mapped[int | None] = mapped_column(Id)
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  #: when that step was completed
    is_handoff: Mapped[bool]  #: another department than the one before
    wait_seconds: Mapped[int | None]  #: created to started, wall clock
    work_seconds: Mapped[int | None]  #: started to completed
    cycle_seconds: Mapped[int | None]  #: created to completed
    wait_working_seconds: Mapped[int | None]  #: the same three in the department's working time
    work_working_seconds: Mapped[int | None]
    cycle_working_seconds: Mapped[int | None]
    calendar_version: Mapped[str | None] = mapped_column(sa.String(40))

    __table_args__ = (
        sa.Index("ix_step_attempt", "instance_id", "element", "attempt"),
        # The number of this round is counted where it is written: asking first would be one more statement. Rows of the
        # same move do not count: how many of them are written already depends on how many fit into one INSERT.
        {
            "info": {
                "insert_sql": {
                    "attempt": "coalesce((SELECT attempt FROM step"
                    " WHERE instance_id = {} AND element = {} AND seq <= {} ORDER BY attempt DESC LIMIT 1), 0) + {}"
                }
            }
        },
    )


class FieldChange(Model):
    """One field that got another value. Digests tell equal from different, not what it was."""

    __tablename__ = "field_change"

    instance_id: Mapped[int] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    task_id: Mapped[int | None] = mapped_column(Id)
    element: Mapped[str] = mapped_column(sa.Text)
    actor_id: Mapped[int | None] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(sa.String(12))  #: entry, copy, import or correction
    old_digest: Mapped[str | None] = mapped_column(sa.String(16))
    new_digest: Mapped[str | None] = mapped_column(sa.String(16))
