"""Migrations and models agree, and every step can be taken back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from app.core import database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bare_postgres(postgres: str) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    server = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE migrations")
        yield postgres.replace("/laneway?", "/migrations?")
        connection.exec_driver_sql("DROP DATABASE migrations")
    server.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    """A connection to an empty database, set up as the app sets it up."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("bare_postgres")
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    database.connect(app)
    with app.app_context():
        with database.db.engine.connect() as connection:
            yield connection
        database.db.engine.dispose()


def steps(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config


def tables(connection: sa.Connection) -> set[str]:
    with connection.begin():
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def test_there_is_one_line_of_steps() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_models_and_migrations_agree(connection: sa.Connection) -> None:
    command.upgrade(steps(connection), "head")
    with connection.begin():
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, database.db.metadata) == []


def test_every_step_can_be_taken_back(connection: sa.Connection) -> None:
    config = steps(connection)
    command.upgrade(config, "head")
    whole = tables(connection)
    assert whole
    for _ in ScriptDirectory.from_config(config).walk_revisions():
        command.downgrade(config, "-1")
    assert tables(connection) == set()
    command.upgrade(config, "head")
    assert tables(connection) == whole
