"""What happened outside, for the cases that wait for it or begin with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api import answers, asked
from app.api.access import actor
from app.api.calls import call
from app.instances import moves


@call("POST", "/messages", body=asked.NewMessage, answer=answers.Received, status=202)
def send_message(body: Mapping[str, Any]) -> Any:
    """Keep a message until a case takes it. The same `id` with the same content again is one message."""
    kept = moves.receive(body["name"], body["correlation"], body["payload"], sender_id=body["id"], by=actor())
    return {"message": kept}
