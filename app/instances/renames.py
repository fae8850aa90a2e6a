"""What the elements of earlier versions are called on the drawing that a migrated case runs on now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.history import HistoryEvent


def of_case(session: Session, instance_id: int) -> list[tuple[int, Mapping[str, str]]]:
    """The migrations of a case that count, the oldest first: (event, which element is called what since)."""
    rows = session.execute(
        sa.select(HistoryEvent.seq, HistoryEvent.kind, HistoryEvent.facts)
        .where(HistoryEvent.stream_id == instance_id)
        .where(HistoryEvent.kind.in_(("case.migrated", "case.migration_undone")))
        .order_by(HistoryEvent.seq)
    ).all()
    undone = {facts["undoes"] for _, kind, facts in rows if kind == "case.migration_undone"}
    return [(seq, facts.get("map", {})) for seq, kind, facts in rows if kind == "case.migrated" and seq not in undone]


def in_todays_names(
    moved: Sequence[tuple[int, Mapping[str, str]]], steps: Sequence[Any], process_key: str
) -> list[tuple[str, str, str, str, str]]:
    """(ref, element, outcome, refs before, process) of each step, by the drawing that the case runs on now."""
    found = []
    for seq, ref, element, outcome, before, key in steps:
        for since, given in moved if key == process_key else ():
            element = (given.get(element) or element) if seq < since else element
        found.append((ref, element, outcome, before, key))
    return found
