"""The clock begins cases of the newest version: on time, once, and only as long as the version is in use."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import queue
from app.core.clock import FakeClock
from app.definitions.deploy import Deployed
from app.definitions.folder import deploy_folder
from app.definitions.models import ProcessDefinition
from app.definitions.retire import restore, retire
from app.definitions.timer_starts import JOB, Plan
from app.instances import moves, rebuild, starting
from app.instances.models import ProcessInstance
from app.jobs.runner import Runner
from tests.conftest import MORNING, Cast
from tests.definitions.test_deploy import findings
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import events, kinds, one, open_tasks, race, rows, said

DAILY = "<bpmn:timeCycle>R/2026-05-06T09:30+08:00/P1D</bpmn:timeCycle>"  # half an hour before the morning of the tests
DAY = timedelta(days=1)


def clocked(timer: str = DAILY, *, name: str = "Close the day", work: str = "work") -> bytes:
    """Every morning 客服部 closes the day before; lin may also begin it by hand."""
    start = (
        f'<bpmn:startEvent id="clock" name="{name}"><bpmn:timerEventDefinition id="t">{timer}'
        "</bpmn:timerEventDefinition></bpmn:startEvent>"
    )
    channel = (
        '<bpmn:extensionElements><zeebe:properties><zeebe:property name="laneway.channel" value="night"/>'
        "</zeebe:properties></bpmn:extensionElements>"
    )
    steps = flow(f"start > {work}", f"clock > {work}", f"{work} > end")
    return process("closing", channel, lanes(CS=f"start clock {work} end"), START, start, task(work), END, steps)


def once(text: str) -> str:
    kind = "timeDuration" if text.startswith(("P", "=")) else "timeDate"
    return f"<bpmn:{kind}>{text}</bpmn:{kind}>"


@pytest.fixture
def runner(app: Flask, morning: FakeClock) -> Runner:
    return Runner(app)


def plans() -> list[str]:
    """When the clock will begin a case, and of which version."""
    wanted = sa.select(queue.Job.args).where(queue.Job.name == JOB, queue.Job.state == "waiting")
    found = [Plan.read(args) for (args,) in rows(wanted.order_by(queue.Job.run_at))]
    return [f"v{each.version} {each.when.due_at:%m-%d %H:%M}" for each in found]


def begun() -> list[tuple[str, int]]:
    """(when, version) of every case."""
    found = (
        sa.select(ProcessInstance.started_at, ProcessDefinition.version)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .order_by(ProcessInstance.started_at, ProcessInstance.reference)
    )
    return [(f"{at:%m-%d %H:%M}", version) for at, version in rows(found)]


def test_lin_finds_the_work_of_every_morning_without_anybody_asking_for_it(
    deployed: Deploy, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    deployed(clocked())
    morning.at += DAY - timedelta(minutes=30, microseconds=1)
    assert runner.tick() == 0
    for _ in range(3):
        morning.at += timedelta(microseconds=1)
        runner.drain()
        morning.at += DAY - timedelta(microseconds=1)
    assert begun() == [("05-07 01:30", 1), ("05-08 01:30", 1), ("05-09 01:30", 1)]
    case = rows(sa.select(ProcessInstance).order_by(ProcessInstance.reference))[0][0]
    assert (case.reference, case.channel, case.mark) == ("C-2026-00001", "night", "real")
    started = events(case.id)[0]
    assert (started.kind, started.actor_id, started.element) == ("instance.started", None, "clock")
    moves.complete(open_tasks(str(case.id))["work"], {}, by=cast.lin)
    assert plans() == ["v1 05-10 01:30"]
    assert rebuild.check().differences == []


@pytest.mark.parametrize("text", ["2026-05-06T12:00+08:00", "PT2H", "=duration(&quot;PT2H&quot;)"])
def test_a_date_and_a_duration_begin_one_case(deployed: Deploy, runner: Runner, morning: FakeClock, text: str) -> None:
    deployed(clocked(once(text)))
    for _ in range(3):
        morning.at += timedelta(hours=2)
        runner.drain()
    assert begun() == [("05-06 04:00", 1)]
    assert plans() == []


def test_a_counted_cycle_ends(deployed: Deploy, runner: Runner, morning: FakeClock) -> None:
    deployed(clocked("<bpmn:timeCycle>R2/PT1H</bpmn:timeCycle>"))
    for _ in range(4):
        morning.at += timedelta(hours=1)
        runner.drain()
    assert begun() == [("05-06 03:00", 1), ("05-06 04:00", 1)]


def test_a_server_that_slept_begins_what_it_missed_once_and_keeps_the_hour(
    deployed: Deploy, runner: Runner, morning: FakeClock
) -> None:
    deployed(clocked())
    morning.at += 30 * DAY
    runner.drain()
    assert begun() == [("06-05 02:00", 1)]
    assert plans() == ["v1 06-06 01:30"]


def test_the_end_of_the_month_stays_the_end_of_the_month(deployed: Deploy, runner: Runner, morning: FakeClock) -> None:
    deployed(clocked("<bpmn:timeCycle>R/2026-01-31T09:30+08:00/P1M</bpmn:timeCycle>"))
    for day in (("05", 31), ("06", 30), ("07", 31)):
        assert plans() == [f"v1 {day[0]}-{day[1]} 01:30"]
        morning.at = morning.at.replace(month=int(day[0]), day=day[1])
        runner.drain()
    assert [at for at, _ in begun()] == ["05-31 02:00", "06-30 02:00", "07-31 02:00"]


def test_every_timer_start_event_has_its_own_plan(deployed: Deploy, runner: Runner, morning: FakeClock) -> None:
    def start(name: str, hours: int) -> str:
        return (
            f'<bpmn:startEvent id="{name}"><bpmn:timerEventDefinition id="t_{name}"><bpmn:timeCycle>R/PT{hours}H'
            "</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>"
        )

    long = "long" + "g" * 190
    steps = flow("short > work", f"{long} > work", "work > end")
    deployed(process("both", lanes(CS="work"), start("short", 1), start(long, 2), task("work"), END, steps))
    for _ in range(2):
        morning.at += timedelta(hours=1)
        runner.drain()
    assert sorted(events(row.id)[0].element for row in rows(sa.select(ProcessInstance.id))) == [long, "short", "short"]
    assert plans() == ["v1 05-06 05:00", "v1 05-06 06:00"]


# -- versions --------------------------------------------------------------------------------------------------------


def test_a_newer_version_ends_the_timers_of_the_one_before(
    deployed: Deploy, runner: Runner, morning: FakeClock
) -> None:
    deployed(clocked())
    deployed(clocked(once("PT3H"), name="Later"))
    assert plans() == ["v2 05-06 05:00"]
    morning.at += 2 * DAY
    runner.drain()
    assert begun() == [("05-08 02:00", 2)]


def test_a_newer_version_without_a_timer_ends_them_as_well(
    deployed: Deploy, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    deployed(clocked())
    deployed(
        process("closing", lanes(CS="start work end"), START, task("work"), END, flow("start > work", "work > end"))
    )
    morning.at += 2 * DAY
    runner.drain()
    assert (plans(), begun()) == ([], [])


def test_the_same_again_keeps_the_timer_that_runs(deployed: Deploy, morning: FakeClock) -> None:
    deployed(clocked(once("PT3H")))
    morning.at += timedelta(hours=1)
    deployed(clocked(once("PT3H")))
    assert plans() == ["v1 05-06 05:00"]


def test_a_retired_process_stands_still_until_it_is_restored(
    deployed: Deploy, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    version = deployed(clocked())
    retire(version.id, by=cast.chen, reason="nobody closes days any more")
    morning.at += 2 * DAY
    runner.drain()
    assert (plans(), begun()) == ([], [])
    restore(version.id, by=cast.chen)
    assert plans() == ["v1 05-09 01:30"]
    morning.at += DAY
    runner.drain()
    assert begun() == [("05-09 02:00", 1)]


def test_the_clock_follows_the_version_that_takes_the_place_of_a_retired_one(
    deployed: Deploy, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    _, middle, new = (deployed(clocked(name=name)) for name in ("one", "two", "three"))
    retire(middle.id, by=cast.chen)
    retire(new.id, by=cast.chen)
    assert plans() == ["v1 05-07 01:30"]
    morning.at += DAY
    runner.drain()
    assert begun() == [("05-07 02:00", 1)]
    restore(middle.id, by=cast.chen)
    assert plans() == ["v2 05-08 01:30"]


def test_retiring_an_old_version_leaves_the_timers_of_the_newest_alone(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    old, _ = (deployed(clocked(once("PT3H"), name=name)) for name in ("one", "two"))
    morning.at += timedelta(hours=1)
    retire(old.id, by=cast.chen)
    restore(old.id, by=cast.chen)
    assert plans() == ["v2 05-06 05:00"]


def test_a_plan_that_a_race_left_behind_begins_nothing(deployed: Deploy, morning: FakeClock) -> None:
    deployed(clocked())
    (left,) = rows(sa.select(queue.Job.args).where(queue.Job.name == JOB))
    deployed(clocked(name="Later"))
    morning.at += DAY
    assert not moves.start_by_clock(Plan.read(left[0]))
    assert (plans(), begun()) == (["v2 05-07 01:30"], [])


def test_the_folder_plans_once_however_often_the_server_starts(
    cast: Cast, runner: Runner, morning: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "closing.bpmn").write_bytes(clocked(once("PT3H")))
    for _ in range(3):
        deploy_folder(tmp_path, tmp_path)
        morning.at += timedelta(hours=1)
    assert plans() == ["v1 05-06 05:00"]
    runner.drain()
    for result in deploy_folder(tmp_path, tmp_path):
        assert result.unchanged
    assert (plans(), begun()) == ([], [("05-06 05:00", 1)])


# -- crashes and races -----------------------------------------------------------------------------------------------


def test_a_crash_after_the_commit_begins_no_second_case(
    app: Flask, deployed: Deploy, runner: Runner, morning: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(clocked())
    morning.at += DAY

    def crash(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(queue, "finish", crash)
        with pytest.raises(SystemExit):
            runner.tick()
    assert begun() == [("05-07 02:00", 1)]
    ((done,),) = rows(sa.select(queue.Job.args).where(queue.Job.state == "running"))
    assert not moves.start_by_clock(Plan.read(done))
    morning.at += queue.LEASE
    Runner(app).drain()
    assert begun() == [("05-07 02:00", 1)]
    assert plans() == ["v1 05-08 01:30"]


def test_the_case_and_the_next_plan_are_both_there_or_neither(
    deployed: Deploy, runner: Runner, morning: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(clocked())
    morning.at += DAY
    with monkeypatch.context() as patch:
        patch.setattr("app.definitions.timer_starts.plan_next", broken)
        runner.drain()
    assert begun() == []
    morning.at += timedelta(minutes=1)
    runner.drain()
    assert begun() == [("05-07 02:01", 1)]
    assert plans() == ["v1 05-08 01:30"]


def broken(*_: object) -> Any:
    raise RuntimeError("a fault of ours")


def test_a_moment_that_began_no_case_is_recorded_and_does_not_end_the_cycle(
    deployed: Deploy, runner: Runner, morning: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = deployed(clocked())
    morning.at += DAY
    with monkeypatch.context() as patch:
        patch.setattr(starting, "begin", broken)
        for _ in range(8):
            runner.drain()
            morning.at += timedelta(minutes=5)
    assert begun() == []
    assert kinds(version.id) == ["definition.deployed", "definition.start_missed"]
    assert events(version.id)[1].element == "clock"
    assert said(version.id, "definition.start_missed") == {"message": "RuntimeError: a fault of ours"}
    assert plans() == ["v1 05-08 01:30"]
    (job,) = one(sa.select(queue.Job.args))
    missed = Plan.read({**job, "when": {**job["when"], "due": "2026-05-07T01:30:00+00:00"}})
    moves.miss_start(missed, "said again after a crash")
    assert len(kinds(version.id)) == 2
    morning.at += DAY
    runner.drain()
    assert begun() == [("05-08 02:40", 1)]


def test_two_runners_begin_one_case(app: Flask, deployed: Deploy, morning: FakeClock) -> None:
    deployed(clocked())
    morning.at += DAY
    race(app, *[Runner(app).tick for _ in range(2)])
    assert begun() == [("05-07 02:00", 1)]
    assert plans() == ["v1 05-08 01:30"]


# -- what cannot be planned ------------------------------------------------------------------------------------------


def test_a_timer_that_reads_data_of_a_case_that_is_not_there_is_refused(deployed: Deploy) -> None:
    assert findings(lambda: deployed(clocked(once("=opened + duration(&quot;P1D&quot;)")))) == [
        ("timer-start", "clock")
    ]
    assert findings(lambda: deployed(clocked(once("=1 + 1")))) == [("timer-start", "clock")]
    assert (plans(), rows(sa.select(ProcessDefinition))) == ([], [])


def test_a_moment_that_has_passed_is_said_and_begins_nothing(
    deployed: Deploy, runner: Runner, morning: FakeClock
) -> None:
    made: Deployed = deployed(clocked(once("2026-05-06T09:59+08:00")))
    assert [(each.rule, each.severity, each.element) for each in made.findings] == [("timer-start", "warning", "clock")]
    morning.at = MORNING + DAY
    runner.drain()
    assert (plans(), begun()) == ([], [])
