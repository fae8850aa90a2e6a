"""Background work: counted before it runs, tried again, given up, and never done by two at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import queue
from app.core.clock import FakeClock
from app.core.database import writing
from app.core.queue import LEASE, Job
from app.jobs.runner import Runner
from tests.instances.seen import one, race, rows


@pytest.fixture
def done() -> Iterator[list[Any]]:
    """What jobs named `note` did; `fail` always fails."""
    told: list[Any] = []

    def fail(args: dict[str, Any]) -> None:
        told.append(args)
        raise RuntimeError("no luck")

    queue.handle("note", told.append, most=3, backoff_seconds=5)
    queue.handle("fail", fail, most=4, backoff_seconds=5)
    yield told
    for name in ("note", "fail", "given up"):
        queue.handlers.pop(name, None)


@pytest.fixture
def runner(app: Flask) -> Runner:
    return Runner(app)


def ask(name: str, args: dict[str, Any] | None = None, **how: Any) -> None:
    with writing() as tx:
        queue.defer(tx, name, args or {}, **how)


def job() -> Any:
    """The only row."""
    return one(sa.select(Job.state, Job.attempts, Job.run_at, Job.error))


def test_a_job_runs_once_and_its_row_goes(done: list[Any], runner: Runner) -> None:
    ask("note", {"n": 1, "text": "中文"})
    runner.drain()
    assert done == [{"n": 1, "text": "中文"}]
    assert rows(sa.select(Job.id)) == []


def test_a_move_that_is_rolled_back_asked_for_nothing(done: list[Any], runner: Runner) -> None:
    def fail() -> None:
        with writing() as tx:
            queue.defer(tx, "note", {})
            tx.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    runner.drain()
    assert done == []


def test_a_job_does_not_run_before_its_moment(done: list[Any], runner: Runner, morning: FakeClock) -> None:
    ask("note", run_at=morning.at + timedelta(hours=1))
    morning.at += timedelta(minutes=59, seconds=59)
    assert runner.tick() == 0
    morning.at += timedelta(seconds=1)
    runner.drain()
    assert done == [{}]


def test_the_oldest_is_done_first(done: list[Any], runner: Runner, morning: FakeClock) -> None:
    for minutes in (3, 1, 2):
        ask("note", {"minutes": minutes}, run_at=morning.at + timedelta(minutes=minutes))
    morning.at += timedelta(hours=1)
    runner.drain()
    assert [args["minutes"] for args in done] == [1, 2, 3]


def test_waits_double_and_the_last_failure_is_kept_with_its_traceback(
    done: list[Any], runner: Runner, morning: FakeClock
) -> None:
    ask("fail")
    waits = []
    for attempt in range(1, 4):
        assert runner.tick() == 1
        state, attempts, run_at, error = job()
        assert (state, attempts) == ("waiting", attempt)
        assert "RuntimeError: no luck" in error
        waits.append(run_at - morning.at)
        morning.at = run_at - timedelta(microseconds=1)
        assert runner.tick() == 0
        morning.at = run_at
    assert waits == [timedelta(seconds=seconds) for seconds in (5, 10, 20)]
    runner.drain()
    assert job()[:2] == ("failed", 4)
    assert len(done) == 4
    morning.at += timedelta(days=30)
    assert runner.tick() == 0


def test_whoever_asks_may_say_how_often(done: list[Any], runner: Runner, morning: FakeClock) -> None:
    ask("fail", most=1)
    runner.drain()
    assert (job()[0], len(done)) == ("failed", 1)


def test_a_given_up_job_is_told_once_and_goes(done: list[Any], runner: Runner, morning: FakeClock) -> None:
    told: list[Any] = []

    def fail(args: dict[str, Any]) -> None:
        raise ValueError("bad luck\nin two lines")

    queue.handle("given up", fail, on_failure=lambda args, error: told.append((args, error)), most=2)
    ask("given up", {"n": 1})
    for _ in range(3):
        runner.drain()
        morning.at += timedelta(hours=1)
    assert told == [({"n": 1}, "in two lines")]
    assert rows(sa.select(Job.id)) == []


def test_what_cannot_even_be_given_up_neither_loops_nor_keeps_others_waiting(
    done: list[Any], runner: Runner, morning: FakeClock
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("worse")

    queue.handle("given up", fail, on_failure=fail, most=1)
    ask("given up")
    ask("note", {"n": 2})
    runner.drain()
    assert done == [{"n": 2}]
    assert job()[:2] == ("failed", 1)
    assert job()[3].count("ValueError: worse") >= 2


def test_a_crash_counts_as_an_attempt_and_the_job_is_given_up_in_the_end(
    done: list[Any], app: Flask, morning: FakeClock
) -> None:
    """Runners that take the job and are never heard of again."""
    ask("note")
    for attempt in range(1, 4):
        taken = queue.take(f"crashes {attempt}")
        assert taken is not None
        assert taken.attempt == attempt
        assert job()[:2] == ("running", attempt)
        morning.at += LEASE - timedelta(microseconds=1)
        assert queue.take("too early") is None
        morning.at += timedelta(microseconds=1)
    Runner(app).drain()
    state, _, _, error = job()
    assert (state, done) == ("failed", [])
    assert "no result after 3 attempts" in error


def test_a_runner_taken_for_dead_that_comes_back_changes_nothing(
    done: list[Any], app: Flask, morning: FakeClock
) -> None:
    ask("note")
    slow = queue.take("slow")
    morning.at += LEASE
    quick = queue.take("quick")
    assert slow is not None
    assert quick is not None
    queue.finish(slow, "slow")
    queue.put_back(slow, "slow", "late", failed=True, backoff_seconds=0)
    queue.postpone(slow, "slow", timedelta())
    assert job()[:2] == ("running", 2)
    queue.finish(quick, "quick")
    assert rows(sa.select(Job.id)) == []


def test_not_now_is_no_attempt(done: list[Any], runner: Runner, morning: FakeClock) -> None:
    ready: list[bool] = []

    def wait(args: dict[str, Any]) -> None:
        if not ready:
            raise queue.NotNow(timedelta(seconds=30))
        done.append(args)

    queue.handle("given up", wait, most=1)
    ask("given up")
    for _ in range(10):
        runner.drain()
        assert job()[:2] == ("waiting", 0)
        morning.at += timedelta(seconds=30)
    ready.append(True)
    runner.drain()
    assert done == [{}]


def test_one_waiting_job_per_key(done: list[Any], runner: Runner) -> None:
    ask("note", key="only")
    with pytest.raises(Exception, match=r"(?i)unique"):
        ask("note", key="only")
    ask("note", key="other")
    runner.drain()
    assert len(done) == 2
    ask("note", key="only")  # the first is done: its key is free again


def test_a_failed_job_keeps_its_row_and_frees_its_key(done: list[Any], runner: Runner, morning: FakeClock) -> None:
    ask("fail", key="only", most=1)
    runner.drain()
    ask("fail", key="only", most=1)
    assert sorted(rows(sa.select(Job.state))) == [("failed",), ("waiting",)]


def test_a_name_that_nobody_knows_is_kept_as_failed(done: list[Any], runner: Runner, morning: FakeClock) -> None:
    ask("of a later version")
    ask("note", {"n": 1})
    runner.drain()
    assert done == [{"n": 1}]
    assert job()[0] == "failed"


def test_many_runners_do_every_job_once(done: list[Any], app: Flask) -> None:
    wanted = 40
    with writing() as tx:
        for number in range(wanted):
            queue.defer(tx, "note", {"n": number})
    runners = [Runner(app) for _ in range(4)]
    results = race(app, *[runner.tick for runner in runners])
    assert sum(results) == wanted, results
    assert sorted(args["n"] for args in done) == list(range(wanted))
    assert rows(sa.select(Job.id)) == []
