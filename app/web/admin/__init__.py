"""What an administrator keeps in order: cases that cannot move, people, departments, lanes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import jsontext
from app.core.database import reading
from app.core.errors import Invalid, LanewayError
from app.core.translations import explain
from app.definitions import queries as definitions
from app.instances import moves, queries, words
from app.people import moves as people_moves
from app.people import queries as people
from app.people.models import Post, Role
from app.web.access import Who, allow
from app.web.errors import field_messages, status_of
from app.web.language import language, say
from app.web.security import actor

pages = Blueprint("admin", __name__, url_prefix="/admin")


@pages.get("/")
@allow(Who.ADMINS)
def incidents() -> ResponseReturnValue:
    shown = "resolved" if request.args.get("state") == "resolved" else "open"
    with reading() as session:
        found = queries.incidents(session, shown)
        named = words.steps(session, [each.case for each in found])
        people_known = people.names_of(session, {each.resolved_by_id for each in found if each.resolved_by_id})
    return render_template("incidents.html", incidents=found, shown=shown, people=people_known, words=named)


@pages.get("/incidents/<int:incident_id>")
@allow(Who.ADMINS)
def incident(incident_id: int) -> ResponseReturnValue:
    return _incident_page(incident_id)


@pages.post("/incidents/<int:incident_id>/retry")
@allow(Who.ADMINS)
def retry(incident_id: int) -> ResponseReturnValue:
    return _repair(incident_id, moves.retry, "admin.retried")


@pages.post("/incidents/<int:incident_id>/skip")
@allow(Who.ADMINS)
def skip(incident_id: int) -> ResponseReturnValue:
    return _repair(incident_id, moves.skip, "admin.skipped")


@pages.get("/people")
@allow(Who.ADMINS)
def everybody() -> ResponseReturnValue:
    return _people_page()


@pages.post("/people/members")
@allow(Who.ADMINS)
def add_member() -> ResponseReturnValue:
    form = request.form

    def move() -> None:
        people_moves.add_member(
            form.get("login", ""),
            form.get("department", ""),
            by=actor(),
            role=Post.HEAD if form.get("role") == Post.HEAD else Post.STAFF,
            starts_on=_day(form.get("starts_on", "")),
        )

    return _change(move, "admin.member_added", _people_page, "admin.everybody")


@pages.post("/people/members/end")
@allow(Who.ADMINS)
def end_membership() -> ResponseReturnValue:
    def move() -> None:
        people_moves.end_membership(request.form.get("login", ""), request.form.get("department", ""), by=actor())

    return _change(move, "admin.member_ended", _people_page, "admin.everybody")


@pages.get("/departments")
@allow(Who.ADMINS)
def departments() -> ResponseReturnValue:
    return _departments_page()


@pages.post("/lanes/<int:lane_id>")
@allow(Who.ADMINS)
def map_lane(lane_id: int) -> ResponseReturnValue:
    def move() -> None:
        people_moves.map_lane(lane_id, request.form.get("department") or None, by=actor())

    return _change(move, "admin.lane_mapped", _departments_page, "admin.departments")


def _repair(incident_id: int, move: Callable[..., None], done: str) -> ResponseReturnValue:
    text = request.form.get("data", "")
    try:
        move(incident_id, by=actor(), data=_data(text))
    except LanewayError as fault:
        said = field_messages(fault).get("data", []) if isinstance(fault, Invalid) else []
        return _incident_page(incident_id, " ".join(said) or explain(fault, language()), text), status_of(fault)
    flash(say(done))
    return redirect(url_for("admin.incidents"))


def _data(text: str) -> dict[str, Any]:
    """Variables to write before going on. Raises Invalid."""
    if not text.strip():
        return {}
    try:
        said = jsontext.loads(text)
    except jsontext.UnreadableJson:
        said = None
    if not isinstance(said, dict):
        raise Invalid(fields={"data": ["admin.data_not_json"]})
    return said


def _incident_page(incident_id: int, fault: str = "", text: str = "") -> str:
    with reading() as session:
        found = queries.incident(session, incident_id)
        case = found.case
        data = queries.data_of(session, case.id, case.definition_id) if not case.is_over else {}
        known = words.words(session, case)
    return render_template("incident.html", incident=found, data=data, words=known, fault=fault, text=text)


def _people_page(fault: str = "") -> str:
    with reading() as session:
        everyone, known = people.people(session), people.departments(session)
    by_code = {each.code: each for each in known}
    return render_template(
        "people.html", people=everyone, departments=known, by_code=by_code, roles=list(Role), fault=fault
    )


def _departments_page(fault: str = "") -> str:
    with reading() as session:
        known, lanes = people.departments(session), people.lanes(session)
        processes = {each.key: each for each in definitions.processes(session)}
    return render_template("departments.html", departments=known, lanes=lanes, processes=processes, fault=fault)


def _change(move: Callable[[], None], done: str, page: Callable[[str], str], endpoint: str) -> ResponseReturnValue:
    """Do it and go back to the list; a refusal stands on the same page."""
    try:
        move()
    except LanewayError as fault:
        said = (
            [text for texts in field_messages(fault).values() for text in texts] if isinstance(fault, Invalid) else []
        )
        return page(explain(fault, language()) if not said else " ".join(said)), status_of(fault)
    flash(say(done))
    return redirect(url_for(endpoint))


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields={"starts_on": ["people.not_a_day"]}) from None
