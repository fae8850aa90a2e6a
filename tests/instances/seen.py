"""What a test sees of a case, and how it makes several people act at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.database import reading
from app.history import FieldChange, HistoryEvent, HistoryPayload, StepRow
from app.instances.models import Incident, ProcessInstance
from app.tasks.models import Task


def rows(statement: sa.Select[Any]) -> list[Any]:
    with reading() as session:
        return list(session.execute(statement).all())


def one(statement: sa.Select[Any]) -> Any:
    """The only row."""
    (row,) = rows(statement)
    return row


def open_tasks(instance: str) -> dict[str, int]:
    """Live tasks by element."""
    found = sa.select(Task.element, Task.id).where(
        Task.instance_id == int(instance), Task.state.in_(("open", "claimed"))
    )
    return dict(rows(found))


def task_row(task_id: int | str) -> Task:
    with reading() as session:
        return session.get_one(Task, int(task_id))


def events(stream: str | int) -> list[HistoryEvent]:
    with reading() as session:
        wanted = sa.select(HistoryEvent).where(HistoryEvent.stream_id == int(stream)).order_by(HistoryEvent.seq)
        return list(session.scalars(wanted))


def kinds(stream: str | int) -> list[str]:
    return [event.kind for event in events(stream)]


def said(stream: str | int, kind: str) -> Any:
    """The payload of the last event of a kind."""
    from app.core import jsontext

    event = [each for each in events(stream) if each.kind == kind][-1]
    wanted = sa.select(HistoryPayload.body).where(
        HistoryPayload.stream_id == int(stream), HistoryPayload.seq == event.seq
    )
    return jsontext.loads(one(wanted)[0])


def steps(instance: str) -> dict[str, StepRow]:
    """The last step of each element."""
    with reading() as session:
        wanted = sa.select(StepRow).where(StepRow.instance_id == int(instance)).order_by(StepRow.seq)
        return {row.element: row for row in session.scalars(wanted)}


def changes(instance: str) -> list[tuple[str, str]]:
    """(field, source) in order."""
    wanted = (
        sa.select(FieldChange.field, FieldChange.source)
        .where(FieldChange.instance_id == int(instance))
        .order_by(FieldChange.seq, FieldChange.field)
    )
    return [tuple(row) for row in rows(wanted)]


def state(instance: str | int) -> str:
    return str(one(sa.select(ProcessInstance.state).where(ProcessInstance.id == int(instance)))[0])


def incidents(instance: str | int, state: str = "open") -> list[Incident]:
    with reading() as session:
        wanted = sa.select(Incident).where(Incident.instance_id == int(instance), Incident.state == state)
        return list(session.scalars(wanted.order_by(Incident.id)))


def race(app: Flask, *calls: Callable[[], Any]) -> list[Any]:
    """Run calls at the same moment, each in a thread with a connection of its own; what they return or raise."""
    barrier, results = Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                results[place] = call()
            except Exception as fault:  # noqa: BLE001  the test looks at it
                results[place] = fault

    threads = [Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
