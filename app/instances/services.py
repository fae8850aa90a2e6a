"""Service calls on their way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.database import Statement, Tx, ask, reading
from app.instances.models import ProcessInstance, ServiceRequest

TABLE = ServiceRequest.__table__


@dataclass(frozen=True, slots=True)
class Request:
    """What a service task asks for."""

    element: str
    type: str
    inputs: Mapping[str, Any]
    headers: Mapping[str, str]
    reference: str  #: of the case, for the service's own log
    state: str  #: of the case


_find = Statement(
    sa.select(
        ServiceRequest.element,
        ServiceRequest.type,
        ServiceRequest.inputs,
        ServiceRequest.headers,
        ProcessInstance.reference,
        ProcessInstance.state,
    )
    .join(ProcessInstance, ProcessInstance.id == ServiceRequest.instance_id)
    .where(ServiceRequest.instance_id == sa.bindparam("instance"), ServiceRequest.ref == sa.bindparam("ref"))
)


def waiting(tx: Tx, instance_id: int, ref: str) -> Request | None:
    """The call, if its answer is still wanted."""
    rows = tx.run(_find, {"instance": instance_id, "ref": ref})
    return Request(*rows[0]) if rows else None


def find(instance_id: int, ref: str) -> Request | None:
    """The call, read outside a move: for the job that makes it."""
    with reading() as session:
        rows = ask(session, _find, {"instance": instance_id, "ref": ref})
    return Request(*rows[0]) if rows else None
