"""What the clock does to a case: not early, once, never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.instances import moves
from app.instances.models import Timer
from app.jobs.runner import Runner
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import events, kinds, open_tasks, race, rows, state


def boundary(host: str, timer: str, *, name: str = "late", interrupting: bool = True) -> str:
    stays = "" if interrupting else ' cancelActivity="false"'
    return (
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="{host}"{stays}><bpmn:timerEventDefinition id="t_{name}">'
        f"{timer}</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )


def after(duration: str) -> str:
    return f"<bpmn:timeDuration>{duration}</bpmn:timeDuration>"


@pytest.fixture
def slow(deployed: Deploy) -> Any:
    """After two hours somebody is reminded, and the work goes on."""
    return deployed(
        process(
            "slow",
            lanes(CS="start work remind end ended"),
            START,
            task("work"),
            boundary("work", after("PT2H"), interrupting=False),
            task("remind"),
            END,
            '<bpmn:endEvent id="ended"/>',
            flow("start > work", "work > end", "late > remind", "remind > ended"),
        )
    )


@pytest.fixture
def runner(app: Flask) -> Runner:
    return Runner(app)


def timers() -> list[Any]:
    return rows(sa.select(Timer.instance_id, Timer.ref))


def test_a_timer_fires_when_its_moment_comes_and_not_a_microsecond_before(
    slow: Any, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    begun = moves.start("slow", {}, by=cast.lin)
    morning.at += timedelta(hours=2, microseconds=-1)
    assert runner.tick() == 0
    morning.at += timedelta(microseconds=1)
    runner.drain()
    assert set(open_tasks(begun["id"])) == {"work", "remind"}
    (fired,) = [event for event in events(begun["id"]) if event.kind == "timer.fired"]
    assert fired.actor_id is None
    assert timers() == []
    morning.at += timedelta(days=10)
    assert runner.tick() == 0


def test_a_timer_that_fell_due_while_nobody_ran_fires_once(
    slow: Any, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    cases = [moves.start("slow", {}, by=cast.lin) for _ in range(3)]
    morning.at += timedelta(days=30)
    runner.drain()
    assert [kinds(each["id"]).count("timer.fired") for each in cases] == [1, 1, 1]


def test_two_runners_fire_a_timer_once(app: Flask, slow: Any, cast: Cast, morning: FakeClock) -> None:
    cases = [moves.start("slow", {}, by=cast.lin) for _ in range(4)]
    morning.at += timedelta(hours=2)
    runners = Runner(app), Runner(app)
    results = race(app, *[each.tick for each in runners])
    assert sum(results) == 4, results
    assert [kinds(each["id"]).count("timer.fired") for each in cases] == [1] * 4


def test_the_work_done_in_time_clears_its_timer(slow: Any, cast: Cast, runner: Runner, morning: FakeClock) -> None:
    begun = moves.start("slow", {}, by=cast.lin)
    ((instance, ref),) = timers()
    assert moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)["state"] == "completed"
    assert timers() == []
    morning.at += timedelta(hours=3)
    assert runner.tick() == 0
    assert not moves.fire(instance, ref)


def test_completing_and_firing_at_the_same_moment_is_one_or_the_other(
    app: Flask, deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    deployed(
        process(
            "either",
            lanes(CS="start work remind end ended"),
            START,
            task("work"),
            boundary("work", after("PT2H")),
            task("remind"),
            END,
            '<bpmn:endEvent id="ended"/>',
            flow("start > work", "work > end", "late > remind", "remind > ended"),
        )
    )
    lin = cast.lin
    for _ in range(5):
        begun = moves.start("either", {}, by=lin)
        work = int(begun["tasks"][0])
        ((instance, ref),) = timers()
        morning.at += timedelta(hours=2)
        done, fired = race(
            app, lambda t=work: moves.complete(t, {}, by=lin), lambda i=instance, r=ref: moves.fire(i, r)
        )
        if fired is True:
            assert type(done).__name__ == "TaskIsOver", done
            assert list(open_tasks(begun["id"])) == ["remind"]
        else:
            assert (done["state"], fired, open_tasks(begun["id"])) == ("completed", False, {})
        assert timers() == []


def test_a_suspended_case_stands_still_and_catches_up(
    slow: Any, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    begun = moves.start("slow", {}, by=cast.lin)
    ((instance, ref),) = timers()
    moves.suspend(instance, by=cast.admin, reason="fraud check")
    morning.at += timedelta(hours=3)
    assert runner.tick() == 0
    assert not moves.fire(instance, ref)
    assert list(open_tasks(begun["id"])) == ["work"]
    moves.resume(instance, by=cast.admin)
    runner.drain()
    assert set(open_tasks(begun["id"])) == {"work", "remind"}


def test_a_cycle_comes_as_often_as_it_says(deployed: Deploy, cast: Cast, runner: Runner, morning: FakeClock) -> None:
    deployed(
        process(
            "nag",
            lanes(CS="start work remind end ended"),
            START,
            task("work"),
            boundary("work", "<bpmn:timeCycle>R3/PT1H</bpmn:timeCycle>", interrupting=False),
            task("remind"),
            END,
            '<bpmn:endEvent id="ended"/>',
            flow("start > work", "work > end", "late > remind", "remind > ended"),
        )
    )
    begun = moves.start("nag", {}, by=cast.lin)
    counts = []
    for _ in range(5):
        morning.at += timedelta(hours=1)
        runner.drain()
        counts.append(kinds(begun["id"]).count("timer.fired"))
    assert counts == [1, 2, 3, 3, 3]


def test_one_case_that_cannot_move_does_not_keep_others_waiting(
    slow: Any, cast: Cast, runner: Runner, morning: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, healthy = (moves.start("slow", {}, by=cast.lin) for _ in range(2))
    fire = moves.fire

    def fail_for_one(instance: int, ref: str) -> bool:
        if instance == int(poisoned["id"]):
            raise RuntimeError("a fault of ours")
        return fire(instance, ref)

    monkeypatch.setattr(moves, "fire", fail_for_one)
    morning.at += timedelta(hours=2)
    runner.tick()
    assert "remind" in open_tasks(healthy["id"])
    monkeypatch.undo()
    runner.drain()
    assert "remind" in open_tasks(poisoned["id"])
    assert state(poisoned["id"]) == "running"
