"""Questions and changes compiled once to the driver's own SQL: SQLAlchemy's execution takes 0.1 ms a statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from app.core import jsontext
from app.core.tables import JsonText, UtcDateTime, as_moment, utc_text

Convert = Callable[[Any], Any] | None
#: SQL text; (name, conversion) of each parameter, in order; conversions of results by place; values the statement fixes
_Compiled = tuple[str, list[tuple[str, Convert]], list[tuple[int, Callable[[Any], Any]]], dict[str, Any]]


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
        order = [(name, conversion(compiled.binds[name].type, own)) for name in compiled.positiontup or ()]
        found = [(place, _reading(column.type, own)) for place, column in enumerate(compiled._result_columns)]
        reads = [(place, convert) for place, convert in found if convert is not None]
        fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        return str(compiled), order, reads, fixed


def call(statement: Statement, values: Mapping[str, Any], dialect: sa.Dialect) -> tuple[str, Sequence[Any]]:
    """A compiled statement's SQL with its values, as a line takes them."""
    sql, order, _, fixed = statement.on(dialect)
    values = {**fixed, **values} if fixed else values
    return sql, [_as(prepare, values[name]) for name, prepare in order]


def _as(prepare: Convert, value: Any) -> Any:
    return value if prepare is None or value is None else prepare(value)


def read(statement: Statement, rows: Sequence[tuple[Any, ...]], dialect: sa.Dialect) -> Sequence[tuple[Any, ...]]:
    """The rows of a statement as its columns' types give them."""
    reads = statement.on(dialect)[2]
    return [_converted(row, reads) for row in rows] if reads else rows


def _converted(row: tuple[Any, ...], reads: Sequence[tuple[int, Callable[[Any], Any]]]) -> tuple[Any, ...]:
    values = list(row)
    for place, convert in reads:
        value = values[place]
        if value is not None:
            values[place] = convert(value)
    return tuple(values)


def _positional(dialect: sa.Dialect) -> sa.Dialect:
    style = "qmark" if dialect.name == "sqlite" else "numeric_dollar"
    return type(dialect)(paramstyle=style)  # type: ignore[call-arg]


def _reading(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert:
    """The way back."""
    if isinstance(kind, UtcDateTime):
        return as_moment
    if isinstance(kind, JsonText):
        return jsontext.loads
    return cast(Convert, kind.dialect_impl(dialect).result_processor(dialect, None))


def conversion(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert:
    """What makes a value one that the driver takes; of our own types without SQLAlchemy's frame around it."""
    if isinstance(kind, UtcDateTime):
        return utc_text if dialect.name == "sqlite" else None
    if isinstance(kind, JsonText):
        return jsontext.dumps if dialect.name == "sqlite" else jsontext.dump_bytes  # a server takes its bytes for text
    if isinstance(kind, sa.LargeBinary):
        return None
    return cast(Convert, kind.dialect_impl(dialect).bind_processor(dialect))
