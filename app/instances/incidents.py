"""Cases that cannot move until someone acts."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.database import Faster, Statement, reading
from app.instances.errors import AlreadyResolved, NoSuchIncident
from app.instances.models import Incident
from app.instances.turn import Turn


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """The step to repair."""

    ref: str
    element: str


_find = Statement(
    sa.select(Incident.ref, Incident.element, Incident.state, Incident.resolution).where(
        Incident.id == sa.bindparam("incident")
    )
)
_resolve = Statement(
    sa.update(Incident)
    .where(Incident.id == sa.bindparam("incident"), Incident.state == "open")
    .values(
        state="resolved",
        resolved_at=sa.bindparam("at_"),
        resolved_by_id=sa.bindparam("actor"),
        resolution=sa.bindparam("how"),
    )
)


def instance_of(incident_id: int) -> int:
    """The case of an incident. Raises NoSuchIncident."""
    with reading() as session:
        found = session.scalar(sa.select(Incident.instance_id).where(Incident.id == incident_id))
    if found is None:
        raise NoSuchIncident(incident_id=incident_id)
    return found


def resolve(turn: Turn, incident_id: int, how: str) -> OpenIncident:
    """Close the incident; what is wrong still opens a new one. Raises AlreadyResolved."""
    ref, element, state, resolution = turn.tx.run(_find, {"incident": incident_id})[0]
    if state != "open":
        raise AlreadyResolved(resolution=resolution)
    values = {"incident": incident_id, "at_": turn.at, "actor": turn.by.recorded_id, "how": how}
    turn.tx.change(_resolve, values, Faster)
    turn.say("incident.resolved", element=element, facts={"ref": ref, "how": how, "incident": incident_id})
    return OpenIncident(ref, element)
