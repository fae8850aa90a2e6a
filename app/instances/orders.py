"""Many cases taken to another version by one order: placed once, done case by case, with a result for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import engine, history
from app.core import clock, queue
from app.core.database import Statement, Tx, ask
from app.core.ids import new_id
from app.definitions import library
from app.definitions.library import Version
from app.definitions.models import ProcessDefinition
from app.instances import migration, prospects
from app.instances.errors import NoSuchOrder, OutOfUse, StillRunning
from app.instances.models import MigrationOrder, MigrationResult, ProcessInstance
from app.instances.prospects import Hindrance
from app.people.actor import Actor
from app.people.models import Account

#: the job that works an order off
JOB = "case.migrate"
PAGE = 200
#: of results
STATES = ("waiting", "migrated", "refused", "undone", "kept")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order is."""

    id: int
    key: str
    version: int
    definition_id: int
    state: str  #: running, done, undoing or undone
    ordered_at: datetime
    ordered_by_id: int
    ordered_by: str
    orderer_names: Mapping[str, str]
    ended_at: datetime | None
    counts: Mapping[str, int]  #: results by state

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Cases whose turn has not come."""
        return self.counts.get("waiting", 0) + (self.counts.get("migrated", 0) if self.state == "undoing" else 0)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case of an order."""

    id: int
    reference: str
    state: str  #: waiting, migrated, refused, undone or kept
    obstacles: Sequence[Hindrance]
    fault: str  #: name of the error where it was no obstacle; "" = none


@dataclass(frozen=True, slots=True)
class Due:
    """An order in the hands of whoever works it off."""

    id: int
    definition_id: int
    given: Mapping[str, str]
    reason: str
    state: str
    by_id: int
    cases: Sequence[int]  #: whose turn it is


_end = Statement(
    sa.update(MigrationOrder)
    .where(MigrationOrder.id == sa.bindparam("order"))
    .values(state=sa.bindparam("state_"), ended_at=sa.bindparam("at_"))
)
_some_migrated = Statement(
    sa.select(MigrationResult.instance_id)
    .where(MigrationResult.order_id == sa.bindparam("order"), MigrationResult.state == "migrated")
    .limit(1)
)
_state = Statement(sa.select(MigrationOrder.state).where(MigrationOrder.id == sa.bindparam("order")))


def place(
    tx: Tx, definition_id: int, given: engine.ElementMap, versions: Collection[int], by: Actor, reason: str
) -> dict[str, Any]:
    """Order every case of the other versions to be migrated. Raises NoSuchDefinition, OutOfUse, Invalid."""
    new = library.version(tx.run, definition_id)
    if not library.is_deployed(tx.run, new.id):
        raise OutOfUse(version=new.version)
    rows = tx.session.execute(prospects.candidates(new, versions)).all()
    migration.require_map(given, library.versions_of(tx.run, new.key), new)
    order, now = new_id(), clock.now()
    row = {"id": order, "definition_id": new.id, "given": dict(given), "reason": reason, "ordered_at": now}
    row |= {"state": "running", "ended_at": None} if rows else {"state": "done", "ended_at": now}
    tx.add(MigrationOrder.__table__, row | {"ordered_by_id": by.account_id})
    for case in rows:
        result = {"order_id": order, "instance_id": case.id, "was_id": case.definition_id, "state": "waiting"}
        tx.add(MigrationResult.__table__, result | {"obstacles": None, "fault": ""})
    facts = {"order": order, "cases": len(rows), "version": new.version}
    payload = {"reason": reason} if reason else None
    fact = history.Fact("definition.migration_ordered", facts=facts, payload=payload)
    history.record(tx, new.id, "definition", [fact], by=by.recorded_id)
    if rows:
        queue.defer(tx, JOB, {"order": order}, key=f"{JOB}:{order}")
    return {"id": str(order), "cases": len(rows)}


def take_back(tx: Tx, order: int) -> dict[str, Any]:
    """Order every case that was migrated to be taken back. Raises NoSuchOrder, StillRunning."""
    rows = tx.run(_state, {"order": order})
    if not rows:
        raise NoSuchOrder(order=order)
    if rows[0][0] in ("running", "undoing"):
        raise StillRunning
    if tx.run(_some_migrated, {"order": order}):
        tx.change(_end, {"order": order, "state_": "undoing", "at_": None})
        queue.defer(tx, JOB, {"order": order}, key=f"{JOB}:{order}")
    else:
        tx.change(_end, {"order": order, "state_": "undone", "at_": clock.now()})
    return {"id": str(order)}


