"""Service tasks: what their job types do, called after the commit that asked for them.

A connector gets a `Call` and returns what the case gets back. It may be called twice for one request (a crash between
its effect and our commit): `call.id` is the same both times, so that the other side can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.core import queue
from app.core.errors import LanewayError
from app.instances import moves, services


class NoSuchService(LanewayError):
    """No connector is registered for this job type."""


class BusinessError(LanewayError):
    """The service answered with a BPMN error, to be caught by the diagram."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a service task."""

    id: str  #: the same for every attempt
    type: str
    reference: str  #: the case's
    inputs: Mapping[str, Any]
    headers: Mapping[str, str]


Connector = Callable[[Call], Mapping[str, Any] | None]

connectors: dict[str, Connector] = {}


def connector(job_type: str) -> Callable[[Connector], Connector]:
    """Register what does the service tasks of a job type."""

    def keep(function: Connector) -> Connector:
        connectors[job_type] = function
        return function

    return keep


#: how long a call waits before it looks again whether its suspended case goes on
PATIENCE = timedelta(seconds=30)


def register(backoff_seconds: float) -> None:
    """Say how service jobs run, and what happens when they fail for good. How often is in the diagram."""
    queue.handle(services.JOB, _call, on_failure=_failed, backoff_seconds=backoff_seconds)


def _call(args: dict[str, Any]) -> None:
    request = services.find(args["instance"], args["ref"])
    if request is None:
        return
    _wait_while_suspended(request)
    function = connectors.get(request.type) or connectors.get("*")
    if function is None:
        raise NoSuchService(f"no connector for job type {request.type!r}", type=request.type)
    call = Call(f"{args['instance']}:{args['ref']}", request.type, request.reference, request.inputs, request.headers)
    try:
        result = function(call)
    except BusinessError as fault:
        taken = moves.fail_call(args["instance"], args["ref"], fault.message, code=str(fault.details.get("code", "")))
    else:
        taken = moves.finish_call(args["instance"], args["ref"], result or {})
    if not taken:
        _wait_while_suspended(services.find(args["instance"], args["ref"]))


def _failed(args: dict[str, Any], error: str) -> None:
    if not moves.fail_call(args["instance"], args["ref"], error):
        _wait_while_suspended(services.find(args["instance"], args["ref"]))


def _wait_while_suspended(request: services.Request | None) -> None:
    """A suspended case takes no answer: the call is made, or made again, when the case goes on."""
    if request is not None and request.state == "suspended":
        raise queue.NotNow(PATIENCE)
