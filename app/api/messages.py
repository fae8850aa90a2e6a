"""What happened outside, for the cases that wait for it or begin with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api import answers, asked
from app.api.access import actor
from app.api.calls import call
from app.instances import moves
from app.instances.errors import NotAllowed


@call("POST", "/messages", body=asked.NewMessage, answer=answers.Received, status=202)
def send_message(body: Mapping[str, Any]) -> Any:
    """Keep a message until a case takes it. The same `id` with the same content again is one message."""
    by = actor()
    if not (by.departments or by.is_admin):
        # As for starting a case, which a message may do: who only reads, or only draws, moves none.
        raise NotAllowed
    kept = moves.receive(body["name"], body["correlation"], body["payload"], sender_id=body["id"], by=by)
    return {"message": kept}
