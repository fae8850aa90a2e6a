"""Running and finished cases, and what they wait for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Id, JsonText, Model, UtcDateTime


class ProcessInstance(Model):
    """One run for one customer: the case. Called processes run inside it."""

    __tablename__ = "process_instance"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    reference: Mapped[str] = mapped_column(sa.String(20), unique=True)  #: C-2026-00042, what people say
    root_id: Mapped[int] = mapped_column(Id)  #: the case; itself, while called processes run inside their caller
    definition_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_definition.id"))
    process_key: Mapped[str] = mapped_column(sa.Text, index=True)
    business_key: Mapped[str | None] = mapped_column(sa.Text, index=True)
    customer_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("customer.id"), index=True)
    segment: Mapped[str | None] = mapped_column(sa.String(40))
    channel: Mapped[str | None] = mapped_column(sa.String(40))
    mark: Mapped[str] = mapped_column(sa.String(8))  #: real, demo or test; only real ones are measured
    state: Mapped[str] = mapped_column(sa.String(12))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by_id: Mapped[int | None] = mapped_column(Id)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_element: Mapped[str | None] = mapped_column(sa.Text)  #: the end event, or what ended it
    end_code: Mapped[str | None] = mapped_column(sa.Text)  #: BPMN error code

    __table_args__ = (
        sa.CheckConstraint(
            "state in ('running', 'suspended', 'completed', 'terminated', 'cancelled', 'error')", name="state"
        ),
        sa.Index("ix_process_instance_state_started", "state", "started_at"),
    )


class ReferenceCounter(Model):
    """The last case number of a year."""

    __tablename__ = "reference_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class InstanceState(Model):
    """The live part, in pieces: one for the root and one for each scope inside it (docs/state-format.md)."""

    __tablename__ = "instance_state"

    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"), primary_key=True)
    piece: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    parent_piece: Mapped[str | None] = mapped_column(sa.String(80))
    format: Mapped[int]
    blob: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Timer(Model):
    """A moment at which an instance must move. This row is the only truth about it."""

    __tablename__ = "timer"

    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"), primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    element: Mapped[str] = mapped_column(sa.Text)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Subscription(Model):
    """A message or signal an instance listens for."""

    __tablename__ = "subscription"

    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"), primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    element: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.String(12))  #: message or signal; conditional: nobody outside can bring it
    name: Mapped[str] = mapped_column(sa.Text)  #: of a condition, its text
    correlation: Mapped[str | None] = mapped_column(sa.Text)  #: canonical JSON; None = any
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.Index("ix_subscription_name", "kind", "name", "correlation"),)


class DataStore(Model):
    """A data store of the drawings. All cases of all processes share it; who has never been written has no row."""

    __tablename__ = "data_store"

    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    value: Mapped[Any] = mapped_column(JsonText, nullable=True)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"))  #: who wrote it last


class Message(Model):
    """Something from outside or from another case; kept a while when nobody listens yet. A repeated id does nothing."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    sender_id: Mapped[str] = mapped_column(sa.String(200), unique=True)  #: the sender's own id for it
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[str] = mapped_column(sa.String(8))
    name: Mapped[str] = mapped_column(sa.Text)
    correlation: Mapped[str | None] = mapped_column(sa.Text)
    payload: Mapped[Any] = mapped_column(JsonText, nullable=True)  #: emptied once delivered
    mark: Mapped[str] = mapped_column(sa.String(8), server_default="real")  #: of the case that sent it; else real
    state: Mapped[str] = mapped_column(sa.String(10))  #: waiting, delivered, expired
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    instance_id: Mapped[int | None] = mapped_column(Id)  #: who got it

    __table_args__ = (sa.Index("ix_message_waiting", "state", "name", "correlation"),)


class Incident(Model):
    """An instance that cannot move until someone acts."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"), index=True)
    ref: Mapped[str] = mapped_column(sa.String(80))
    element: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.String(10))  #: step, or service: what it asked for failed
    code: Mapped[str] = mapped_column(sa.Text)  #: the kind of fault; of a service the BPMN error that nothing caught
    message: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(10))  #: open, resolved
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by_id: Mapped[int | None] = mapped_column(Id)
    resolution: Mapped[str | None] = mapped_column(sa.String(10))  #: retry, skip, edit, withdrawn

    __table_args__ = (sa.Index("ix_incident_state", "state", "created_at"),)


class MoveKey(Model):
    """An idempotency key: the same again answers the same, another body is refused."""

    __tablename__ = "move_key"

    actor_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  #: 0 = the system
    move: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    result: Mapped[Any] = mapped_column(JsonText, nullable=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class MigrationOrder(Model):
    """An order to take many cases to another version of their diagram."""

    __tablename__ = "migration_order"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    definition_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_definition.id"), index=True)  #: where to
    given: Mapped[Any] = mapped_column(JsonText)  #: element of an old version -> element of the new one
    reason: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(8))  #: running, done, undoing, undone
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ordered_by_id: Mapped[int] = mapped_column(Id)  #: 0 = the system
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (sa.CheckConstraint("state in ('running', 'done', 'undoing', 'undone')", name="state"),)


class MigrationResult(Model):
    """What became of one case of an order."""

    __tablename__ = "migration_result"

    order_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("migration_order.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"), primary_key=True)
    was_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_definition.id"))  #: the version when it was ordered
    state: Mapped[str] = mapped_column(sa.String(8))  #: waiting, migrated, refused, undone, kept (could not go back)
    obstacles: Mapped[Any] = mapped_column(JsonText, nullable=True)  #: [[code, element, target, detail]]
    fault: Mapped[str] = mapped_column(sa.Text)  #: name of the error where it was no obstacle; "" = none

    __table_args__ = (
        sa.CheckConstraint("state in ('waiting', 'migrated', 'refused', 'undone', 'kept')", name="state"),
        sa.Index("ix_migration_result_state", "order_id", "state", "instance_id"),
    )
