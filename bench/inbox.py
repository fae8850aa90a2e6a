"""`inbox`: a page of 50 with its counts, at 10,000 and 100,000 open tasks; 20 departments, a user in three."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.database import Tx, db, reading, writing
from app.core.ids import new_id
from app.instances import moves
from app.people import moves as people
from app.people.actor import SYSTEM, Actor
from app.people.models import Department, Lane
from app.tasks import inbox
from app.tasks.models import Task
from bench.world import World, quantile, say, world


def run() -> None:
    for database in ("sqlite", "postgres"):
        with world(database) as place:
            _prepare(place)
            have = 0
            for size in (10_000, 100_000):
                _fill(size - have)
                have = size
                with db.engine.begin() as connection:
                    connection.exec_driver_sql("ANALYZE")
                # A server's connections live an hour: they have not seen the table grow tenfold in a minute.
                db.engine.dispose()
                _measure(place, size)


def _prepare(place: World) -> None:
    """Twenty departments with a lane each; nina works in three of them."""
    moves.start("onboarding", {}, by=place.actor("lin"), mark="test")
    people.create_account("nina", "Nina", by=SYSTEM, password="bench-bench-bench")
    for number in range(20):
        people.create_department(f"D{number}", f"Department {number}", by=SYSTEM)
    for number in range(3):
        people.add_member("nina", f"D{number}", by=SYSTEM)
    with writing() as tx:
        for department in tx.session.scalars(sa.select(Department).where(Department.code.like("D%"))).all():
            lane = Lane(id=new_id(), process_key="bench", path=department.code, name=department.code, names={})
            lane.department_id = department.id
            tx.session.add(lane)


def _fill(count: int) -> None:
    chance, now = random.Random(1), clock.now()
    with Session(db.engine) as session:
        pattern = dict(session.execute(sa.select(Task.__table__).limit(1)).mappings().one())
        lanes = session.scalars(sa.select(Lane.id).where(Lane.process_key == "bench")).all()
    for start in range(0, count, 10_000):
        with writing() as tx:
            for number in range(min(10_000, count - start)):
                _add(tx, pattern, lanes[number % 20], None if chance.random() < 0.05 else now + _span(chance))


def _span(chance: random.Random) -> timedelta:
    return timedelta(minutes=chance.randrange(-3 * 24 * 60, 20 * 24 * 60))


def _add(tx: Tx, pattern: dict[str, object], lane: int, due: object) -> None:
    key = new_id()
    far = pattern["sort_at"] if pattern["due_at"] is None else None
    row = pattern | {"id": key, "ref": str(key), "lane_id": lane, "state": "open", "holder_id": None}
    row |= {"due_at": due, "sort_at": due or far or clock.now() + timedelta(days=3_000_0)}
    tx.add(Task.__table__, row)


def _look(who: Actor, view: inbox.View) -> None:
    with reading() as session:
        inbox.inbox_with_counts(session, who, view)


def _measure(place: World, size: int) -> None:
    nina = place.actor("nina")
    for view in inbox.VIEWS:
        for _ in range(10):  # a server has met the question before
            _look(nina, view)
        times = []
        for _ in range(200):
            begun = time.perf_counter()
            _look(nina, view)
            times.append((time.perf_counter() - begun) * 1000)
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            metric = f"{view} {name} at {size}"
            say("inbox", metric, quantile(times, share), "ms", 200, place.database, against=2)
