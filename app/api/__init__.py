"""The JSON API for machines and scripts, under `/api/v1`, and what watches the server: health, readiness, figures.

A call is a view marked with `call` (calls.py): its address, what it asks for (asked.py), what it answers (answers.py).
Everything it refuses has one shape (errors.py), and the OpenAPI document is made from the same marks.
"""

from __future__ import annotations

from flask import Flask

from app.api import calls, definitions, health, incidents, instances, messages, migrations, openapi, tasks

#: The modules whose views are the calls.
SUBJECTS = (instances, tasks, messages, definitions, incidents, migrations, openapi)


def register(app: Flask) -> None:
    """Hang the API onto the app."""
    app.url_map.converters |= calls.CONVERTERS
    app.register_blueprint(calls.blueprint)
    app.register_blueprint(health.pages)
