"""Cases that cannot move: which, and what an operator can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api import answers, asked
from app.api.access import actor
from app.api.calls import call
from app.core.database import reading
from app.instances import moves, queries
from app.instances.errors import NotAllowed

_REPAIRS = {"retry": moves.retry, "skip": moves.skip}


@call("GET", "/incidents", query=asked.IncidentsQuery, answer=answers.Incidents)
def list_incidents(query: Mapping[str, Any]) -> Any:
    """The newest, of all cases or of one. For administrators and auditors."""
    if not (actor().is_admin or actor().is_auditor):
        raise NotAllowed
    limit = query["limit"]
    with reading() as session:
        found = queries.incidents(session, query["state"], query["instance"], query["cursor"], limit + 1)
    return {"incidents": found[:limit], "next": found[limit - 1].id if len(found) > limit else None}


@call(
    "POST",
    "/incidents/<id:incident_id>/<any(retry,skip):how>",
    body=asked.Repair,
    optional=True,
    answer=answers.IncidentMoved,
    keyed=True,
    races=True,
)
def repair_incident(incident_id: int, how: str, body: Mapping[str, Any], key: str | None) -> Any:
    """Write `data`, then run the failed step again, or leave it as if it had completed. For administrators.

    What is still wrong opens a new incident.
    """
    _REPAIRS[how](incident_id, by=actor(), data=body["data"], key=key)
    return {"id": incident_id, "state": "resolved"}
