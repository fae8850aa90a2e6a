"""`wide`: a case with 100 and 200 parallel branches from start to end; one with 100 and 1,000 instances of a task."""

from __future__ import annotations

import statistics
import time

import sqlalchemy as sa

from app.core.database import reading
from app.definitions.deploy import deploy
from app.instances import moves
from app.tasks.models import Task
from bench.drawings import NoParts, branches, instances
from bench.world import World, say, world


def run() -> None:
    for database in ("sqlite", "postgres"):
        with world(database) as place:
            for count in (100, 200):
                deploy(branches(count), by=place.actor("chen"), sources=NoParts(), file_name="wide.bpmn")
            few = min(_whole(place, 100) for _ in range(3))
            many = min(_whole(place, 200) for _ in range(3))
            say("wide", "100 branches", few / 100 * 1000, "cpu ms/task", 100, database, against=1.2)
            say(
                "wide", "200 branches", many, "cpu s", 200, database, against="100 branches", ratio=round(many / few, 3)
            )
            _instances(place, database)


def _instances(place: World, database: str) -> None:
    """Of a multi-instance of user tasks every completion stores the state; its cost must not grow with the width."""
    deploy(instances(), by=place.actor("chen"), sources=NoParts(), file_name="instances.bpmn")
    few = [cost for _ in range(5) for cost in _completions(place, 100)[0]]
    found = [_completions(place, 1000) for _ in range(2)]
    many = [cost for costs, _ in found for cost in costs]
    seconds = min(seconds for _, seconds in found)
    say("wide", "1,000 instances", 1000 / seconds, "completions/s", 1000, database, against=300)
    ratio = round(statistics.median(many) / statistics.median(few), 3)
    cpu = statistics.median(many) * 1000
    say("wide", "1,000 instances, one", cpu, "cpu ms", 1000, database, against="of 100 instances", ratio=ratio)


def _completions(place: World, count: int) -> tuple[list[float], float]:
    """CPU seconds of each completion but the last, which ends the whole; and seconds for all of them."""
    lin, costs = place.actor("lin"), []
    data = {"people": [f"p{number}" for number in range(count)]}
    instance = int(moves.start("instances", data, by=lin, mark="test")["id"])
    tasks = _tasks(instance)
    begun = time.perf_counter()
    for task in tasks:
        before = time.process_time()
        moves.complete(task, {"done": True}, by=lin)
        costs.append(time.process_time() - before)
    return costs[:-1], time.perf_counter() - begun


def _tasks(instance: int) -> list[int]:
    with reading() as session:
        return list(session.scalars(sa.select(Task.id).where(Task.instance_id == instance)).all())


def _whole(place: World, count: int) -> float:
    lin = place.actor("lin")
    begun = time.process_time()
    instance = int(moves.start(f"wide{count}", {}, by=lin, mark="test")["id"])
    for task in _tasks(instance):
        moves.complete(task, {}, by=lin)
    return time.process_time() - begun
