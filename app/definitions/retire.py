"""Taking a version out of use, and back: new cases no longer begin on it, running ones go on.

The newest version that is still deployed takes its place; a process without one cannot be started.
"""

from __future__ import annotations

from app import history
from app.core.database import Tx, again, writing
from app.definitions.errors import NoSuchDefinition, NotAnalyst
from app.definitions.models import ProcessDefinition
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
    if not (by.is_analyst or by.is_admin):
        raise NotAnalyst
    with writing() as tx:
        row = tx.session.get(ProcessDefinition, definition_id, with_for_update=True)
        if row is None or row.state == "draft":
            raise NoSuchDefinition(definition_id=definition_id)
        if row.state != state:
            row.state = state
            _record(tx, row, by, reason)


def _record(tx: Tx, row: ProcessDefinition, by: Actor, reason: str) -> None:
    kind = "definition.retired" if row.state == "retired" else "definition.restored"
    payload = {"reason": reason} if reason else None
    fact = history.Fact(kind, facts={"key": row.key, "version": row.version}, payload=payload)
    history.record(tx, row.id, "definition", [fact], by=by.recorded_id)
