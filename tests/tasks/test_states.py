"""The life of a task, every pair of states."""

from __future__ import annotations

from itertools import product

import pytest

from app.tasks.states import LIVE, MOVES, State, can_become

ALLOWED = {
    ("open", "claimed"),  # claim
    ("open", "completed"),  # complete without claiming
    ("open", "cancelled"),  # withdrawn
    ("claimed", "open"),  # release
    ("claimed", "claimed"),  # reassigned, or the holder opens the form
    ("claimed", "completed"),
    ("claimed", "cancelled"),
}


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_task_goes_only_where_its_life_leads(before: State, after: State) -> None:
    assert can_become(before.value, after) is ((before.value, after.value) in ALLOWED)


def test_every_state_has_its_line_and_a_state_that_does_not_exist_is_an_error() -> None:
    assert set(MOVES) == set(State)
    assert set(LIVE) == {State.OPEN, State.CLAIMED}
    with pytest.raises(ValueError, match="lost"):
        can_become("lost", State.OPEN)
