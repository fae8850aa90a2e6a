"""Who may change what runs: deploying, retiring and restoring versions, taking cases to another."""

from __future__ import annotations

from app.definitions.errors import NotAnalyst
from app.people.actor import Actor


def require_analyst(by: Actor) -> None:
    """Raises NotAnalyst."""
    if not (by.is_analyst or by.is_admin):
        raise NotAnalyst
