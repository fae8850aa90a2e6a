"""Whether the whole record is what was written: every chain, every payload, and that nothing stands without its record.

What this proves and what it cannot is told in docs/evidence.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import reading
from app.history.chains import Fault, Findings, walk
from app.history.models import HistoryStream

#: What each kind of stream tells about. By name: the subjects stand above history and are not imported here.
_SUBJECTS = {
    "instance": sa.table("process_instance", sa.column("id")),
    "definition": sa.table("process_definition", sa.column("id")),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was verified, and every place where the record is not what was written."""

    streams: int
    events: int
    payloads: int  #: that are there
    erased: int  #: payloads whose erasure is recorded
    seconds: float
    faults: Sequence[Fault]  #: in the order of streams and numbers
    more: int  #: faults beyond the first thousand, only counted

    @property
    def is_whole(self) -> bool:
        return not self.faults


def verify(session: Session | None = None) -> Verdict:
    """Verify everything, as of one moment; within `session` where a transaction wants to know before it commits."""
    if session is not None:
        return _verify(session)
    with reading() as own:
        return _verify(own)


def _verify(session: Session) -> Verdict:
    begun = time.perf_counter()
    found = walk(session)
    for kind, subjects in _SUBJECTS.items():
        _alone(session, found, kind, subjects)
    faults = sorted(found.faults, key=lambda fault: (fault.stream_id, fault.seq))
    seconds = time.perf_counter() - begun
    return Verdict(found.streams, found.events, found.payloads, found.erased, seconds, faults, found.more)


def _alone(session: Session, found: Findings, kind: str, subjects: sa.TableClause) -> None:
    """Cases without a record, and records without their case."""
    streams = sa.select(HistoryStream.id).where(HistoryStream.kind == kind)
    for subject in session.scalars(sa.select(subjects.c.id).where(subjects.c.id.not_in(streams))):
        found.blame(subject, 0, "missing_stream")
    for stream in session.scalars(streams.where(HistoryStream.id.not_in(sa.select(subjects.c.id)))):
        found.blame(stream, 0, "missing_subject")
