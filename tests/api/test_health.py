"""Whether the process lives, and what is not well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import migrations
from app.core.clock import FakeClock
from app.core.database import db
from app.instances import moves
from app.jobs.runner import Runner
from tests.api.conftest import CallAs
from tests.api.test_cases import stuck
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task


@pytest.fixture
def migrated(app: Flask) -> Iterator[None]:
    """The database of the tests is made from the models; say that it stands where the last step leads."""
    with db.engine.connect().execution_options(laneway_writes=True) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:at)"), {"at": migrations.newest()})
    yield
    with db.engine.connect().execution_options(laneway_writes=True) as connection, connection.begin():
        connection.exec_driver_sql("DROP TABLE alembic_version")


def ready(app: Flask) -> tuple[int, dict[str, str]]:
    said = app.test_client().get("/readyz")
    assert (said.status_code == 200) == (said.json["status"] == "ok")
    assert ("Retry-After" in said.headers) == (said.status_code == 503)
    return said.status_code, said.json["parts"]


def test_a_process_that_answers_is_alive(app: Flask) -> None:
    said = app.test_client().get("/healthz")
    assert (said.status_code, said.json) == (200, {"status": "ok"})


def test_all_is_well(app: Flask, migrated: None) -> None:
    assert ready(app) == (200, {"database": "ok", "migrations": "ok", "runner": "off"})


def test_tables_without_steps_are_behind(app: Flask) -> None:
    assert ready(app) == (503, {"database": "ok", "migrations": "behind", "runner": "off"})


def test_tables_of_another_step_are_behind(app: Flask, migrated: None) -> None:
    with db.engine.connect().execution_options(laneway_writes=True) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'elsewhere'")
    assert ready(app) == (503, {"database": "ok", "migrations": "behind", "runner": "off"})


def test_a_server_that_does_jobs_needs_its_runner(app: Flask, migrated: None) -> None:
    app.config["RUN_JOBS"] = True
    assert ready(app)[1]["runner"] == "stopped"
    runner = app.extensions["laneway_runner"] = Runner(app)
    assert ready(app) == (503, {"database": "ok", "migrations": "ok", "runner": "stopped"})
    runner.start()
    try:
        assert ready(app) == (200, {"database": "ok", "migrations": "ok", "runner": "ok"})
    finally:
        runner.stop()
    assert ready(app)[0] == 503


@pytest.fixture
def unreachable(app: Flask) -> Iterator[None]:
    """A database that refuses every connection."""
    engine = db.engine

    def refuse(*_: Any) -> Any:
        raise engine.dialect.loaded_dbapi.OperationalError("connection refused")

    engine.dispose()
    sa.event.listen(engine, "do_connect", refuse)
    yield
    sa.event.remove(engine, "do_connect", refuse)


def test_without_a_database_the_process_lives_but_is_not_ready(app: Flask, unreachable: None) -> None:
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert ready(app) == (503, {"database": "unreachable", "migrations": "unknown", "runner": "off"})
    assert client.get("/metrics").status_code == 503


def test_without_a_database_a_call_is_told_to_come_back(app: Flask, machine: CallAs, unreachable: None) -> None:
    said = machine("").raw("GET", "tasks", {"Authorization": "Bearer lw_any"})
    assert (said.status_code, said.json["error"]["code"]) == (503, "unavailable")
    assert int(said.headers["Retry-After"]) > 0


def figures(app: Flask) -> dict[str, float]:
    said = app.test_client().get("/metrics")
    assert said.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in said.get_data(as_text=True).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_figures_count_what_there_is(app: Flask, relay: Any, deployed: Deploy, cast: Cast, morning: FakeClock) -> None:
    empty = figures(app)
    assert empty['laneway_tasks{state="open"}'] == 0
    assert empty["process_cpu_seconds_total"] > 0
    assert empty["process_resident_memory_bytes"] > 1_000_000
    deployed(stuck())
    deployed(late())
    first = moves.start("relay", {}, by=cast.lin)
    moves.claim(int(first["tasks"][0]), by=cast.lin)
    second = moves.start("relay", {}, by=cast.lin)
    moves.suspend(int(second["id"]), by=cast.admin, reason="why")
    broken = moves.start("choice", {}, by=cast.lin)
    moves.complete(int(broken["tasks"][0]), {}, by=cast.lin)
    moves.start("late", {}, by=cast.lin)
    moves.receive("m", {}, {}, sender_id="1", by=cast.lin)
    assert figures(app)["laneway_timers_overdue"] == 0
    standing = moves.start("late", {}, by=cast.lin)
    moves.suspend(int(standing["id"]), by=cast.admin, reason="its timer waits as well")
    morning.at += timedelta(hours=3)
    found = figures(app)
    assert {name: value for name, value in found.items() if name.startswith("laneway")} == {
        'laneway_tasks{state="open"}': 3,
        'laneway_tasks{state="claimed"}': 1,
        'laneway_instances{state="running"}': 3,
        'laneway_instances{state="suspended"}': 2,
        'laneway_incidents{state="open"}': 1,
        'laneway_jobs{state="waiting"}': 1,
        'laneway_jobs{state="running"}': 0,
        'laneway_jobs{state="failed"}': 0,
        'laneway_messages{state="waiting"}': 1,
        "laneway_timers_overdue": 1,
    }


def late() -> bytes:
    timer = (
        '<bpmn:boundaryEvent id="over" attachedToRef="work"><bpmn:timerEventDefinition id="t">'
        "<bpmn:timeDuration>PT2H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    return process(
        "late",
        lanes(CS="start work end"),
        START,
        task("work"),
        timer,
        END,
        flow("start > work", "work > end", "over > end"),
    )
