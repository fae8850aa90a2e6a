"""Background work: a job is a row, written in the same transaction as the state change that wants it.

Embedded runner (`app.jobs`): takes due rows, counts the attempt *before* it runs, so that a crash counts too, and gives
up with the handler's `on_failure`. A later runner may hand the same calls to Procrastinate; callers see no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.database import Id, JsonText, Model, Statement, Tx, UtcDateTime, again, ask, writing
from app.core.ids import new_id
from app.core.keepable import keepable

#: a runner that does not come back within this time is taken for dead, and its job is tried again
LEASE = timedelta(minutes=5)


_Key = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


class Job(Model):
    """One piece of background work."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(40))
    args: Mapped[Any] = mapped_column(JsonText, nullable=True)
    #: one waiting job per key; sorted by its letters, so that jobs under one beginning are found together
    key: Mapped[str | None] = mapped_column(_Key, unique=True)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    most: Mapped[int]  #: attempts before giving up
    runner: Mapped[str | None] = mapped_column(sa.String(40))  #: who runs it now
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(8))  #: waiting, running, failed

    __table_args__ = (sa.Index("ix_job_due", "state", "run_at"),)


@dataclass(frozen=True, slots=True)
class Handler:
    """What a job name means."""

    run: Callable[[dict[str, Any]], None]
    #: called once when the last attempt failed, with the arguments and the error's text
    on_failure: Callable[[dict[str, Any], str], None] | None
    most: int
    backoff_seconds: float  #: doubles with every attempt


