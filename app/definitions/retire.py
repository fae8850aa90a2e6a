"""Taking a version out of use, and back: new cases no longer begin on it, running ones go on.

The newest version that is still deployed takes its place, its timer start events too; a process without one cannot be
started.
"""

from __future__ import annotations

import sqlalchemy as sa

from app import history
from app.core.database import Tx, again, writing
from app.definitions import library, timer_starts
from app.definitions.errors import NoSuchDefinition
from app.definitions.models import ProcessDefinition
from app.definitions.rights import require_analyst
from app.people.actor import Actor


@again
def retire(definition_id: int, *, by: Actor, reason: str = "") -> None:
    """Retiring what is retired changes nothing. Raises NotAnalyst, NoSuchDefinition."""
    _become(definition_id, "retired", by, reason)


@again
def restore(definition_id: int, *, by: Actor, reason: str = "") -> None:
    """New cases may begin on the version again. Raises NotAnalyst, NoSuchDefinition."""
    _become(definition_id, "deployed", by, reason)


def _become(definition_id: int, state: str, by: Actor, reason: str) -> None:
    require_analyst(by)
    with writing() as tx:
        row = _find(tx, definition_id)
        if row is None or row.state == "draft":
            raise NoSuchDefinition(definition_id=definition_id)
        if row.state != state:
            before = library.find_newest(tx.run, row.key)
            row.state = state
            tx.session.flush()
            _record(tx, row, by, reason)
            library.changed(tx, [row.id], by.recorded_id)
            _hand_over(tx, row.key, before)


def _find(tx: Tx, definition_id: int) -> ProcessDefinition | None:
    """The version. All of its process are held: which of them is the newest in use must not change meanwhile."""
    key = sa.select(ProcessDefinition.key).where(ProcessDefinition.id == definition_id).scalar_subquery()
    held = sa.select(ProcessDefinition).where(ProcessDefinition.key == key).order_by(ProcessDefinition.version)
    found = tx.session.scalars(held.with_for_update())
    return next((each for each in found if each.id == definition_id), None)


def _hand_over(tx: Tx, key: str, before: int | None) -> None:
    """The timers of the version that new cases begin on are set anew, if it is another one now."""
    now = library.find_newest(tx.run, key)
    if now is None:
        timer_starts.retract(tx, key)
    elif now != before:
        version = library.version(tx.run, now)
        timer_starts.arrange(tx, now, version.program, version.version)


def _record(tx: Tx, row: ProcessDefinition, by: Actor, reason: str) -> None:
    kind = "definition.retired" if row.state == "retired" else "definition.restored"
    payload = {"reason": reason} if reason else None
    fact = history.Fact(kind, facts={"key": row.key, "version": row.version}, payload=payload)
    history.record(tx, row.id, "definition", [fact], by=by.recorded_id)
