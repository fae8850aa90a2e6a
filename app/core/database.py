"""One database, two sizes: SQLite and PostgreSQL behind the same few functions.

`reading()` gives a session that only reads. `writing()` gives the one write transaction of a move and is the only
place in Laneway that commits. Rows of the hot path are buffered by table and written as one INSERT each, by driver SQL
that is compiled once from the tables: SQLAlchemy's own execution costs about 0.1 ms a statement.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from time import sleep as pause
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import psycopg
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Session

from app.core import jsontext
from app.core.errors import Stale

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: Ids are made by core.ids. On SQLite an INTEGER primary key is the row itself.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment, UTC, to the microsecond. SQLite keeps it as text that sorts."""

    impl = sa.TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        kind = sa.String(26) if dialect.name == "sqlite" else sa.TIMESTAMP(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        if dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        moment: datetime = value.astimezone(UTC)
        return moment


class JsonText(sa.types.TypeDecorator[Any]):
    """A JSON value as canonical text. NULL is None; a JSON null cannot be told from it and need not be."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else jsontext.dumps(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else jsontext.loads(value)


class Base(DeclarativeBase):
    """Every table's parent."""

    metadata = sa.MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, engine_options={"pool_pre_ping": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def connect(app: Flask) -> None:
    """Bind the app to its database and set the driver up: the pragmas on SQLite, how a transaction begins."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _set_up_sqlite)
            sa.event.listen(engine, "begin", _begin_sqlite)


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # sqlite3 must not begin by itself: it would begin DEFERRED, and a read that turns into a write fails at once
    # with "database is locked", whatever the timeout (research/safety.md 2).
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("laneway_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading() -> Iterator[Session]:
    """A session for questions. What it loads stays usable after the block; nothing written in it is kept."""
    with Session(db.engine, expire_on_commit=False) as session:
        yield session


class Tx:
    """One write transaction. Subject functions take it first, buffer their rows, and never commit."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self._cursor = connection.connection.cursor()
        self._rows: dict[sa.FromClause, list[Mapping[str, Any]]] = {}
        self._changes: list[tuple[Statement, Mapping[str, Any], Callable[[], Exception] | None]] = []
        self._session: Session | None = None
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
        sql, order, reads = statement.on(self.dialect)
        self._cursor.execute(sql, [prepare(values[name]) if prepare else values[name] for name, prepare in order])
        if not self._cursor.description:
            return ()
        rows = self._cursor.fetchall()
        if not any(reads):
            return rows
        return [
            tuple([read(value) if read else value for value, read in zip(row, reads, strict=True)]) for row in rows
        ]

    @property
    def rowcount(self) -> int:
        """How many rows the last `run` changed."""
        return int(self._cursor.rowcount)

    def add(self, table: sa.Table | sa.FromClause, row: Mapping[str, Any]) -> None:
        """Buffer a row; all rows of a table go out as one INSERT when the transaction is flushed.

        Rows of one table must have the same columns.
        """
        self._rows.setdefault(table, []).append(row)

    def change(
        self, statement: Statement, values: Mapping[str, Any], otherwise: Callable[[], Exception] | None = None
    ) -> None:
        """Buffer an UPDATE, UPSERT or DELETE; it runs at the flush, before the buffered rows.

        When it changes no row and `otherwise` is given, that error is raised.
        """
        self._changes.append((statement, values, otherwise))

    def flush(self) -> None:
        """Write what is buffered: first the changes in their order, then the rows, parents before children."""
        if self._session is not None:
            self._session.flush()
        changes, self._changes = self._changes, []
        for statement, values, otherwise in changes:
            self.run(statement, values)
            if otherwise is not None and self.rowcount == 0:
                raise otherwise()
        for table in sorted(self._rows, key=_depth):
            self._insert(table, self._rows[table])
        self._rows.clear()

    def _insert(self, table: sa.Table, rows: list[Mapping[str, Any]]) -> None:
        columns = tuple(rows[0])
        size = 900 // len(columns) or 1  # SQLite before 3.32 takes 999 parameters
        for start in range(0, len(rows), size):
            chunk = rows[start : start + size]
            sql, prepares = _insert_sql(table, columns, len(chunk), self.dialect)
            values: list[Any] = []
            for row in chunk:
                for column, prepare in prepares:
                    value = row[column]
                    values.append(prepare(value) if prepare else value)
            self._cursor.execute(sql, values)


class Faster(Stale):
    """Another move of the same case was faster; this one begins again by itself."""


_open: ContextVar[bool] = ContextVar("laneway_writing", default=False)


@contextmanager
def writing() -> Iterator[Tx]:
    """The write transaction of a move: begins, flushes, commits once; an error rolls everything back.

    The request's reading session is closed first. Transactions do not nest: two moves are two transactions.
    """
    if _open.get():
        raise RuntimeError("a move opens its own transaction; it is not called inside another one")
    db.session.close()
    token = _open.set(True)
    try:
        with db.engine.connect() as connection:
            connection = connection.execution_options(laneway_writes=True)
            with connection.begin():
                tx = Tx(connection)
                yield tx
                tx.flush()
    finally:
        _open.reset(token)
    for call in tx.after_commit:
        call()


_Convert = Callable[[Any], Any] | None
_Compiled = tuple[str, list[tuple[str, _Convert]], list[_Convert]]


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


class Statement:
    """A SQLAlchemy statement with named parameters, compiled once per database to the driver's own SQL."""

    def __init__(self, statement: sa.sql.expression.Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def on(self, dialect: sa.Dialect) -> _Compiled:
        """The SQL text, the parameters' names in their order with their conversions, the results' conversions."""
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: sa.Dialect) -> _Compiled:
        own = _positional(dialect)
        compiled: Any = self._statement.compile(dialect=own)  # type: ignore[attr-defined]
        prepares = compiled._bind_processors
        order = [(name, prepares.get(name)) for name in compiled.positiontup or ()]
        reads = [column.type.dialect_impl(own).result_processor(own, None) for column in compiled._result_columns]
        return str(compiled), order, reads


def _passing(fault: Exception) -> bool:
    original = getattr(fault, "orig", None) or fault
    if isinstance(original, sqlite3.OperationalError):
        return "locked" in str(original) or "busy" in str(original)
    if isinstance(original, sqlite3.IntegrityError):
        return "UNIQUE" in str(original)
    return isinstance(
        original, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected | psycopg.errors.UniqueViolation
    )


def _positional(dialect: sa.Dialect) -> sa.Dialect:
    style = "qmark" if dialect.name == "sqlite" else "format"
    return type(dialect)(paramstyle=style)  # type: ignore[call-arg]


_inserts: dict[tuple[str, sa.Table, tuple[str, ...], int], tuple[str, list[tuple[str, Any]]]] = {}


def _insert_sql(
    table: sa.Table, columns: tuple[str, ...], count: int, dialect: sa.Dialect
) -> tuple[str, list[tuple[str, Any]]]:
    key = (dialect.name, table, columns, count)
    known = _inserts.get(key)
    if known is None:
        mark = "?" if dialect.name == "sqlite" else "%s"
        row = f"({', '.join([mark] * len(columns))})"
        names = ", ".join(dialect.identifier_preparer.quote(column) for column in columns)
        quoted = dialect.identifier_preparer.format_table(table)
        sql = f"INSERT INTO {quoted} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608  names come from tables
        prepares = [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in columns]
        known = _inserts[key] = (sql, prepares)
    return known


_depths: dict[sa.Table, int] = {}


def _depth(table: sa.Table) -> int:
    if table not in _depths:
        _depths.update({each: place for place, each in enumerate(table.metadata.sorted_tables)})
    return _depths[table]
