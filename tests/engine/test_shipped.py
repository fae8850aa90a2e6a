"""The four shipped processes, walked with their state stored and loaded again after every single event."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app import engine
from tests.engine.ledger import Ledger
from tests.processes.journeys import ANSWERS, JOURNEYS, SERVICES
from tests.processes.walk import Journey, Shelf, Walk


class Stored(Walk):
    """Remembers the case only in its pieces."""

    def _note(self, told: Sequence[engine.Happening]) -> None:
        self.__dict__.setdefault("pieces", {})
        dumped = self.live.dump()
        for path in dumped.removed:
            del self.pieces[path]
        self.pieces.update(dumped.changed)
        ended = self.live.ended
        self.live = engine.load({}, host=self.shelf, program=self.live.program, fetch=self._fetch)
        assert self.live.ended == ended
        super()._note(told)

    def _fetch(self, path: str) -> dict[str, bytes]:
        below = f"{path}/" if path else ""
        return {name: blob for name, blob in self.pieces.items() if name == path or name.startswith(below)}


class Balanced(Walk):
    """Keeps books of what happens."""

    def _note(self, told: Sequence[engine.Happening]) -> None:
        ledger: Ledger = self.__dict__.setdefault("ledger", Ledger())
        for event in self.__dict__.pop("answers_given", ()):
            ledger.calls.remove(event)
        ledger.read(told)
        ledger.check(self.live)
        super()._note(told)

    def _answer(self, call: engine.ServiceCalled) -> engine.Event:
        self.__dict__.setdefault("answers_given", []).append(call.ref)
        return super()._answer(call)


@pytest.mark.parametrize("journey", JOURNEYS, ids=str)
def test_a_stored_case_goes_the_way_of_a_warm_one(journey: Journey) -> None:
    shelf = Shelf()
    warm = Walk(journey, shelf, ANSWERS, SERVICES).go()
    stored = Stored(journey, shelf, ANSWERS, SERVICES).go()
    assert stored.told == warm.told


@pytest.mark.parametrize("journey", JOURNEYS, ids=str)
def test_everything_that_is_entered_or_asked_for_in_a_shipped_process_is_left_or_withdrawn(journey: Journey) -> None:
    Balanced(journey, Shelf(), ANSWERS, SERVICES).go()
