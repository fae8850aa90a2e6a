"""The way back from a migration: what is kept for it in the record, and whether anything has moved since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import engine
from app.core import jsontext
from app.core.database import Statement
from app.history import HistoryEvent, HistoryPayload
from app.instances import case as cases
from app.instances import places
from app.instances.errors import MovedSince, NothingToUndo
from app.tasks import held
from app.tasks.held import Held

if TYPE_CHECKING:
    from app.instances.turn import Turn

#: After these the steps of a case stand where they stood.
HARMLESS = frozenset(
    (
        "instance.read",
        "instance.suspended",
        "instance.resumed",
        "task.claimed",
        "task.released",
        "task.reassigned",
        "task.started",
        "form.rejected",
        "timer.set",
        "message.awaited",
    )
)
#: Events that are looked through: more than these after a migration are more than looks at a case.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Last:
    """The migration that can be taken back."""

    seq: int
    was: int  #: the version before
    before: Mapping[str, Any]


_newest = Statement(
    sa.select(HistoryEvent.seq, HistoryEvent.kind, HistoryEvent.facts)
    .where(HistoryEvent.stream_id == sa.bindparam("case"))
    .order_by(HistoryEvent.seq.desc())
    .limit(MOST)
)
_payload = Statement(
    sa.select(HistoryPayload.body).where(
        HistoryPayload.stream_id == sa.bindparam("case"), HistoryPayload.seq == sa.bindparam("seq")
    )
)


def kept(turn: Turn, made: engine.Migrated) -> dict[str, Any]:
    """What is needed to go back, as the record keeps it: as payload, which can be erased."""
    since = {ref: at.isoformat() for ref, at in places.listening_since(turn).items()}
    duties = [list(duty) for duty in cases.duties(turn.tx, turn.case.id)]
    return {"pieces": made.before, "tasks": {}, "subscriptions": since, "duties": duties}


def last(turn: Turn) -> Last:
    """The last migration that is not undone. Raises NothingToUndo, MovedSince."""
    undone = 0
    for seq, kind, facts in turn.tx.run(_newest, {"case": turn.case.id}):
        if kind == "case.migration_undone":
            undone += 1
        elif kind == "case.migrated" and undone:
            undone -= 1
        elif kind == "case.migrated":
            return Last(seq, facts["was"], _before(turn, seq))
        elif kind not in HARMLESS:
            break
    if _was_migrated(turn):
        raise MovedSince(reference=turn.case.reference)
    raise NothingToUndo(reference=turn.case.reference)


def _before(turn: Turn, seq: int) -> dict[str, Any]:
    rows = turn.tx.run(_payload, {"case": turn.case.id, "seq": seq})
    before: dict[str, Any] | None = jsontext.loads(rows[0][0]).get("before") if rows else None
    if before is None:  # erased, or the case went on by the migration itself
        raise MovedSince(reference=turn.case.reference)
    since = {ref: datetime.fromisoformat(at) for ref, at in before["subscriptions"].items()}
    return before | {"subscriptions": since}


_counts = Statement(
    sa.select(HistoryEvent.kind, sa.func.count())
    .where(
        HistoryEvent.stream_id == sa.bindparam("case"),
        sa.or_(HistoryEvent.kind == "case.migrated", HistoryEvent.kind == "case.migration_undone"),
    )
    .group_by(HistoryEvent.kind)
)


def _was_migrated(turn: Turn) -> bool:
    """And that is not undone."""
    counts = dict(turn.tx.run(_counts, {"case": turn.case.id}))
    return bool(counts.get("case.migrated", 0) > counts.get("case.migration_undone", 0))


def put_back(turn: Turn, before: Mapping[str, Any]) -> list[Held]:
    """Tasks and four eyes as they were; who has taken a task since keeps it."""
    tasks = {task.id: task for task in cases.live_tasks(turn.tx, turn.case.id, turn.by)}
    for task_id, drawing in before["tasks"].items():
        held.redraw(turn.tx, tasks[int(task_id)], drawing, is_other=True)
    duties = [(group, account, role) for group, account, role in before["duties"]]
    if duties != cases.duties(turn.tx, turn.case.id):
        held.put_duties(turn.tx, turn.case.id, duties)
    return [tasks[int(task_id)] for task_id in before["tasks"]]
