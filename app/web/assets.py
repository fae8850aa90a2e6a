"""Where a page finds its scripts and styles: an address that changes with the content, so that browsers may keep it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, url_for

STATIC = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 24 * 3600


def asset(name: str) -> str:
    """The address of a file below static/: `asset("laneway.css")`, `asset("dist/page.js")`.

    A file that is not there has an address all the same (and answers 404): dist/ is built by the set-up.
    """
    file = STATIC / name
    version = _digest(file, file.stat().st_mtime_ns) if file.is_file() else ""
    return url_for("static", filename=name, v=version)


def connect(app: Flask) -> None:
    """Templates may say `asset(...)`; browsers keep for a year what is named or asked for by its hash."""
    app.jinja_env.globals["asset"] = asset
    app.after_request(_keep_long)


def _keep_long(response: Response) -> Response:
    path = request.path
    hashed = "/dist/" in path and not path.endswith("/page.js")
    if request.endpoint == "static" and response.status_code in {200, 304} and (hashed or request.args.get("v")):
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.immutable = True
        response.cache_control.max_age = YEAR_SECONDS
    return response


@lru_cache(maxsize=256)
def _digest(file: Path, _changed_ns: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
