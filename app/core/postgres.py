"""PostgreSQL's hot way: each statement prepared once by name, and what belongs together sent in one trip.

psycopg's cursors look at every statement and every value anew, which costs the client several times what is done here
(docs/decisions/0006). This is psycopg's own lower layer, `psycopg.pq`, on the same connection and in the same
transaction; what is not hot goes through cursors as ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.waiting import Ready, Wait

from app.core.tables import aware

#: statements that one connection keeps; an INSERT of another number of rows is another statement
MOST_PREPARED = 300

#: SQL in the driver's style, its values, and the error where it meets no row
Call = tuple[str, Sequence[Any], Callable[[], Exception] | None]
_Result = pq.abc.PGresult


class Trips:
    """What one connection has prepared, and the trips to its server."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver = driver
        self._pg = driver.pgconn
        self._read = Transformer(driver)
        self._names: OrderedDict[str, bytes] = OrderedDict()
        self._made = 0
        self.begin_with = b"BEGIN"  #: how the next transaction begins, with its first trip

    def open(self) -> None:
        """Begin now, for a statement that goes through a cursor: psycopg would begin in a way of its own."""
        if self._is_idle():
            self._go([])

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[Sequence[tuple[Any, ...]] | None, int]:
        """Run one statement. Its rows, None where it gives none, and how many rows it met."""
        result = self._go([(sql, values, None)])[0]
        if result.status != pq.ExecStatus.TUPLES_OK:
            return None, result.command_tuples or 0
        return self._rows(result), result.ntuples

    def ask_all(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
        """Run several questions in one trip. The rows of each."""
        return [self._rows(result) for result in self._go([(sql, values, None) for sql, values in questions])]

    def tell(self, calls: Sequence[Call], *, commit: bool = False) -> None:
        """Run statements in their order and in one trip. Raises for the first that is refused or meets no row.

        With `commit` the commit travels with them; the server commits only when it refused nothing before.
        """
        if calls:
            self._go(calls, commit=commit)

    def _go(self, calls: Sequence[Call], *, commit: bool = False) -> list[_Result]:
        new = list(dict.fromkeys(sql for sql, _, _ in calls if sql not in self._names))
        wires = [_wire(values) for _, values, _ in calls]
        pg, begins = self._pg, self._is_idle()
        pg.enter_pipeline_mode()
        try:
            if begins:
                pg.send_query_params(self.begin_with, None)
            for sql in new:
                pg.send_prepare(self._name(sql), sql.encode())
            for (sql, _, _), (texts, formats) in zip(calls, wires, strict=True):
                pg.send_query_prepared(self._names[sql], texts, formats)
            if commit:
                pg.send_query_params(b"COMMIT", None)
        finally:
            pg.pipeline_sync()
            results = self._driver.wait(_answers(pg))
            pg.exit_pipeline_mode()
        ahead = begins + len(new)
        errors = [None] * ahead + [otherwise for _, _, otherwise in calls] + [None] * commit
        try:
            for result, otherwise in zip(results, errors, strict=True):
                _check(result, otherwise)
        except psycopg.Error:
            for sql in new:
                del self._names[sql]  # the server may not have come to prepare it
            raise
        self._use([sql for sql, _, _ in calls])
        return results[ahead : ahead + len(calls)]

    def _rows(self, result: _Result) -> list[tuple[Any, ...]]:
        self._read.set_pgresult(result)
        return self._read.load_rows(0, result.ntuples, tuple)

    def _is_idle(self) -> bool:
        return self._pg.transaction_status == pq.TransactionStatus.IDLE and not self._driver.autocommit

    def _name(self, sql: str) -> bytes:
        self._made += 1
        name = self._names[sql] = f"laneway_{self._made}".encode()
        return name

    def _use(self, sqls: Sequence[str]) -> None:
        """What was used is young again; of too many the oldest go."""
        for sql in sqls:
            self._names.move_to_end(sql)
        while len(self._names) > MOST_PREPARED:
            _, name = self._names.popitem(last=False)
            self._driver.execute(b"DEALLOCATE " + name)


def _check(result: _Result, otherwise: Callable[[], Exception] | None) -> None:
    if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        raise error_from_result(result)
    if otherwise is not None and result.command_tuples == 0:
        raise otherwise()


def _answers(pg: pq.abc.PGconn) -> Generator[Wait, Ready | int, list[_Result]]:
    """Send what is left to send, and collect one result per statement."""
    while pg.flush():
        if (yield Wait.RW) & Ready.R:
            pg.consume_input()
    results: list[_Result] = []
    while True:
        while pg.is_busy():
            yield Wait.R
            pg.consume_input()
        result = pg.get_result()
        if result is None:
            continue  # the end of one statement's answer
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


def _moment(value: datetime) -> bytes:
    return _in_bytes(value if value.tzinfo is UTC else aware(value).astimezone(UTC))


@lru_cache(maxsize=1000)
def _in_bytes(moment: datetime) -> bytes:
    """A move writes its one moment into most of its rows."""
    return moment.isoformat().encode()


def _words(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


#: How a value is sent; the server knows each parameter's type from where it stands.
_TEXTS: Mapping[type, Callable[[Any], bytes]] = {
    str: _words,
    int: b"%d".__mod__,
    bool: lambda value: b"t" if value else b"f",
    bytes: lambda value: value,
    float: lambda value: repr(value).encode(),
    datetime: _moment,
    date: lambda value: value.isoformat().encode(),
}


def _wire(values: Sequence[Any]) -> tuple[list[bytes | None], list[bool] | None]:
    """What goes over the wire for the values of one statement: bytes as they are (format 1), all else as text (0)."""
    try:
        texts = [None if value is None else _TEXTS[value.__class__](value) for value in values]
    except KeyError:  # a kind of str or int
        texts = [None if value is None else _like(value)(value) for value in values]
    return texts, [value.__class__ is bytes for value in values] if bytes in map(type, values) else None


def _like(value: Any) -> Callable[[Any], bytes]:
    return next(_TEXTS[kind] for kind in value.__class__.__mro__ if kind in _TEXTS)
