"""How what was said is forgotten: the payload goes, its event stays, and the erasure is an event of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from app.core.database import Tx
from app.core.errors import Refused
from app.history.append import Fact, append, stream_of
from app.history.chains import ERASED
from app.history.models import HistoryEvent, HistoryPayload


class NotWhatWasSaid(Refused):
    """This content is not what was recorded; erasing it would hide that."""


def erase(tx: Tx, stream_id: int, seqs: Iterable[int], *, by: int | None, reason: str = "") -> list[int]:
    """Erase the payloads of these events. Returns those that were there; one that is gone already stays as it is.

    Records payload.erased for each. Raises NotWhatWasSaid where a payload was tampered with.
    """
    payloads = sa.and_(HistoryPayload.stream_id == stream_id, HistoryPayload.seq.in_(list(seqs)))
    rows = tx.session.execute(
        sa.select(HistoryPayload.seq, HistoryPayload.salt, HistoryPayload.body, HistoryEvent.digest)
        .join(
            HistoryEvent,
            sa.and_(HistoryEvent.stream_id == HistoryPayload.stream_id, HistoryEvent.seq == HistoryPayload.seq),
        )
        .where(payloads)
        .order_by(HistoryPayload.seq)
    ).all()
    for seq, salt, body, digest in rows:
        if hashlib.sha256(salt + body.encode()).digest() != digest:
            raise NotWhatWasSaid(stream=stream_id, seq=seq)
    gone = [row.seq for row in rows]
    tx.session.execute(sa.delete(HistoryPayload).where(payloads))
    said = {"reason": reason} if reason else None
    facts = [Fact(ERASED, facts={"seq": seq}, payload=said) for seq in gone]
    append(tx, stream_of(tx, stream_id), facts, by=by)
    return gone
