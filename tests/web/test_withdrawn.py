"""A task that the case no longer needs says so, and why; what was typed meanwhile stays."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.clock import FakeClock
from app.instances import moves
from app.jobs.runner import Runner
from app.tasks.errors import TaskIsOver
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import open_tasks
from tests.web.conftest import Reader, token_of

FORM = {"type": "default", "components": [{"type": "textfield", "key": "note", "label": "Note"}]}
LATE = (
    '<bpmn:boundaryEvent id="late" name="Time is up" attachedToRef="work"><bpmn:timerEventDefinition id="t">'
    "<bpmn:timeDuration>PT2H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
)
STOP = '<bpmn:endEvent id="stop"><bpmn:terminateEventDefinition id="now"/></bpmn:endEvent>'


@pytest.fixture
def begun(deployed: Deploy, cast: Cast, morning: FakeClock) -> dict[str, int]:
    """lin holds "work", which a timer may end; "refuse" beside it ends the whole case."""
    deployed(
        process(
            "either",
            lanes(CS="start split work refuse end stop ended"),
            START,
            '<bpmn:parallelGateway id="split"/>',
            task("work", form="note"),
            LATE,
            task("refuse"),
            END,
            STOP,
            '<bpmn:endEvent id="ended"/>',
            flow("start > split", "split > work", "split > refuse", "work > end", "refuse > stop", "late > ended"),
        ),
        note=FORM,
    )
    case = moves.start("either", {}, by=cast.lin)["id"]
    tasks = open_tasks(case)
    moves.claim(tasks["work"], by=cast.lin)
    return {"case": int(case), **tasks}


@pytest.fixture
def lin(begun: dict[str, int], client_of: Reader) -> FlaskClient:
    return client_of("lin")


def say(client: FlaskClient, task_id: int) -> str:
    return plain(client.get(f"/inbox/{task_id}").get_data(as_text=True).partition('id="detail"')[2])


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_a_task_that_a_timer_ended_names_the_timer(
    app: Flask, begun: dict[str, int], lin: FlaskClient, morning: FakeClock
) -> None:
    morning.at += timedelta(hours=2)
    Runner(app).drain()
    said = say(lin, begun["work"])
    assert "The case no longer needs this task" in said
    assert "The timer “Time is up” fired" in said


def test_a_task_of_a_cancelled_case_names_who_cancelled_and_why(
    begun: dict[str, int], lin: FlaskClient, cast: Cast
) -> None:
    moves.cancel(begun["case"], by=cast.admin, reason="sent twice")
    assert "Administrator asked to cancel the case. Reason: sent twice" in say(lin, begun["work"])


def test_a_task_that_another_ending_took_away_names_what_was_done(
    begun: dict[str, int], lin: FlaskClient, cast: Cast
) -> None:
    moves.complete(begun["refuse"], {}, by=cast.he)
    assert "He Yutong completed “refuse”" in say(lin, begun["work"])


def test_what_was_typed_into_a_withdrawn_task_stays_and_nobody_was_first(
    app: Flask, begun: dict[str, int], lin: FlaskClient, morning: FakeClock
) -> None:
    token = token_of(lin)
    morning.at += timedelta(hours=2)
    Runner(app).drain()
    answer = lin.post(f"/inbox/{begun['work']}/complete", data={"csrf_token": token, "note": "typed for an hour"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "None" not in plain(page)
    assert "This task is over: the case no longer needs it." in plain(page)
    assert "The timer “Time is up” fired" in plain(page)
    assert "typed for an hour" in page


def test_a_task_that_is_done_says_who_did_it_and_not_that_it_was_withdrawn(
    begun: dict[str, int], lin: FlaskClient, cast: Cast
) -> None:
    moves.complete(begun["work"], {"note": "x"}, by=cast.lin)
    said = say(lin, begun["work"])
    assert "Done by Lin Zhiqiang" in said
    assert "no longer needs" not in said
    with pytest.raises(TaskIsOver) as over:
        moves.claim(begun["work"], by=cast.he)
    assert over.value.first == "林志强"
