"""A parallel join gets a token over each way in: not where an exclusive choice before it takes only some of them."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import implicit_starts, is_entry, judged, scopes, title, walk, ways_on
from app.diagrams.model import Diagram, Node, Process

RULE = "join-deadlock"
_CHOOSES = ("exclusiveGateway", "eventBasedGateway")
#: choices times nodes of one scope; a drawing beyond that is not judged
_MOST = 2_000_000


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        ways = ways_on(process)
        for members in scopes(process).values():
            joins = [node for node in members if node.kind == "parallelGateway" and len(node.incoming) > 1]
            choices = [node for node in members if node.kind in _CHOOSES and len(node.outgoing) > 1]
            if joins and len(choices) * len(members) <= _MOST:
                yield from _scope(process, members, joins, choices, ways)


def _scope(
    process: Process, members: list[Node], joins: list[Node], choices: list[Node], ways: dict[str, list[str]]
) -> Iterator[Finding]:
    entries = [node.id for node in members if is_entry(node, process)]
    entries += [node.id for node in implicit_starts(members)]
    told: set[str] = set()
    for choice in choices:
        around = {**ways, choice.id: []}
        if choice.id in walk(list(ways[choice.id]), ways):
            continue  # it may be come to again, and the other way be taken then
        elsewhere = walk(list(entries), around)
        for join in joins:
            if join.id not in elsewhere and join.id not in told and _starves(process, join, choice, around):
                told.add(join.id)
                values = {"join": title(join.id, join.name), "choice": title(choice.id, choice.name)}
                yield Finding(RULE, "warning", join.id, join.line, f"rules.{RULE}", values)


def _starves(process: Process, join: Node, choice: Node, around: dict[str, list[str]]) -> bool:
    """Whether one way out of the choice reaches the join, but not over each of its ways in."""
    for flow in choice.outgoing:
        first = process.flows[flow].target
        reached = walk([first], {**around, join.id: []})
        over = {each for each in join.incoming if each == flow or process.flows[each].source in reached - {join.id}}
        if over and len(over) < len(join.incoming):
            return True
    return False
