"""Service calls on their way: each is the job that makes it, found by the step that waits for its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import engine
from app.core import queue
from app.core.database import Statement, Tx, ask, reading
from app.core.queue import Job
from app.instances.models import ProcessInstance

#: the job that makes a call
JOB = "service.call"


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
    sa.select(Job.args, ProcessInstance.reference, ProcessInstance.state)
    .join(ProcessInstance, ProcessInstance.id == sa.bindparam("instance"))
    .where(Job.key == sa.bindparam("key"))
)


def ask_for(tx: Tx, instance_id: int, it: engine.ServiceCalled) -> None:
    """Have a service called after the commit."""
    args = {
        "instance": instance_id,
        "ref": it.ref,
        "element": it.element,
        "type": it.type,
        "inputs": dict(it.inputs),
        "headers": dict(it.headers),
    }
    queue.defer(tx, JOB, args, key=_key(instance_id, it.ref), most=max(1, it.retries))


def forget(tx: Tx, instance_id: int, ref: str) -> None:
    """Nobody waits for the answer any more."""
    queue.withdraw(tx, _key(instance_id, ref))


def place(tx: Tx, instance_id: int, places: Mapping[str, str]) -> None:
    """The steps that wait for answers stand at these elements now; what was asked for is still wanted."""
    for args in queue.kept_under(tx, _key(instance_id, "")):
        element = places.get(args["ref"], args["element"])
        if element != args["element"]:
            queue.amend(tx, _key(instance_id, args["ref"]), {**args, "element": element})


def waiting(tx: Tx, instance_id: int, ref: str) -> Request | None:
    """The call, if its answer is still wanted."""
    return _request(tx.run(_find, {"instance": instance_id, "key": _key(instance_id, ref)}))


def find(instance_id: int, ref: str) -> Request | None:
    """The call, read outside a move: for the job that makes it."""
    with reading() as session:
        return _request(ask(session, _find, {"instance": instance_id, "key": _key(instance_id, ref)}))


def of_case(session: Session, instance_id: int) -> list[Mapping[str, Any]]:
    """The calls that a case waits for: `ref`, `element`, `type` of each and what was asked."""
    return queue.under(session, _key(instance_id, ""))


def _key(instance_id: int, ref: str) -> str:
    return f"service:{instance_id}:{ref}"


def _request(rows: Any) -> Request | None:
    if not rows:
        return None
    args, reference, state = rows[0]
    return Request(args["element"], args["type"], args["inputs"], args["headers"], reference, state)
