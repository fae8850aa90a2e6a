"""A case as a move reads it: one question brings the row, the task, the stream, the duty and the key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.core import jsontext
from app.core.database import Statement, Tx
from app.history import PEOPLE, SYSTEM, HistoryStream, Stream
from app.instances.errors import KeyReused, NoSuchInstance
from app.instances.limits import require_short
from app.instances.models import MoveKey, ProcessInstance
from app.people.actor import Actor, today
from app.people.models import Account, Lane, Membership, holds
from app.tasks import held
from app.tasks.errors import NoSuchTask
from app.tasks.held import Held
from app.tasks.models import Candidate, Duty, Task, named_only
from app.tasks.work import LIVE


@dataclass(slots=True)
class Key:
    """The caller's idempotency key for one move; `text` is None when the caller gave none."""

    move: str
    text: str | None = None
    body: Any = None  #: everything that makes two calls the same
    body_hash: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.text is not None:
            require_short("key", self.text)
            self.body_hash = hashlib.sha256(jsontext.dump_bytes(self.body)).hexdigest()


@dataclass(slots=True)
class Case:
    """The row of a case."""

    id: int
    definition_id: int
    process_key: str
    reference: str
    state: str
    segment: str | None
    channel: str | None


@dataclass(slots=True)
class Found:
    """What a move begins with."""

    case: Case
    stream: Stream
    people_seq: int  #: number of the last event among people: what may be remembered about them
    system_seq: int  #: the same of the system: what may be remembered about the versions in use
    repeated: Any = None  #: the stored answer, when this very call was made before
    task: Held | None = None


_CASE = (
    ProcessInstance.id,
    ProcessInstance.definition_id,
    ProcessInstance.process_key,
    ProcessInstance.reference,
    ProcessInstance.state,
    ProcessInstance.segment,
    ProcessInstance.channel,
)
_people, _system = aliased(HistoryStream), aliased(HistoryStream)
_BESIDES = (
    HistoryStream.seq,
    HistoryStream.head,
    HistoryStream.salt,
    sa.select(_people.seq).where(_people.id == PEOPLE).scalar_subquery(),
    sa.select(_system.seq).where(_system.id == SYSTEM).scalar_subquery(),
    MoveKey.body_hash,
    MoveKey.result,
)
_same_key = sa.and_(
    MoveKey.actor_id == sa.bindparam("actor"),
    MoveKey.move == sa.bindparam("move"),
    MoveKey.key == sa.bindparam("key"),
)
_own_duty = sa.and_(
    Duty.instance_id == Task.instance_id, Duty.group == Task.duty_group, Duty.account_id == sa.bindparam("actor")
)
_first = aliased(Account)
_further = aliased(Lane)
_is_member = sa.exists().where(
    _further.id == Candidate.lane_id,
    Membership.department_id == _further.department_id,
    Membership.account_id == sa.bindparam("actor"),
    holds(Membership, sa.bindparam("day", type_=sa.Date)),
)
_is_named = sa.exists().where(
    Candidate.task_id == Task.id, sa.or_(Candidate.account_id == sa.bindparam("actor"), _is_member)
)
_TASK = (*held.COLUMNS, Lane.department_id, Duty.role, _is_named, named_only(), _first.name)
_with_task = (
    sa.select(*_TASK, *_CASE, *_BESIDES)
    .join(ProcessInstance, ProcessInstance.id == Task.instance_id)
    .join(HistoryStream, HistoryStream.id == ProcessInstance.id)
    .outerjoin(Lane, Lane.id == Task.lane_id)
    .outerjoin(Duty, _own_duty)
    .outerjoin(_first, _first.id == sa.func.coalesce(Task.ended_by_id, Task.holder_id))
    .outerjoin(MoveKey, _same_key)
)
_of_task = Statement(_with_task.where(Task.id == sa.bindparam("task")))
_of_case = Statement(
    sa.select(*_CASE, *_BESIDES)
    .join(HistoryStream, HistoryStream.id == ProcessInstance.id)
    .outerjoin(MoveKey, _same_key)
    .where(ProcessInstance.id == sa.bindparam("instance"))
)
_at_ref = Statement(
    sa.select(*_TASK)
    .outerjoin(Lane, Lane.id == Task.lane_id)
    .outerjoin(Duty, _own_duty)
    .outerjoin(_first, _first.id == sa.func.coalesce(Task.ended_by_id, Task.holder_id))
    .where(Task.instance_id == sa.bindparam("instance"), Task.ref == sa.bindparam("ref"))
)
_live_tasks = Statement(
    sa.select(*_TASK)
    .outerjoin(Lane, Lane.id == Task.lane_id)
    .outerjoin(Duty, _own_duty)
    .outerjoin(_first, _first.id == sa.func.coalesce(Task.ended_by_id, Task.holder_id))
    .where(Task.instance_id == sa.bindparam("instance"), LIVE)
    .order_by(Task.id)
)
_duties = Statement(
    sa.select(Duty.group, Duty.account_id, Duty.role)
    .where(Duty.instance_id == sa.bindparam("instance"))
    .order_by(Duty.group, Duty.account_id)
)
_used_key = Statement(sa.select(MoveKey.body_hash, MoveKey.result).where(_same_key))


