"""Statements compiled once: values go in and come out as what they are, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.database import Statement, Tx, db, writing
from app.core.queue import Job
from app.history.models import HistoryStream
from tests.core.test_jsontext import VALUE, kinds

JOB: Any = Job.__table__
FIND = Statement(sa.select(Job.id, Job.args, Job.run_at, Job.key).where(Job.id == sa.bindparam("job")))
MOMENT = datetime(2026, 5, 6, 2, 0, 0, 123456, tzinfo=UTC)


def job(**values: Any) -> dict[str, Any]:
    """A row for trying types out."""
    row = {"id": 1, "name": "n", "args": None, "key": None, "run_at": MOMENT, "attempts": 0, "most": 1}
    return row | {"runner": None, "leased_until": None, "error": None, "state": "waiting"} | values


def back(tx: Tx, **values: Any) -> tuple[Any, ...]:
    """A row as it comes back."""
    tx.put(JOB, job(**values))
    tx.flush()
    (row,) = tx.run(FIND, {"job": 1})
    return row


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=st.lists(VALUE, max_size=3))
def test_json_comes_back_to_the_last_digit(app: Flask, value: Any) -> None:
    with writing() as tx:
        assert kinds(back(tx, args={"value": value})[1]) == kinds({"value": value})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    moment=st.datetimes(datetime(1900, 1, 1), datetime(9999, 1, 1)),  # noqa: DTZ001  the zone is drawn besides
    hours=st.integers(-12, 14),
)
def test_a_moment_comes_back_as_utc_to_the_microsecond_and_is_compared_as_a_moment(
    app: Flask, moment: datetime, hours: int
) -> None:
    local = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    due = Statement(sa.select(Job.id).where(Job.run_at <= sa.bindparam("now")))
    with writing() as tx:
        found = back(tx, run_at=local)[2]
        assert (found, found.tzinfo) == (local, UTC)
        assert tx.run(due, {"now": local})
        assert not tx.run(due, {"now": local - timedelta(microseconds=1)})


def test_a_moment_without_a_zone_is_refused(app: Flask) -> None:
    with pytest.raises(ValueError, match="time zone"), writing() as tx:
        tx.run(
            Statement(sa.select(Job.id).where(Job.run_at <= sa.bindparam("now"))), {"now": MOMENT.replace(tzinfo=None)}
        )


def test_values_that_the_statement_fixes_need_not_be_given_and_keep_their_type(app: Flask) -> None:
    fixed = Statement(
        sa.select(Job.id, sa.literal(Decimal("1.50"), type_=Job.args.type), Job.attempts + 1).where(
            Job.state == "waiting", Job.run_at <= MOMENT, Job.id == sa.bindparam("job")
        )
    )
    with writing() as tx:
        tx.put(JOB, job())
        tx.flush()
        assert tx.run(fixed, {"job": 1}) == [(1, Decimal("1.50"), 1)]
        assert tx.run(fixed, {"job": 2}) == []


def test_one_name_may_stand_in_several_places(app: Flask) -> None:
    twice = Statement(
        sa.select(Job.id).where(sa.or_(Job.run_at <= sa.bindparam("m"), Job.leased_until <= sa.bindparam("m")))
    )
    with writing() as tx:
        tx.put(JOB, job(run_at=MOMENT + timedelta(days=1), leased_until=MOMENT))
        tx.flush()
        assert tx.run(twice, {"m": MOMENT}) == [(1,)]


def test_a_forgotten_value_is_an_error_and_not_null(app: Flask) -> None:
    with pytest.raises(KeyError, match="job"), writing() as tx:
        tx.run(FIND, {})


def test_text_is_text_whatever_stands_in_it(app: Flask) -> None:
    nasty = "'; DROP TABLE job; -- %s %(x)s ? :x \\ 泳道"
    with writing() as tx:
        assert back(tx, key=nasty)[3] == nasty
        found = Statement(sa.select(Job.id).where(Job.key == sa.bindparam("key")))
        assert tx.run(found, {"key": nasty}) == [(1,)]


def test_bytes_come_back(app: Flask) -> None:
    body = bytes(range(256))[:32]
    find = Statement(sa.select(HistoryStream.head).where(HistoryStream.id == sa.bindparam("id")))
    with writing() as tx:
        tx.add(HistoryStream.__table__, {"id": 7, "kind": "system", "seq": 0, "head": body, "salt": body[:16]})
        tx.flush()
        assert bytes(tx.run(find, {"id": 7})[0][0]) == body


def test_a_change_without_rows_answers_nothing_and_says_how_many_it_changed(app: Flask) -> None:
    change = Statement(sa.update(Job).where(Job.id == sa.bindparam("job")).values(state=sa.bindparam("s")))
    with writing() as tx:
        tx.put(JOB, job())
        tx.flush()
        assert (list(tx.run(change, {"job": 1, "s": "failed"})), tx.rowcount) == ([], 1)
        assert (list(tx.run(change, {"job": 2, "s": "failed"})), tx.rowcount) == ([], 0)


def test_a_statement_is_compiled_once_per_database(app: Flask) -> None:
    statement = Statement(sa.select(Job.id))
    with writing():
        assert statement.on(db.engine.dialect) is statement.on(db.engine.dialect)
