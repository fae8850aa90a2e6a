"""`wide`: a case with 100 and with 200 parallel branches, from start to end."""

from __future__ import annotations

import time

import sqlalchemy as sa

from app.core.database import reading
from app.definitions.deploy import deploy
from app.instances import moves
from app.tasks.models import Task
from bench.drawings import NoParts, branches
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


def _whole(place: World, count: int) -> float:
    lin = place.actor("lin")
    begun = time.process_time()
    instance = int(moves.start(f"wide{count}", {}, by=lin, mark="test")["id"])
    with reading() as session:
        tasks = session.scalars(sa.select(Task.id).where(Task.instance_id == instance)).all()
    for task in tasks:
        moves.complete(task, {}, by=lin)
    return time.process_time() - begun
