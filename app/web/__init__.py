"""The screens. One folder per reader; a screen asks many subjects, and no subject knows a screen.

`register` hangs everything onto the Flask app. A page is a view (ask, decide, render), a template named after it, and
its words in the catalogs.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g, get_flashed_messages, request

from app.core.translations import LANGUAGES
from app.web import (
    account,
    admin,
    answers,
    assets,
    audit,
    cases,
    drawings,
    errors,
    inbox,
    migrating,
    moments,
    numbers,
    places,
    security,
    sentences,
    studio,
    values,
)
from app.web.access import circle_of
from app.web.language import TAGS, initials, language, name_of, say, tell

PAGES = (account.pages, inbox.pages, cases.pages, studio.pages, migrating.pages, audit.pages, admin.pages)


def register(app: Flask) -> None:
    """Connect pages, templates, errors and security to the app."""
    app.template_folder, app.static_folder = "web/templates", "web/static"
    assets.connect(app)
    security.connect(app)
    errors.connect(app)
    numbers.connect(app)
    app.extensions["laneway_pages"] = {pages.name for pages in PAGES}
    for pages in PAGES:
        app.register_blueprint(pages)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        t=say,
        tell=tell,
        name_of=name_of,
        initials=initials,
        moments=moments,
        sentence=sentences.sentence,
        by_day=sentences.by_day,
        shown=values.shown,
        counted=drawings.counted,
        with_answer=answers.with_answer,
        once=lambda: secrets.token_urlsafe(16),
    )
    app.jinja_env.filters["json_island"] = answers.json_island
    app.context_processor(_frame)
    _require_circles(app)


def _frame() -> dict[str, Any]:
    """What the frame around every page needs."""
    actor = g.get("actor")
    return {
        "lang": language(),
        "lang_tag": TAGS[language()],
        "languages": LANGUAGES,
        "me": actor,
        "theme": actor.theme if actor else "",
        "places": places.of(actor) if actor else [],
        "here": _here(),
        "toasts": get_flashed_messages(),
    }


def _here() -> str:
    """Where a page is found again: a page that answers a post stands where the form was."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    return account.inside(urlsplit(request.referrer or "")._replace(scheme="", netloc="").geturl())


def _require_circles(app: Flask) -> None:
    """A page that forgot to say whom it is for stops the start, not a reader."""
    for endpoint, view in app.view_functions.items():
        if endpoint.partition(".")[0] in app.extensions["laneway_pages"] and circle_of(view) is None:
            raise RuntimeError(f"{endpoint} does not say who may open it")
