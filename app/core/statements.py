"""SQL compiled once from the tables to the driver's own text: SQLAlchemy's execution costs about 0.1 ms a statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

import sqlalchemy as sa

from app.core import jsontext
from app.core.postgres import Call, Trips
from app.core.tables import Base, JsonText, UtcDateTime, as_text, aware

_Convert = Callable[[Any], Any] | None
#: SQL text; (name, conversion) of each parameter, in order; conversion of each result; values that the statement fixes
_Compiled = tuple[str, list[tuple[str, _Convert]], list[_Convert], dict[str, Any]]


class Several(list[Any]):
    """The values of one column whose table wraps them in SQL of its own (`info["insert_sql"]`)."""


class Statement:
    """A SQLAlchemy statement with named parameters, compiled once per database to the driver's own SQL."""

    def __init__(self, statement: sa.sql.expression.Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def on(self, dialect: sa.Dialect) -> _Compiled:
        """What `_Compiled` says, compiled at the first use."""
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: sa.Dialect) -> _Compiled:
        own = _positional(dialect)
        compiled: Any = self._statement.compile(dialect=own)  # type: ignore[attr-defined]
        order = [(name, _conversion(compiled.binds[name].type, own)) for name in compiled.positiontup or ()]
        reads = [column.type.dialect_impl(own).result_processor(own, None) for column in compiled._result_columns]
        fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        return str(compiled), order, reads, fixed


class Line(Protocol):
    """The way to a database: what is asked, and what is told."""

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[Sequence[tuple[Any, ...]] | None, int]:
        """Run one statement. Its rows, None where it gives none, and how many rows it met."""

    def tell(self, calls: Sequence[Call]) -> None:
        """Run statements in their order. Raises for the first that is refused or meets no row."""


class Here:
    """SQLite stands in this process: nothing travels."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[Sequence[tuple[Any, ...]] | None, int]:
        cursor = self._driver.execute(sql, values)
        return (cursor.fetchall() if cursor.description else None), cursor.rowcount

    def tell(self, calls: Sequence[Call]) -> None:
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


def call(statement: Statement, values: Mapping[str, Any], dialect: sa.Dialect) -> tuple[str, Sequence[Any]]:
    """A compiled statement's SQL with its values, as a line takes them."""
    sql, order, _, fixed = statement.on(dialect)
    values = {**fixed, **values} if fixed else values
    return sql, [_as(prepare, values[name]) for name, prepare in order]


def _as(prepare: _Convert, value: Any) -> Any:
    return value if prepare is None or value is None else prepare(value)


def read(statement: Statement, rows: Sequence[tuple[Any, ...]], dialect: sa.Dialect) -> Sequence[tuple[Any, ...]]:
    """The rows of a statement as its columns' types give them."""
    reads = statement.on(dialect)[2]
    if not any(reads):
        return rows
    return [tuple([read(value) if read else value for value, read in zip(row, reads, strict=True)]) for row in rows]


def _positional(dialect: sa.Dialect) -> sa.Dialect:
    style = "qmark" if dialect.name == "sqlite" else "numeric_dollar"
    return type(dialect)(paramstyle=style)  # type: ignore[call-arg]


def _conversion(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> _Convert:
    """What makes a value one that the driver takes; of our own types without SQLAlchemy's frame around it."""
    if isinstance(kind, UtcDateTime):
        return as_text if dialect.name == "sqlite" else aware
    if isinstance(kind, JsonText):
        return jsontext.dumps
    if isinstance(kind, sa.LargeBinary):
        return None
    return cast(_Convert, kind.dialect_impl(dialect).bind_processor(dialect))


_keys: dict[sa.FromClause, tuple[str, ...]] = {}


def key_of(table: sa.FromClause, row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = _keys.get(table)
    if names is None:
        names = _keys[table] = tuple(column.name for column in table.primary_key)
    return tuple([row[name] for name in names])


_Sql = tuple[str, list[tuple[str, _Convert]]]
_inserts: dict[tuple[str, sa.FromClause, tuple[str, ...], int, bool], _Sql] = {}
_deletes: dict[tuple[str, sa.FromClause, int], str] = {}


def insert_sql(
    table: sa.FromClause, columns: tuple[str, ...], count: int, dialect: sa.Dialect, *, replace: bool
) -> _Sql:
    key = (dialect.name, table, columns, count, replace)
    if key not in _inserts:
        quote = dialect.identifier_preparer.quote
        row = f"({', '.join(_value(table, column, dialect) for column in columns)})"
        sql = (
            f"INSERT INTO {_name(table, dialect)} ({', '.join(map(quote, columns))}) VALUES {', '.join([row] * count)}"  # noqa: S608  names of our own tables
        )
        if replace:
            keys = [column.name for column in table.primary_key]
            rest = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in columns if name not in keys)
            sql += f" ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET {rest}"
        prepares = [(name, _conversion(table.c[name].type, dialect)) for name in columns]
        _inserts[key] = (_numbered(sql, dialect), prepares)
    return _inserts[key]


def delete_sql(table: sa.FromClause, count: int, dialect: sa.Dialect) -> str:
    key = (dialect.name, table, count)
    if key not in _deletes:
        columns = [dialect.identifier_preparer.quote(column.name) for column in table.primary_key]
        row = f"({', '.join(['?'] * len(columns))})"
        rows = f"VALUES {', '.join([row] * count)}" if dialect.name == "sqlite" else ", ".join([row] * count)
        _deletes[key] = _numbered(
            f"DELETE FROM {_name(table, dialect)} WHERE ({', '.join(columns)}) IN ({rows})",  # noqa: S608  names of our own tables
            dialect,
        )
    return _deletes[key]


def _value(table: sa.FromClause, column: str, dialect: sa.Dialect) -> str:
    """The place of a value: a mark, or the table's own SQL around several (`info["insert_sql"]`, with a Several)."""
    info: dict[str, Any] = table.info  # type: ignore[attr-defined]
    own: str | None = info.get("insert_sql", {}).get(column)
    return own.replace("{}", "?") if own else "?"


def _numbered(sql: str, dialect: sa.Dialect) -> str:
    """The marks as the driver wants them: `?`, or `$1`, `$2`, …"""
    if dialect.name == "sqlite":
        return sql
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(rest, 1))


def _name(table: sa.FromClause, dialect: sa.Dialect) -> str:
    return dialect.identifier_preparer.format_table(table)


_depths: dict[sa.FromClause, int] = {}


def depth(table: sa.FromClause) -> int:
    if table not in _depths:
        _depths.update({each: place for place, each in enumerate(Base.metadata.sorted_tables)})
    return _depths[table]
