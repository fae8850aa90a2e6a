"""Trips to a PostgreSQL server: prepared once, together in one, and refused as a cursor would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Event
from typing import Any

import psycopg
import pytest

from app.core import postgres as module
from app.core.postgres import Trips

COUNTER = "INSERT INTO counter VALUES ($1, $2)"
MOVE = "UPDATE counter SET last = $2 WHERE year = $1"
LAST = "SELECT last FROM counter WHERE year = $1"


class Gone(Exception):
    """What these tests raise where nothing was met."""


@pytest.fixture
def server(postgres: str) -> Iterator[str]:
    """A table of counters on the real server."""
    address = postgres.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as setting_up:
        setting_up.execute("CREATE TABLE counter (year int primary key, last int check (last >= 0))")
        setting_up.execute("INSERT INTO counter VALUES (2026, 0)")
    yield address
    with psycopg.connect(address, autocommit=True) as clearing:
        clearing.execute("DROP TABLE counter")


@pytest.fixture
def driver(server: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the house sets it up."""
    with psycopg.connect(server) as connection:
        connection.prepare_threshold = None
        yield connection


@pytest.fixture
def trips(driver: psycopg.Connection[Any]) -> Trips:
    return Trips(driver)


def test_what_is_told_goes_together_and_is_kept_by_the_commit(trips: Trips, driver: Any, server: str) -> None:
    trips.tell([(COUNTER, [2027, 1], None), (MOVE, [2026, 5], Gone), (COUNTER, [2028, 2], None)])
    assert trips.ask("SELECT year, last FROM counter ORDER BY year", []) == ([(2026, 5), (2027, 1), (2028, 2)], 3)
    with psycopg.connect(server) as elsewhere:
        assert elsewhere.execute("SELECT count(*) FROM counter").fetchone() == (1,)
        driver.commit()
        assert elsewhere.execute("SELECT count(*) FROM counter").fetchone() == (3,)


def test_the_first_that_is_refused_or_meets_nothing_is_what_is_raised(trips: Trips, driver: Any) -> None:
    twice: Any = (COUNTER, [2026, 1], None)
    nothing: Any = (MOVE, [1999, 1], Gone)
    with pytest.raises(Gone):
        trips.tell([nothing, twice])
    driver.rollback()
    with pytest.raises(psycopg.errors.UniqueViolation):
        trips.tell([twice, nothing])
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        trips.ask(LAST, [2026])
    driver.rollback()
    trips.tell([(MOVE, [1999, 1], None)])
    assert trips.ask(LAST, [2026]) == ([(0,)], 1)


def test_a_statement_that_was_refused_can_be_sent_again(trips: Trips, driver: Any) -> None:
    """Refused before it was prepared, while it was prepared, and after."""
    for _ in range(3):
        with pytest.raises(psycopg.errors.CheckViolation):
            trips.tell([(MOVE, [2026, -1], None), (COUNTER, [2030, 0], None)])
        driver.rollback()
    trips.tell([(COUNTER, [2030, 0], None)])
    assert trips.ask(LAST, [2030]) == ([(0,)], 1)


def test_prepared_statements_outlive_a_rollback_also_one_of_a_cursor(trips: Trips, driver: Any) -> None:
    for number in range(8):
        trips.ask(LAST, [2026])
        driver.execute("SELECT last FROM counter WHERE year = %s", [2026])
        if number % 2:
            driver.rollback()
    names = trips.ask("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE $1", ["%year = $1%"])[0]
    assert names == [(1,)]


def test_of_too_many_statements_the_one_not_used_for_longest_is_forgotten(
    trips: Trips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PREPARED", 3)
    kept = "SELECT statement FROM pg_prepared_statements ORDER BY 1"
    for number in (1, 2, 1, 3):
        trips.ask(f"SELECT {number}", [])
    assert trips.ask(kept, [])[0] == [("SELECT 1",), ("SELECT 2",), ("SELECT 3",), (kept,)]
    assert trips.ask(kept, [])[0] == [("SELECT 1",), ("SELECT 3",), (kept,)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bigint", -(2**63)),
        ("int", 0),
        ("bool", True),
        ("bool", False),
        ("text", "中文 \\ ' \n \x01 🀄"),
        ("text", ""),
        ("bytea", b"\x00\\x\xff"),
        ("bytea", b""),
        ("float8", 0.1),
        ("float8", float("inf")),
        ("date", date(1, 1, 1)),
        ("timestamptz", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
        ("text", None),
    ],
)
def test_a_value_comes_back_as_what_it_is(trips: Trips, kind: str, value: Any) -> None:
    ((found,),), _ = trips.ask(f"SELECT $1::{kind}", [value])
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("words", ["a\0b", "\0"])
def test_what_no_text_column_can_hold_is_refused_and_the_connection_stays_usable(trips: Trips, words: str) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        trips.ask("SELECT $1::text", [words])
    with pytest.raises(UnicodeEncodeError):
        trips.ask("SELECT $1::text", ["\ud800"])
    assert trips.ask(LAST, [2026]) == ([(0,)], 1)


def test_a_transaction_begins_as_it_is_told_whoever_comes_first(driver: Any) -> None:
    trips = Trips(driver)
    trips.begin_with = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    trips.open()
    assert driver.execute("SHOW transaction_read_only").fetchone() == ("on",)
    driver.rollback()
    assert trips.ask("SHOW transaction_isolation", [])[0] == [("repeatable read",)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        trips.tell([(MOVE, [2026, 1], None)])


def test_who_waits_for_a_row_lets_other_threads_go_on(driver: Any, server: str) -> None:
    """Else the one that holds the row could never let it go."""
    Trips(driver).tell([(MOVE, [2026, 1], None)])
    asked = Event()

    def second() -> Any:
        with psycopg.connect(server) as other:
            trips = Trips(other)
            trips.ask(LAST, [2026])
            asked.set()
            trips.tell([("UPDATE counter SET last = last + 1 WHERE year = $1", [2026], Gone)])
            return trips.ask(LAST, [2026])[0]

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        assert asked.wait(20)
        for _ in range(1000):  # a moment in which the other does wait, whichever the machine
            if _is_waiting(server):
                break
        driver.commit()
        assert waiting.result(20) == [(2,)]


def _is_waiting(server: str) -> bool:
    with psycopg.connect(server) as looking:
        (count,) = looking.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() or (0,)
    return bool(count)


def test_a_connection_that_died_is_said_to_be_dead(trips: Trips, driver: Any, server: str) -> None:
    trips.ask(LAST, [2026])
    driver.rollback()
    with psycopg.connect(server, autocommit=True) as killing:
        killing.execute("SELECT pg_terminate_backend(%s)", [driver.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        trips.ask(LAST, [2026])
    assert driver.broken


def test_a_commit_that_travels_with_what_is_told_keeps_all_of_it_or_nothing(
    trips: Trips, driver: Any, server: str
) -> None:
    trips.tell([(COUNTER, [2027, 1], None), (MOVE, [2026, 5], None)], commit=True)
    assert driver.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    with pytest.raises(psycopg.errors.CheckViolation):
        trips.tell([(MOVE, [2027, 9], None), (MOVE, [2026, -1], None)], commit=True)
    driver.rollback()
    with psycopg.connect(server) as elsewhere:
        found = elsewhere.execute("SELECT year, last FROM counter ORDER BY year").fetchall()
    assert found == [(2026, 5), (2027, 1)]
