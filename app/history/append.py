"""How facts get into the record: appended to a stream once per move, each chained to the one before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core import clock, jsontext
from app.core.database import Faster, Statement, Tx
from app.history.models import HistoryEvent, HistoryPayload, HistoryStream

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, before it has a number."""

    kind: str
    element: str = ""
    task_id: int | None = None
    facts: Mapping[str, Any] | None = None  #: ids, names, moments: never erased, never personal
    payload: Any = None  #: what was said: can be erased
    at: datetime | None = None  #: None = now


@dataclass(slots=True)
class Stream:
    """Where a chain stands."""

    id: int
    seq: int
    head: bytes
    salt: bytes
    #: the row of a stream that begins in this transaction and is not written yet
    row: dict[str, Any] | None = None

    def digest(self, value: Any) -> str:
        """A short salted digest: equal values of one case are seen to be equal, nothing else is."""
        return hashlib.sha256(self.salt + jsontext.dump_bytes(value)).hexdigest()[:16]


def open_stream(tx: Tx, stream_id: int, kind: str) -> Stream:
    """Begin a chain. Its first link is the name of the stream, so that no chain can stand in for another."""
    salt = os.urandom(16)
    head = genesis(stream_id, kind, salt)
    row = {"id": stream_id, "kind": kind, "seq": 0, "head": head, "salt": salt}
    tx.add(HistoryStream.__table__, row)
    stream = tx.notes["stream", stream_id] = Stream(stream_id, 0, head, salt, row)
    return stream


def genesis(stream_id: int, kind: str, salt: bytes) -> bytes:
    """What the first event of a stream is chained to: the stream's name, and the salt of its digests.

    The salt goes in by its own hash, so that a chain can be shown to somebody who may not try out what digests mean.
    """
    return hashlib.sha256(f"laneway:{kind}:{stream_id}:{hashlib.sha256(salt).hexdigest()}".encode()).digest()


_find = Statement(
    sa.select(HistoryStream.seq, HistoryStream.head, HistoryStream.salt).where(HistoryStream.id == sa.bindparam("id"))
)
_advance = Statement(
    sa.update(HistoryStream)
    .where(HistoryStream.id == sa.bindparam("stream"), HistoryStream.seq == sa.bindparam("before"))
    .values(seq=sa.bindparam("seq_"), head=sa.bindparam("head_"))
)


def stream_of(tx: Tx, stream_id: int, kind: str = "") -> Stream:
    """The stream as it stands; with a `kind` it is begun when there is none."""
    known: Stream | None = tx.notes.get(("stream", stream_id))
    if known is not None:
        return known  # the database does not know yet how far this transaction came
    rows = tx.run(_find, {"id": stream_id})
    if rows:
        seq, head, salt = rows[0]
        stream = tx.notes["stream", stream_id] = Stream(stream_id, seq, bytes(head), bytes(salt))
        return stream
    if not kind:
        raise LookupError(f"no history stream {stream_id}")
    return open_stream(tx, stream_id, kind)


def record(tx: Tx, stream_id: int, kind: str, facts: Iterable[Fact], *, by: int | None) -> None:
    """Append to a stream that the caller does not hold yet: people, system, definitions."""
    append(tx, stream_of(tx, stream_id, kind), facts, by=by)


def append(
    tx: Tx, stream: Stream, facts: Iterable[Fact], *, by: int | None, acting_for: int | None = None
) -> list[int]:
    """Append all facts of a move and move the head. Returns their numbers.

    Raises Faster when another move appended since the stream was read; the move begins again then.
    """
    now = clock.now()
    before = stream.seq
    numbers = [_write(tx, stream, fact, now, by, acting_for) for fact in facts]
    if not numbers:
        return numbers
    if stream.row is not None:
        stream.row |= {"seq": stream.seq, "head": stream.head}
        return numbers
    values = {"stream": stream.id, "before": before, "seq_": stream.seq, "head_": stream.head}
    tx.change(_advance, values, Faster, first=True)
    return numbers


def _write(tx: Tx, stream: Stream, fact: Fact, now: datetime, by: int | None, acting_for: int | None) -> int:
    stream.seq += 1
    digest = None
    if fact.payload is not None:
        salt, body = os.urandom(16), jsontext.dumps(fact.payload)
        digest = hashlib.sha256(salt + body.encode()).digest()
        tx.add(
            HistoryPayload.__table__,
            {"stream_id": stream.id, "seq": stream.seq, "salt": salt, "body": body},
        )
    row = {
        "stream_id": stream.id,
        "seq": stream.seq,
        "kind": fact.kind,
        "at": fact.at or now,
        "recorded_at": now,
        "actor_id": by,
        "acting_for_id": acting_for,
        "element": fact.element,
        "task_id": fact.task_id,
        "format": FORMAT,
        "facts": None if fact.facts is None else jsontext.written(fact.facts),  # hashed and stored
        "digest": digest,
    }
    stream.head = row["hash"] = link(stream.head, row)
    tx.add(HistoryEvent.__table__, row)
    return stream.seq


def link(before: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of an event: SHA-256 over the hash before it and its facts as canonical JSON (format 1)."""
    said = [
        row["format"],
        row["stream_id"],
        row["seq"],
        row["kind"],
        row["at"].isoformat(),
        row["recorded_at"].isoformat(),
        row["actor_id"],
        row["acting_for_id"],
        row["element"],
        row["task_id"],
        row["facts"],
        row["digest"].hex() if row["digest"] is not None else None,
    ]
    return hashlib.sha256(before + jsontext.dump_bytes(said)).digest()
