"""Until the house has its own: an application on a fresh SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import app.customers.models
import app.history
from app.core.database import connect, db
from app.people import passwords


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    passwords.use_cheap_hashes()
    flask = Flask("laneway")
    flask.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'laneway.db'}"
    connect(flask)
    with flask.app_context():
        db.create_all()
        yield flask
        db.engine.dispose()
