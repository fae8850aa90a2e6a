"""Cases: find one, begin one, see where one stands, what happened in it and who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import forms
from app.core.database import ask, reading
from app.core.errors import Invalid
from app.core.translations import explain
from app.customers import queries as customers
from app.definitions import library
from app.definitions import queries as definitions
from app.definitions.queries import VersionFacts
from app.instances import moves, queries, story, words
from app.tasks import queries as tasks
from app.web.access import Who, allow
from app.web.answers import posted_answer
from app.web.drawings import about, is_drawn, node_names
from app.web.errors import field_messages
from app.web.language import language, say
from app.web.numbers import whole
from app.web.security import actor

pages = Blueprint("cases", __name__, url_prefix="/cases")


@pages.get("/")
@allow(Who.PEOPLE)
def every() -> ResponseReturnValue:
    search = request.args.get("search", "").strip()[:100]
    state, process = request.args.get("state", ""), request.args.get("process", "")
    with reading() as session:
        exact = queries.find_reference(session, search, actor()) if search else None
        if exact is not None:
            return redirect(url_for("cases.case", instance_id=exact))
        page = queries.cases(session, actor(), search, state, process, whole(request.args.get("before")))
        processes = definitions.processes(session)
        ids = [each.id for each in page.cases]
        standing, stuck = tasks.live_of(session, ids), queries.stuck(session, ids)
    return render_template(
        "cases.html",
        page=page,
        search=search,
        state=state,
        process=process,
        processes=processes,
        standing=standing,
        stuck=stuck,
    )


@pages.get("/<int:instance_id>")
@allow(Who.PEOPLE)
def case(instance_id: int) -> ResponseReturnValue:
    with reading() as session:
        found = queries.case(session, instance_id, actor())
        seen = _seen(session, found)
    if actor().is_auditor:
        moves.note_read(instance_id, by=actor())
    return render_template("case.html", case=found, **seen)


@pages.get("/new")
@allow(Who.PEOPLE)
def choose() -> ResponseReturnValue:
    with reading() as session:
        startable = definitions.startable(session)
        told = {each.key: about(definitions.diagram_of(session, each.id), each.key) for each in startable}
    return render_template("choose.html", processes=startable, about=told)


@pages.get("/new/<key>")
@allow(Who.PEOPLE)
def begin(key: str) -> ResponseReturnValue:
    with reading() as session:
        return _begin_page(session, definitions.begins_on(session, key))


@pages.post("/new/<key>")
@allow(Who.PEOPLE)
def start(key: str) -> ResponseReturnValue:
    with reading() as session:
        process = definitions.begins_on(session, key)
        form = _start_form(session, process)
    answer = posted_answer(form, {})
    number = request.form.get("customer", "").strip()[:40]
    try:
        with reading() as session:
            customer = customers.find_by_number(session, number) if number else None
        if number and customer is None:
            raise Invalid(fields={"customer": ["cases.no_such_customer"]})
        begun = moves.start(
            key,
            answer,
            by=actor(),
            key=request.form.get("once") or None,
            business_key=request.form.get("business_key", "").strip()[:200] or None,
            customer_id=customer.id if customer else None,
        )
    except Invalid as fault:
        with reading() as session:
            said = "" if fault.fields else explain(fault, language())
            return _begin_page(session, process, answer, field_messages(fault), said), 422
    flash(say("cases.started", reference=begun["reference"]))
    return redirect(url_for("cases.case", instance_id=int(begun["id"])))


def _begin_page(
    session: Session,
    process: VersionFacts,
    answer: Mapping[str, Any] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    fault: str = "",
) -> str:
    form = _start_form(session, process)
    return render_template(
        "begin.html",
        process=process,
        about=about(definitions.diagram_of(session, process.id), process.key),
        fields=forms.fields(form, language(), {}, answer) if form else [],
        schema=forms.localized(form, language()) if form else None,
        answer=answer,
        errors=errors or {},
        fault=fault,
    )


def _start_form(session: Session, process: VersionFacts) -> forms.Form | None:
    return library.form(partial(ask, session), process.id, process.start_form) if process.start_form else None


def _seen(session: Session, case: queries.Brief) -> dict[str, Any]:
    """Everything the page of a case shows."""
    work = tasks.of_case(session, case.id)
    diagram = definitions.diagram_of(session, case.definition_id)
    events = story.events(session, case, work)
    properties = diagram.processes[case.process_key].properties
    return {
        "tasks": work,
        "relay": story.relay(session, case, work),
        "path": story.path(session, case, diagram, work),
        "outline": story.outline(diagram, case.process_key),
        "is_drawn": is_drawn(diagram, case.process_key),
        "names": node_names(diagram, case.process_key),
        "events": [event for event in events if event.kind not in story.MACHINERY],
        "values": story.values(events),
        "words": words.words(session, case),
        "field_of": {name: properties.get(f"laneway.{name}", name).lstrip("=") for name in ("segment", "channel")},
        "waits": queries.waits(session, case.id),
        "incidents": queries.incidents(session, "open", case.id),
        "customer": customers.get(session, case.customer_id) if case.customer_id else None,
    }
