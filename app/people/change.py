"""One change among people: its transaction, who makes it, and what goes into the record when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app import history
from app.core.database import Tx, writing
from app.people.actor import Actor, require_admin


@dataclass(slots=True)
class Change:
    """What the verbs of this package take first. They never commit."""

    tx: Tx
    by: Actor
    facts: list[history.Fact] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return self.tx.session

    def record(self, kind: str, payload: dict[str, Any] | None = None, **facts: Any) -> None:
        """One event in the stream of people. Facts are ids, codes and days; what names a person is payload."""
        self.facts.append(history.Fact(kind, facts=facts, payload=payload))


@contextmanager
def changing(by: Actor) -> Iterator[Change]:
    """A transaction for an administrator. Raises NotAdministrator."""
    require_admin(by)
    with changing_own(by) as change:
        yield change


@contextmanager
def changing_own(by: Actor) -> Iterator[Change]:
    """A transaction in which a person changes what is their own."""
    with writing() as tx:
        change = Change(tx, by)
        yield change
        history.record(tx, history.PEOPLE, "people", change.facts, by=by.recorded_id)
