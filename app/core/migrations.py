"""Bringing the tables of a database to what this version of Laneway needs, and telling whether they are there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.database import db
from app.core.errors import Refused

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


class NewerDatabase(Refused):
    """This database was made by a later version of Laneway: run that version, or restore a backup of this one."""


def newest() -> str:
    """The last step that this version knows."""
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    if head is None:
        raise RuntimeError(f"{FOLDER} holds no steps")
    return head


def current() -> str | None:
    """The step at which the database stands; None before the first."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade() -> bool:
    """Take the steps that are missing, all in one transaction. True when there were any. Raises NewerDatabase.

    Two servers that start together take turns (migrations/env.py).
    """
    before = current()
    if before is not None and before not in {step.revision for step in ScriptDirectory(str(FOLDER)).walk_revisions()}:
        raise NewerDatabase(step=before, newest=newest())
    if before == newest():
        return False
    with db.engine.connect().execution_options(laneway_writes=True) as connection:
        command.upgrade(config_for(connection), "head")
    return True


def config_for(connection: sa.Connection) -> Config:
    """What Alembic's commands want, for work on this connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
