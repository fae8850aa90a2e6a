"""Every state that one scope may come to, until a budget is spent: where it gets stuck, and where work is done twice.

Of the tokens in a state only the one that has come least far goes on. Nothing that others do takes its choices away,
so each state in which nobody can go on is found all the same (stubborn sets: Valmari, 1989); and since tokens gather
before they go on, two of them at one place are seen there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.diagrams.graph import GATEWAYS, has_event, walk
from app.diagrams.net import Net, Spot, Way


@dataclass(frozen=True, slots=True)
class Story:
    """What was chosen on the way to a state, the last first."""

    spot: Spot
    way: Way
    before: Story | None

    def told(self) -> list[Story]:
        """The choices in their order."""
        found: list[Story] = []
        here: Story | None = self
        while here is not None:
            found.append(here)
            here = here.before
        return found[::-1]


@dataclass(slots=True)
class Found:
    """`stuck`: a join that waits for ever -> the flows nobody comes over. `twice`: nodes that two tokens come to."""

    stuck: dict[str, tuple[tuple[str, ...], Story | None]] = field(default_factory=dict)
    twice: dict[str, Story | None] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)  #: of those, merging gateways behind which nothing is done
    came: set[str] = field(default_factory=set)  #: nodes that were come to
    ends: bool = False  #: in some state nothing is left to do
    cut: bool = False  #: not every state was looked at


class Search:
    """One walk through the states of a net."""

    def __init__(self, net: Net, most: int) -> None:
        self.net = net
        self.left = most
        self.found = Found()
        self._todo: deque[tuple[int, int, Story | None]] = deque((begin, 0, None) for begin in net.begins)
        self._seen: set[tuple[int, int]] = set()
        self._works = _works(net) & net.main
        self._told = self._works | sum(spot.place for spot in net.spots if _merges(spot)) & net.main
        self._before = _leading(net, self._told)
        self._lost = 0  #: places that a second token came to since the last choice, and nobody minds

    def run(self) -> Found:
        while self._todo and self.left > 0:
            self._follow(*self._todo.popleft())
        self.found.cut |= bool(self._todo) or self.left <= 0
        return self.found

    def _follow(self, moving: int, counted: int, story: Story | None) -> None:
        """Go on from a state until there is a choice, an end, or nothing new."""
        self._lost = 0
        while self.left > 0:
            self.left -= 1
            spot, moving, counted = self._next(moving, counted)
            if spot is None:
                self._stuck(counted, story)
                return
            self.found.came.add(spot.node.id)
            if len(spot.ways) != 1:
                self._choose(spot, moving, counted, story)
                return
            after = self._take(spot.ways[0], moving, counted, story)
            if after is None:
                return
            moving, counted = after
            if spot.ways[0].leads_back and after in self._seen:
                self._twice(self._lost & self._before, story)  # it goes round, and gives a token each time
                return
            if spot.ways[0].leads_back:  # it might go round for ever
                self._seen.add(after)

    def _choose(self, spot: Spot, moving: int, counted: int, story: Story | None) -> None:
        for way in spot.ways:
            told = Story(spot, way, story)
            after = self._take(way, moving, counted, told)
            if after is not None and after not in self._seen:
                self._seen.add(after)
                self._todo.append((*after, told))

    def _next(self, moving: int, counted: int) -> tuple[Spot | None, int, int]:
        """Who goes on: the token that has come least far; where none can, an inclusive join with what has come."""
        if moving:
            bit = moving & -moving
            return self.net.spots[self.net.at[bit.bit_length() - 1]], moving ^ bit, counted
        left = counted
        while left:
            spot = self.net.spots[self.net.at[(left & -left).bit_length() - 1]]
            if spot.node.kind != "parallelGateway":
                return spot, moving, counted & ~spot.needs
            left &= ~spot.needs
        return None, moving, counted

    def _take(self, way: Way, moving: int, counted: int, story: Story | None) -> tuple[int, int] | None:
        """The state after a way was taken; None where it is not gone on from."""
        if way.ends:
            self.found.ends = self.found.cut = True
            return None
        again = way.twice | way.puts & moving | way.counted & counted
        moving, counted = moving | way.puts, counted | way.counted
        for number in way.joins:
            join = self.net.spots[number]
            if counted & join.needs == join.needs:
                counted &= ~join.needs
                again |= moving & join.place
                moving |= join.place
        if again & self._told:
            self._twice(again & self._told, story)
            return None
        self._lost |= again
        return moving, counted

    def _twice(self, places: int, story: Story | None) -> None:
        self.found.cut |= places > 0
        for spot in _whose(self.net, places):
            self.found.twice.setdefault(spot.node.id, story)
            if not spot.place & self._works:
                self.found.idle.add(spot.node.id)

    def _stuck(self, counted: int, story: Story | None) -> None:
        """Nobody can go on. Of the joins that wait the first is to blame: the others may wait for it."""
        spot = next(_whose(self.net, counted), None)
        if spot is None:
            self.found.ends = True
            return
        missing = tuple(flow for flow, place in spot.counts.items() if not place & counted)
        self.found.stuck.setdefault(spot.node.id, (missing, story))


def _works(net: Net) -> int:
    """The places behind which something is done: two tokens that only come to an end do no harm."""
    return _leading(net, sum(spot.place for spot in net.spots if _does(spot)))


def _leading(net: Net, places: int) -> int:
    """These places, those of the same nodes, and all that lead to them."""
    before: dict[str, list[str]] = {spot.node.id: [] for spot in net.spots}
    for spot in net.spots:
        for end in {end.node.id for way in spot.ways for end in _whose(net, way.puts | way.counted)}:
            before[end].append(spot.node.id)
    found = walk([spot.node.id for spot in _whose(net, places)], before)
    return sum(spot.place | spot.needs for spot in net.spots if spot.node.id in found)


def _merges(spot: Spot) -> bool:
    """An exclusive gateway that brings ways together says that only one of them is taken."""
    return spot.node.kind == "exclusiveGateway" and len(spot.node.incoming) > 1


def _does(spot: Spot) -> bool:
    if spot.node.kind == "endEvent":
        return has_event(spot.node, "message", "signal", "escalation", "compensate")
    return spot.node.kind not in GATEWAYS or (spot.node.kind == "parallelGateway" and spot.needs > 0)


def _whose(net: Net, places: int) -> Iterator[Spot]:
    while places:
        yield net.spots[net.at[(places & -places).bit_length() - 1]]
        places &= places - 1
