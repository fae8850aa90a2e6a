"""Whether the process lives, and whether it can work: `/healthz`, `/readyz`, `/metrics`. No login, no secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import psycopg
import sqlalchemy as sa
from flask import Blueprint, Response, current_app

from app.api import metrics
from app.api.errors import RETRY_SECONDS, respond
from app.core import migrations
from app.core.database import reading

pages = Blueprint("health", __name__)
_log = logging.getLogger(__name__)
#: What a database that is not there, or not as it should be, raises.
_FAULTS = (sa.exc.SQLAlchemyError, psycopg.Error)


@pages.get("/healthz")
def alive() -> Response:
    return respond({"status": "ok"})


@pages.get("/readyz")
def ready() -> Response:
    """503 names the part that is not well: database, migrations or runner."""
    parts = {name: look() for name, look in _PARTS.items()}
    well = all(state in ("ok", "off") for state in parts.values())
    response = respond({"status": "ok" if well else "unwell", "parts": parts}, 200 if well else 503)
    if not well:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


@pages.get("/metrics")
def figures() -> Response:
    """Prometheus text, version 0.0.4."""
    try:
        with reading() as session:
            text = metrics.text(session)
    except _FAULTS as fault:
        _log.warning("no figures: %s", fault)
        return Response("", 503, mimetype="text/plain")
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _database() -> str:
    try:
        with reading() as session:
            session.execute(sa.select(1))
    except _FAULTS as fault:
        _log.warning("the database is not reachable: %s", fault)
        return "unreachable"
    return "ok"


def _migrations() -> str:
    try:
        return "ok" if migrations.current() == migrations.newest() else "behind"
    except _FAULTS:
        return "unknown"


def _runner() -> str:
    """The server puts its runner there; a process that leaves jobs to another has none."""
    if not current_app.config["RUN_JOBS"]:
        return "off"
    runner = current_app.extensions.get("laneway_runner")
    return "ok" if runner is not None and runner.is_running else "stopped"


_PARTS: Mapping[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "runner": _runner}
