"""`verify`: the chain of every record, checked."""

from __future__ import annotations

import time

import sqlalchemy as sa

from app.core.database import reading
from app.history import HistoryEvent
from app.history.verify import verify
from bench.complete import ANSWER, start_claimed
from bench.world import say, world


def run() -> None:
    for database in ("sqlite", "postgres"):
        with world(database) as place:
            start_claimed(place, 300, place.actor("lin"))
            assert ANSWER is not None
            with reading() as session:
                events = session.scalar(sa.select(sa.func.count()).select_from(HistoryEvent)) or 1
            begun = time.process_time()
            verify()
            spent = time.process_time() - begun
            say("verify", "events", events / spent, "events/cpu s", events, database)
