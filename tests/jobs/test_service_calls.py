"""Service tasks: called after the commit, tried again, and an incident at the limit that an administrator can retry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from flask import Flask

from app.core import migrations
from app.core.clock import FakeClock
from app.core.database import db, reading
from app.core.queue import LEASE, Job, take
from app.instances import moves, services
from app.jobs import service_calls
from app.jobs.runner import Runner
from app.jobs.service_calls import BusinessError, Call
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import changes, events, incidents, kinds, open_tasks, rows, said, state, steps


class Bank:
    """A service that answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Callable[[Call], Any] = lambda call: {"score": 700}

    def __call__(self, call: Call) -> Any:
        self.calls.append(call)
        return self.answer(call)

    def break_down(self) -> None:
        def broken(call: Call) -> Any:
            raise ConnectionError("the bank is closed")

        self.answer = broken

    def mend(self) -> None:
        self.answer = lambda call: {"score": 700}


@pytest.fixture
def bank() -> Iterator[Bank]:
    made = Bank()
    service_calls.connectors["bank"] = made
    yield made
    del service_calls.connectors["bank"]


@pytest.fixture
def scored(deployed: Deploy) -> Any:
    """A bank is asked for a score; then somebody works. A bank that says NO leads elsewhere."""
    ask = (
        '<bpmn:serviceTask id="ask"><bpmn:extensionElements><zeebe:taskDefinition type="bank" retries="2"/>'
        '<zeebe:taskHeaders><zeebe:header key="path" value="/score"/></zeebe:taskHeaders>'
        '<zeebe:ioMapping><zeebe:input source="=customer" target="who"/>'
        '<zeebe:output source="=score" target="points"/></zeebe:ioMapping></bpmn:extensionElements></bpmn:serviceTask>'
    )
    refused = (
        '<bpmn:boundaryEvent id="refused" attachedToRef="ask"><bpmn:errorEventDefinition id="e" errorRef="no"/>'
        "</bpmn:boundaryEvent>"
    )
    return deployed(
        process(
            "scored",
            lanes(CS="start ask work talk end ended"),
            START,
            ask,
            refused,
            task("work"),
            task("talk"),
            END,
            '<bpmn:endEvent id="ended"/>',
            flow("start > ask", "ask > work", "work > end", "refused > talk", "talk > ended"),
            before='<bpmn:error id="no" name="no" errorCode="NO"/>',
        )
    )


@pytest.fixture
def runner(app: Flask) -> Runner:
    return Runner(app)


def begin(cast: Cast) -> str:
    return str(moves.start("scored", {"customer": "Li"}, by=cast.lin)["id"])


def asked(case: str) -> str:
    """The step of the one call on its way."""
    with reading() as session:
        (call,) = services.of_case(session, int(case))
    return str(call["ref"])


def nothing_left() -> bool:
    return rows(sa.select(Job.id)) == []


def test_a_service_is_called_after_the_commit_with_what_the_diagram_gives(
    scored: Any, bank: Bank, cast: Cast, runner: Runner
) -> None:
    case = begin(cast)
    assert bank.calls == []
    runner.drain()
    (call,) = bank.calls
    assert (call.type, call.inputs, call.headers) == ("bank", {"who": "Li"}, {"path": "/score"})
    assert call.reference.startswith("C-")
    assert list(open_tasks(case)) == ["work"]
    assert changes(case) == [("customer", "entry"), ("points", "import")]
    assert [kind for kind in kinds(case) if kind.startswith("service.")] == ["service.called", "service.done"]
    assert nothing_left()


def test_a_business_error_takes_the_way_that_is_drawn_for_it(
    scored: Any, bank: Bank, cast: Cast, runner: Runner
) -> None:
    def say_no(call: Call) -> Any:
        raise BusinessError("not creditworthy", code="NO")

    bank.answer = say_no
    case = begin(cast)
    runner.drain()
    assert list(open_tasks(case)) == ["talk"]
    assert len(bank.calls) == 1
    assert incidents(case) == []
    assert said(case, "service.failed") == {"message": "not creditworthy"}
    assert nothing_left()


