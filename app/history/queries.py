"""Whether the record of one case is whole. The command line verifies everything; a page asks for one chain."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.history.chains import walk
from app.history.models import HistoryEvent, HistoryPayload, HistoryStream


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


def told(*columns: Any) -> sa.Select[Any]:
    """Events with what was said, where it was not erased: these columns of both, in the order of the record."""
    said = sa.and_(HistoryPayload.stream_id == HistoryEvent.stream_id, HistoryPayload.seq == HistoryEvent.seq)
    return sa.select(*columns).select_from(HistoryEvent).outerjoin(HistoryPayload, said).order_by(HistoryEvent.seq)


def last(session: Session, stream_id: int, kind: str, actor_id: int) -> datetime | None:
    """When somebody last did something of this kind; None: never."""
    event = HistoryEvent
    found = sa.select(event.at).where(event.stream_id == stream_id, event.kind == kind, event.actor_id == actor_id)
    return session.scalar(found.order_by(event.seq.desc()).limit(1))


def chain(session: Session, stream_id: int) -> Chain:
    """Compute every link of a stream again, and every digest of a payload that is there."""
    head: bytes = session.get_one(HistoryStream, stream_id).head
    found = walk(session, stream_id)
    return Chain(found.events, bytes(head).hex(), min([fault.seq for fault in found.faults], default=None))
