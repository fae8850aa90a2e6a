"""Buffered rows as INSERT and DELETE: one statement a table, made once for each number of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from app.core.postgres import Call
from app.core.statements import conversion
from app.core.tables import Base

Row = Mapping[str, Any]


class Several(list[Any]):
    """The values of one column whose table wraps them in SQL of its own (`info["insert_sql"]`)."""


def insertions(table: sa.FromClause, rows: Sequence[Row], dialect: sa.Dialect, *, replace: bool) -> Iterator[Call]:
    """What writes the rows, all of the same columns; with `replace` over those that have their primary keys."""
    columns = tuple(rows[0])
    size = 900 // len(columns) or 1  # SQLite before 3.32 takes 999 parameters
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        made = _insert_sql(table, columns, len(chunk), dialect, replace=replace)
        yield made[0], _values_of(chunk, made), None


def deletion(table: sa.FromClause, keys: Sequence[tuple[Any, ...]], dialect: sa.Dialect) -> Call:
    """What deletes the rows with these primary keys."""
    return _delete_sql(table, len(keys), dialect), [value for key in keys for value in key], None


_keys: dict[sa.FromClause, tuple[str, ...]] = {}


def key_of(table: sa.FromClause, row: Row) -> tuple[Any, ...]:
    names = _keys.get(table)
    if names is None:
        names = _keys[table] = tuple(column.name for column in table.primary_key)
    return tuple([row[name] for name in names])


#: SQL text; what takes the values out of a row, in order; conversions by place; places that hold a Several
_Sql = tuple[str, Callable[[Any], tuple[Any, ...]], list[tuple[int, Callable[[Any], Any]]], list[int]]
_inserts: dict[tuple[str, sa.FromClause, tuple[str, ...], int, bool], _Sql] = {}
_deletes: dict[tuple[str, sa.FromClause, int], str] = {}


def _insert_sql(
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
        found = [(place, conversion(table.c[name].type, dialect)) for place, name in enumerate(columns)]
        prepares = [(place, prepare) for place, prepare in found if prepare is not None]
        several = [place for place, name in enumerate(columns) if _own_sql(table, name)]
        _inserts[key] = (_numbered(sql, dialect), _taking(columns), prepares, several)
    return _inserts[key]


def _taking(columns: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """`itemgetter`, which gives no tuple for one name alone."""
    return itemgetter(*columns) if len(columns) > 1 else lambda row: (row[columns[0]],)


def _values_of(rows: Sequence[Row], made: _Sql) -> list[Any]:
    """The values of rows, as the marks of `_insert_sql` want them."""
    _, take, prepares, several = made
    values: list[Any] = []
    for row in rows:
        taken = list(take(row))
        for place, prepare in prepares:
            value = taken[place]
            if value is not None:
                taken[place] = prepare(value)
        for place in reversed(several):
            if isinstance(taken[place], Several):
                taken[place : place + 1] = taken[place]
        values += taken
    return values


def _delete_sql(table: sa.FromClause, count: int, dialect: sa.Dialect) -> str:
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
    own = _own_sql(table, column)
    return own.replace("{}", "?") if own else "?"


def _own_sql(table: sa.FromClause, column: str) -> str | None:
    info: dict[str, Any] = table.info  # type: ignore[attr-defined]
    own: str | None = info.get("insert_sql", {}).get(column)
    return own


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
