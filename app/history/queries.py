"""Whether the record of one case is whole. The command line verifies everything; a page asks for one chain."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.history.append import genesis, link
from app.history.models import HistoryEvent, HistoryPayload, HistoryStream

#: The kind of the event that says that a payload was erased, and which.
ERASED = "payload.erased"


@dataclass(frozen=True, slots=True)
class Record:
    """How long a chain is and how it ends."""

    count: int
    head: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A verified chain: `broken` is the first event that is not what was written, None when all are."""

    count: int
    head: str
    broken: int | None

    @property
    def is_whole(self) -> bool:
        return self.broken is None


def records(session: Session, streams: Collection[int]) -> dict[int, Record]:
    """The chains of several cases, unverified."""
    rows = session.execute(
        sa.select(HistoryStream.id, HistoryStream.seq, HistoryStream.head).where(HistoryStream.id.in_(streams))
    )
    return {stream: Record(seq, bytes(head).hex()) for stream, seq, head in rows}


def chain(session: Session, stream_id: int) -> Chain:
    """Compute every link of a stream again, and every digest of a payload that is there."""
    stream = session.get_one(HistoryStream, stream_id)
    rows = session.execute(
        sa.select(HistoryEvent, HistoryPayload.salt, HistoryPayload.body)
        .outerjoin(
            HistoryPayload,
            sa.and_(HistoryPayload.stream_id == HistoryEvent.stream_id, HistoryPayload.seq == HistoryEvent.seq),
        )
        .where(HistoryEvent.stream_id == stream_id)
        .order_by(HistoryEvent.seq)
    ).all()
    erased = {row.facts.get("seq") for row, _, _ in rows if row.kind == ERASED and row.facts}
    before = genesis(stream.id, stream.kind)
    for number, (row, salt, body) in enumerate(rows, start=1):
        if row.seq != number or link(before, _facts(row)) != row.hash or not _is_said(row, salt, body, erased):
            return Chain(len(rows), bytes(stream.head).hex(), number)
        before = row.hash
    broken = None if (len(rows), before) == (stream.seq, bytes(stream.head)) else len(rows) + 1
    return Chain(len(rows), bytes(stream.head).hex(), broken)


def _facts(row: HistoryEvent) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in HistoryEvent.__table__.columns}


def _is_said(row: HistoryEvent, salt: bytes | None, body: str | None, erased: Collection[Any]) -> bool:
    if row.digest is None:
        return body is None
    if salt is None or body is None:
        return row.seq in erased
    return hashlib.sha256(salt + body.encode()).digest() == row.digest
