"""Laneway 泳道: service processes run from their BPMN diagrams.

Read `instances/moves.py` first: every reason for which a case moves. The floors of the house, top first:
web, api, cli, jobs - improvement, analytics, feedback - instances - tasks, definitions - engine, forms, people,
customers - history, decisions - expressions - diagrams - core. Imports point down only (docs/house.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def serve(settings: dict[str, Any] | None = None, *, as_json: bool = False) -> int:
    """Prepare the database, then serve until a signal says stop (app/server.py)."""
    from app import server

    return server.serve(settings, as_json=as_json)


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """The application: settings, database, screens, API. Nothing is migrated, deployed or started here."""
    from flask import Flask

    import config
    from app import api, models, web  # noqa: F401  the models are registered by being imported
    from app.core import database
    from app.instances import live
    from app.secret import secret_key

    app = Flask("app")
    app.config.from_mapping(config.load(settings))
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"]
    app.secret_key = app.config["SECRET_KEY"] or secret_key(app.config["DATA"])
    live.size = app.config["LIVE_CACHE"]
    database.connect(app)
    api.register(app)
    web.register(app)
    return app
