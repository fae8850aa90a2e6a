"""One database, two sizes: SQLite and PostgreSQL behind the same few functions.

`reading()` gives a session that only reads. `writing()` gives the one write transaction of a move and is the only
place in Laneway that commits. What tables are made of is in `tables`, how SQL is
compiled in `statements` and `rows`, how it travels in `lines`.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from time import sleep as pause
from typing import Any, ParamSpec, TypeVar

import psycopg
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core.errors import Stale
from app.core.lines import line_of, trips_of
from app.core.postgres import Call
from app.core.rows import Several, deletion, depth, insertions, key_of
from app.core.statements import Statement, call, read
from app.core.tables import Base, Id, JsonText, Model, UtcDateTime, db

__all__ = [
    "Base",
    "Faster",
    "Id",
    "JsonText",
    "Model",
    "Several",
    "Statement",
    "Tx",
    "UtcDateTime",
    "again",
    "ask",
    "ask_all",
    "connect",
    "db",
    "reading",
    "writing",
]


def connect(app: Flask) -> None:
    """Bind the app to its database and set the driver up: the pragmas on SQLite, how a transaction begins."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _set_up_sqlite)
            sa.event.listen(engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(engine, "connect", _set_up_postgres)
            sa.event.listen(engine, "begin", _begin_postgres)
            sa.event.listen(engine, "before_cursor_execute", _begin_before_cursors)


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # sqlite3 must not begin by itself: it would begin DEFERRED, and a read that turns into a write fails at once
    # with "database is locked", whatever the timeout (research/safety.md 2).
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_postgres(connection: psycopg.Connection[Any], _record: Any) -> None:
    # psycopg drops every prepared statement of a connection at a rollback, ours (core/postgres.py) with its own;
    # planning a page's questions anew costs more than running them.
    connection.prepare_threshold = None


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("laneway_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgres(connection: sa.Connection) -> None:
    trips_of(connection).begin_with = connection.get_execution_options().get("laneway_begin", b"BEGIN")


def _begin_before_cursors(connection: sa.Connection, *_: Any) -> None:
    trips_of(connection).open()


@contextmanager
def reading() -> Iterator[Session]:
    """A session for questions. What it loads stays usable after the block; nothing written in it is kept."""
    engine: sa.Engine = db.engine
    if engine.dialect.name == "postgresql":
        # One moment for the whole page, as SQLite gives it: a task and its case's state fit together.
        engine = engine.execution_options(laneway_begin=b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    with Session(engine, expire_on_commit=False) as session:
        yield session


def ask(session: Session, statement: Statement, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """Run a compiled question in a reading session."""
    connection = session.connection()
    rows, _ = line_of(connection).ask(*call(statement, values, connection.dialect))
    return read(statement, rows or (), connection.dialect)


def ask_all(
    session: Session, questions: Sequence[tuple[Statement, Mapping[str, Any]]]
) -> list[Sequence[tuple[Any, ...]]]:
    """Run compiled questions in a reading session; to a server they go in one trip. The rows of each."""
    connection = session.connection()
    calls = [call(statement, values, connection.dialect) for statement, values in questions]
    found = line_of(connection).ask_all(calls)
    return [read(each, rows, connection.dialect) for (each, _), rows in zip(questions, found, strict=True)]


class Tx:
    """One write transaction. Subject functions take it first, buffer their rows, and never commit."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.rowcount = 0  #: how many rows the last `run` met
        self._line = line_of(connection)
        self._rows: dict[sa.FromClause, list[Mapping[str, Any]]] = {}
        self._first: list[Call] = []
        self._changes: list[Call] = []
        self._kept: dict[sa.FromClause, dict[tuple[Any, ...], Mapping[str, Any] | None]] = {}
        self._session: Session | None = None
        self.notes: dict[Any, Any] = {}  #: what a subject remembers for as long as the transaction lasts
        #: called after the commit, in order; for caches and wake-ups only
        self.after_commit: list[Callable[[], None]] = []

    @property
    def session(self) -> Session:
        """An ORM session inside this transaction, for everything that is not hot."""
        if self._session is None:
            self._session = Session(self.connection, autoflush=True, expire_on_commit=False)
        return self._session

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Run a compiled statement now. Returns its rows, or nothing when it has none."""
        rows, self.rowcount = self._line.ask(*call(statement, values, self.dialect))
        return read(statement, rows or (), self.dialect)

    def add(self, table: sa.Table | sa.FromClause, row: Mapping[str, Any]) -> None:
        """Buffer a row; all rows of a table go out as one INSERT when the transaction is flushed.

        Rows of one table must have the same columns.
        """
        self._rows.setdefault(table, []).append(row)

    def put(self, table: sa.FromClause, row: Mapping[str, Any]) -> None:
        """Buffer a row that replaces the one with its primary key, if there is one. The last word on a key counts."""
        self._kept.setdefault(table, {})[key_of(table, row)] = row

    def drop(self, table: sa.FromClause, **key: Any) -> None:
        """Buffer the deletion of the row with this primary key; nothing happens when there is none."""
        self._kept.setdefault(table, {})[key_of(table, key)] = None

    def buffered(self, table: sa.FromClause) -> list[Mapping[str, Any]]:
        """The rows that were put into a table and are not written yet."""
        return [row for row in self._kept.get(table, {}).values() if row is not None]

    def change(
        self,
        statement: Statement,
        values: Mapping[str, Any],
        otherwise: Callable[[], Exception] | None = None,
        *,
        first: bool = False,
    ) -> None:
        """Buffer an UPDATE, UPSERT or DELETE; it runs at the flush, before the buffered rows.

        When it changes no row and `otherwise` is given, that error is raised. What is `first` goes before all others:
        the row that two transactions would both change, so that they meet there and nowhere else.
        """
        (self._first if first else self._changes).append((*call(statement, values, self.dialect), otherwise))

    def flush(self, *, commit: bool = False) -> None:
        """Write what is buffered: changes in their order, then deletions and rows, parents before children.

        To a server it all goes in one trip, the commit too if it may: nothing is left to be judged by what changed.
        """
        if self._session is not None:
            self._session.flush()
        commit = commit and not any(otherwise for _, _, otherwise in self._changes)
        calls = [*self._first, *self._changes, *self._deletions(), *self._insertions()]
        self._first, self._changes, self._rows, self._kept = [], [], {}, {}
        self._line.tell(calls, commit=commit)

    def _deletions(self) -> Iterator[Call]:
        for table, kept in self._kept.items():
            keys = [key for key, row in kept.items() if row is None]
            if keys:
                yield deletion(table, keys, self.dialect)

    def _insertions(self) -> Iterator[Call]:
        for table in sorted({*self._rows, *self._kept}, key=depth):
            for rows, replace in ((self._rows.get(table), False), (self.buffered(table), True)):
                if rows:
                    yield from insertions(table, rows, self.dialect, replace=replace)


class Faster(Stale):
    """Another move of the same case was faster; this one begins again by itself."""


_open: ContextVar[bool] = ContextVar("laneway_writing", default=False)


@contextmanager
def writing(*, snapshot: bool = False) -> Iterator[Tx]:
    """The write transaction of a move: begins, flushes, commits once; an error rolls everything back.

    With `snapshot` all its questions are answered as of one moment (on SQLite they always are), so that what two tables
    say about one case fits together; a row that changed since then lets the move begin again.
    The request's reading session is closed first. Transactions do not nest: two moves are two transactions.
    """
    if _open.get():
        raise RuntimeError("a move opens its own transaction; it is not called inside another one")
    if db.session.registry.has():
        db.session.close()
    token = _open.set(True)
    try:
        with db.engine.connect() as connection:
            begin = b"BEGIN ISOLATION LEVEL REPEATABLE READ" if snapshot else b"BEGIN"
            connection = connection.execution_options(laneway_writes=True, laneway_begin=begin)
            with connection.begin():
                tx = Tx(connection)
                yield tx
                # In a snapshot the rows that go first were read as of its moment: where one changed since, the server
                # refuses the change itself.
                tx.flush(commit=snapshot)
    finally:
        _open.reset(token)
    for hook in tx.after_commit:
        hook()


ATTEMPTS = 12
P = ParamSpec("P")
R = TypeVar("R")


def again(move: Callable[P, R]) -> Callable[P, R]:
    """Begin a move again when it lost a race that nobody needs to hear of: it has written nothing yet.

    That is: another move of the same case was faster, an id or idempotency key clashed, the database broke a deadlock
    or its file was locked.
    """

    @wraps(move)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(ATTEMPTS):
            try:
                return move(*args, **kwargs)
            except Faster:
                if attempt == ATTEMPTS - 1:
                    raise
            except (sa.exc.DBAPIError, sqlite3.Error, psycopg.Error) as fault:
                if attempt == ATTEMPTS - 1 or not _passing(fault):
                    raise
            # A random pause lets two that collide part ways.
            pause(secrets.randbelow(1 + 4 * attempt) / 1000)
        raise AssertionError("unreachable")

    return run


def _passing(fault: Exception) -> bool:
    original = getattr(fault, "orig", None) or fault
    if isinstance(original, sqlite3.OperationalError):
        return "locked" in str(original) or "busy" in str(original)
    if isinstance(original, sqlite3.IntegrityError):
        return "UNIQUE" in str(original)
    return isinstance(
        original, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected | psycopg.errors.UniqueViolation
    )
