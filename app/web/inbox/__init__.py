"""The inbox of a member of staff: what is mine, what is in my lanes, what is late; and one task with its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import forms
from app.core.database import reading
from app.core.errors import Invalid, LanewayError, Refused, Stale
from app.core.translations import explain
from app.instances import moves, story, words
from app.instances import queries as cases
from app.instances.queries import Brief
from app.instances.story import Event
from app.instances.words import Words
from app.people import queries as people
from app.people.actor import actor as actor_of
from app.tasks import queries as tasks
from app.tasks.errors import NoSuchTask
from app.tasks.inbox import VIEWS, Counts, Page, View, inbox_with_counts
from app.tasks.queries import TaskDetail
from app.web.access import Who, allow
from app.web.answers import posted_answer
from app.web.errors import field_messages, status_of
from app.web.language import language, name_of, say
from app.web.security import actor

pages = Blueprint("inbox", __name__, url_prefix="/inbox")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The list beside the task."""

    view: View
    process: str
    page: Page
    counts: Counts
    cases: Mapping[int, Brief]
    cursor: str


@dataclass(frozen=True, slots=True)
class Desk:
    """One task, ready to be worked on. `fields` is the form without script, `schema` the same for the island."""

    task: TaskDetail
    case: Brief
    relay: list[story.Leg]
    colleagues: list[people.Named]
    fields: list[forms.Field]
    schema: dict[str, Any] | None
    data: Mapping[str, Any]
    form: forms.Form | None
    withdrawn: Event | None  #: what happened that it was no longer needed
    words: Words


@pages.get("/")
@allow(Who.PEOPLE)
def show() -> ResponseReturnValue:
    with reading() as session:
        shelf = _shelf(session)
    return render_template("inbox.html", shelf=shelf, desk=None, errors={}, answer=None, fault="")


@pages.get("/<int:task_id>")
@allow(Who.PEOPLE)
def task(task_id: int) -> ResponseReturnValue:
    with reading() as session:
        desk = _desk(session, task_id)
    if desk.task.is_mine and desk.task.started_at is None:
        moves.open_form(task_id, by=actor())
        # Opening is a change of the task: the form has to post the version after it.
        desk = _again(desk)
    return _page(desk)


@pages.post("/<int:task_id>/claim")
@allow(Who.PEOPLE)
def claim(task_id: int) -> ResponseReturnValue:
    try:
        moves.claim(task_id, by=actor())
    except (Stale, Refused) as fault:
        return _refused(task_id, fault)
    flash(say("inbox.claimed"))
    return redirect(_to(task_id))


@pages.post("/<int:task_id>/release")
@allow(Who.PEOPLE)
def release(task_id: int) -> ResponseReturnValue:
    try:
        moves.release(task_id, by=actor(), reason=request.form.get("reason", "").strip()[:500])
    except (Stale, Refused) as fault:
        return _refused(task_id, fault)
    flash(say("inbox.released"))
    return redirect(_to(task_id))


@pages.post("/<int:task_id>/assign")
@allow(Who.PEOPLE)
def assign(task_id: int) -> ResponseReturnValue:
    account = request.form.get("to", type=int)
    if account is None or not 0 < account < 2**63:
        raise Invalid(fields={"to": ["web.choose_listed"]})
    with reading() as session:
        to = actor_of(session, account)
    try:
        moves.assign(task_id, to, by=actor(), reason=request.form.get("reason", "").strip()[:500])
    except (Stale, Refused) as fault:
        return _refused(task_id, fault)
    flash(say("inbox.assigned", name=to.names.get(language()) or to.name))
    return redirect(_to(task_id))


@pages.post("/<int:task_id>/complete")
@allow(Who.PEOPLE)
def complete(task_id: int) -> ResponseReturnValue:
    """The island posts `answer` as JSON, the page without script posts the fields: both end here."""
    with reading() as session:
        desk = _desk(session, task_id)
    answer = posted_answer(desk.form, desk.data)
    try:
        done = moves.complete(task_id, answer, by=actor(), version=request.form.get("version", type=int))
    except Invalid as fault:
        return _page(
            desk, answer, errors=field_messages(fault), fault="" if fault.fields else explain(fault, language())
        ), 422
    except (Stale, Refused) as fault:
        return _refused(task_id, fault, answer)
    return redirect(_next(done))


def _shelf(session: Session) -> Shelf:
    view: View = next((each for each in VIEWS if each == request.args.get("view")), "mine")
    process, cursor = request.args.get("process", ""), request.args.get("cursor", "")
    page, counts = inbox_with_counts(session, actor(), view, cursor, process)
    if "view" not in request.args and not counts.mine and counts.lanes:
        view = "lanes"
        page, _ = inbox_with_counts(session, actor(), view, cursor, process)
    known = cases.briefs(session, {each.instance_id for each in page.work})
    return Shelf(view, process, page, counts, known, cursor)


def _desk(session: Session, task_id: int) -> Desk:
    found = tasks.task(session, task_id, actor())
    case = cases.briefs(session, [found.work.instance_id])[found.work.instance_id]
    form, data = cases.form_of(session, found), cases.data_for(session, found)
    lane = found.work.lane
    colleagues = people.members(session, lane.department_id) if found.can_assign and lane and lane.department_id else []
    relay = story.relay(session, case, tasks.of_case(session, case.id))
    fields = forms.fields(form, language(), data) if form else []
    schema = forms.localized(form, language()) if form else None
    known, why = Words(), None
    if found.work.state == "cancelled":
        known = words.words(session, case)
        why = story.withdrawal(story.events(session, case, tasks.of_case(session, case.id)), task_id)
    return Desk(found, case, relay, colleagues, fields, schema, data, form, why, known)


def _again(desk: Desk) -> Desk:
    with reading() as session:
        return _desk(session, desk.task.work.id)


def _page(
    desk: Desk, answer: Mapping[str, Any] | None = None, errors: Mapping[str, list[str]] | None = None, fault: str = ""
) -> str:
    with reading() as session:
        shelf = _shelf(session)
    fields = desk.fields
    if answer is not None and desk.form is not None:
        fields = forms.fields(desk.form, language(), desk.data, answer)
    return render_template(
        "inbox.html", shelf=shelf, desk=desk, fields=fields, errors=errors or {}, answer=answer, fault=fault
    )


def _refused(task_id: int, fault: LanewayError, answer: Mapping[str, Any] | None = None) -> ResponseReturnValue:
    """The task as it stands now. What was typed stays on the page, to be copied or sent again."""
    try:
        with reading() as session:
            desk = _desk(session, task_id)
    except NoSuchTask:
        raise fault from None
    first = desk.task.ended_by or desk.task.work.owner
    if fault.details.get("first") and first:
        fault.details["first"] = name_of(first)
    return _page(desk, answer, fault=explain(fault, language())), status_of(fault)


def _to(task_id: int) -> str:
    return url_for("inbox.task", task_id=task_id, view=request.args.get("view"), process=request.args.get("process"))


def _next(done: Mapping[str, Any]) -> str:
    """Back to the list; the case's own next task is offered where it is the same person's."""
    flash(say("inbox.completed"))
    return url_for("inbox.show", view=request.args.get("view"), process=request.args.get("process"))
