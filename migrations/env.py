"""How Alembic reaches the database: on a connection its caller gives, else on that of the running app.

The models of every subject are the wanted state; `tests/house/test_migrations.py` holds the steps against it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

import app.models  # noqa: F401  every subject's tables are registered by being imported
from app.core.database import db

LOCK = 0x1A9E3A7  #: any number that nothing else on the server locks


def render(kind: str, item: Any, autogenerate: Any) -> str | bool:
    """Column types of our own are written by name; everything else as Alembic would."""
    module, name = type(item).__module__, type(item).__name__
    if kind == "type" and module.startswith("app.core."):
        autogenerate.imports.add(f"from {module} import {name}")
        return f"{name}()"
    return False


def migrate(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        # A table is rebuilt by copying, which drops the old one: foreign keys must not follow the drop. SQLite takes
        # this only outside a transaction.
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        render_item=render,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Two servers that start together: the second waits, and finds everything done. SQLite's lock is its file's.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.run_migrations()
    if connection.dialect.name == "sqlite":
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def main() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    with db.engine.connect().execution_options(laneway_writes=True) as connection:
        migrate(connection)


main()
