"""The search through the states of a drawing finds what trying every order of every token finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest

from app import diagrams
from app.diagrams.graph import walk, ways_on
from app.diagrams.model import Node, Process
from app.diagrams.net import net
from app.diagrams.states import Found, Search
from tests.diagrams.drawings import file

#: so many tokens as there are names here
Marking = tuple[str, ...]
MOST = 3_000


def drawn(seed: int) -> Process:
    """A small process without a plan: tasks, exclusive and parallel gateways, any flow between them."""
    choose = random.Random(seed)
    names = [f"n{number}" for number in range(choose.randint(3, 8))]
    kinds = {name: choose.choice(["task", "exclusiveGateway", "parallelGateway"]) for name in names}
    ends = [("start", names[0]), *pairwise(names), (names[-1], "end")]
    ends += [(choose.choice(names), choose.choice([*names, "end"])) for _ in range(choose.randint(0, 4))]
    body = '<bpmn:startEvent id="start"/><bpmn:endEvent id="end"/>'
    body += "".join(f'<bpmn:{kind} id="{name}"/>' for name, kind in kinds.items())
    body += "".join(
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(ends)
    )
    return diagrams.read(file(f'<bpmn:process id="p">{body}</bpmn:process>')).processes["p"]


def after(process: Process, marking: Marking) -> Iterator[Marking]:
    """Every state that one step of one node leads to."""
    for node in process.nodes.values():
        for taken in taken_by(node, marking):
            left = list(marking)
            for flow in taken:
                left.remove(flow)
            given = [(flow,) for flow in node.outgoing] if node.kind == "exclusiveGateway" else [node.outgoing]
            yield from (tuple(sorted([*left, *flows])) for flows in given)


def taken_by(node: Node, marking: Marking) -> Iterator[tuple[str, ...]]:
    here = [flow for flow in node.incoming if flow in marking]
    if node.kind != "parallelGateway":
        yield from ((flow,) for flow in here)
    elif here and len(here) == len(node.incoming):
        yield node.incoming


def met(process: Process, marking: Marking, works: set[str]) -> bool:
    """Two tokens have come to a node that merges, or behind which something is done."""
    for node in process.nodes.values():
        counts = [marking.count(flow) for flow in node.incoming]
        if node.id in works and (max(counts, default=0) if node.kind == "parallelGateway" else sum(counts)) > 1:
            return True
    return False


def tried(process: Process) -> tuple[bool, bool] | None:
    """(two tokens meet somewhere, a state is dead) by trying everything; None when that is too much."""
    ways = ways_on(process)
    joins = {node.id for node in process.nodes.values() if node.kind == "parallelGateway" and len(node.incoming) > 1}
    tasks = {node.id for node in process.nodes.values() if node.kind == "task"}
    merges = {node.id for node in process.nodes.values() if node.kind == "exclusiveGateway" and len(node.incoming) > 1}
    works = merges | {name for name in ways if walk([name], ways) & (tasks | joins)}
    todo: list[Marking] = [process.nodes["start"].outgoing]
    seen = set(todo)
    twice = dead = False
    while todo:
        marking = todo.pop()
        twice = twice or met(process, marking, works)
        following = set(after(process, marking))
        dead = dead or (not following and bool(marking))
        todo += [each for each in following - seen if max(map(each.count, each), default=0) < 3]
        seen |= following
        if len(seen) > MOST:
            return None
    return twice, dead


def searched(process: Process) -> Found:
    places = net(process, "p", list(process.nodes.values()))
    assert places is not None
    return Search(places, 100_000).run()


@pytest.mark.parametrize("hundred", range(6))
def test_nothing_is_missed_and_nothing_invented(hundred: int) -> None:
    counted = {(True, False): 0, (True, True): 0, (False, True): 0, (False, False): 0}
    for seed in range(hundred * 100, hundred * 100 + 100):
        process = drawn(seed)
        all_tried = tried(process)
        if all_tried is None:
            continue
        twice, dead = all_tried
        found = searched(process)
        assert bool(found.twice) == twice, seed
        if not twice:
            assert bool(found.stuck) == dead, seed
        counted[twice, dead] += 1
    assert counted[False, True] > 5
    assert counted[False, False] > 5
    assert counted[True, False] + counted[True, True] > 5