def test_a_business_error_that_nobody_drew_is_an_incident_that_says_what_the_service_said(
    scored: Any, bank: Bank, cast: Cast, runner: Runner
) -> None:
    def say_other(call: Call) -> Any:
        raise BusinessError("what?", code="OTHER")

    bank.answer = say_other
    case = begin(cast)
    runner.drain()
    (incident,) = incidents(case)
    assert (incident.element, incident.kind) == ("ask", "service")
    assert (incident.code, incident.message) == ("OTHER", "what?")
    assert said(case, "incident.opened") == {"message": "what?"}
    (opened,) = [event.facts for event in events(case) if event.kind == "incident.opened"]
    assert (opened["kind"], opened["code"]) == ("service", "OTHER")


def test_a_code_of_any_characters_and_length_is_kept(scored: Any, bank: Bank, cast: Cast, runner: Runner) -> None:
    def say_strange(call: Call) -> Any:
        raise BusinessError("what?", code="N\x00O" + "!" * 5000)

    bank.answer = say_strange
    case = begin(cast)
    runner.drain()
    (incident,) = incidents(case)
    assert incident.code == "N\ufffdO" + "!" * 497
    assert nothing_left()


def test_a_service_that_is_down_is_asked_as_often_as_the_diagram_says_then_an_administrator_is(
    scored: Any, bank: Bank, cast: Cast, runner: Runner, morning: FakeClock, app: Flask
) -> None:
    bank.break_down()
    case = begin(cast)
    runner.drain()
    assert (len(bank.calls), incidents(case)) == (1, [])
    morning.at += timedelta(seconds=app.config["SERVICE_BACKOFF_SECONDS"])
    runner.drain()
    assert len(bank.calls) == 2
    (incident,) = incidents(case)
    assert "the bank is closed" in incident.message
    assert (incident.kind, incident.code) == ("service", "service")
    assert nothing_left()
    morning.at += timedelta(days=1)
    runner.drain()
    assert len(bank.calls) == 2
    bank.mend()
    moves.retry(incident.id, by=cast.admin)
    runner.drain()
    assert list(open_tasks(case)) == ["work"]
    assert len({call.id for call in bank.calls}) == 1


def test_the_wait_between_two_calls_is_the_setting(
    scored: Any, bank: Bank, cast: Cast, morning: FakeClock, app: Flask
) -> None:
    app.config["SERVICE_BACKOFF_SECONDS"] = 120
    runner = Runner(app)
    bank.break_down()
    begin(cast)
    runner.drain()
    ((run_at,),) = rows(sa.select(Job.run_at))
    assert run_at - morning.at == timedelta(seconds=120)


