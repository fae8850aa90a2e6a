"""Migrations and models agree, and every step can be taken back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from app.core import database, migrations


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


steps = migrations.config_for


def tables(connection: sa.Connection) -> set[str]:
    with connection.begin():
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def test_there_is_one_line_of_steps() -> None:
    assert len(ScriptDirectory(str(migrations.FOLDER)).get_heads()) == 1


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


def test_an_upgrade_is_taken_once(connection: sa.Connection) -> None:
    assert migrations.current() is None
    assert migrations.upgrade()
    assert migrations.current() == migrations.newest()
    assert not migrations.upgrade()


def test_a_database_of_a_later_version_is_left_alone(connection: sa.Connection) -> None:
    migrations.upgrade()
    with connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    with pytest.raises(migrations.NewerDatabase):
        migrations.upgrade()
