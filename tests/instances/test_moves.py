"""What people and the clock can do to a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.core.database import reading
from app.history import HistoryEvent, StepRow
from app.instances import moves
from app.instances.errors import KeyReused, NotRunning
from app.instances.models import Incident, InstanceState, ProcessInstance, Timer
from app.tasks.errors import AlreadyClaimed, FourEyes, NotInDepartment, TaskIsOver
from app.tasks.models import Task
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import race


def rows(statement: sa.Select[Any]) -> list[Any]:
    with reading() as session:
        return list(session.execute(statement).all())


def open_tasks(instance: str) -> dict[str, int]:
    found = sa.select(Task.element, Task.id).where(
        Task.instance_id == int(instance), Task.state.in_(("open", "claimed"))
    )
    return dict(rows(found))


def kinds(instance: str) -> list[str]:
    found = sa.select(HistoryEvent.kind).where(HistoryEvent.stream_id == int(instance)).order_by(HistoryEvent.seq)
    return [kind for (kind,) in rows(found)]


def test_a_case_goes_from_lin_to_wang_and_ends(relay: Any, cast: Cast, morning: FakeClock) -> None:
    begun = moves.start("relay", {"customer": "Li"}, by=cast.lin)
    assert begun["reference"] == "C-2026-00001"
    capture = int(begun["tasks"][0])
    moves.claim(capture, by=cast.lin)
    moves.open_form(capture, by=cast.lin)
    morning.at += timedelta(minutes=30)
    done = moves.complete(capture, {"amount": 5}, by=cast.lin)
    assert done["state"] == "running"
    (check,) = done["tasks"]
    ended = moves.complete(int(check), {}, by=cast.wang)
    assert ended["state"] == "completed"
    assert kinds(begun["id"])[:2] == ["instance.started", "step.left"]
    assert [kind for kind in kinds(begun["id"]) if kind.startswith("task.")] == [
        "task.created",
        "task.claimed",
        "task.started",
        "task.completed",
        "task.created",
        "task.completed",
    ]
    assert kinds(begun["id"])[-1] == "instance.completed"
    assert rows(sa.select(InstanceState.piece)) == []


def test_the_step_knows_who_handed_over_and_how_long_it_took(relay: Any, cast: Cast, morning: FakeClock) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    morning.at += timedelta(minutes=10)
    moves.claim(int(begun["tasks"][0]), by=cast.lin)
    moves.open_form(int(begun["tasks"][0]), by=cast.lin)
    morning.at += timedelta(minutes=20)
    done = moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    moves.complete(int(done["tasks"][0]), {}, by=cast.wang)
    with reading() as session:
        steps = {row.element: row for row in session.scalars(sa.select(StepRow))}
    assert (steps["capture"].wait_seconds, steps["capture"].work_working_seconds) == (600, 1200)
    assert steps["capture"].attempt == 1
    assert steps["check"].is_handoff
    assert steps["check"].from_element == "capture"
    assert not steps["capture"].is_handoff


def test_a_due_date_counts_working_time(relay: Any, cast: Cast, morning: FakeClock) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    # 10:00 to 12:00 and 13:30 to 15:30
    ((due,),) = rows(sa.select(Task.due_at).where(Task.id == int(begun["tasks"][0])))
    assert due - morning.at == timedelta(hours=5, minutes=30)


def test_sun_of_another_department_is_refused(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    with pytest.raises(NotInDepartment):
        moves.claim(int(begun["tasks"][0]), by=cast.sun)
    with pytest.raises(NotInDepartment):
        moves.complete(int(begun["tasks"][0]), {}, by=cast.sun)


def test_a_claimed_task_keeps_others_out_until_it_is_released(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    capture = int(begun["tasks"][0])
    moves.claim(capture, by=cast.lin)
    with pytest.raises(AlreadyClaimed) as refused:
        moves.claim(capture, by=cast.he)
    assert refused.value.first == cast.lin.name
    moves.release(capture, by=cast.he, reason="lin is ill")
    moves.claim(capture, by=cast.he)


def test_the_same_key_gets_the_same_answer_and_another_body_is_refused(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin, key="a")
    assert moves.start("relay", {}, by=cast.lin, key="a") == begun
    with pytest.raises(KeyReused):
        moves.start("relay", {"x": 1}, by=cast.lin, key="a")
    capture = int(begun["tasks"][0])
    done = moves.complete(capture, {"x": 1}, by=cast.lin, key="b")
    assert moves.complete(capture, {"x": 1}, by=cast.lin, key="b") == done
    with pytest.raises(TaskIsOver) as over:
        moves.complete(capture, {"x": 1}, by=cast.lin, key="c")
    assert over.value.first == cast.lin.name


@pytest.fixture
def fork(deployed: Deploy) -> Any:
    return deployed(
        process(
            "fork",
            lanes(CS="start split left right join end"),
            START,
            '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>',
            task("left"),
            task("right"),
            END,
            flow("start > split", "split > left", "split > right", "left > join", "right > join", "join > end"),
        )
    )


def test_of_two_people_completing_one_task_one_wins_and_the_other_learns_who(
    app: Flask, relay: Any, cast: Cast
) -> None:
    lin, he = cast.lin, cast.he
    for _ in range(5):
        capture = int(moves.start("relay", {}, by=lin)["tasks"][0])
        results = race(
            app, lambda t=capture: moves.complete(t, {}, by=lin), lambda t=capture: moves.complete(t, {}, by=he)
        )
        won = [result for result in results if isinstance(result, dict)]
        lost = [result for result in results if isinstance(result, TaskIsOver)]
        assert (len(won), len(lost)) == (1, 1), results
        winner = lin if isinstance(results[0], dict) else he
        assert lost[0].first == winner.name


def test_two_people_in_parallel_branches_both_win(app: Flask, fork: Any, cast: Cast) -> None:
    lin, he = cast.lin, cast.he
    for _ in range(5):
        begun = moves.start("fork", {}, by=lin)
        tasks = open_tasks(begun["id"])
        results = race(
            app,
            lambda t=tasks: moves.complete(t["left"], {"left": 1}, by=lin),
            lambda t=tasks: moves.complete(t["right"], {"right": 1}, by=he),
        )
        assert all(isinstance(result, dict) for result in results), results
        ((state,),) = rows(sa.select(ProcessInstance.state).where(ProcessInstance.id == int(begun["id"])))
        assert state == "completed"


def test_four_eyes_the_maker_may_correct_but_never_check(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "eyes",
            lanes(CS="start make check again end"),
            START,
            task("make", fourEyes="approval"),
            task("check", fourEyes="approval"),
            '<bpmn:exclusiveGateway id="again" default="f4_again"/>',
            END,
            flow("start > make", "make > check", "check > again", "again > make : redo = true", "again > end"),
        )
    )
    begun = moves.start("eyes", {}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    with pytest.raises(FourEyes):
        moves.complete(int(done["tasks"][0]), {}, by=cast.lin)
    with pytest.raises(FourEyes):
        moves.claim(int(done["tasks"][0]), by=cast.lin)
    back = moves.complete(int(done["tasks"][0]), {"redo": True}, by=cast.he)
    corrected = moves.complete(int(back["tasks"][0]), {"redo": False}, by=cast.lin)
    assert moves.complete(int(corrected["tasks"][0]), {}, by=cast.he)["state"] == "completed"


def test_a_boundary_timer_fires_once_and_not_early(deployed: Deploy, cast: Cast, morning: FakeClock) -> None:
    timer = (
        '<bpmn:boundaryEvent id="late" attachedToRef="work"><bpmn:timerEventDefinition id="t">'
        "<bpmn:timeDuration>PT2H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    deployed(
        process(
            "slow",
            lanes(CS="start work remind end"),
            START,
            task("work"),
            timer,
            task("remind"),
            END,
            flow("start > work", "work > end", "late > remind", "remind > end"),
        )
    )
    begun = moves.start("slow", {}, by=cast.lin)
    ((ref,),) = rows(sa.select(Timer.ref))
    assert not moves.fire(int(begun["id"]), ref)
    morning.at += timedelta(hours=2)
    assert moves.fire(int(begun["id"]), ref)
    assert not moves.fire(int(begun["id"]), ref)
    assert list(open_tasks(begun["id"])) == ["remind"]


def test_a_suspended_case_stands_still(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    moves.suspend(int(begun["id"]), by=cast.admin, reason="fraud check")
    with pytest.raises(NotRunning):
        moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    moves.resume(int(begun["id"]), by=cast.admin)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)


def test_a_cancelled_case_takes_its_tasks_back(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    moves.cancel(int(begun["id"]), by=cast.admin, reason="customer left")
    assert open_tasks(begun["id"]) == {}
    with pytest.raises(TaskIsOver):
        moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    ((state,),) = rows(sa.select(ProcessInstance.state))
    assert state == "cancelled"


def test_a_failing_condition_is_an_incident_that_an_administrator_repairs(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "choice",
            lanes(CS="start work which end other"),
            START,
            task("work"),
            '<bpmn:exclusiveGateway id="which"/><bpmn:endEvent id="other"/>',
            END,
            flow("start > work", "work > which", "which > end : amount > 10", "which > other : amount <= 10"),
        )
    )
    begun = moves.start("choice", {}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    assert done["state"] == "running"
    ((incident, element),) = rows(sa.select(Incident.id, Incident.element))
    assert element == "which"
    moves.retry(incident, by=cast.admin, data={"amount": 11})
    ((state, end),) = rows(sa.select(ProcessInstance.state, ProcessInstance.end_element))
    assert (state, end) == ("completed", "end")


def test_a_task_of_a_lane_without_department_is_the_administrators(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process("orphan", lanes(Nobody="start work end"), START, task("work"), END, flow("start > work", "work > end"))
    )
    begun = moves.start("orphan", {}, by=cast.lin)
    with pytest.raises(NotInDepartment):
        moves.claim(int(begun["tasks"][0]), by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.admin)
