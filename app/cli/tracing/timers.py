"""The timers of a traced world, in order of due time, and of setting where they are due together."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from datetime import datetime
from itertools import count
from typing import Generic, TypeVar

_Place = TypeVar("_Place", bound=Hashable)


class Timers(Generic[_Place]):
    """Each place has at most one; setting it again replaces it."""

    def __init__(self) -> None:
        self._set: dict[_Place, tuple[datetime, int]] = {}
        self._queue: list[tuple[datetime, int, _Place]] = []
        self._numbers = count()

    def set(self, place: _Place, due_at: datetime) -> None:
        number = next(self._numbers)
        self._set[place] = (due_at, number)
        heapq.heappush(self._queue, (due_at, number, place))

    def clear(self, place: _Place) -> None:
        self._set.pop(place, None)

    def due_at(self, place: _Place) -> datetime | None:
        """When this one is due, if it is set."""
        found = self._set.get(place)
        return found[0] if found is not None else None

    def take(self, until: datetime) -> tuple[_Place, datetime] | None:
        """The first that is due by then; it is no longer set."""
        while self._queue and self._queue[0][0] <= until:
            due_at, number, place = heapq.heappop(self._queue)
            if self._set.get(place) == (due_at, number):
                del self._set[place]
                return place, due_at
        return None
