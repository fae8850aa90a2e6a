"""The installation that a command works on: opened once a process, and what its database refuses said in one line."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
import sqlalchemy as sa
from flask import Flask

import config
from app import create_app
from app.core import jsontext, migrations
from app.core.database import db
from app.core.errors import LanewayError
from app.core.translations import explain
from app.history import HistoryStream

DRIVERS = ("sqlite", "postgresql+psycopg")


class NoDatabase(LanewayError):
    """The database cannot be used."""


class NotMigrated(LanewayError):
    """The tables are not there, or not those of this version: run laneway migrate first."""


@cache
def installed() -> Flask:
    """The application. `laneway batch` uses one for all its commands."""
    _address(config.load()["DATABASE_URL"])
    return create_app()


@contextmanager
def opened(*, with_tables: bool = True) -> Iterator[Flask]:
    """Within the application. Raises NoDatabase, and NotMigrated where the tables are missing or of another version."""
    app = installed()
    with app.app_context(), answering(app.config["DATABASE_URL"]):
        if with_tables:
            require_tables()
        yield app


@contextmanager
def answering(url: str) -> Iterator[None]:
    """Work with this database, in which it may refuse anything. Raises NoDatabase."""
    where = _address(url)
    try:
        yield
    except (sa.exc.SQLAlchemyError, psycopg.Error, sqlite3.Error) as fault:
        raise NoDatabase(f"{where}: {said(fault)}") from fault


def _address(url: str) -> str:
    """Where a database is, without its password. Raises NoDatabase."""
    try:
        found = sa.make_url(url)
    except sa.exc.ArgumentError:
        found = None
    if found is None or found.drivername not in DRIVERS:
        raise NoDatabase(f"LANEWAY_DATABASE_URL begins with {' or '.join(f'{each}://' for each in DRIVERS)}")
    return found.render_as_string(hide_password=True)


def refuse(what: str, refusal: LanewayError, *, as_json: bool) -> int:
    """Say why a command was not done: a line for people and, with --json, the document that scripts wait for."""
    message = explain(refusal, "en")
    sys.stderr.write(f"laneway {what}: {message}\n")
    if as_json:
        sys.stdout.write(f"{jsontext.dumps({'error': {'message': message}})}\n")
    return 1


def require_tables() -> None:
    """Raises NotMigrated."""
    step, newest = migrations.current(), migrations.newest()
    if step is None and has_tables():
        return  # made from the models themselves, as tests do
    if step != newest:
        raise NotMigrated(step=step, newest=newest)


def has_tables() -> bool:
    return sa.inspect(db.engine).has_table(HistoryStream.__tablename__)


def said(fault: Exception) -> str:
    """The first line of what a driver says, without the statement and its values."""
    original: BaseException = getattr(fault, "orig", None) or fault
    return str(original).strip().partition("\n")[0] or type(original).__name__
