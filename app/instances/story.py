"""What happened in a case: its events with who and what changed, the path it took, the departments it passed.

Only reads. Sentences are made by the screens, from the kinds and names given here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import jsontext
from app.core.database import ask
from app.definitions import library
from app.diagrams.model import Diagram, Node
from app.history import HistoryEvent, HistoryPayload, StepRow
from app.history.queries import told
from app.instances import renames, services, words
from app.instances.models import Incident, Subscription, Timer
from app.instances.queries import Brief
from app.people.queries import Named, names_of
from app.tasks.models import Task
from app.tasks.queries import by_id
from app.tasks.work import LaneName, Work

#: Kinds that tell how the machine moved, not what somebody did or has to know. Audit shows them, a case hides them.
MACHINERY = frozenset(
    ("step.left", "timer.set", "message.awaited", "service.called", "task.created", "data.written", "store.written")
)

#: Kinds with which a move begins, when it is one that may take work away.
_MOVERS = frozenset(
    ("task.completed", "timer.fired", "message.received", "signal.received", "service.done", "service.failed")
) | {"data.edited", "incident.resolved", "instance.cancel_asked"}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that got another."""

    field: str
    before: Any
    after: Any
    is_new: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of a case, with the names a reader needs."""

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    actor: Named | None  #: None: the system
    acting_for: Named | None
    element: str
    name: str  #: of the element on the drawing
    names: Mapping[str, str]
    task_id: int | None
    lane: LaneName | None  #: of the task
    facts: Mapping[str, Any]
    changes: Sequence[Change]
    said: Mapping[str, Any]  #: the rest of the payload: reason, message, ...
    is_erased: bool
    hash: str
    person: Named | None = None  #: whom a task was given to


@dataclass(frozen=True, slots=True)
class Path:
    """Where a case went and stands, by the ids on its drawing."""

    done: frozenset[str]
    now: frozenset[str]
    failed: frozenset[str]
    flows: frozenset[str]
    counts: Mapping[str, int]  #: how often an element was run, where more than once

    @property
    def markers(self) -> dict[str, list[str]]:
        """Marker classes by id, as the drawing takes them."""
        marks = {each: ["done"] for each in (*self.done, *self.flows)}
        return marks | {each: ["now"] for each in self.now} | {each: ["incident"] for each in self.failed}


@dataclass(frozen=True, slots=True)
class Leg:
    """One department's turn in the relay."""

    lane: LaneName | None
    name: str
    names: Mapping[str, str]
    state: str  #: done or now
    seconds: int | None
    element: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A drawing in words: one lane with its steps, in reading order."""

    name: str
    names: Mapping[str, str]
    nodes: Sequence[Node] = field(default_factory=tuple)


def events(session: Session, case: Brief, tasks: Iterable[Work]) -> list[Event]:
    """Every event of a case, the oldest first."""
    return _told(session, case, session.execute(_facts(case)).all(), tasks)


def page(session: Session, case: Brief, after: int, limit: int) -> tuple[list[Event], bool]:
    """The first `limit` events of a case behind the event `after`, and whether there are more."""
    rows = session.execute(_facts(case).where(HistoryEvent.seq > after).limit(limit + 1)).all()
    shown = rows[:limit]
    tasks = by_id(session, {row.task_id for row, _ in shown if row.task_id})
    return _told(session, case, shown, tasks), len(rows) > limit


def _facts(case: Brief) -> sa.Select[Any]:
    return told(HistoryEvent, HistoryPayload.body).where(HistoryEvent.stream_id == case.id)


def _told(session: Session, case: Brief, rows: Sequence[Any], tasks: Iterable[Work]) -> list[Event]:
    given = {row.facts["to"] for row, _ in rows if row.facts and row.facts.get("to")}
    people = names_of(session, {who for row, _ in rows for who in (row.actor_id, row.acting_for_id) if who} | given)
    by_task = {task.id: task for task in tasks}
    names = _Names(session, case)
    return [_event(row, body, people, by_task, names) for row, body in rows]


def withdrawal(events: Sequence[Event], task_id: int) -> Event | None:
    """What happened that the case no longer needed a task: a timer, a message, a cancelled case, other work done."""
    over = next((event.seq for event in events if event.kind == "task.cancelled" and event.task_id == task_id), 0)
    causes = [event for event in events if event.seq < over and event.kind in _MOVERS]
    return causes[-1] if causes else None


def path(session: Session, case: Brief, diagram: Diagram, tasks: Iterable[Work]) -> Path:
    """Marks for the case's own drawing; called processes show as the call that runs."""
    steps = renames.in_todays_names(
        renames.of_case(session, case.id),
        session.execute(
            sa.select(
                StepRow.seq, StepRow.ref, StepRow.element, StepRow.outcome, StepRow.from_ref, StepRow.process_key
            ).where(StepRow.instance_id == case.id)
        ).all(),
        case.process_key,
    )
    process = diagram.processes[case.process_key]
    live = [task for task in tasks if task.is_live]
    # Of every version that the case has run on.
    own = {ref: element for ref, element, _, _, key in steps if key == case.process_key}
    now = {task.element for task in live if task.process_key == case.process_key}
    called = {task.process_key for task in live} - {case.process_key}
    now |= {node.id for node in process.nodes.values() if node.called and node.called.target.text in called}
    now |= {each for each in _waiting(session, case.id) if not _is_edge(process.nodes.get(each), process.id)}
    failed = set(session.scalars(_open_incidents.where(Incident.instance_id == case.id)))
    came = {(own[before], element) for _, element, _, refs, _ in steps for before in refs.split() if before in own}
    came |= _arrivals(session, case.id, own)
    flows = {flow.id for flow in process.flows.values() if (flow.source, flow.target) in came}
    done = [element for _, element, outcome, _, _ in steps if outcome != "cancelled" and element in process.nodes]
    counts = {element: count for element, count in Counter(done).items() if count > 1}
    return Path(
        done=frozenset(done) - now - failed,
        now=frozenset(now - failed) & process.nodes.keys(),
        failed=frozenset(failed) & process.nodes.keys(),
        flows=frozenset(flows),
        counts=counts,
    )


