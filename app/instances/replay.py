"""One case told again by its events: the rows of `step` and `field_change` that its moves wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.history import HistoryEvent
from app.instances import steps
from app.instances.origins import Origin, latest
from app.people.actor import SYSTEM_ID

Row = dict[str, Any]


@dataclass(slots=True)
class _Task:
    """A task as its events tell it (`steps.Work`)."""

    id: int
    instance_id: int
    ref: str
    definition_id: int
    process_key: str
    element: str
    lane_id: int | None
    created_at: datetime
    due_at: datetime | None
    from_ref: str
    from_element: str | None
    from_department_id: int | None
    handed_over_at: datetime | None
    department_id: int | None = None  #: as of when it ended
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    ended_by_id: int | None = None


@dataclass(slots=True)
class Replay:
    """One case, event by event."""

    case: int
    keys: Mapping[int, str]  #: version -> process key
    steps: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    segment: str | None = None
    channel: str | None = None
    tasks: dict[int, _Task] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    rounds: Counter[str] = field(default_factory=Counter)

    def hear(self, event: Any) -> None:
        """What follows from one event."""
        facts = event.facts or {}
        if event.kind == "instance.started":
            self.segment, self.channel = facts["segment"], facts["channel"]
            self._change(event, facts, facts.get("source"))
        elif event.kind == "data.written":
            self._change(event, facts, facts["source"])
        elif event.kind == "task.created":
            self.tasks[event.task_id] = _created(self.case, event, facts)
        elif event.kind == "step.left" and event.task_id is None:
            self._left(event, facts)
        elif event.kind in ("case.migrated", "case.migration_undone"):
            self._redraw(facts)
        elif event.kind in ("task.completed", "task.cancelled", "step.left"):
            self._closed(event, facts)
        else:
            _touch(self.tasks[event.task_id], event)

    def _redraw(self, facts: Row) -> None:
        for task_id, element, lane_id in facts["tasks"]:
            task = self.tasks[task_id]
            task.definition_id, task.element, task.lane_id = facts["definition"], element, lane_id

    def _change(self, event: Any, facts: Row, source: str | None) -> None:
        for name, (old, new) in facts.get("fields", {}).items():
            row = {"instance_id": self.case, "seq": event.seq, "field": name, "task_id": event.task_id}
            row |= {"element": event.element, "actor_id": event.actor_id, "at": event.at}
            row |= {"source": source or ("entry" if old is None else "correction")}
            self.changes.append(row | {"old_digest": old, "new_digest": new})

    def _closed(self, event: Any, facts: Row) -> None:
        task = self.tasks[event.task_id]
        if event.kind == "task.completed":
            task.claimed_at, task.started_at = task.claimed_at or event.at, task.started_at or event.at
            task.ended_by_id = SYSTEM_ID if event.actor_id is None else event.actor_id
        task.department_id = facts["department"]
        if facts["outcome"] != "failed":
            kind, outcome, times = facts["kind"], facts["outcome"], facts["times"]
            self._step(steps.person_step(task, seq=event.seq, kind=kind, outcome=outcome, at=event.at, times=times))
        self._change(event, facts, None)
        self.origins[task.ref] = Origin(task.element, task.department_id, event.at)

    def _left(self, event: Any, facts: Row) -> None:
        origin = _origin(facts["from"]) if "from" in facts else latest(facts["previous"].split(), self.origins)
        self.origins[facts["ref"]] = origin
        row = steps.automatic_step(
            instance_id=self.case,
            ref=facts["ref"],
            seq=event.seq,
            definition_id=facts["definition"],
            process_key=self.keys[facts["definition"]],
            element=event.element,
            kind=facts["kind"],
            outcome=facts["outcome"],
            created_at=_moment(facts.get("created")) or event.at,
            at=event.at,
            previous=facts["previous"],
            origin=origin,
        )
        self._step(row)

    def _step(self, row: Row) -> None:
        self.rounds[row["element"]] += 1
        row |= {"segment": self.segment, "channel": self.channel, "attempt": self.rounds[row["element"]]}
        self.steps.append(row)


#: The events that anything is projected from.
_KINDS = (
    "instance.started",
    "step.left",
    "data.written",
    "task.created",
    "task.claimed",
    "task.released",
    "task.reassigned",
    "task.started",
    "task.completed",
    "task.cancelled",
    "case.migrated",
    "case.migration_undone",
)


def replayed(session: Session, cases: Sequence[int], keys: Mapping[int, str]) -> dict[int, Replay]:
    replays = {case: Replay(case, keys) for case in cases}
    found = (
        sa.select(
            HistoryEvent.stream_id,
            HistoryEvent.seq,
            HistoryEvent.kind,
            HistoryEvent.at,
            HistoryEvent.actor_id,
            HistoryEvent.element,
            HistoryEvent.task_id,
            HistoryEvent.facts,
        )
        .where(HistoryEvent.stream_id.in_(cases), HistoryEvent.kind.in_(_KINDS))
        .order_by(HistoryEvent.stream_id, HistoryEvent.seq)
    )
    for event in session.execute(found):
        replays[event.stream_id].hear(event)
    return replays


def _created(case: int, event: Any, facts: Row) -> _Task:
    origin = _origin(facts["from"])
    return _Task(
        id=event.task_id,
        instance_id=case,
        ref=facts["ref"],
        definition_id=facts["definition"],
        process_key=facts["process"],
        element=event.element,
        lane_id=facts["lane"],
        created_at=event.at,
        due_at=_moment(facts["due"]),
        from_ref=facts["previous"],
        from_element=origin.element,
        from_department_id=origin.department_id,
        handed_over_at=origin.at,
    )


def _touch(task: _Task, event: Any) -> None:
    """What people do with a task before it ends."""
    if event.kind in ("task.claimed", "task.reassigned"):
        task.claimed_at = event.at
    elif event.kind == "task.started":
        task.started_at = event.at
    else:
        task.claimed_at = None  # released


def _origin(said: Sequence[Any]) -> Origin:
    element, department, at = said
    return Origin(element, department, _moment(at))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
