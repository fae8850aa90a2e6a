"""Idempotency keys: the same call again gets the same answer, and keys are one person's and one move's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.core.database import reading
from app.core.errors import Invalid
from app.instances import moves
from app.instances.errors import KeyReused
from app.instances.models import MoveKey, ProcessInstance
from app.jobs.runner import Runner
from app.tasks.errors import AlreadyClaimed, NotHeld, TaskIsOver
from tests.conftest import Cast
from tests.instances.seen import kinds, one, race, rows, task_row


def cases() -> int:
    return int(one(sa.select(sa.func.count()).select_from(ProcessInstance))[0])


def test_a_key_is_one_persons(relay: Any, cast: Cast) -> None:
    mine = moves.start("relay", {}, by=cast.lin, key="k")
    hers = moves.start("relay", {"other": True}, by=cast.he, key="k")
    assert mine["id"] != hers["id"]
    assert moves.start("relay", {}, by=cast.lin, key="k") == mine


def test_a_key_is_one_moves(relay: Any, cast: Cast) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin, key="k")["tasks"][0])
    moves.claim(capture, by=cast.lin, key="k")
    moves.release(capture, by=cast.lin, key="k")
    moves.claim(capture, by=cast.lin, key="k")  # made before: not made again
    assert task_row(capture).holder_id is None
    assert moves.complete(capture, {}, by=cast.lin, key="k")["state"] == "running"


def test_a_repeated_release_or_assignment_is_the_first_one(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    capture = int(begun["tasks"][0])
    moves.assign(capture, cast.lin, by=cast.he, key="a")
    moves.release(capture, by=cast.lin, key="r")
    moves.release(capture, by=cast.lin, key="r")
    moves.assign(capture, cast.lin, by=cast.he, key="a")
    assert task_row(capture).holder_id is None
    with pytest.raises(KeyReused):
        moves.assign(capture, cast.he, by=cast.he, key="a")
    with pytest.raises(KeyReused):
        moves.release(capture, by=cast.lin, key="r", reason="another one")
    with pytest.raises(NotHeld):
        moves.release(capture, by=cast.lin, key="new")
    assert [kind for kind in kinds(begun["id"]) if kind.startswith("task.")] == [
        "task.created",
        "task.reassigned",
        "task.released",
    ]


def test_the_order_of_an_answers_fields_makes_no_other_body(relay: Any, cast: Cast) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    done = moves.complete(capture, {"a": 1, "b": [1, {"x": 2, "y": 3}]}, by=cast.lin, key="k")
    assert moves.complete(capture, {"b": [1, {"y": 3, "x": 2}], "a": 1}, by=cast.lin, key="k") == done
    with pytest.raises(KeyReused):
        moves.complete(capture, {"a": 2, "b": []}, by=cast.lin, key="k")


def test_the_same_start_at_the_same_moment_begins_one_case(app: Flask, relay: Any, cast: Cast) -> None:
    lin = cast.lin
    results = race(app, *[lambda: moves.start("relay", {"n": 1}, by=lin, key="double click")] * 4)
    assert all(result == results[0] for result in results), results
    assert cases() == 1


def test_the_same_completion_at_the_same_moment_answers_the_same(app: Flask, relay: Any, cast: Cast) -> None:
    lin = cast.lin
    capture = int(moves.start("relay", {}, by=lin)["tasks"][0])
    results = race(app, *[lambda: moves.complete(capture, {"n": 1}, by=lin, key="double click")] * 4)
    assert all(result == results[0] for result in results), results
    with pytest.raises(TaskIsOver):
        moves.complete(capture, {"n": 1}, by=lin)


def test_a_refused_move_keeps_no_key(relay: Any, cast: Cast) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    moves.claim(capture, by=cast.he)
    with pytest.raises(AlreadyClaimed):
        moves.complete(capture, {}, by=cast.lin, key="k")
    assert rows(sa.select(MoveKey.key)) == []
    moves.release(capture, by=cast.he)
    assert moves.complete(capture, {}, by=cast.lin, key="k")["state"] == "running"


def test_keys_are_kept_thirty_days(app: Flask, relay: Any, cast: Cast, morning: FakeClock) -> None:
    begun = moves.start("relay", {}, by=cast.lin, key="k")
    runner = Runner(app)
    morning.at += timedelta(days=30)
    runner.sweep()
    assert moves.start("relay", {}, by=cast.lin, key="k") == begun
    morning.at += timedelta(seconds=1)
    runner.sweep()
    assert moves.start("relay", {}, by=cast.lin, key="k") != begun


@pytest.mark.parametrize("key", ["x" * 151, "a\x00b", "\ud800"])
def test_a_key_that_cannot_be_kept_is_refused_by_name(relay: Any, cast: Cast, key: str) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    for call in (
        lambda: moves.start("relay", {}, by=cast.lin, key=key),
        lambda: moves.claim(capture, by=cast.lin, key=key),
        lambda: moves.complete(capture, {}, by=cast.lin, key=key),
    ):
        with pytest.raises(Invalid) as refused:
            call()
        assert list(refused.value.fields) == ["key"]
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(MoveKey)) == 0
    assert cases() == 1
