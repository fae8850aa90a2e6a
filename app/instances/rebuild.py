"""The projections made again from the events alone: `step` and `field_change`, row for row as the moves wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import history
from app.core.database import again, reading, writing
from app.core.errors import Refused
from app.history import SYSTEM, Fact, FieldChange, HistoryEvent, HistoryStream, StepRow
from app.history.verify import verify
from app.instances.replay import Row, replayed
from app.people.actor import Actor

#: Cases that are looked at together.
BATCH = 200
#: More differences than these are only counted.
MOST_DIFFERENCES = 1000

_STEP, _CHANGE = cast(sa.Table, StepRow.__table__), cast(sa.Table, FieldChange.__table__)


class RecordBroken(Refused):
    """The record itself is not whole, so that nothing can be made from it: run laneway history verify."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not what the record says."""

    instance_id: int
    table: str
    key: str  #: ref of the step; number of the event and name of the field
    what: str  #: missing, extra or changed
    columns: Sequence[str] = ()  #: that differ


@dataclass(slots=True)
class Rebuilt:
    """What the record makes, and where the tables differed from it."""

    cases: int = 0
    steps: int = 0
    changes: int = 0
    different: int = 0
    differences: list[Difference] = field(default_factory=list)

    def note(self, difference: Difference) -> None:
        self.different += 1
        if len(self.differences) < MOST_DIFFERENCES:
            self.differences.append(difference)


def check() -> Rebuilt:
    """Hold the tables against the record and change nothing. Raises RecordBroken."""
    with reading() as session:
        return _compare(session, replace=False)


@again
def rebuild(*, by: Actor) -> Rebuilt:
    """Write every row that is not what the record says. Records history.rebuilt. Raises RecordBroken."""
    with writing(snapshot=True) as tx:
        done = _compare(tx.session, replace=True)
        facts = {"steps": done.steps, "changes": done.changes, "different": done.different}
        history.record(tx, SYSTEM, "system", [Fact("history.rebuilt", facts=facts)], by=by.recorded_id)
        return done


def _compare(session: Session, *, replace: bool) -> Rebuilt:
    verdict = verify(session)
    if not verdict.is_whole:
        first = verdict.faults[0]
        raise RecordBroken(stream=first.stream_id, seq=first.seq)
    done, keys = Rebuilt(), _process_keys(session)
    for cases in _batches(session):
        made = replayed(session, cases, keys)
        kept = {table: _stored(session, table, cases) for table in (_STEP, _CHANGE)}
        done.cases += len(cases)
        for case in cases:
            rows = {_STEP: made[case].steps, _CHANGE: made[case].changes}
            done.steps += len(rows[_STEP])
            done.changes += len(rows[_CHANGE])
            differs = [_differs(done, case, table, kept[table].get(case, []), rows[table]) for table in rows]
            if replace and any(differs):
                _replace(session, case, rows)
    _drop_strays(session, done, replace=replace)
    return done


def _batches(session: Session) -> Iterator[list[int]]:
    """The ids of all cases that have a record, some at a time."""
    found = sa.select(HistoryStream.id).where(HistoryStream.kind == "instance").order_by(HistoryStream.id).limit(BATCH)
    last: list[int] = []
    while batch := list(session.scalars(found.where(HistoryStream.id > last[-1]) if last else found)):
        yield batch
        last = batch


def _process_keys(session: Session) -> dict[int, str]:
    """Which process each version is of, as it was recorded when it was deployed."""
    found = sa.select(HistoryEvent.stream_id, HistoryEvent.facts).where(HistoryEvent.kind == "definition.deployed")
    return {stream: facts["key"] for stream, facts in session.execute(found)}


def _stored(session: Session, table: sa.Table, cases: Sequence[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in session.execute(sa.select(table).where(table.c.instance_id.in_(cases))).mappings():
        found.setdefault(row["instance_id"], []).append(dict(row))
    return found


def _differs(done: Rebuilt, case: int, table: sa.Table, stored: list[Row], made: list[Row]) -> bool:
    before, after = done.different, {_key(row): row for row in made}
    for row in stored:
        wanted = after.pop(_key(row), None)
        if wanted is None:
            done.note(Difference(case, table.name, _key(row), "extra"))
        elif wanted != row:
            columns = [name for name in row if wanted[name] != row[name]]
            done.note(Difference(case, table.name, _key(row), "changed", columns))
    for key in after:
        done.note(Difference(case, table.name, key, "missing"))
    return done.different > before


def _key(row: Row) -> str:
    return row["ref"] if "ref" in row else f"{row['seq']} {row['field']}"


def _replace(session: Session, case: int, rows: Mapping[sa.Table, list[Row]]) -> None:
    for table, made in rows.items():
        session.execute(sa.delete(table).where(table.c.instance_id == case))
        if made:
            session.execute(sa.insert(table), made)


def _drop_strays(session: Session, done: Rebuilt, *, replace: bool) -> None:
    """Rows of cases that have no record."""
    cases = sa.select(HistoryStream.id).where(HistoryStream.kind == "instance")
    for table in (_STEP, _CHANGE):
        astray = table.c.instance_id.not_in(cases)
        for row in session.execute(sa.select(table).where(astray)).mappings():
            done.note(Difference(row["instance_id"], table.name, _key(dict(row)), "extra"))
        if replace:
            session.execute(sa.delete(table).where(astray))
