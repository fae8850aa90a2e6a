"""A hand on the database that no rule of ours holds back: what somebody with the password could do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.database import db

Tamper = Callable[..., int]


@pytest.fixture
def tamper(app: Flask) -> Tamper:
    """Run SQL past every foreign key. Returns how many rows it touched."""

    def run(sql: str, **values: Any) -> int:
        is_sqlite = db.engine.dialect.name == "sqlite"
        with db.engine.connect().execution_options(laneway_writes=True) as connection:
            driver = connection.connection.driver_connection
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            with connection.begin():
                if not is_sqlite:
                    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                touched = connection.execute(sa.text(sql), values).rowcount
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]
        return touched

    return run
