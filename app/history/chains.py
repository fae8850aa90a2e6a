"""Whether chains are what was written: every link computed again, every payload held against its digest.

Rows are read as the database has them, so that even a value of the wrong kind is a finding, and they are read once, in
order, however many there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core import jsontext
from app.core.translations import translate
from app.history.append import genesis, link
from app.history.models import HistoryEvent, HistoryPayload, HistoryStream

#: The kind of the event that says that a payload was erased, and which.
ERASED = "payload.erased"
#: More faults than this are only counted: a database that is wrong everywhere must not fill the memory.
MOST_FAULTS = 1000
#: Rows that are fetched at once.
BATCH = 2000

Kind = Literal[
    "missing_stream",
    "missing_subject",
    "missing_event",
    "stray_event",
    "changed_event",
    "missing_payload",
    "changed_payload",
    "stray_payload",
    "kept_payload",
    "wrong_head",
    "unreadable_number",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the record is not what was written."""

    stream_id: int
    seq: int  #: number of the event; 0 = the stream as a whole
    kind: Kind
    event: str = ""  #: kind of the event, "" where there is none to read

    def words(self, lang: str) -> str:
        """What is wrong, as a sentence."""
        return translate(f"evidence.{self.kind}", lang, seq=self.seq)


@dataclass(slots=True)
class Findings:
    """What was counted and what is wrong."""

    streams: int = 0
    events: int = 0
    payloads: int = 0
    erased: int = 0
    faults: list[Fault] = field(default_factory=list)
    more: int = 0  #: faults that are only counted

    def blame(self, stream_id: int, seq: int, kind: Kind, event: Any = "") -> None:
        if len(self.faults) >= MOST_FAULTS:
            self.more += 1
            return
        self.faults.append(Fault(stream_id, seq, kind, event if isinstance(event, str) else ""))


def walk(session: Session, stream_id: int | None = None) -> Findings:
    """Walk one chain, or all of them, once."""
    found = Findings()
    with _any_text(session):
        events = _Ordered(_numbered(found, _read(session, HistoryEvent, stream_id), 2))
        payloads = _Ordered(_numbered(found, _read(session, HistoryPayload, stream_id), 2))
        for row in _numbered(found, _read(session, HistoryStream, stream_id), 1):
            _before(found, events, payloads, (row[0],))
            _chain(found, row, events, payloads)
        _before(found, events, payloads, (inf,))
    return found


def _read(session: Session, table: type[Any], stream_id: int | None) -> Iterable[tuple[Any, ...]]:
    """The rows of a table in the order of its key, values as the driver gives them."""
    columns = table.__table__.columns
    question = sa.select(*(sa.type_coerce(column, sa.types.NullType()) for column in columns))
    keys: list[InstrumentedAttribute[int]] = list(table.__table__.primary_key)
    if stream_id is not None:
        question = question.where(keys[0] == stream_id)
    return session.execute(question.order_by(*keys), execution_options={"yield_per": BATCH})


