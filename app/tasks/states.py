"""The whole life of a task on one screen."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


MOVES = {
    State.OPEN: {State.CLAIMED, State.COMPLETED, State.CANCELLED},
    State.CLAIMED: {State.OPEN, State.CLAIMED, State.COMPLETED, State.CANCELLED},
    State.COMPLETED: set[State](),
    State.CANCELLED: set[State](),
}

LIVE = (State.OPEN, State.CLAIMED)


def can_become(state: str, wanted: State) -> bool:
    """Whether a task in one state may go to another."""
    return wanted in MOVES[State(state)]
