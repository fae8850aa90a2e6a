"""One move of one case, from what is read to what is written.

A turn lets the engine advance, has every happening recorded, and writes everything in the fixed order that keeps two
moves of one case apart: first the head of the history, whose number both would want to move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app import engine
from app.core import clock
from app.core.database import Statement, Tx, writing
from app.definitions import library
from app.definitions.library import Version
from app.history import Fact, FieldChange, StepRow, Stream, append
from app.instances import case as cases
from app.instances import lanes, record, steps
from app.instances import live as lives
from app.instances.case import Case, Key
from app.instances.errors import NotRunning
from app.instances.host import Host
from app.instances.models import InstanceState, ProcessInstance
from app.instances.origins import Origin
from app.people.actor import Actor
from app.tasks.held import Held

_set_state = Statement(
    sa.update(ProcessInstance)
    .where(ProcessInstance.id == sa.bindparam("instance"))
    .values(
        state=sa.bindparam("state_"),
        ended_at=sa.bindparam("at_"),
        end_element=sa.bindparam("element_"),
        end_code=sa.bindparam("code_"),
    )
)
_set_definition = Statement(
    sa.update(ProcessInstance)
    .where(ProcessInstance.id == sa.bindparam("instance"))
    .values(definition_id=sa.bindparam("definition"))
)
_forget_state = Statement(sa.delete(InstanceState).where(InstanceState.instance_id == sa.bindparam("instance")))


@dataclass(frozen=True, slots=True)
class Closing:
    """A task that a person just answered."""

    task: Held
    answer: Mapping[str, Any]
    kind: str = "task.completed"


@dataclass(slots=True)
class Turn:
    """A move in progress. `say` adds a fact; `advance` lets the engine move and has what happens recorded."""

    tx: Tx
    by: Actor
    at: datetime
    key: Key
    case: Case
    stream: Stream
    people_seq: int
    system_seq: int | None = None  #: None while a case begins: nothing is remembered then
    repeated: Any = None  #: the stored answer, when this very call was made before
    task: Held | None = None
    ended: tuple[str, str | None] | None = None  #: (element, code) where the case ended in this move
    opened: dict[str, Held] = field(default_factory=dict)  #: by ref, the tasks that this move opened
    raised: list[dict[str, Any]] = field(default_factory=list)  #: rows of the incidents that this move opened
    origins: dict[str, Origin] = field(default_factory=dict)  #: by ref, of the steps met in this move
    closing: dict[str, Closing] = field(default_factory=dict)  #: tasks whose step the engine is about to leave
    written: dict[str, dict[str, list[str | None]]] = field(default_factory=dict)  #: ref -> field -> digests
    before: dict[str, dict[str, Any]] = field(default_factory=dict)  #: ref -> what the fields were
    event: engine.Event | None = None  #: what the engine was told; None while a case begins
    entered: set[str] = field(default_factory=set)  #: refs of steps with steps inside that this move entered
    cancelled: set[str] = field(default_factory=set)  #: refs of steps that are not wanted any more
    _warm: lives.Warm | None = None
    _own: Version | None = None  #: the version of the case itself
    _facts: list[Fact] = field(default_factory=list)
    _projections: list[tuple[int, Callable[[int], None]]] = field(default_factory=list)
    _rounds: Counter[str] = field(default_factory=Counter)
    _began: int = 0  #: number of the last event before this move

    # -- what moves ask ------------------------------------------------------------------------------------------

    def require_running(self) -> None:
        """Raises NotRunning."""
        if self.case.state != "running":
            raise NotRunning(reference=self.case.reference, state=self.case.state)

    @property
    def held(self) -> Held:
        """The task of a turn that began with one."""
        if self.task is None:
            raise LookupError("this turn is not of a task")
        return self.task

    @property
    def live(self) -> engine.Live:
        """The live state: the warm one when it is still true, else loaded."""
        return self._state.live

    @property
    def _state(self) -> lives.Warm:
        warm = self._warm
        if warm is None:
            warm = lives.take(self.case.id, self.stream.head)
            warm = warm or lives.load(self.tx.run, self.case.id, self.case.definition_id)
            warm.host.run, warm.host.system_seq = self.tx.run, self.system_seq
            self._warm = warm
        return warm

    @property
    def host(self) -> Host:
        """What the live state asks."""
        return self._state.host

    def go_over(self, version: Version, state: engine.Live) -> None:
        """The case is on another version of its diagram from here on, in this live state."""
        self._warm, self._own = lives.Warm(state, self.host), version
        self.case.definition_id = version.id
        self.tx.change(_set_definition, {"instance": self.case.id, "definition": version.id})

    def version_of(self, process_key: str, content: str) -> Version:
        """The version that a step runs on: the case's own, or one of a process it calls."""
        own = self._own
        if own is None:
            own = self._own = library.version(self.tx.run, self.case.definition_id)
        if (own.key, own.hash) == (process_key, content):
            return own
        return self._state.host.called(process_key, content)

    def live_task(self, ref: str) -> Held | None:
        """The task of a step, to be changed."""
        if self.task is not None and self.task.ref == ref:
            return self.task
        return self.opened.get(ref) or cases.task_at(self.tx, self.case.id, ref, self.by)

    def seen_by(self, other: Actor) -> Held:
        """The turn's task as somebody else than its actor sees it: with their part in it."""
        seen = cases.task_at(self.tx, self.case.id, self.held.ref, other)
        if seen is None:
            raise LookupError(f"no task at {self.held.ref}")
        return seen

    def digest(self, value: Any) -> str | None:
        """A salted digest of a field's value; None for none."""
        return None if value is None else self.stream.digest(value)

    # -- what moves say ------------------------------------------------------------------------------------------

    def say(
        self,
        kind: str,
        *,
        element: str = "",
        task_id: int | None = None,
        facts: Mapping[str, Any] | None = None,
        payload: Any = None,
        then: Callable[[int], None] | None = None,
    ) -> None:
        """Add a fact. `then` is called with its number, to write the rows that are projected from it."""
        self._facts.append(Fact(kind, element, task_id, facts, payload, self.at))
        if then is not None:
            self._projections.append((len(self._facts) - 1, then))

    def begin(
        self, version: Version, data: Mapping[str, Any], element: str, payload: Mapping[str, Any] | None, first: str
    ) -> None:
        """Start the live state of a new case and have its first happenings recorded."""
        host = Host(self.case.id, self.tx.run)
        state, happenings = engine.start(
            version.program, data, host=host, at=self.at, element=element, payload=payload, first=first
        )
        self._warm = lives.Warm(state, host)
        record.all_of(self, happenings)

    def advance(self, event: engine.Event) -> None:
        """Let the engine move the case and have what happens recorded."""
        self.event = event
        record.all_of(self, engine.advance(self.live, event, at=self.at))

    def close_step(self, task: Held, kind: str, outcome: str, payload: Any = None) -> None:
        """Say that a task ended, and write its step with the fields it changed."""
        holder = lanes.holder(self.tx, self.people_seq, task.lane_id) if task.lane_id is not None else None
        times = steps.worked(task, self.at, holder)
        node = library.version(self.tx.run, task.definition_id).process.nodes.get(task.element)
        node_kind = node.kind if node is not None else "userTask"
        fields = self.written.pop(task.ref, {})

        def project(seq: int) -> None:
            if outcome != "failed":  # the step is not over: its row is written when an operator's repair lets it pass
                row = steps.person_step(task, seq=seq, kind=node_kind, outcome=outcome, at=self.at, times=times)
                self.add_step(row)
            for name, (old, new) in fields.items():
                source = "entry" if old is None else "correction"
                self.add_change(seq, name, old, new, element=task.element, task_id=task.id, source=source)

        facts: dict[str, Any] = {"ref": task.ref, "kind": node_kind, "outcome": outcome, "times": times}
        facts |= {"department": task.department_id, "lane": task.lane_id}
        if fields:
            facts["fields"] = fields
        self.say(kind, element=task.element, task_id=task.id, facts=facts, payload=payload, then=project)
        self.origins[task.ref] = Origin(task.element, task.department_id, self.at)

    def close_unleft(self, task: Held) -> None:
        """Where what follows an answer failed within the task's own step: the answer is recorded all the same."""
        closing = self.closing.pop(task.ref, None)
        if closing is not None:
            payload = {"answer": dict(closing.answer), "before": self.before.pop(task.ref, {})}
            self.close_step(task, closing.kind, "failed", payload)

    def end(self, state: str, element: str, code: str | None = None) -> None:
        """Write that the case is over, or suspended, or running again."""
        over = state not in ("running", "suspended")
        self.case.state = state
        if over:
            self.ended = (element, code)
        values = {"instance": self.case.id, "state_": state, "at_": self.at if over else None}
        self.tx.change(_set_state, values | {"element_": element or None, "code_": code})

    def answer(self, result: Any) -> Any:
        """Remember the move's answer under its key, and return it."""
        cases.remember(self.tx, self.by, self.key, result, self.at)
        return result

    # -- what is written -----------------------------------------------------------------------------------------

    def add_step(self, row: dict[str, Any]) -> None:
        """A row of the step projection."""
        element = row["element"]
        row |= {"segment": self.case.segment, "channel": self.case.channel}
        row["attempt"] = steps.attempt(self.case.id, element, self._began, self._rounds[element])
        self._rounds[element] += 1
        self.tx.add(StepRow.__table__, row)

    def add_change(
        self, seq: int, name: str, old: str | None, new: str | None, *, element: str, task_id: int | None, source: str
    ) -> None:
        """A row of the field projection."""
        row = {
            "instance_id": self.case.id,
            "seq": seq,
            "field": name,
            "task_id": task_id,
            "element": element,
            "actor_id": self.by.recorded_id,
            "at": self.at,
            "source": source,
            "old_digest": old,
            "new_digest": new,
        }
        self.tx.add(FieldChange.__table__, row)

    def finish(self) -> None:
        """Write everything; the caller's transaction commits."""
        record.withdraw_incidents(self)
        before, self._began = self.stream.head, self.stream.seq
        numbers = append(self.tx, self.stream, self._facts, by=self.by.recorded_id)
        for place, project in self._projections:
            project(numbers[place])
        if self._warm is None:
            # The record grew and the live state did not: a warm one stays true under the new head.
            self.tx.after_commit.append(lambda: lives.rename(self.case.id, before, self.stream.head))
            return
        self._write_state(self._warm.live)
        if self.case.state in ("running", "suspended"):
            warm, head = self._warm, self.stream.head
            self.tx.after_commit.append(lambda: lives.put(self.case.id, head, warm))

    def _write_state(self, state: engine.Live) -> None:
        if self.case.state not in ("running", "suspended"):
            self.tx.change(_forget_state, {"instance": self.case.id})
            return
        dumped = state.dump()
        for piece in dumped.removed:
            self.tx.drop(InstanceState.__table__, instance_id=self.case.id, piece=piece)
        for piece, blob in dumped.changed.items():
            parent = piece.rpartition("/")[0] if piece else None
            row = {"instance_id": self.case.id, "piece": piece, "parent_piece": parent}
            self.tx.put(InstanceState.__table__, row | {"format": engine.FORMAT, "blob": blob})


@contextmanager
def turn_of_task(task_id: int, *, by: Actor, key: Key) -> Iterator[Turn]:
    """A turn of the case of a task; `turn.task` is the task. Raises NoSuchTask, KeyReused."""
    with writing(snapshot=True) as tx:
        turn = _turn(tx, by, key, cases.of_task(tx, task_id, by, key))
        yield turn
        turn.finish()


@contextmanager
def turn_of_case(instance_id: int, *, by: Actor, key: Key) -> Iterator[Turn]:
    """A turn of a case. Raises NoSuchInstance, KeyReused."""
    with writing(snapshot=True) as tx:
        turn = _turn(tx, by, key, cases.of_id(tx, instance_id, by, key))
        yield turn
        turn.finish()


def _turn(tx: Tx, by: Actor, key: Key, found: cases.Found) -> Turn:
    return Turn(
        tx, by, clock.now(), key, found.case, found.stream,
        found.people_seq, found.system_seq, found.repeated, found.task,
    )  # fmt: skip
