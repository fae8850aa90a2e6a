"""Who calls: a machine with a bearer token, or a person whose browser is logged in."""

from __future__ import annotations

from flask import g, request

from app.api.errors import BadToken, NotIdentified, PasswordChangeNeeded
from app.core.database import reading
from app.people import logins
from app.people.actor import Actor


def identify() -> None:
    """Raises NotIdentified, BadToken, PasswordChangeNeeded."""
    found = _who()
    if found.must_change_password:
        raise PasswordChangeNeeded
    g.actor = found


def actor() -> Actor:
    """Who calls. Only in calls that are not public."""
    found: Actor = g.actor
    return found


def _who() -> Actor:
    if "Authorization" in request.headers:
        # With a token only the token counts: a cookie beside it was not checked for forgery.
        return _with_token(request.headers["Authorization"])
    found: Actor | None = g.get("actor")
    if found is None:
        raise NotIdentified
    return found


def _with_token(header: str) -> Actor:
    scheme, _, secret = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotIdentified
    with reading() as session:
        found = logins.find_by_token(session, secret.strip())
    if found is None:
        raise BadToken
    return found
