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


@call("GET", "/incidents", query=asked.IncidentsQuery, answer=answers.Incidents)
def list_incidents(query: Mapping[str, Any]) -> Any:
    """The newest hundred, of all cases or of one. For administrators and auditors."""
    if not (actor().is_admin or actor().is_auditor):
        raise NotAllowed
    with reading() as session:
        return {"incidents": queries.incidents(session, query["state"], query["instance"])}


@call(
    "POST",
    "/incidents/<id:incident_id>/retry",
    body=asked.Repair,
    optional=True,
    answer=answers.IncidentMoved,
    keyed=True,
    races=True,
)
def retry_incident(incident_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Run the failed step again, after writing `data`. What is still wrong opens a new incident. For administrators."""
    moves.retry(incident_id, by=actor(), data=body["data"], key=key)
    return {"id": incident_id, "state": "resolved"}


@call(
    "POST",
    "/incidents/<id:incident_id>/skip",
    body=asked.Repair,
    optional=True,
    answer=answers.IncidentMoved,
    keyed=True,
    races=True,
)
def skip_incident(incident_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Leave the failed step as if it had completed with `data`. For administrators."""
    moves.skip(incident_id, by=actor(), data=body["data"], key=key)
    return {"id": incident_id, "state": "resolved"}