class NotNow(Exception):
    """A handler, or its `on_failure`, cannot do this job yet. It is tried again after `wait`; no attempt is counted."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"not before {wait}")
        self.wait = wait


handlers: dict[str, Handler] = {}


def handle(
    name: str,
    run: Callable[[dict[str, Any]], None],
    *,
    on_failure: Callable[[dict[str, Any], str], None] | None = None,
    most: int = 5,
    backoff_seconds: float = 5,
) -> None:
    """Say what does the jobs of a name. A handler must be safe to run twice."""
    handlers[name] = Handler(run, on_failure, most, backoff_seconds)


def defer(
    tx: Tx, name: str, args: dict[str, Any], run_at: datetime | None = None, key: str | None = None, most: int = 0
) -> None:
    """Ask for background work, after this transaction commits and not before `run_at`.

    A second job with the key of one that is still there is refused by the database. `most` = 0: as the handler says.
    """
    row = {
        "id": new_id(),
        "name": name,
        "args": args,
        "key": key,
        "run_at": run_at or clock.now(),
        "attempts": 0,
        "most": most,
        "runner": None,
        "leased_until": None,
        "error": None,
        "state": "waiting",
    }
    tx.put(Job.__table__, row)


def withdraw(tx: Tx, key: str) -> None:
    """Nobody wants the job of this key any more. One that is being done is not stopped."""
    for row in tx.buffered(Job.__table__):
        if row["key"] == key:
            tx.drop(Job.__table__, id=row["id"])
            return
    tx.change(_withdraw, {"key": key})


def withdraw_under(tx: Tx, beginning: str) -> None:
    """The same at once for all jobs that are written and whose keys have this beginning."""
    tx.run(_withdraw_under, _span(beginning))


def is_known(tx: Tx, key: str) -> bool:
    """Whether the job of this key is written and not done yet."""
    return bool(tx.run(_known, {"key": key}))


def under(session: Session, beginning: str) -> list[Mapping[str, Any]]:
    """The arguments of the jobs whose keys have this beginning."""
    return [args for (args,) in ask(session, _under, _span(beginning))]


def kept_under(tx: Tx, beginning: str) -> list[Mapping[str, Any]]:
    """The same within a move."""
    return [args for (args,) in tx.run(_under, _span(beginning))]


def amend(tx: Tx, key: str, args: Mapping[str, Any]) -> None:
    """The job of this key, if it is still there, is done with these arguments from its next attempt on."""
    tx.change(_amend, {"key": key, "args_": args})


def _span(beginning: str) -> dict[str, str]:
    return {"from_": beginning, "to": beginning[:-1] + chr(ord(beginning[-1]) + 1)}


_within = sa.and_(Job.key >= sa.bindparam("from_"), Job.key < sa.bindparam("to"))
_under = Statement(sa.select(Job.args).where(_within).order_by(Job.key))
_known = Statement(sa.select(Job.id).where(Job.key == sa.bindparam("key")))
_amend = Statement(sa.update(Job).where(Job.key == sa.bindparam("key")).values(args=sa.bindparam("args_")))
_withdraw = Statement(sa.delete(Job).where(Job.key == sa.bindparam("key")))
_withdraw_under = Statement(sa.delete(Job).where(_within))


_due = (
    sa.select(Job.id, Job.name, Job.args, Job.attempts, Job.most, Job.state)
    .where(
        sa.or_(
            sa.and_(Job.state == "waiting", Job.run_at <= sa.bindparam("now")),
            sa.and_(Job.state == "running", Job.leased_until <= sa.bindparam("now")),
        )
    )
    .order_by(Job.run_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_find_due = Statement(_due)
_lease = Statement(
    sa.update(Job)
    .where(Job.id == sa.bindparam("job"))
    .values(
        state="running",
        attempts=Job.attempts + 1,
        runner=sa.bindparam("runner_"),
        leased_until=sa.bindparam("until"),
    )
)
_done = Statement(sa.delete(Job).where(Job.id == sa.bindparam("job"), Job.runner == sa.bindparam("runner_")))
_later = Statement(
    sa.update(Job)
    .where(Job.id == sa.bindparam("job"), Job.runner == sa.bindparam("runner_"))
    .values(
        state=sa.bindparam("state_"),
        run_at=sa.bindparam("at_"),
        error=sa.bindparam("error_"),
        runner=None,
        leased_until=None,
        key=sa.case((sa.bindparam("state_") == "failed", None), else_=Job.key),
    )
)
_postponed = Statement(
    sa.update(Job)
    .where(Job.id == sa.bindparam("job"), Job.runner == sa.bindparam("runner_"))
    .values(state="waiting", attempts=Job.attempts - 1, run_at=sa.bindparam("at_"), runner=None, leased_until=None)
)


@dataclass(frozen=True, slots=True)
class Leased:
    """A job in the hands of a runner; `attempt` counts this one."""

    id: int
    name: str
    args: dict[str, Any]
    attempt: int
    most: int


@again
def take(runner: str) -> Leased | None:
    """Take the next due job, or None. The attempt is counted and committed before the job runs."""
    now = clock.now()
    with writing() as tx:
        rows = tx.run(_find_due, {"now": now})
        if not rows:
            return None
        job, name, args, attempts, most, _state = rows[0]
        tx.run(_lease, {"job": job, "runner_": runner, "until": now + LEASE})
        handler = handlers.get(name)
        return Leased(job, name, args or {}, attempts + 1, most or (handler.most if handler else 1))


@again
def finish(job: Leased, runner: str) -> None:
    """The job is done: its row goes."""
    with writing() as tx:
        tx.run(_done, {"job": job.id, "runner_": runner})


@again
def put_back(job: Leased, runner: str, error: str, *, failed: bool, backoff_seconds: float) -> None:
    """The attempt failed: try later, or keep the row as failed."""
    wait = timedelta(seconds=backoff_seconds * 2 ** (job.attempt - 1))
    values = {
        "job": job.id,
        "runner_": runner,
        "state_": "failed" if failed else "waiting",
        "at_": clock.now() + wait,
        "error_": keepable(error[-4000:], 4000),  # its end says what went wrong
    }
    with writing() as tx:
        tx.run(_later, values)


@again
def postpone(job: Leased, runner: str, wait: timedelta) -> None:
    """The job cannot be done yet, and that is nobody's failure."""
    with writing() as tx:
        tx.run(_postponed, {"job": job.id, "runner_": runner, "at_": clock.now() + wait})
