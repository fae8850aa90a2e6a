"""The way to a database: SQLite stands in this process, a PostgreSQL server is travelled to."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol, cast

import sqlalchemy as sa

from app.core.postgres import Call, Trips


class Line(Protocol):
    """The way to a database: what is asked, and what is told."""

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[Sequence[tuple[Any, ...]] | None, int]:
        """Run one statement. Its rows, None where it gives none, and how many rows it met."""

    def ask_all(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> Sequence[Sequence[tuple[Any, ...]]]:
        """Run several questions. The rows of each."""

    def tell(self, calls: Sequence[Call], *, commit: bool = False) -> None:
        """Run statements in their order. Raises for the first that is refused or meets no row.

        With `commit` the line may commit with the last of them; whose transaction it is commits all the same.
        """


class Here:
    """SQLite stands in this process: nothing travels."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[Sequence[tuple[Any, ...]] | None, int]:
        cursor = self._driver.execute(sql, values)
        return (cursor.fetchall() if cursor.description else None), cursor.rowcount

    def ask_all(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> Sequence[Sequence[tuple[Any, ...]]]:
        return [self._driver.execute(sql, values).fetchall() for sql, values in questions]

    def tell(self, calls: Sequence[Call], *, commit: bool = False) -> None:
        for sql, values, otherwise in calls:
            met = self._driver.execute(sql, values).rowcount
            if otherwise is not None and met == 0:
                raise otherwise()


def line_of(connection: sa.Connection) -> Line:
    """The line of a connection, made once for as long as the connection lives."""
    info = connection.connection.info
    line: Line | None = info.get("line")
    if line is None:
        driver: Any = connection.connection.driver_connection
        line = info["line"] = Here(driver) if connection.dialect.name == "sqlite" else Trips(driver)
    return line


def trips_of(connection: sa.Connection) -> Trips:
    """The same, of a connection to a PostgreSQL server."""
    return cast(Trips, line_of(connection))
