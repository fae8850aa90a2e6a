"""What a refusal looks like: one shape for everything under `/api/`, one table from errors to statuses."""

from __future__ import annotations

import logging
import re
import sqlite3
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Blueprint, Response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.api.sentences import by_field, message_of, say
from app.api.strictjson import UnreadableBody
from app.core import jsontext
from app.core.database import Faster
from app.core.errors import Invalid, LanewayError, NotFound, Refused, Stale
from app.instances.errors import KeyReused


class NotIdentified(Refused):
    """Send a bearer token, or log in."""


class BadToken(NotIdentified):
    """This token is unknown or expired."""


class PasswordChangeNeeded(Refused):
    """Change the password on the account page first."""


#: The nearest class in an error's ancestry decides.
STATUSES: dict[type[LanewayError], int] = {
    LanewayError: 400,
    Invalid: 422,
    NotFound: 404,
    Stale: 409,
    Refused: 403,
    NotIdentified: 401,
    KeyReused: 422,
    Faster: 503,
}
#: Error codes are class names in snake case, but for these.
CODES: dict[type[LanewayError], str] = {Faster: "busy"}
#: Statuses that have a code and a sentence of their own; every other speaks as the first of its hundred.
HTTP = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    500: "internal",
    503: "unavailable",
}
RETRY_SECONDS = 2
_CHALLENGE = 'Bearer realm="laneway"'
_log = logging.getLogger(__name__)


def connect(blueprint: Blueprint) -> None:
    """Answer every error of the blueprint's calls in JSON."""
    blueprint.register_error_handler(LanewayError, _refused)
    blueprint.register_error_handler(CSRFError, _forged)
    blueprint.register_error_handler(HTTPException, _http)
    for database in (sa.exc.DBAPIError, psycopg.Error, sqlite3.Error):
        blueprint.register_error_handler(database, _database)
    blueprint.register_error_handler(sa.exc.TimeoutError, _busy)
    blueprint.register_error_handler(Exception, _crashed)


def _refused(fault: LanewayError) -> Response:
    status = next(STATUSES[each] for each in type(fault).__mro__ if each in STATUSES)
    error: dict[str, Any] = {"code": code_of(type(fault)), "message": _message(fault)}
    if isinstance(fault, Invalid) and fault.fields:
        error["fields"] = by_field(fault.fields)
    if isinstance(fault, Stale) and fault.details.get("first"):
        error["first"] = _first(fault)
    response = respond({"error": error}, status)
    if isinstance(fault, NotIdentified):
        spoiled = ', error="invalid_token"' if isinstance(fault, BadToken) else ""
        response.headers["WWW-Authenticate"] = _CHALLENGE + spoiled
    return _later(response)


def _first(fault: Stale) -> dict[str, Any]:
    at = fault.details.get("at")
    return {"name": fault.details["first"]} | ({"at": at.isoformat()} if at else {})


def code_of(fault: type[LanewayError]) -> str:
    """The name of an error for programs."""
    return CODES.get(fault) or snake(fault.__name__)


def snake(name: str) -> str:
    """The name of a class in snake case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _message(fault: LanewayError) -> str:
    if isinstance(fault, UnreadableBody):
        return say(fault.sentence.key, **fault.sentence.values)
    return message_of(fault)


def _forged(_fault: CSRFError) -> Response:
    return respond({"error": {"code": "csrf", "message": say("api.error.csrf")}}, 400)


def _http(fault: HTTPException) -> Response:
    status = fault.code or 500
    if status < 400:  # a redirect is no error
        return respond({}, status)
    response = plain(status)
    for name, value in fault.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def plain(status: int, **headers: str) -> Response:
    """The answer for a status about which nothing more is known."""
    worded = status if status in HTTP else (500 if status >= 500 else 400)
    response = respond({"error": {"code": HTTP[worded], "message": say(f"api.status.{worded}")}}, status)
    response.headers.update(headers)
    return _later(response)


def _database(fault: Exception) -> Response:
    """The limits above should have said it first; the database has the last word, and nothing was stored."""
    original = getattr(fault, "orig", None) or fault
    if isinstance(original, psycopg.DataError | psycopg.errors.ProgramLimitExceeded | sqlite3.DataError):
        _log.warning("%s %s: the database refused a value", request.method, request.path, exc_info=fault)
        return respond({"error": {"code": "unusable_value", "message": say("api.error.unusable_value")}}, 422)
    if isinstance(original, psycopg.OperationalError | psycopg.InterfaceError | sqlite3.OperationalError):
        return _busy(fault)
    return _crashed(fault)


def _busy(fault: Exception) -> Response:
    _log.error("%s %s: the database does not answer", request.method, request.path, exc_info=fault)
    return plain(503)


def _crashed(fault: Exception) -> Response:
    """The one place of the API that catches everything: the traceback goes to the log, the caller gets a status."""
    _log.error("%s %s failed", request.method, request.path, exc_info=fault)
    return plain(500)


def _later(response: Response) -> Response:
    if response.status_code == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def respond(body: Any, status: int = 200) -> Response:
    """JSON as it is stored and hashed: numbers as they were written, names in order."""
    return Response(jsontext.dump_bytes(body), status, mimetype="application/json")
