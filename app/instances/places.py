"""Where the waits of a case stand: rows that name an element, brought in line with the live state after a migration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import engine
from app.core.database import Statement
from app.instances import services
from app.instances.models import Incident, Subscription, Timer

if TYPE_CHECKING:
    from app.instances.turn import Turn

_timers = Statement(sa.select(Timer.ref, Timer.element, Timer.due_at).where(Timer.instance_id == sa.bindparam("case")))
_listeners = Statement(
    sa.select(
        Subscription.ref,
        Subscription.element,
        Subscription.kind,
        Subscription.name,
        Subscription.correlation,
        Subscription.created_at,
    ).where(Subscription.instance_id == sa.bindparam("case"))
)
_incidents = Statement(
    sa.select(Incident.id, Incident.ref, Incident.element).where(
        Incident.instance_id == sa.bindparam("case"), Incident.state == "open"
    )
)
_place_incident = Statement(
    sa.update(Incident).where(Incident.id == sa.bindparam("incident")).values(element=sa.bindparam("element_"))
)


def align(turn: Turn, since: Mapping[str, datetime] | None = None) -> None:
    """Every timer, listener, call and open incident stands where its step does. `since`: who has listened longer."""
    waiting = [] if turn.live.ended else turn.live.waiting()
    _align_timers(turn, waiting)
    _align_listeners(turn, waiting, since or {})
    places = {step.ref: step.element for step in waiting}
    for incident, ref, element in turn.tx.run(_incidents, {"case": turn.case.id}):
        if places.get(ref, element) != element:
            turn.tx.change(_place_incident, {"incident": incident, "element_": places[ref]})
    services.place(turn.tx, turn.case.id, places)


def _align_timers(turn: Turn, waiting: list[engine.Waiting]) -> None:
    stored = {row[0]: row for row in turn.tx.run(_timers, {"case": turn.case.id})}
    for step in waiting:
        wait = step.wait
        if wait is not None and wait.due is not None:
            row = (step.ref, step.element, wait.due)
            if stored.pop(step.ref, None) != row:
                _put(turn, Timer.__table__, dict(zip(("ref", "element", "due_at"), row, strict=True)))
    for ref in stored:
        turn.tx.drop(Timer.__table__, instance_id=turn.case.id, ref=ref)


def _align_listeners(turn: Turn, waiting: list[engine.Waiting], since: Mapping[str, datetime]) -> None:
    stored = {row[0]: row for row in turn.tx.run(_listeners, {"case": turn.case.id})}
    names = ("ref", "element", "kind", "name", "correlation", "created_at")
    for step in waiting:
        wait = step.wait
        if wait is not None and wait.kind != "timer":
            known = stored.pop(step.ref, None)
            said = (step.ref, step.element, wait.kind, wait.known_as, wait.correlation)
            # Who listens by another name has begun to listen now; another element is no other wait.
            is_same = known is not None and known[2:5] == said[2:5]
            at = since.get(step.ref) or (known[5] if known is not None and is_same else turn.at)
            if known != (*said, at):
                _put(turn, Subscription.__table__, dict(zip(names, (*said, at), strict=True)))
    for ref in stored:
        turn.tx.drop(Subscription.__table__, instance_id=turn.case.id, ref=ref)


def listening_since(turn: Turn) -> dict[str, datetime]:
    """Since when each listener of the case has listened."""
    return {row[0]: row[5] for row in turn.tx.run(_listeners, {"case": turn.case.id})}


def _put(turn: Turn, table: Any, row: dict[str, Any]) -> None:
    turn.tx.put(table, {"instance_id": turn.case.id} | row)