@contextmanager
def _any_text(session: Session) -> Iterator[None]:
    """SQLite hands out whatever bytes somebody has put where text belongs; reading them must not end the walk."""
    driver: Any = session.connection().connection.driver_connection
    if session.connection().dialect.name != "sqlite":
        yield
        return
    before, driver.text_factory = driver.text_factory, lambda raw: raw.decode(errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before


def _numbered(found: Findings, rows: Iterable[tuple[Any, ...]], width: int) -> Iterator[tuple[Any, ...]]:
    """The rows that have a place. A key that is no number has none: a fault."""
    for row in rows:
        if all(isinstance(part, int) for part in row[:width]):
            yield row
        else:
            found.blame(row[0] if isinstance(row[0], int) else 0, 0, "unreadable_number")


class _Ordered:
    """Rows in the order of their key (stream, number), handed out up to a key."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def before(self, key: tuple[float, ...]) -> Iterator[tuple[Any, ...]]:
        """The rows whose key is smaller."""
        while self._next is not None and self._next[:2] < key:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def at(self, key: tuple[int, int]) -> tuple[Any, ...] | None:
        """The row with this key, if it is the next."""
        if self._next is None or self._next[:2] != key:
            return None
        row, self._next = self._next, next(self._rows, None)
        return row


def _before(found: Findings, events: _Ordered, payloads: _Ordered, key: tuple[float, ...]) -> None:
    """Events and payloads that belong to no stream."""
    for row in events.before(key):
        found.blame(row[0], row[1], "stray_event", row[2])
    _strays(found, payloads, key)


@dataclass(slots=True)
class _Chain:
    """A chain on the way from its name to its head."""

    id: int
    #: What the next event may be chained to. Nothing is known after a gap; after an event that is not what was written
    #: there are two, so that its fault is not told of its follower too.
    before: tuple[bytes, ...]
    last: int = 0
    missing: dict[int, str] = field(default_factory=dict)  #: events without their payload, so far


def _chain(found: Findings, stream: tuple[Any, ...], events: _Ordered, payloads: _Ordered) -> None:
    stream_id, kind, seq, head, salt = stream
    found.streams += 1
    chain = _Chain(stream_id, (genesis(stream_id, kind, salt) if isinstance(salt, bytes) else b"",))
    for values in events.before((stream_id, inf)):
        row = dict(zip(_COLUMNS, values, strict=True))
        _strays(found, payloads, (stream_id, row["seq"]))
        _event(found, chain, row, payloads.at((stream_id, row["seq"])), seq)
    _strays(found, payloads, (stream_id, inf))
    for number, event in chain.missing.items():
        found.blame(stream_id, number, "missing_payload", event)
    if isinstance(seq, int) and seq > chain.last:
        found.blame(stream_id, chain.last + 1, "missing_event")
    elif not isinstance(seq, int) or (seq == chain.last and chain.before and head not in chain.before):
        found.blame(stream_id, chain.last, "wrong_head")


def _strays(found: Findings, payloads: _Ordered, key: tuple[float, ...]) -> None:
    for payload in payloads.before(key):
        found.blame(payload[0], payload[1], "stray_payload")


_COLUMNS = tuple(column.key for column in HistoryEvent.__table__.columns)


def _event(found: Findings, chain: _Chain, row: dict[str, Any], payload: tuple[Any, ...] | None, head_seq: Any) -> None:
    number, event = row["seq"], row["kind"]
    found.events += 1
    if number <= chain.last or (isinstance(head_seq, int) and number > head_seq):
        found.blame(chain.id, number, "stray_event", event)
        chain.last = max(chain.last, number)
        return
    if number != chain.last + 1:
        found.blame(chain.id, chain.last + 1, "missing_event")
        chain.before = ()
    chain.last = number
    hashes = _hashes(row, chain.before)
    is_sound = not chain.before or row["hash"] in hashes
    known = (row["hash"],) if is_sound else (row["hash"], *hashes)
    chain.before = tuple([each for each in known if isinstance(each, bytes)])
    if is_sound:
        _payload(found, chain, row, payload)
    else:
        found.blame(chain.id, number, "changed_event", event)


def _hashes(row: dict[str, Any], befores: Iterable[bytes]) -> list[bytes]:
    """What the hash of the event may be; nothing when a value is of a kind that was never written."""
    try:
        facts = row["facts"]
        if facts == "null":
            raise ValueError("never written: no facts are NULL")
        said = row | {"at": _moment(row["at"]), "recorded_at": _moment(row["recorded_at"])}
        said["facts"] = None if facts is None else msgspec.Raw(facts.encode())
        return [link(before, said) for before in befores]
    except (AttributeError, TypeError, ValueError):
        return []


def _moment(value: Any) -> datetime:
    """The moment as it was hashed. On SQLite only the very text that is written there stands for it."""
    if not isinstance(value, str):
        return value.astimezone(UTC)  # type: ignore[no-any-return]
    plain = datetime.fromisoformat(value)
    if plain.tzinfo is not None or plain.isoformat(" ", "microseconds") != value:
        raise ValueError(value)
    return plain.replace(tzinfo=UTC)


def _payload(found: Findings, chain: _Chain, row: dict[str, Any], payload: tuple[Any, ...] | None) -> None:
    number, event, digest = row["seq"], row["kind"], row["digest"]
    if payload is not None:
        found.payloads += 1
        if digest is None:
            found.blame(chain.id, number, "stray_payload", event)
        elif _said(payload) != digest:
            found.blame(chain.id, number, "changed_payload", event)
    elif digest is not None:
        chain.missing[number] = event
    if event == ERASED:
        _erasure(found, chain, row)


def _erasure(found: Findings, chain: _Chain, row: dict[str, Any]) -> None:
    """An erasure excuses the one payload it names, and only one that is really gone."""
    try:
        number = int(jsontext.loads(row["facts"])["seq"])
    except (KeyError, TypeError, ValueError):
        found.blame(chain.id, row["seq"], "changed_event", ERASED)
        return
    if chain.missing.pop(number, None) is None:
        found.blame(chain.id, number, "kept_payload", ERASED)
    else:
        found.erased += 1


def _said(payload: tuple[Any, ...]) -> bytes | None:
    _, _, salt, body = payload
    try:
        return hashlib.sha256(salt + body.encode()).digest()
    except (AttributeError, TypeError, ValueError):
        return None
