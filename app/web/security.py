"""What stands around every page: who is asking, whether they may, and what a browser is told to refuse."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from app.core.database import reading
from app.people import logins
from app.people.actor import Actor
from app.web.access import NotYourPage, Who, circle_of, require

COOKIE = "laneway_login"
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

#: No inline script or style, nothing from elsewhere. `{style}` is more only where the modeler draws.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'{style}; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

csrf = CSRFProtect()

__all__ = ["COOKIE", "CSRFError", "actor", "connect", "loosen_styles", "set_login", "unset_login"]


def connect(app: Flask) -> None:
    """Ask who is there before every request, and set the headers after it."""
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    # As long as the login: a form that stood open over lunch must not lose what was typed.
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=bool(app.config.get("SECURE_COOKIES")),
        SESSION_COOKIE_NAME="laneway_page",
    )
    csrf.init_app(app)
    app.before_request(_who_is_there)
    app.before_request(_check)
    app.after_request(_headers)


def actor() -> Actor:
    """Who is logged in. Only in views of people with an account."""
    found: Actor = g.actor
    return found


def _who_is_there() -> None:
    g.actor = None
    secret = request.cookies.get(COOKIE)
    if not secret or request.endpoint == "static":
        return
    with reading() as session:
        visitor = logins.find_visitor(session, secret, idle=timedelta(hours=current_app.config["SESSION_IDLE_HOURS"]))
    if visitor is not None:
        g.actor = visitor.actor
        if visitor.is_stale:
            logins.seen(secret)


def _check() -> BaseResponse | None:
    """Forged posts first, then the circle of the view. Pages of other packages see to themselves."""
    forgeable = g.actor is not None or not request.path.startswith("/api/")
    if request.method in _UNSAFE and forgeable and "Authorization" not in request.headers:
        csrf.protect()
    if request.endpoint is None or request.blueprint not in current_app.extensions["laneway_pages"]:
        return None
    _refuse_zero_bytes()
    who = circle_of(current_app.view_functions[request.endpoint])
    if who is None:
        raise NotYourPage(endpoint=request.endpoint)
    require(who, g.actor)
    if who is not Who.ANYONE and g.actor.must_change_password and request.blueprint != "account":
        return redirect(url_for("account.settings"))
    return None


def _refuse_zero_bytes() -> None:
    """Nobody types one, and PostgreSQL's text cannot hold it: refused here, once for every page."""
    asked = [text for given in (request.args, request.form) for pair in given.lists() for text in (pair[0], *pair[1])]
    if any("\0" in text for text in (request.path, *asked)):
        raise BadRequest


def _headers(response: Response) -> Response:
    loose = " 'unsafe-inline'" if g.get("loose_styles") else ""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY.format(style=loose))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if current_app.config.get("SECURE_COOKIES"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def loosen_styles() -> None:
    """For the modeler alone: it writes styles into the page."""
    g.loose_styles = True


def set_login(response: Response, secret: str) -> None:
    """The browser keeps the secret until it is closed or the session ends on the server."""
    secure = bool(current_app.config.get("SECURE_COOKIES"))
    response.set_cookie(COOKIE, secret, httponly=True, samesite="Lax", secure=secure, path="/")


def unset_login(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/")
