"""What really goes to the database: every statement with its values, as the driver gets it, for counting and replay."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

from app.core.database import db
from app.core.postgres import Trips

Sent = list[tuple[str, tuple[Any, ...]]]


@contextmanager
def listening() -> Iterator[Sent]:
    """Record what is sent inside the block, transaction statements included."""
    sent: Sent = []
    if db.engine.dialect.name == "sqlite":
        yield from _sqlite(sent)
    else:
        yield from _postgres(sent)


def _sqlite(sent: Sent) -> Iterator[Sent]:
    def hear(connection: sqlite3.Connection, _record: Any, _proxy: Any) -> None:
        connection.set_trace_callback(lambda sql: sent.append((sql, ())))

    sa.event.listen(db.engine, "checkout", hear)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "checkout", hear)
        with db.engine.connect() as connection:
            connection.connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]


def _postgres(sent: Sent) -> Iterator[Sent]:
    """What cursors and trips send; the trips' own BEGIN is no statement."""
    execute, commit, go = psycopg.Cursor.execute, psycopg.Connection.commit, Trips._go

    def hear_execute(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        sent.append((str(query), tuple(params or ())))
        return execute(self, query, params, **options)

    def hear_commit(self: Any) -> None:
        sent.append(("COMMIT", ()))
        commit(self)

    def hear_trip(self: Any, calls: Any, **options: Any) -> Any:
        sent.extend((sql, tuple(values)) for sql, values, _ in calls)
        return go(self, calls, **options)

    psycopg.Cursor.execute, psycopg.Connection.commit, Trips._go = hear_execute, hear_commit, hear_trip  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        psycopg.Cursor.execute, psycopg.Connection.commit, Trips._go = execute, commit, go  # type: ignore[method-assign]


def counted(sent: Sent) -> tuple[int, int]:
    """(statements, commits); BEGIN and COMMIT are no statements, a multi-row INSERT is one."""
    words = [sql.lstrip().split(None, 1)[0].upper() for sql, _ in sent]
    return sum(word not in ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA") for word in words), words.count("COMMIT")
