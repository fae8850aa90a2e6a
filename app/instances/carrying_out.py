"""An order to migrate many cases, carried out case by case: one that cannot go does not stop the others."""

from __future__ import annotations

import logging

from app import engine
from app.core.database import again, reading, writing
from app.core.errors import LanewayError
from app.definitions.rights import require_analyst
from app.instances import moves, orders
from app.people.actor import SYSTEM, SYSTEM_ID, Actor, actor

log = logging.getLogger("laneway.migrations")

#: cases in one go; then others have their turn
SHARE = 100


def carry_on(order: int) -> bool:
    """The next cases of an order. Whether there may be more; doing it twice does nothing twice."""
    with reading() as session:
        due = orders.due(session, order, SHARE)
        if due is None:
            return False
        by = SYSTEM if due.by_id == SYSTEM_ID else actor(session, due.by_id)
    for instance_id in due.cases:
        _note(due.id, instance_id, *_turn(due, instance_id, by))
    if not due.cases:
        _end(due)
    return bool(due.cases)


def _turn(due: orders.Due, instance_id: int, by: Actor) -> tuple[str, tuple[engine.Obstacle, ...], str]:
    """What becomes of a case: the state of its result, obstacles, and the name of another fault."""
    goes = due.state == "running"
    key = f"order:{due.id}:{instance_id}"
    try:
        require_analyst(by)
        if goes:
            moves.migrate(instance_id, due.definition_id, due.given, by=by, key=key, reason=due.reason, order=due.id)
            return "migrated", (), ""
        moves.undo_migration(instance_id, by=by, key=key)
        return "undone", (), ""
    except engine.CannotMigrate as fault:
        return "refused", fault.obstacles, ""
    except LanewayError as fault:
        return "refused" if goes else "kept", (), type(fault).__name__
    except Exception:  # one case that cannot move must not keep the others waiting
        log.exception("migrating case %s by order %s", instance_id, due.id)
        return "refused" if goes else "kept", (), "Unexpected"


@again
def _note(order: int, instance_id: int, state: str, obstacles: tuple[engine.Obstacle, ...], fault: str) -> None:
    with writing() as tx:
        orders.note(tx, order, instance_id, state, obstacles, fault)


@again
def _end(due: orders.Due) -> None:
    with writing() as tx:
        orders.end(tx, due)
