"""Where the tokens of one scope may go: its nodes as places and the ways out of them. Conditions count as free choices.

A place is one bit, so a state of a scope is a number. Places are numbered downstream: the lowest bit of a state is the
token that has come least far, and what is in a circle comes before what lies behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

from app.diagrams.graph import has_event, implicit_starts, parts, walk
from app.diagrams.model import Node, Process

#: so many ways out of an inclusive gateway are combined in every way; of more only the plain combinations are asked
_COMBINED, _LEFT_OUT = 4, 20
#: flows of all ways together; a scope with more is not judged
_MOST = 100_000
_ONE_OF = ("exclusiveGateway", "eventBasedGateway")
_SOME_OF = ("inclusiveGateway", "complexGateway")
_JOINS = ("parallelGateway", *_SOME_OF)
#: an end event with one of these takes every other token of its scope away
_ENDING = ("terminate", "error", "cancel")


@dataclass(frozen=True, slots=True)
class Way:
    """One thing a node may do with its token: the flows it takes, or the boundary event that takes over."""

    flows: tuple[str, ...]
    by: str = ""  #: the boundary event
    ends: bool = False
    puts: int = 0  #: places that get a token
    twice: int = 0  #: those that get two at once
    counted: int = 0  #: those of them at which a join counts
    joins: tuple[int, ...] = ()  #: the numbers of those joins
    leads_back: bool = False


@dataclass(slots=True)
class Spot:
    """A node with the places before it. A join counts what comes over each flow; others take every token alike."""

    node: Node
    ways: tuple[Way, ...] = ()
    place: int = 0  #: where a token is about to go on
    counts: dict[str, int] = field(default_factory=dict)  #: flow -> the place at which a join counts
    needs: int = 0  #: all those places together


@dataclass(frozen=True, slots=True)
class Net:
    """The nodes of a scope, downstream, and the states it may begin in."""

    spots: tuple[Spot, ...]
    at: tuple[int, ...]  #: place, as the number of its bit -> the number of its spot
    begins: tuple[int, ...]
    main: int  #: places that are come to without events that happen beside an activity, as often as they like


def net(process: Process, scope: str, members: list[Node]) -> Net | None:
    """The scope as places; None where order is free (ad-hoc), or tokens are taken and given by number."""
    outer = process.nodes.get(scope)
    if outer is not None and outer.kind == "adHocSubProcess":
        return None
    inside = {node.id: node for node in members}
    if any((node.start_quantity, node.completion_quantity) != (1, 1) for node in members):
        return None
    drawn = _drawn(process, members)
    if drawn is None:
        return None
    order = _downstream(_targets(process, drawn))
    spots = tuple(Spot(inside[name]) for name in order)
    at = _number(spots, inside, process)
    where = {spot.node.id: spot for spot in spots}
    rank = {name: number for number, name in enumerate(order)}
    for spot in spots:
        spot.ways = tuple(_placed(process, spot.node.id, way, where, rank) for way in drawn[spot.node.id])
    begins = list(_begins(members))
    ways = {
        name: tuple(way for way in each if not way.by or inside[way.by].interrupting) for name, each in drawn.items()
    }
    main = walk([name for names in begins for name in names], _targets(process, ways))
    return Net(
        spots,
        at,
        begins=tuple(sum(where[name].place for name in names) for names in begins),
        main=sum(spot.place | spot.needs for spot in spots if spot.node.id in main),
    )


def _begins(members: list[Node]) -> Iterator[list[str]]:
    """Each start event begins a case of its own; without one, all that nothing leads to begins together."""
    starts = [node.id for node in members if node.kind == "startEvent" or (node.instantiate and not node.incoming)]
    yield from ([name] for name in starts)
    implicit = [node.id for node in implicit_starts(members)]
    if not starts and implicit:
        yield implicit


# -- what a node may do ------------------------------------------------------------------------------------------------


def _drawn(process: Process, members: list[Node]) -> dict[str, tuple[Way, ...]] | None:
    """What every node may do; None when that is beyond measure."""
    around, links = _boundaries(members), _links(members)
    found: dict[str, tuple[Way, ...]] = {}
    left = _MOST
    for node in members:
        if node.kind == "boundaryEvent":
            continue
        ways: list[Way] = []
        for way in _ways(process, node, links, around):
            ways.append(way)
            left -= 1 + len(way.flows)
            if left < 0:
                return None
        found[node.id] = tuple(ways)
    return found


def _links(members: list[Node]) -> dict[str, list[str]]:
    """Name -> the caught links of that name."""
    found: dict[str, list[str]] = {}
    for node in members:
        if node.kind == "intermediateCatchEvent":
            for event in node.events:
                if event.kind == "link":
                    found.setdefault(event.name, []).append(node.id)
    return found


def _boundaries(members: list[Node]) -> dict[str, list[Node]]:
    """Activity -> the events on its edge that a way leads on from."""
    found: dict[str, list[Node]] = {}
    for node in members:
        if node.kind == "boundaryEvent" and not has_event(node, "compensate"):
            found.setdefault(node.attached_to, []).append(node)
    return found


def _ways(
    process: Process, node: Node, links: Mapping[str, list[str]], around: Mapping[str, list[Node]]
) -> Iterator[Way]:
    """What may happen at a node, the ordinary first: flows out of it, then each boundary event."""
    if node.kind == "endEvent":
        yield Way((), ends=has_event(node, *_ENDING))
        return
    if node.kind == "intermediateThrowEvent" and has_event(node, "link"):
        # The caught links that it leads to stand for flows.
        names = dict.fromkeys(event.name for event in node.events)
        yield Way(tuple(dict.fromkeys(target for name in names for target in links.get(name, ()))))
        return
    plain = [Way(flows) for flows in _splits(process, node)]
    yield from plain
    for event in around.get(node.id, ()):
        for flows in _splits(process, event):
            yield Way(flows if event.interrupting else plain[0].flows + flows, by=event.id)


def _splits(process: Process, node: Node) -> list[tuple[str, ...]]:
    """The sets of flows that may be taken together."""
    flows = tuple(dict.fromkeys(flow for flow in node.outgoing if process.flows[flow].target in process.nodes))
    if len(flows) < 2 or node.kind == "parallelGateway":
        return [flows]
    if node.kind == "eventBasedGateway" and node.event_gateway_type == "Parallel":
        return [flows]
    if node.kind in _ONE_OF:
        return [(flow,) for flow in flows]
    if node.kind in _SOME_OF:
        return _combined(flows)
    asked = tuple(flow for flow in flows if process.flows[flow].condition is not None and flow != node.default)
    always = tuple(flow for flow in flows if flow not in asked and flow != node.default)
    otherwise = (node.default,) if node.default in flows else ()
    found = [always + chosen for chosen in _combined(asked)] if asked else []
    return [*found, always + otherwise] if always + otherwise else found


def _combined(flows: tuple[str, ...]) -> list[tuple[str, ...]]:
    count = len(flows)
    sizes = range(1, count + 1) if count <= _COMBINED else (1, *((count - 1,) if count <= _LEFT_OUT else ()), count)
    return [chosen for size in sizes for chosen in combinations(flows, size)]


# -- places ------------------------------------------------------------------------------------------------------------


def _targets(process: Process, drawn: Mapping[str, tuple[Way, ...]]) -> dict[str, list[str]]:
    return {
        name: [end for way in ways for flow in way.flows if (end := _end(process, flow)) in drawn]
        for name, ways in drawn.items()
    }


def _end(process: Process, flow: str) -> str:
    return process.flows[flow].target if flow in process.flows else flow


def _downstream(ways: Mapping[str, list[str]]) -> list[str]:
    """The nodes so that each stands behind those that lead to it; a circle stands together, before what it leads to."""
    late = {name: number for number, part in enumerate(parts(set(ways), ways)) for name in part}
    led_to = {end for ends in ways.values() for end in ends}
    entries = [name for name in ways if name not in led_to]
    first = {name: number for number, name in enumerate(_left_last([*entries, *ways], ways))}
    return sorted(ways, key=lambda name: (-late[name], first[name]))


def _left_last(roots: list[str], ways: Mapping[str, list[str]]) -> list[str]:
    """Depth first, turned round: each before what it leads to, but for ways back."""
    seen: set[str] = set()
    left: list[str] = []
    for root in roots:
        todo = [(root, iter(ways[root]))] if root not in seen else []
        seen.add(root)
        while todo:
            following = next((each for each in todo[-1][1] if each not in seen), None)
            if following is None:
                left.append(todo.pop()[0])
            else:
                seen.add(following)
                todo.append((following, iter(ways[following])))
    return left[::-1]


def _number(spots: tuple[Spot, ...], inside: Mapping[str, Node], process: Process) -> tuple[int, ...]:
    """Give each spot its places, downstream. Returns whose each bit is."""
    at: list[int] = []

    def place(number: int) -> int:
        at.append(number)
        return 1 << (len(at) - 1)

    for number, spot in enumerate(spots):
        flows = [flow for flow in spot.node.incoming if process.flows[flow].source in inside]
        if spot.node.kind in _JOINS and len(flows) > 1:
            spot.counts = {flow: place(number) for flow in flows}
            spot.needs = sum(spot.counts.values())
        spot.place = place(number)
    return tuple(at)


def _placed(process: Process, name: str, way: Way, where: Mapping[str, Spot], rank: Mapping[str, int]) -> Way:
    """The way with the places at which it puts tokens."""
    puts = twice = counted = 0
    joins: list[int] = []
    last = where[name].place
    for flow in way.flows:
        spot = where.get(_end(process, flow))
        if spot is None:
            continue
        if flow in spot.counts:
            counted |= spot.counts[flow]
            joins.append(rank[spot.node.id])
        else:
            twice |= puts & spot.place
            puts |= spot.place
    back = bool((puts | counted) & (last | (last - 1)))
    return replace(way, puts=puts, twice=twice, counted=counted, joins=tuple(dict.fromkeys(joins)), leads_back=back)