# -- working it off ----------------------------------------------------------------------------------------------------


def due(session: Session, order: int, most: int) -> Due | None:
    """The cases whose turn it is, `most` at once; None when there is nothing to do."""
    row = session.get(MigrationOrder, order)
    if row is None or row.state not in ("running", "undoing"):
        return None
    wanted = "waiting" if row.state == "running" else "migrated"
    cases = (
        sa.select(MigrationResult.instance_id)
        .where(MigrationResult.order_id == order, MigrationResult.state == wanted)
        .order_by(MigrationResult.instance_id)
        .limit(most)
    )
    return Due(
        row.id, row.definition_id, row.given, row.reason, row.state, row.ordered_by_id, list(session.scalars(cases))
    )


def note(
    tx: Tx, order: int, instance_id: int, state: str, obstacles: Sequence[engine.Obstacle] = (), fault: str = ""
) -> None:
    """What became of a case."""
    said = [[it.code, it.element, it.target, it.detail] for it in obstacles]
    values = {"order": order, "instance": instance_id, "state_": state, "obstacles_": said or None, "fault_": fault}
    tx.run(_note, values)


_note = Statement(
    sa.update(MigrationResult)
    .where(MigrationResult.order_id == sa.bindparam("order"), MigrationResult.instance_id == sa.bindparam("instance"))
    .values(state=sa.bindparam("state_"), obstacles=sa.bindparam("obstacles_"), fault=sa.bindparam("fault_"))
)


def end(tx: Tx, order: Due) -> None:
    """Every case had its turn: nobody need come for it any more."""
    queue.withdraw(tx, f"{JOB}:{order.id}")
    tx.run(_end, {"order": order.id, "state_": "done" if order.state == "running" else "undone", "at_": clock.now()})


# -- what is seen of it ------------------------------------------------------------------------------------------------


def progress(session: Session, order: int) -> Progress:
    """Raises NoSuchOrder."""
    row = session.execute(_orders().where(MigrationOrder.id == order)).first()
    if row is None:
        raise NoSuchOrder(order=order)
    counts = (
        sa.select(MigrationResult.state, sa.func.count())
        .where(MigrationResult.order_id == order)
        .group_by(MigrationResult.state)
    )
    found = dict(session.execute(counts).all())
    return Progress(*[*row[:7], row[7] or "", row[8] or {}, row[9], found])


def of_version(session: Session, definition_id: int) -> list[int]:
    """The orders that brought cases to a version, the newest first."""
    found = sa.select(MigrationOrder.id).where(MigrationOrder.definition_id == definition_id)
    return list(session.scalars(found.order_by(MigrationOrder.id.desc()).limit(10)))


def results(session: Session, order: int, after: int = 0, limit: int = PAGE) -> tuple[list[Result], int | None]:
    """What became of the cases, the oldest first, and the cursor of the next page."""
    rows = session.execute(
        sa.select(
            MigrationResult.instance_id,
            ProcessInstance.reference,
            MigrationResult.state,
            MigrationResult.obstacles,
            MigrationResult.fault,
            MigrationResult.was_id,
            MigrationOrder.definition_id,
        )
        .join(ProcessInstance, ProcessInstance.id == MigrationResult.instance_id)
        .join(MigrationOrder, MigrationOrder.id == MigrationResult.order_id)
        .where(MigrationResult.order_id == order, MigrationResult.instance_id > after)
        .order_by(MigrationResult.instance_id)
        .limit(limit + 1)
    ).all()
    found = [_as_result(session, row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


_COLUMNS: tuple[Any, ...] = (
    MigrationOrder.id,
    ProcessDefinition.key,
    ProcessDefinition.version,
    MigrationOrder.definition_id,
    MigrationOrder.state,
    MigrationOrder.ordered_at,
    MigrationOrder.ordered_by_id,
    Account.name,
    Account.names,
    MigrationOrder.ended_at,
)


def _orders() -> sa.Select[Any]:
    return (
        sa.select(*_COLUMNS)
        .join(ProcessDefinition, ProcessDefinition.id == MigrationOrder.definition_id)
        .outerjoin(Account, Account.id == MigrationOrder.ordered_by_id)
    )


def _as_result(session: Session, row: Any) -> Result:
    old, new = (_version(session, each) for each in (row.was_id, row.definition_id))
    obstacles = prospects.hindrances([engine.Obstacle(*said) for said in row.obstacles or ()], old, new)
    return Result(row.instance_id, row.reference, row.state, obstacles, row.fault)


def _version(session: Session, definition_id: int) -> Version:
    return library.version(partial(ask, session), definition_id)
