"""A journey of the shipped processes (`tests.processes`), taken by moves: with people, departments and a clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from app.core import jsontext
from app.core.clock import FakeClock
from app.core.database import reading
from app.core.errors import Refused
from app.instances import moves, services
from app.instances.models import Subscription, Timer
from app.people import queries as people
from app.people.actor import SYSTEM, Actor, actor
from app.tasks.models import Task
from tests.processes.journeys import ANSWERS, SERVICES
from tests.processes.walk import Breaks, Do, Journey, Open, Ring, Tell

_messages = count()


def go(journey: Journey, clock: FakeClock) -> int:
    """Take the journey; the case's id. Every step happens some minutes after the one before."""
    begun = moves.start(
        journey.process, journey.begin, by=SYSTEM, element=journey.start, payload=journey.payload, mark="test"
    )
    case = int(begun["id"])
    _serve(journey, case)
    for step in journey.steps:
        clock.at += timedelta(minutes=7, microseconds=13)
        match step:
            case str():
                _do(Do(step), case, clock)
            case Do():
                _do(step, case, clock)
            case Ring(timer):
                _ring(timer, case, clock)
            case Tell(element, payload):
                _tell(element, dict(payload), case)
            case Open():
                pass  # what is open is told by tests/processes
        _serve(journey, case)
    return case


def everybody() -> Iterator[Actor]:
    with reading() as session:
        known = [person.id for person in people.people(session)]
        for account in sorted(known):
            yield actor(session, account)


def _do(step: Do, case: int, clock: FakeClock) -> None:
    """Whoever may do it claims it, looks at it and answers; a second person where four eyes are wanted."""
    found = sa.select(Task.id).where(Task.instance_id == case, Task.element == step.task, Task.state == "open")
    with reading() as session:
        task = session.scalars(found.order_by(Task.id)).first()
    assert task is not None, f"{step.task} is not open"
    for person in everybody():
        try:
            moves.claim(task, by=person)
        except Refused:
            continue
        clock.at += timedelta(minutes=2)
        moves.open_form(task, by=person)
        clock.at += timedelta(minutes=5, microseconds=1)
        moves.complete(task, {**ANSWERS.get(step.task, {}), **step.answer}, by=person)
        return
    raise AssertionError(f"nobody may do {step.task}")


def _ring(element: str, case: int, clock: FakeClock) -> None:
    found = sa.select(Timer.ref, Timer.due_at).where(Timer.instance_id == case, Timer.element == element)
    with reading() as session:
        ref, due = session.execute(found).first() or ("", None)
    assert due is not None, f"no timer at {element}"
    clock.at = max(clock.at, due)
    assert moves.fire(case, ref)


def _tell(element: str, payload: dict[str, Any], case: int) -> None:
    found = sa.select(Subscription).where(Subscription.instance_id == case, Subscription.element == element)
    with reading() as session:
        row = session.scalars(found).first()
    assert row is not None, f"nobody listens at {element}"
    key = {} if row.correlation is None else {"key": jsontext.loads(row.correlation)}
    message = moves.receive(row.name, key, payload, sender_id=f"told {next(_messages)}", by=SYSTEM)
    assert moves.deliver(message)


def _serve(journey: Journey, case: int) -> None:
    """Services answer until none is asked any more."""
    for _ in range(100):
        with reading() as session:
            calls = services.of_case(session, case)
        if not calls:
            return
        call = calls[0]
        found = journey.services.get(call["element"], SERVICES.get(call["type"], {}))
        if isinstance(found, Breaks):
            moves.fail_call(case, call["ref"], "the service says no", code=found.code)
        else:
            moves.finish_call(case, call["ref"], found)
    raise AssertionError("services are asked without end")
