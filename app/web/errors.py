"""What a refusal looks like: one table from errors to statuses, one page that says what to do."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app import forms
from app.core.errors import Invalid, LanewayError, NotFound, Refused, Stale
from app.core.translations import catalog, explain
from app.people.errors import TooManyAttempts, WrongLogin
from app.web.access import LoginNeeded
from app.web.language import language, say
from app.web.security import CSRFError

#: The nearest class in an error's ancestry decides.
STATUSES: dict[type[LanewayError], int] = {
    LanewayError: 400,
    Invalid: 422,
    NotFound: 404,
    Stale: 409,
    Refused: 403,
    LoginNeeded: 401,
    WrongLogin: 401,
    TooManyAttempts: 429,
}
#: Pages that have words of their own; every other status speaks as the first of its hundred.
WORDED = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500)
_log = logging.getLogger(__name__)


def connect(app: Flask) -> None:
    """Answer every error with a page. Other packages answer theirs before these are asked."""
    app.register_error_handler(LanewayError, _refused)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crashed)


def status_of(fault: LanewayError) -> int:
    return next(STATUSES[each] for each in type(fault).__mro__ if each in STATUSES)


def later(fault: LanewayError) -> dict[str, str]:
    """Tells programs, too, when to come back."""
    return {"Retry-After": str(fault.details["seconds"])} if isinstance(fault, TooManyAttempts) else {}


def _refused(fault: LanewayError) -> ResponseReturnValue:
    if isinstance(fault, LoginNeeded) and request.method in ("GET", "HEAD"):
        asked = request.full_path.rstrip("?")
        return redirect(url_for("account.login", next=asked if asked != "/" else None))
    return page(status_of(fault), explain(fault, language()))


def _forged(_fault: CSRFError) -> ResponseReturnValue:
    return page(400, say("web.error.form_expired"))


def _http(fault: HTTPException) -> ResponseReturnValue:
    response = fault.get_response()
    if fault.code is None or fault.code < 400:
        return response
    body, status = page(fault.code)
    allowed = {name: value for name, value in response.headers if name in ("Allow", "Retry-After")}
    return body, status, allowed


def _crashed(fault: Exception) -> ResponseReturnValue:
    """The one place of the web that catches everything: the traceback goes to the log, the reader gets a page."""
    _log.error("%s %s failed", request.method, request.path, exc_info=fault)
    return page(500)


def page(status: int, message: str = "") -> tuple[str, int]:
    """The page for a status, with what happened when somebody knows it."""
    worded = status if status in WORDED else (500 if status >= 500 else 400)
    return render_template("error.html", status=worded, message=message), status


def field_messages(fault: Invalid) -> dict[str, list[str]]:
    """The messages of a refused form, translated where they are keys."""
    known = catalog(language())
    return {
        field: [say(text) if text in known else text for text in _texts(messages)]
        for field, messages in fault.fields.items()
    }


def _texts(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [text for each in messages.values() for text in _texts(each)]
    if isinstance(messages, list | tuple):
        return [text for each in messages for text in _texts(each)]
    if isinstance(messages, forms.Message):
        return [messages.explain(language())]
    return [str(messages)]
