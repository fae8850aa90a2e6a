"""Orders to migrate many cases, worked off in the background: some cases, then other jobs have their turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.core import queue
from app.instances import orders
from app.instances.carrying_out import carry_on


def register() -> None:
    """Say how orders are worked off."""
    queue.handle(orders.JOB, _work, most=10)


def _work(args: dict[str, Any]) -> None:
    if carry_on(int(args["order"])):
        raise queue.NotNow(timedelta())