def relay(session: Session, case: Brief, tasks: Sequence[Work]) -> list[Leg]:
    """The people's steps in their order, with the time each took; work of now stands last."""
    by_id = {task.id: task for task in tasks}
    rows = session.execute(
        sa.select(StepRow.task_id, StepRow.cycle_working_seconds, StepRow.cycle_seconds)
        .where(StepRow.instance_id == case.id, StepRow.task_id.is_not(None), StepRow.outcome == "completed")
        .order_by(StepRow.completed_at, StepRow.seq)
    ).all()
    done = [
        Leg(by_id[task].lane, by_id[task].name, by_id[task].names, "done", _first(working, wall), by_id[task].element)
        for task, working, wall in rows
        if task in by_id
    ]
    live = sorted((task for task in tasks if task.is_live), key=lambda task: task.id)
    return done + [Leg(task.lane, task.name, task.names, "now", None, task.element) for task in live]


def outline(diagram: Diagram, process_key: str) -> list[Outline]:
    """The steps of a process by lane, as they are read: left to right, top to bottom."""
    process = diagram.processes[process_key]
    rows: dict[str, list[Node]] = {lane.id: [] for lane in process.lanes.values()}
    loose: list[Node] = []
    for node in sorted(process.nodes.values(), key=_place):
        if node.name:
            rows.get(node.lane[-1] if node.lane else "", loose).append(node)
    lanes = [Outline(lane.name, lane.names, rows[lane.id]) for lane in process.lanes.values() if rows[lane.id]]
    return lanes + ([Outline("", {}, loose)] if loose else [])


def values(events: Iterable[Event]) -> dict[str, tuple[Any, Event]]:
    """What a case knows now by field, as far as people or services said it, with the event that said it last."""
    known: dict[str, tuple[Any, Event]] = {}
    for event in events:
        known |= {change.field: (change.after, event) for change in event.changes}
    return known


_open_incidents = sa.select(Incident.element).where(Incident.state == "open")


def _waiting(session: Session, instance_id: int) -> set[str]:
    """Elements that wait for something else than a person."""
    listens = sa.select(Subscription.element).where(Subscription.instance_id == instance_id)
    timers = sa.select(Timer.element).where(Timer.instance_id == instance_id)
    calls = {call["element"] for call in services.of_case(session, instance_id)}
    return calls | set(session.scalars(sa.union(listens, timers)))


def _is_edge(node: Node | None, process: str) -> bool:
    """An event that only listens while something else is being done; a case may stand at its own start event."""
    return (
        node is None or node.kind == "boundaryEvent" or (node.kind == "startEvent" and node.scope not in ("", process))
    )


def _arrivals(session: Session, instance_id: int, own: Mapping[str, str]) -> set[tuple[str, str]]:
    """From where the live tasks were reached."""
    rows = session.execute(sa.select(Task.element, Task.from_ref).where(Task.instance_id == instance_id))
    return {(own[before], element) for element, refs in rows for before in refs.split() if before in own}


class _Names:
    """The names of elements on the drawings of a case, the called ones included."""

    def __init__(self, session: Session, case: Brief) -> None:
        self._run = partial(ask, session)
        self._versions = words.definitions(session, [case])[case.id]

    def node(self, element: str, definition_id: int | None) -> Node | None:
        """Where an event does not say whose element it was, the case's own drawing is asked first."""
        for each in [definition_id] if definition_id else self._versions:
            node = library.version(self._run, each).diagram.find_node(element) if element else None
            if node is not None:
                return node
        return None


def _event(
    row: HistoryEvent, body: str | None, people: Mapping[int, Named], tasks: Mapping[int, Work], names: _Names
) -> Event:
    facts: Mapping[str, Any] = row.facts or {}
    task = tasks.get(row.task_id or 0)
    node = names.node(row.element, facts.get("definition"))
    payload = jsontext.loads(body) if body is not None else {}
    return Event(
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        recorded_at=row.recorded_at,
        actor=people.get(row.actor_id or 0),
        acting_for=people.get(row.acting_for_id or 0),
        element=row.element,
        name=task.name if task else node.name or node.id if node else row.element,
        names=task.names if task else node.names if node else {},
        task_id=row.task_id,
        lane=task.lane if task else None,
        facts=facts,
        changes=_changes(row.kind, payload),
        said={key: value for key, value in payload.items() if key not in ("answer", "before", "after", "data")},
        is_erased=row.digest is not None and body is None,
        hash=row.hash.hex(),
        person=people.get(facts.get("to") or 0),
    )


def _changes(kind: str, payload: Mapping[str, Any]) -> list[Change]:
    after = payload.get("answer") or payload.get("after") or (payload.get("data") if kind == "instance.started" else {})
    before = payload.get("before") or {}
    return [
        Change(name, before.get(name), value, name not in before or before[name] in (None, ""))
        for name, value in (after or {}).items()
        if name not in before or before[name] != value
    ]


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _place(node: Node) -> tuple[float, float]:
    return (node.box.x, node.box.y) if node.box else (float("inf"), 0)