def test_an_operator_answers_instead_of_a_service_and_its_late_answer_is_harmless(
    scored: Any, bank: Bank, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    bank.break_down()
    case = begin(cast)
    ref = asked(case)
    for _ in range(2):
        runner.drain()
        morning.at += timedelta(minutes=1)
    assert not moves.finish_call(int(case), ref, {"score": 1})
    assert not moves.fail_call(int(case), ref, "again")
    (incident,) = incidents(case)
    moves.skip(incident.id, by=cast.admin, data={"points": 500})
    assert list(open_tasks(case)) == ["work"]
    assert not moves.finish_call(int(case), ref, {"score": 1})
    assert changes(case)[-1] == ("points", "correction")


def test_an_answer_for_a_case_that_is_over_is_harmless(scored: Any, bank: Bank, cast: Cast, runner: Runner) -> None:
    case = begin(cast)
    ref = asked(case)
    moves.cancel(int(case), by=cast.admin, reason="customer left")
    assert not moves.finish_call(int(case), ref, {"score": 1})
    assert not moves.fail_call(int(case), ref, "too late")
    runner.drain()
    assert (bank.calls, state(case)) == ([], "cancelled")
    assert nothing_left()


def test_a_service_answers_twice_and_counts_once(scored: Any, bank: Bank, cast: Cast, runner: Runner) -> None:
    case = begin(cast)
    ref = asked(case)
    assert moves.finish_call(int(case), ref, {"score": 1})
    assert not moves.finish_call(int(case), ref, {"score": 2})
    runner.drain()
    assert bank.calls == []
    assert kinds(case).count("service.done") == 1


def test_a_suspended_case_calls_nobody_until_it_goes_on(
    scored: Any, bank: Bank, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    case = begin(cast)
    moves.suspend(int(case), by=cast.admin, reason="fraud check")
    for _ in range(5):
        runner.drain()
        morning.at += timedelta(minutes=1)
    assert bank.calls == []
    moves.resume(int(case), by=cast.admin)
    runner.drain()
    assert len(bank.calls) == 1
    assert list(open_tasks(case)) == ["work"]


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails for good"])
def test_an_answer_that_finds_its_case_suspended_is_not_lost(
    scored: Any, bank: Bank, cast: Cast, runner: Runner, morning: FakeClock, fails: bool
) -> None:
    case = begin(cast)

    def answer(call: Call) -> Any:
        if len(bank.calls) == (2 if fails else 1):
            moves.suspend(int(case), by=cast.admin, reason="fraud check")
        if fails:
            raise ConnectionError("closed")
        return {"score": 650}

    bank.answer = answer
    for _ in range(4):
        runner.drain()
        morning.at += timedelta(minutes=1)
    assert (open_tasks(case), incidents(case), state(case)) == ({}, [], "suspended")
    moves.resume(int(case), by=cast.admin)
    runner.drain()
    if fails:
        assert len(incidents(case)) == 1
    else:
        assert list(open_tasks(case)) == ["work"]
    assert nothing_left()


def test_a_service_that_kills_its_runner_each_time_becomes_an_incident(
    scored: Any, bank: Bank, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    case = begin(cast)
    for _ in range(2):
        assert take("dies") is not None
        morning.at += LEASE
    runner.drain()
    assert bank.calls == []
    (incident,) = incidents(case)
    assert incident.element == "ask"
    moves.retry(incident.id, by=cast.admin)
    runner.drain()
    assert list(open_tasks(case)) == ["work"]


def test_a_job_type_without_connector_is_an_incident_that_names_it(
    scored: Any, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    case = begin(cast)
    for _ in range(2):
        runner.drain()
        morning.at += timedelta(minutes=1)
    (incident,) = incidents(case)
    assert "'bank'" in incident.message


@pytest.mark.parametrize("answer", [None, {}, {"other": 1}])
def test_a_service_may_answer_nothing(scored: Any, bank: Bank, cast: Cast, runner: Runner, answer: Any) -> None:
    bank.answer = lambda call: answer
    case = begin(cast)
    runner.drain()
    assert list(open_tasks(case)) == ["work"]


@pytest.mark.parametrize("answer", [7, "text", {"score": "\ud800"}, [1]])
def test_a_service_that_answers_nonsense_is_an_incident(
    scored: Any, bank: Bank, cast: Cast, runner: Runner, morning: FakeClock, answer: Any
) -> None:
    bank.answer = lambda call: answer
    case = begin(cast)
    for _ in range(3):
        runner.drain()
        morning.at += timedelta(minutes=1)
    assert len(incidents(case)) == 1
    assert state(case) == "running"


def test_a_service_step_is_no_department_and_its_fault_may_hold_any_character(
    scored: Any, bank: Bank, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    def fail(call: Call) -> Any:
        raise ConnectionError("nul \x00 and half \ud800 a pair " + "x" * 9000)

    bank.answer = fail
    case = begin(cast)
    for _ in range(2):
        runner.drain()
        morning.at += timedelta(minutes=1)
    (incident,) = incidents(case)
    assert len(incident.message) <= 4000
    bank.mend()
    moves.retry(incident.id, by=cast.admin)
    runner.drain()
    step = steps(case)["ask"]
    assert (step.department_id, step.account_id, step.is_handoff) == (None, None, False)
    assert [event.actor_id for event in events(case) if event.kind == "service.done"] == [None]


def test_a_call_on_its_way_survives_the_step_to_another_release_and_back(
    scored: Any, bank: Bank, cast: Cast, runner: Runner
) -> None:
    """Before release 0003 of the tables what is asked stood beside the job; an upgrade meets cases that wait."""
    case = begin(cast)
    ref = asked(case)
    with db.engine.connect() as connection:
        steps = migrations.config_for(connection)
        command.stamp(steps, "head")
        command.downgrade(steps, "0002")
        with connection.begin():
            before = connection.execute(sa.text("SELECT ref, element, type FROM service_request")).all()
        command.upgrade(steps, "head")
        with connection.begin():
            connection.execute(sa.text("DROP TABLE alembic_version"))
    assert before == [(ref, "ask", "bank")]
    runner.drain()
    (call,) = bank.calls
    assert (call.inputs, call.headers) == ({"who": "Li"}, {"path": "/score"})
    assert list(open_tasks(case)) == ["work"]
    assert nothing_left()