def of_task(tx: Tx, task_id: int, by: Actor, key: Key) -> Found:
    """The case of a task, with the task. Raises NoSuchTask, KeyReused."""
    rows = tx.run(_of_task, {"task": task_id, "day": today()} | _asked(by, key))
    if not rows:
        raise NoSuchTask(task_id=task_id)
    found = _found(rows[0][len(_TASK) :], key)
    found.task = Held(*rows[0][: len(_TASK)])
    return found


def of_id(tx: Tx, instance_id: int, by: Actor, key: Key) -> Found:
    """A case. Raises NoSuchInstance, KeyReused."""
    rows = tx.run(_of_case, {"instance": instance_id} | _asked(by, key))
    if not rows:
        raise NoSuchInstance(instance_id=instance_id)
    return _found(rows[0], key)


def task_at(tx: Tx, instance_id: int, ref: str, by: Actor) -> Held | None:
    """The task of a step, if a person works on it."""
    rows = tx.run(_at_ref, {"instance": instance_id, "ref": ref, "actor": by.account_id, "day": today()})
    return Held(*rows[0]) if rows else None


def live_tasks(tx: Tx, instance_id: int, by: Actor) -> list[Held]:
    """Every task of a case that somebody may still do."""
    return [
        Held(*row) for row in tx.run(_live_tasks, {"instance": instance_id, "actor": by.account_id, "day": today()})
    ]


def duties(tx: Tx, instance_id: int) -> list[tuple[str, int, str]]:
    """Who had which part in the groups of four eyes of a case: (group, account, role)."""
    return [(group, account, role) for group, account, role in tx.run(_duties, {"instance": instance_id})]


def answered(tx: Tx, by: Actor, key: Key) -> Any:
    """The stored answer of a call that was made before, for moves that begin a case. Raises KeyReused."""
    rows = tx.run(_used_key, _asked(by, key)) if key.text is not None else ()
    return _checked(key, *rows[0]) if rows else None


def remember(tx: Tx, by: Actor, key: Key, result: Any, at: Any) -> None:
    """Store the answer under the key, if the caller gave one."""
    if key.text is not None:
        row = {"actor_id": by.account_id, "move": key.move, "key": key.text, "body_hash": key.body_hash}
        tx.add(MoveKey.__table__, row | {"result": result, "at": at})


def _asked(by: Actor, key: Key) -> dict[str, Any]:
    return {"actor": by.account_id, "move": key.move, "key": key.text}


def _found(row: tuple[Any, ...], key: Key) -> Found:
    case = Case(*row[: len(_CASE)])
    seq, head, salt, people_seq, system_seq, body_hash, result = row[len(_CASE) :]
    repeated = _checked(key, body_hash, result) if body_hash is not None else None
    return Found(case, Stream(case.id, seq, bytes(head), bytes(salt)), people_seq or 0, system_seq or 0, repeated)


def _checked(key: Key, body_hash: str, result: Any) -> Any:
    if body_hash != key.body_hash:
        raise KeyReused(key=key.text)
    return result
