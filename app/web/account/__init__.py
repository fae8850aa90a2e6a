"""Coming in and going out, and what is a person's own: language, look, password."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.errors import Invalid
from app.core.translations import LANGUAGES, explain
from app.people import logins, moves
from app.people.errors import TooManyAttempts, WrongLogin
from app.web import places
from app.web.access import Who, allow
from app.web.demo import demo_logins
from app.web.errors import field_messages, later, status_of
from app.web.language import COOKIE as LANGUAGE_COOKIE
from app.web.language import language, say, speak
from app.web.security import COOKIE as LOGIN_COOKIE
from app.web.security import actor, set_login, unset_login

pages = Blueprint("account", __name__)
YEAR_SECONDS = 365 * 24 * 3600
THEMES = ("", "light", "dark")


@pages.get("/")
@allow(Who.ANYONE)
def home() -> ResponseReturnValue:
    return redirect(places.first(g.actor) if g.actor else url_for("account.login"))


@pages.get("/login")
@allow(Who.ANYONE)
def login() -> ResponseReturnValue:
    if g.actor is not None:
        return redirect(inside(request.args.get("next")))
    return _login_page()


@pages.post("/login")
@allow(Who.ANYONE)
def log_in() -> ResponseReturnValue:
    name, password = request.form.get("login", ""), request.form.get("password", "")
    address, agent = request.remote_addr or "", request.user_agent.string
    lasting = timedelta(hours=current_app.config["SESSION_HOURS"])
    try:
        entered = logins.log_in(name, password, address=address, agent=agent, lasting=lasting)
    except (WrongLogin, TooManyAttempts) as fault:
        return _login_page(name, explain(fault, language())), status_of(fault), later(fault)
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        moves.set_preferences(by=entered.actor, language=chosen)
    response = make_response(redirect(inside(request.form.get("next"))))
    # Kept with the account now: the next person at this browser has not chosen anything.
    response.delete_cookie(LANGUAGE_COOKIE)
    set_login(response, entered.secret)
    return response


@pages.post("/logout")
@allow(Who.ANYONE)
def log_out() -> ResponseReturnValue:
    secret = request.cookies.get(LOGIN_COOKIE)
    if secret:
        logins.log_out(secret)
    response = make_response(redirect(url_for("account.login")))
    unset_login(response)
    return response


@pages.post("/language/<code>")
@allow(Who.ANYONE)
def choose_language(code: str) -> ResponseReturnValue:
    """Kept with the account, on the login page with the browser until somebody logs in; the page stays the same one."""
    response = make_response(redirect(inside(request.form.get("next"))))
    if code in LANGUAGES and g.actor is not None:
        moves.set_preferences(by=actor(), language=code)
    elif code in LANGUAGES:
        _keep_language(response, code)
    return response


@pages.get("/settings")
@allow(Who.PEOPLE)
def settings() -> ResponseReturnValue:
    return render_template("settings.html", themes=THEMES, errors={})


@pages.post("/settings")
@allow(Who.PEOPLE)
def change_settings() -> ResponseReturnValue:
    chosen, theme = request.form.get("language"), request.form.get("theme", "")
    if chosen not in ("", *LANGUAGES) or theme not in THEMES:
        raise Invalid(fields={"language": ["web.choose_listed"]})
    moves.set_preferences(by=actor(), language=chosen, theme=theme)
    speak(chosen)
    flash(say("web.settings.saved"))
    return redirect(url_for("account.settings"))


@pages.post("/settings/password")
@allow(Who.PEOPLE)
def change_password() -> ResponseReturnValue:
    present, wanted = request.form.get("present", ""), request.form.get("password", "")
    try:
        moves.change_password(present, wanted, by=actor())
    except Invalid as fault:
        return render_template("settings.html", themes=THEMES, errors=field_messages(fault)), 422
    flash(say("web.settings.password_changed"))
    return redirect(url_for("account.login"))


def inside(address: str | None) -> str:
    """An address of ours to go on to: never another site's, whatever a link says."""
    start = url_for("account.home")
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return start
    parts = urlsplit(address)
    ours = not parts.scheme and not parts.netloc and address.isprintable() and "\\" not in address
    return address if ours else start


def _login_page(name: str = "", fault: str = "") -> str:
    asked = request.values.get("next", "")
    return render_template("login.html", asked=asked, name=name, fault=fault, demo=demo_logins())


def _keep_language(response: Response, code: str) -> None:
    secure = bool(current_app.config.get("SECURE_COOKIES"))
    response.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=secure)
