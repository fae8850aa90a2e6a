"""`complete.*`: one task of a started onboarding case is completed. Facts, chain, duty and key are on.

The ratio is to the very same statements sent by the bare driver to a copy of the database as it was before.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import time
from typing import Any

import psycopg

from app.core.database import db
from app.instances import live, moves
from app.people.actor import Actor
from bench.statements import Sent, counted, listening
from bench.world import World, say, world

N = 300
#: a neighbour's burst spoils some of them; time and CPU are those of the median one
BLOCK = 30
#: what a clerk types into the onboarding form with eight fields and more
ANSWER: dict[str, Any] = {
    "customerType": "person",
    "customerName": "李晓明",
    "idType": "id_card",
    "idNumber": "110101199003071234",
    "mobile": "13800138000",
    "address": "北京市西城区金融大街1号",
    "residence": "CN",
    "accountHolders": "李晓明",
    "politicallyExposed": False,
    "dailyLimit": 20000,
}


def run() -> None:
    """Both databases."""
    for database in ("sqlite", "postgres"):
        with world(database) as place:
            _measure(place)


def start_claimed(place: World, count: int, by: Actor) -> list[int]:
    """Cases whose first task is claimed and opened by one person."""
    tasks = []
    for _ in range(count):
        begun = moves.start("onboarding", {}, by=by, mark="test")
        task = int(begun["tasks"][0])
        moves.claim(task, by=by)
        moves.open_form(task, by=by)
        tasks.append(task)
    return tasks


def _measure(place: World) -> None:
    lin = place.actor("lin")
    bench = f"complete.{place.database}"
    before = _size(place)
    tasks = start_claimed(place, 2 * N + 21, lin)
    _complete(tasks[:20], lin)
    copy = _copy(place)
    with listening() as sent:
        _complete(tasks[20:21], lin)
    statements, commits = counted(sent)
    with listening() as every:
        _complete(tasks[21 : 21 + N], lin)
    n = len(tasks) - 21 - N
    blocks = [_timed(tasks[start : start + BLOCK], lin) for start in range(21 + N, len(tasks) - BLOCK + 1, BLOCK)]
    wall, cpu = (n / BLOCK * statistics.median(times) for times in zip(*blocks, strict=True))
    say(bench, "rate", n / wall, "1/s", n, place.database)
    say(bench, "cpu", cpu / n * 1000, "ms", n, place.database, against=1.2, ratio=round(cpu / n * 1000 / 1.2, 3))
    say(bench, "statements", statements, "statements", 1, place.database, against=12)
    say(bench, "commits", commits, "commits", 1, place.database, against=1)
    say(bench, "bytes", (_size(place) - before) / len(tasks), "bytes/case", len(tasks), place.database)
    floor = _replay(place, copy, every)
    say(
        bench,
        "floor",
        N / floor,
        "1/s",
        N,
        place.database,
        against="bare SQL",
        ratio=round((n / wall) / (N / floor), 3),
    )
    live.clear()
    _cold(place, bench, lin)


def _complete(tasks: list[int], by: Actor) -> None:
    for task in tasks:
        moves.complete(task, ANSWER, by=by, key=f"bench-{task}")


def _timed(tasks: list[int], by: Actor) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    _complete(tasks, by)
    return time.perf_counter() - wall, time.process_time() - cpu


def _cold(place: World, bench: str, by: Actor) -> None:
    """The same with nothing kept warm: after a restart, or on another node."""
    tasks = start_claimed(place, 50, by)
    live.clear()
    with listening() as sent:
        _complete(tasks[:1], by)
    live.clear()
    _, cpu = _timed(tasks[1:], by)
    say(bench, "cpu.cold", cpu / 49 * 1000, "ms", 49, place.database)
    say(bench, "statements.cold", counted(sent)[0], "statements", 1, place.database, against=12)


def _size(place: World) -> int:
    with db.engine.connect() as connection:
        if place.database == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return sum(file.stat().st_size for file in place.folder.glob("laneway.db*"))
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def _copy(place: World) -> str:
    """A copy of the database as it is now, for the bare statements."""
    if place.database == "sqlite":
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(place.folder / "laneway.db", place.folder / "copy.db")
        return str(place.folder / "copy.db")
    db.engine.dispose()
    url = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    other = url.replace("/postgres?", "/template1?")
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute("CREATE DATABASE copy TEMPLATE postgres")
    return url.replace("/postgres?", "/copy?")


def _replay(place: World, copy: str, sent: Sent) -> float:
    """Seconds for the recorded statements on the copy."""
    if place.database == "sqlite":
        with sqlite3.connect(copy, isolation_level=None) as connection:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            begun = time.perf_counter()
            for sql, _ in sent:
                connection.execute(sql).fetchall()
            return time.perf_counter() - begun
    with psycopg.connect(copy) as server:
        raw, plain = psycopg.RawCursor(server), server.cursor()
        begun = time.perf_counter()
        for sql, values in sent:
            if sql == "COMMIT":
                server.commit()
            elif sql not in ("BEGIN", "ROLLBACK"):
                cursor = plain if "%s" in sql else raw
                cursor.execute(sql, values)
                if cursor.description:
                    cursor.fetchall()
        return time.perf_counter() - begun
