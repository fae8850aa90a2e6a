"""One write transaction per move: whole or not at all, begun again when it lost a race, and never lost silently."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import database
from app.core.database import Faster, Statement, again, ask, db, reading, writing
from app.core.errors import Refused, Stale
from app.core.queue import Job
from app.instances.models import Message, MoveKey, ReferenceCounter
from bench.statements import counted, listening
from tests.instances.seen import race, rows

COUNTER: Any = ReferenceCounter.__table__
KEYS: Any = MoveKey.__table__
COUNT = Statement(
    sa.update(ReferenceCounter)
    .where(ReferenceCounter.year == sa.bindparam("y"))
    .values(last=ReferenceCounter.last + 1)
    .returning(ReferenceCounter.last)
)
LAST = Statement(sa.select(ReferenceCounter.last).where(ReferenceCounter.year == sa.bindparam("y")))
SET = Statement(
    sa.update(ReferenceCounter).where(ReferenceCounter.year == sa.bindparam("y")).values(last=sa.bindparam("to"))
)


@pytest.fixture(autouse=True)
def _begun(app: Flask) -> None:
    """A counter that stands at 0."""
    with writing() as tx:
        tx.add(COUNTER, {"year": 2026, "last": 0})


def last() -> int:
    return int(rows(sa.select(ReferenceCounter.last).where(ReferenceCounter.year == 2026))[0][0])


# -- writing -----------------------------------------------------------------------------------------------------------


def test_what_is_buffered_and_what_is_run_is_kept_together_by_one_commit() -> None:
    with listening() as sent, writing() as tx:
        tx.run(COUNT, {"y": 2026})
        for number in range(5):
            tx.add(COUNTER, {"year": number, "last": number})
        tx.change(SET, {"y": 2026, "to": 7})
        tx.session.add(ReferenceCounter(year=3000, last=1))
    assert counted(sent)[1] == 1
    assert counted(sent)[0] == 4  # five rows are one INSERT
    assert last() == 7
    assert len(rows(sa.select(ReferenceCounter.year))) == 7


@pytest.mark.parametrize("place", ["before the flush", "in the flush", "in a change"])
def test_an_error_leaves_nothing(place: str) -> None:
    def fail() -> None:
        with writing() as tx:
            tx.run(COUNT, {"y": 2026})
            tx.session.add(ReferenceCounter(year=3000, last=1))
            tx.session.flush()
            tx.after_commit.append(lambda: pytest.fail("there was no commit"))
            if place == "in a change":
                tx.change(SET, {"y": 1, "to": 1}, lambda: Refused("nothing changed"))
            elif place == "in the flush":
                tx.add(COUNTER, {"year": 2026, "last": 1})  # there is one
            else:
                raise Refused("no")

    with pytest.raises((Refused, sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
        fail()
    assert rows(sa.select(ReferenceCounter.year, ReferenceCounter.last)) == [(2026, 0)]
    with writing() as tx:  # and the next one can
        tx.run(COUNT, {"y": 2026})
    assert last() == 1


def test_transactions_do_not_nest_and_the_outer_one_is_not_harmed() -> None:
    with writing() as tx:
        tx.run(COUNT, {"y": 2026})
        with pytest.raises(RuntimeError, match="its own transaction"), writing():
            pytest.fail("it was opened")
    assert last() == 1


def test_what_is_called_after_the_commit_is_called_in_order_and_sees_it() -> None:
    told: list[Any] = []
    with writing() as tx:
        tx.run(COUNT, {"y": 2026})
        tx.after_commit.append(lambda: told.append(("first", last())))
        tx.after_commit.append(lambda: told.append(("second", last())))
        assert told == []
    assert told == [("first", 1), ("second", 1)]


def test_the_last_word_on_a_key_counts() -> None:
    with writing() as tx:
        tx.put(COUNTER, {"year": 1, "last": 1})
        tx.drop(COUNTER, year=1)
        tx.drop(COUNTER, year=2026)
        tx.put(COUNTER, {"year": 2026, "last": 5})
        tx.put(COUNTER, {"year": 2, "last": 1})
        tx.put(COUNTER, {"year": 2, "last": 2})
        tx.drop(COUNTER, year=99)
    assert sorted(rows(sa.select(ReferenceCounter.year, ReferenceCounter.last))) == [(2, 2), (2026, 5)]


def test_more_rows_than_one_statement_takes_are_several() -> None:
    with writing() as tx:
        for number in range(1, 1001):
            tx.add(COUNTER, {"year": number, "last": 0})
    assert len(rows(sa.select(ReferenceCounter.year))) == 1001
    with writing() as tx:
        for number in range(1, 1001):
            tx.put(COUNTER, {"year": number, "last": 1})
    assert rows(sa.select(sa.func.sum(ReferenceCounter.last))) == [(1000,)]


def test_many_writers_lose_no_update(app: Flask) -> None:
    """Read, think, write: what default pysqlite loses 496 of 800 times (research/safety.md 2)."""

    @again
    def add() -> None:
        with writing(snapshot=True) as tx:
            ((value,),) = tx.run(LAST, {"y": 2026})
            tx.run(SET, {"y": 2026, "to": value + 1})

    def many() -> None:
        for _ in range(10):
            add()

    assert race(app, many, many, many, many) == [None] * 4
    assert last() == 40


def test_a_writer_waits_for_another_instead_of_failing(app: Flask) -> None:
    held, done = Event(), Event()

    def hold() -> None:
        with app.app_context(), writing() as tx:
            tx.run(COUNT, {"y": 2026})
            held.set()
            done.wait(0.3)

    thread = Thread(target=hold)
    thread.start()
    held.wait(10)
    with writing() as tx:
        ((value,),) = tx.run(COUNT, {"y": 2026})
    done.set()
    thread.join()
    assert (value, last()) == (2, 2)


# -- reading -----------------------------------------------------------------------------------------------------------


def test_nothing_that_is_written_while_reading_is_kept() -> None:
    # A server refuses it at once, SQLite when the session is closed.
    with suppress(sa.exc.InternalError), reading() as session:
        session.add(ReferenceCounter(year=1, last=1))
        session.flush()
    assert rows(sa.select(ReferenceCounter.year)) == [(2026,)]


def test_what_is_read_is_one_moment_and_is_usable_afterwards(app: Flask) -> None:
    with reading() as session:
        first = session.get_one(ReferenceCounter, 2026)

        def write() -> None:
            with app.app_context(), writing() as tx:
                tx.run(COUNT, {"y": 2026})

        thread = Thread(target=write)
        thread.start()
        thread.join()  # a reader keeps no writer waiting
        assert ask(session, LAST, {"y": 2026}) == [(0,)]
    assert first.last == 0
    assert last() == 1


@pytest.mark.parametrize("app", ["postgres"], indirect=True)  # on SQLite nobody else can write meanwhile
def test_a_move_with_a_snapshot_begins_again_when_a_row_changed_since(app: Flask) -> None:
    def other() -> None:
        with app.app_context(), writing() as tx:
            tx.run(COUNT, {"y": 2026})

    attempts: list[int] = []

    @again
    def move() -> None:
        with writing(snapshot=True) as tx:
            ((value,),) = tx.run(LAST, {"y": 2026})
            attempts.append(value)
            if len(attempts) == 1:
                thread = Thread(target=other)
                thread.start()
                thread.join()
            tx.run(SET, {"y": 2026, "to": value + 10})

    move()
    assert (attempts, last()) == ([0, 1], 11)


# -- the databases -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_sqlite_is_set_up_to_keep_what_it_acknowledged() -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    with db.engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    assert found == wanted


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_on_sqlite_a_move_locks_at_once_and_a_reader_never() -> None:
    with listening() as sent, writing():
        pass
    assert [sql for sql, _ in sent][:1] == ["BEGIN IMMEDIATE"]
    with listening() as sent, reading() as session:
        session.execute(sa.select(ReferenceCounter.year))
    assert [sql for sql, _ in sent][:1] == ["BEGIN"]


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_on_postgres_readers_and_moves_with_a_snapshot_see_one_moment_and_others_the_newest() -> None:
    show = sa.text("SHOW transaction_isolation")
    with reading() as session:
        assert session.scalar(show) == "repeatable read"
    for snapshot, wanted in ((True, "repeatable read"), (False, "read committed")):
        with writing(snapshot=snapshot) as tx:
            assert tx.session.scalar(show) == wanted


def test_foreign_keys_hold_on_both() -> None:
    from app.instances.models import Timer

    row = {"instance_id": 404, "ref": "1", "element": "x", "due_at": datetime(2026, 5, 6, tzinfo=UTC)}
    with pytest.raises((sqlite3.IntegrityError, sa.exc.IntegrityError, psycopg.errors.ForeignKeyViolation)):  # noqa: SIM117
        with writing() as tx:
            tx.add(Timer.__table__, row)


# -- again -------------------------------------------------------------------------------------------------------------


def failing(*faults: Exception) -> tuple[Any, list[int]]:
    """A move that fails in these ways and then succeeds, and how often it was made."""
    calls: list[int] = []

    @again
    def move() -> str:
        calls.append(1)
        if len(calls) <= len(faults):
            raise faults[len(calls) - 1]
        return "done"

    return move, calls


def test_what_passes_is_tried_again() -> None:
    locked, unique = sqlite3.OperationalError("database is locked"), sqlite3.IntegrityError("UNIQUE constraint failed")
    move, calls = failing(
        Faster(),
        locked,
        unique,
        sa.exc.OperationalError("x", {}, locked),
        psycopg.errors.SerializationFailure(),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.UniqueViolation(),
        sa.exc.IntegrityError("x", {}, psycopg.errors.UniqueViolation()),
    )
    assert (move(), len(calls)) == ("done", 9)


@pytest.mark.parametrize(
    "fault",
    [
        Stale(),
        Refused(),
        ValueError("x"),
        sqlite3.OperationalError("no such table: x"),
        sqlite3.IntegrityError("FOREIGN KEY constraint failed"),
        sa.exc.ProgrammingError("x", {}, psycopg.errors.UndefinedTable()),
        psycopg.errors.ForeignKeyViolation(),
        psycopg.errors.CheckViolation(),
        psycopg.OperationalError("the connection is closed"),
    ],
)
def test_what_does_not_pass_is_raised_at_once(fault: Exception) -> None:
    move, calls = failing(fault)
    with pytest.raises(type(fault)):
        move()
    assert len(calls) == 1


@pytest.mark.parametrize("fault", [Faster(), sqlite3.OperationalError("database is locked")])
def test_what_never_passes_is_raised_in_the_end(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "pause", lambda seconds: None)
    move, calls = failing(*[fault] * 100)
    with pytest.raises(type(fault)):
        move()
    assert len(calls) == database.ATTEMPTS


# -- what is stored ----------------------------------------------------------------------------------------------------


def test_every_table_of_the_house_is_written_by_name(app: Flask) -> None:
    """Names that SQL keeps for itself are quoted: `key` is a column."""
    row = {"actor_id": 1, "move": "m", "key": "k", "body_hash": "h", "result": {"a": 1}}
    with writing() as tx:
        tx.add(KEYS, row | {"at": datetime(2026, 5, 6, tzinfo=UTC)})
        tx.put(KEYS, row | {"at": datetime(2026, 5, 7, tzinfo=UTC), "result": None})
    assert rows(sa.select(MoveKey.key, MoveKey.result, MoveKey.at)) == [("k", None, datetime(2026, 5, 7, tzinfo=UTC))]
    assert rows(sa.select(Job.id)) == rows(sa.select(Message.id)) == []


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_after_the_server_dropped_a_connection_the_next_move_gets_another() -> None:
    with writing() as tx:
        ((mine,),) = tx.run(Statement(sa.select(sa.func.pg_backend_pid())), {})
    server = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as killing:
        killing.execute("SELECT pg_terminate_backend(%s)", [mine])
    with pytest.raises(sa.exc.OperationalError), writing() as tx:
        tx.run(COUNT, {"y": 2026})
    with writing() as tx:
        tx.run(COUNT, {"y": 2026})
    assert last() == 1
