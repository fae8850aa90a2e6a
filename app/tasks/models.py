"""Work for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Id, JsonText, Model, UtcDateTime
from app.people.models import Lane


class Task(Model):
    """One piece of work for one person; lives in the inbox of its lane's department."""

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"))  #: the case (root instance)
    ref: Mapped[str] = mapped_column(sa.String(80))  #: the engine's name for the step
    definition_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_definition.id"))
    process_key: Mapped[str] = mapped_column(sa.Text)  #: of the process it stands in (the called one, if called)
    element: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    names: Mapped[Any] = mapped_column(JsonText, nullable=True)  #: language -> name
    item: Mapped[str | None] = mapped_column(sa.Text)  #: tells siblings of a multi-instance apart
    form: Mapped[str] = mapped_column(sa.Text)  #: formId, "" without a form
    lane_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("lane.id"))  #: who may do it; None = administrators
    state: Mapped[str] = mapped_column(sa.String(12))  #: open, claimed, completed, cancelled
    holder_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("account.id"))
    assignee_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("account.id"))  #: named by the diagram
    priority: Mapped[int]  #: 0 to 100, 50 is usual
    duty_group: Mapped[str] = mapped_column(sa.Text)  #: laneway.fourEyes, "" without
    standard: Mapped[str] = mapped_column(sa.Text)  #: laneway.standard, "" without
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  #: the holder first opened the form
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("account.id"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  #: working time of the department; None = no deadline
    sort_at: Mapped[datetime] = mapped_column(UtcDateTime)  #: due_at, or the end of time: what lists are sorted by
    follow_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int]  #: counts every change of this task; a stale one is refused
    from_ref: Mapped[str] = mapped_column(sa.Text)  #: the steps before, joined with a blank
    from_element: Mapped[str | None] = mapped_column(sa.Text)  #: the person's step that handed over
    from_department_id: Mapped[int | None] = mapped_column(Id)
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("instance_id", "ref"),
        sa.CheckConstraint("state in ('open', 'claimed', 'completed', 'cancelled')", name="state"),
        sa.CheckConstraint("state != 'claimed' or holder_id is not null", name="holder"),
        # The inbox: one ordered range per lane, and one per holder. Live work only, so history does not slow it.
        sa.Index(
            "ix_task_lane_due",
            "lane_id",
            "sort_at",
            "id",
            postgresql_where=sa.text("state in ('open', 'claimed')"),
            sqlite_where=sa.text("state in ('open', 'claimed')"),
        ),
        sa.Index(
            "ix_task_holder",
            "holder_id",
            "sort_at",
            "id",
            postgresql_where=sa.text("state = 'claimed'"),
            sqlite_where=sa.text("state = 'claimed'"),
        ),
        sa.Index(
            "ix_task_assignee",
            "assignee_id",
            "sort_at",
            "id",
            # Without the tasks of nobody: they would tell SQLite that looking up one assignee finds nearly everything.
            postgresql_where=sa.text("state = 'open' and assignee_id is not null"),
            sqlite_where=sa.text("state = 'open' and assignee_id is not null"),
        ),
    )


class Candidate(Model):
    """Somebody besides the lane who may do a task: a person, or a further lane."""

    __tablename__ = "task_candidate"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    task_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("task.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("account.id"), index=True)
    lane_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("lane.id"), index=True)


def named_only() -> sa.ColumnElement[bool]:
    """The condition that a task's diagram names people and no group: then its lane's department is not enough.

    Needs the task's lane in the question; the lane of a group has a path that begins with "@".
    """
    people = sa.exists().where(Candidate.task_id == Task.id, Candidate.account_id.is_not(None))
    return sa.and_(people, sa.func.coalesce(sa.func.substr(Lane.path, 1, 1), "") != "@")


class Duty(Model):
    """Four eyes: a person has one role in a group of a case, and keeps it. The key refuses a second one."""

    __tablename__ = "duty"

    instance_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_instance.id"), primary_key=True)
    group: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    account_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.Text)  #: the element they did; doing it again (a correction) is allowed
