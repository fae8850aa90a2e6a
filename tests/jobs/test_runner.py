"""The embedded runner ticks, does not run over itself, and sweeps."""

from __future__ import annotations

from threading import Event

import pytest
from flask import Flask

from app.core import queue
from app.core.database import writing
from app.jobs.runner import Runner


def test_it_ticks_by_itself_until_it_is_stopped(app: Flask) -> None:
    app.config["TICK_SECONDS"] = 0.02
    ticked = Event()
    queue.handle("note", lambda args: ticked.set())
    with writing() as tx:
        queue.defer(tx, "note", {})
    runner = Runner(app)
    assert not runner.is_running
    runner.start()
    try:
        assert runner.is_running
        assert ticked.wait(20)
    finally:
        runner.stop()
        queue.handlers.pop("note")
    assert not runner.is_running


def test_a_tick_that_still_runs_is_not_run_over(app: Flask) -> None:
    runner, inner = Runner(app), []
    queue.handle("tick", lambda args: inner.append(runner.tick()))
    with writing() as tx:
        queue.defer(tx, "tick", {})
        queue.defer(tx, "tick", {})
    try:
        assert runner.tick() == 2
    finally:
        queue.handlers.pop("tick")
    assert inner == [0, 0]


def test_a_tick_that_breaks_lets_the_next_one_run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = Runner(app)

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr("app.instances.timers.all_due", broken)
        with pytest.raises(OSError, match="disk"):
            runner.tick()
    assert runner.tick() == 0


def test_one_tick_does_a_bounded_share(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.runner.SHARE", 3)
    queue.handle("note", lambda args: None)
    with writing() as tx:
        for _ in range(7):
            queue.defer(tx, "note", {})
    runner = Runner(app)
    try:
        assert [runner.tick() for _ in range(4)] == [3, 3, 1, 0]
    finally:
        queue.handlers.pop("note")
