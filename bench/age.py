"""`age`: what a completion costs after 10, 100 and 1,000 rounds of one case."""

from __future__ import annotations

import time

from app.definitions.deploy import deploy
from app.instances import moves
from bench.drawings import NoParts, rework
from bench.world import World, say, world

ROUNDS = 1020
WINDOWS = (10, 100, 1000)


def run() -> None:
    for database in ("sqlite", "postgres"):
        with world(database) as place:
            _measure(place)


def _measure(place: World) -> None:
    deploy(rework(), by=place.actor("chen"), sources=NoParts(), file_name="rework.bpmn")
    lin = place.actor("lin")
    costs: list[float] = []
    for _ in range(3):
        costs = [min(pair) for pair in zip(costs or [9.0] * ROUNDS, _rounds(lin), strict=True)]
    windows = {first: sum(sorted(costs[first - 10 : first + 20])[:20]) / 20 * 1000 for first in WINDOWS}
    for first, cost in windows.items():
        ratio = round(cost / windows[10], 3)
        say("age", f"round {first}", cost, "cpu ms", 20, place.database, against="round 10", ratio=ratio)


def _rounds(lin: object) -> list[float]:
    task = int(moves.start("rework", {}, by=lin, mark="test")["tasks"][0])  # type: ignore[arg-type]
    costs = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        done = moves.complete(task, {"note": "again"}, by=lin)  # type: ignore[arg-type]
        costs.append(time.process_time() - begun)
        task = int(done["tasks"][0])
    return costs
