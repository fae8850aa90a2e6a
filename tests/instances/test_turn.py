"""What one move costs, and that moves of one case neither wait for nor spoil each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.history import HistoryStream
from app.instances import live, moves
from app.instances.errors import NotRunning
from app.instances.models import InstanceState, MoveKey, Timer
from app.people.actor import Actor
from app.tasks.errors import TaskIsOver
from app.tasks.models import Duty
from bench.statements import counted, listening
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import kinds, one, open_tasks, race, rows, state
from tests.instances.test_timers import after, boundary

EIGHT = {
    "type": "default",
    "id": "eight",
    "components": [{"type": "textfield", "key": f"field{n}", "label": f"Field {n}"} for n in range(8)],
}


@pytest.fixture
def full(deployed: Deploy) -> Any:
    """Form, boundary timer, duty, and the next department: all that a completion may have to do."""
    return deployed(
        process(
            "full",
            lanes(CS="start capture", OP="check again remind end ended"),
            START,
            task("capture", form="eight", due="PT4H", fourEyes="approval"),
            boundary("capture", after("PT2H"), interrupting=False),
            '<bpmn:exclusiveGateway id="again" default="f2_again"/>',
            task("check", form="eight", due="PT4H", fourEyes="approval"),
            task("remind"),
            END,
            '<bpmn:endEvent id="ended"/>',
            flow(
                "start > capture", "capture > again", "again > check", "again > end : field0 = &quot;no&quot;",
                "check > end", "late > remind", "remind > ended",
            ),
        ),
        eight=EIGHT,
    )  # fmt: skip


def claimed(by: Actor) -> int:
    work = int(moves.start("full", {}, by=by)["tasks"][0])
    moves.claim(work, by=by)
    moves.open_form(work, by=by)
    return work


@pytest.mark.parametrize(("warm", "most"), [(True, 11), (False, 12)], ids=["warm", "cold"])
def test_a_completion_takes_at_most_twelve_statements_and_one_commit(
    full: Any, cast: Cast, warm: bool, most: int
) -> None:
    """The first after a restart reads the live state besides."""
    lin, answer = cast.lin, {f"field{n}": str(n) for n in range(8)}
    moves.complete(claimed(lin), answer, by=lin, key="warm up: programs, forms and lanes are read once")
    work = claimed(lin)
    if not warm:
        live.clear()
    with listening() as sent:
        done = moves.complete(work, answer, by=lin, key="k")
    statements, commits = counted(sent)
    assert commits == 1
    assert statements <= most, "\n".join(sql for sql, _ in sent)
    # It did do all of that.
    assert len(done["tasks"]) == 1
    assert len(rows(sa.select(Duty.role))) == 2
    assert rows(sa.select(MoveKey.key).where(MoveKey.key == "k")) == [("k",)]
    assert rows(sa.select(Timer.ref).where(Timer.instance_id == int(done["instance"]))) == []


def test_a_claimed_and_opened_task_finds_its_case_still_warm(full: Any, cast: Cast) -> None:
    lin, answer = cast.lin, {f"field{n}": str(n) for n in range(8)}
    moves.complete(claimed(lin), answer, by=lin)
    counts = []
    for warm in (True, False):
        work = claimed(lin)
        if not warm:
            live.clear()
        with listening() as sent:
            moves.complete(work, answer, by=lin)
        counts.append(counted(sent)[0])
    assert counts[0] < counts[1]


def test_the_live_state_is_true_whoever_moved_the_case_last(full: Any, cast: Cast) -> None:
    """Warm states of two servers: what one wrote, the other reads; what a refused move spoiled, nobody uses."""
    lin = cast.lin
    work = claimed(lin)
    ((instance, ref),) = rows(sa.select(Timer.instance_id, Timer.ref))
    stale = live._kept[instance]
    moves.edit(instance, {"field0": "edited"}, by=cast.admin, reason="elsewhere")
    live._kept[instance] = stale  # as another server would still have it
    done = moves.complete(work, {"field0": "no"}, by=lin)
    assert done["state"] == "completed"
    assert ref


def test_a_move_that_is_refused_changes_nothing_and_can_be_made_again(full: Any, cast: Cast) -> None:
    lin = cast.lin
    work = claimed(lin)
    (before,) = rows(sa.select(HistoryStream.seq, HistoryStream.head).order_by(HistoryStream.id.desc()).limit(1))
    with pytest.raises(TaskIsOver):
        moves.complete(int(moves.complete(claimed(lin), {}, by=lin)["task"]), {}, by=lin)
    pieces = rows(sa.select(InstanceState.piece, InstanceState.blob))
    with pytest.raises(NotRunning):
        moves.suspend(int(_suspended(cast)), by=cast.admin, reason="twice")
    assert moves.complete(work, {"field0": "x"}, by=lin)["state"] == "running"
    assert pieces
    assert before


def _suspended(cast: Cast) -> str:
    begun = moves.start("full", {}, by=cast.lin)
    moves.suspend(int(begun["id"]), by=cast.admin, reason="fraud check")
    return str(begun["id"])


def test_a_suspended_case_takes_nothing_and_an_ended_one_neither(full: Any, cast: Cast) -> None:
    begun = moves.start("full", {}, by=cast.lin)
    instance, work = int(begun["id"]), int(begun["tasks"][0])
    moves.claim(work, by=cast.lin)
    moves.suspend(instance, by=cast.admin, reason="fraud check")
    moves.open_form(work, by=cast.lin)  # looking is not working
    for call in (
        lambda: moves.complete(work, {}, by=cast.lin),
        lambda: moves.release(work, by=cast.lin),
        lambda: moves.claim(work, by=cast.he),
        lambda: moves.assign(work, cast.he, by=cast.he),
        lambda: moves.edit(instance, {"a": 1}, by=cast.admin, reason="x"),
        lambda: moves.suspend(instance, by=cast.admin, reason="x"),
    ):
        with pytest.raises(NotRunning):
            call()
    moves.resume(instance, by=cast.admin, reason="cleared")
    moves.resume(instance, by=cast.admin)
    assert kinds(instance)[-2:] == ["instance.suspended", "instance.resumed"]
    moves.cancel(instance, by=cast.admin, reason="customer left")
    for call in (
        lambda: moves.edit(instance, {"a": 1}, by=cast.admin, reason="x"),
        lambda: moves.suspend(instance, by=cast.admin, reason="x"),
        lambda: moves.resume(instance, by=cast.admin),
        lambda: moves.cancel(instance, by=cast.admin, reason="x"),
    ):
        with pytest.raises(NotRunning):
            call()
    for call in (lambda: moves.claim(work, by=cast.he), lambda: moves.complete(work, {}, by=cast.lin)):
        with pytest.raises(TaskIsOver):
            call()


def test_a_suspended_case_can_be_cancelled_and_the_record_says_why_first(full: Any, cast: Cast) -> None:
    instance = _suspended(cast)
    moves.cancel(int(instance), by=cast.admin, reason="fraud")
    assert state(instance) == "cancelled"
    told = kinds(instance)
    assert told.index("instance.cancel_asked") < told.index("task.cancelled") < told.index("instance.cancelled")
    assert rows(sa.select(Timer.ref)) == rows(sa.select(InstanceState.piece)) == []


def test_many_people_in_many_branches_all_win(app: Flask, deployed: Deploy, cast: Cast) -> None:
    many = task("work").replace(
        "</bpmn:userTask>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item" outputCollection="done" '
        'outputElement="=result"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>',
    )
    deployed(process("many", lanes(CS="start work end"), START, many, END, flow("start > work", "work > end")))
    lin, he = cast.lin, cast.he
    begun = moves.start("many", {"items": ["a", "b", "c", "d"]}, by=lin)
    people = (lin, he, lin, he)
    results = race(
        app,
        *[
            lambda t=int(task_id), who=who: moves.complete(t, {"result": who.login}, by=who)
            for task_id, who in zip(begun["tasks"], people, strict=True)
        ],
    )
    assert all(isinstance(each, dict) for each in results), results
    assert state(begun["id"]) == "completed"
    assert kinds(begun["id"]).count("task.completed") == 4


def test_looks_of_auditors_and_work_of_staff_do_not_stop_each_other(app: Flask, full: Any, cast: Cast) -> None:
    lin, qian = cast.lin, cast.qian
    for _ in range(3):
        begun = moves.start("full", {}, by=lin)
        results = race(
            app,
            lambda b=begun: moves.complete(int(b["tasks"][0]), {"field0": "x"}, by=lin),
            lambda b=begun: moves.note_read(int(b["id"]), by=qian),
            lambda b=begun: moves.note_read(int(b["id"]), by=qian),
        )
        assert not [each for each in results if isinstance(each, Exception)], results
        assert kinds(begun["id"]).count("instance.read") == 2


def test_one_restart_costs_nothing(full: Any, cast: Cast, morning: FakeClock) -> None:
    begun = moves.start("full", {}, by=cast.lin)
    live.clear()
    ((instance, ref),) = rows(sa.select(Timer.instance_id, Timer.ref))
    morning.at += timedelta(hours=2)
    assert moves.fire(instance, ref)
    live.clear()
    assert set(open_tasks(begun["id"])) == {"capture", "remind"}
    moves.complete(open_tasks(begun["id"])["capture"], {"field0": "no"}, by=cast.lin)
    live.clear()
    assert moves.complete(open_tasks(begun["id"])["remind"], {}, by=cast.wang)["state"] == "completed"
    assert one(sa.select(sa.func.count()).select_from(InstanceState)) == (0,)
