"""What an auditor reads: every event of a case as it was recorded, and whether the chain is whole."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.core.database import reading
from app.definitions import queries as definitions
from app.history import queries as history
from app.instances import moves, queries, story, words
from app.tasks import queries as tasks
from app.web.access import Who, allow
from app.web.drawings import is_drawn, node_names
from app.web.numbers import whole
from app.web.security import actor

pages = Blueprint("audit", __name__, url_prefix="/audit")


@pages.get("/")
@allow(Who.AUDITORS)
def every() -> ResponseReturnValue:
    search = request.args.get("search", "").strip()[:100]
    with reading() as session:
        page = queries.cases(session, actor(), search, before=whole(request.args.get("before")))
        records = history.records(session, [each.id for each in page.cases])
    return render_template("audit.html", page=page, search=search, records=records)


@pages.get("/<int:instance_id>")
@allow(Who.AUDITORS)
def case(instance_id: int) -> ResponseReturnValue:
    """Reading a record is recorded in it, so the chain is verified first."""
    with reading() as session:
        found = queries.case(session, instance_id, actor())
        work = tasks.of_case(session, instance_id)
        diagram = definitions.diagram_of(session, found.definition_id)
        shown = {
            "events": story.events(session, found, work),
            "chain": history.chain(session, instance_id),
            "path": story.path(session, found, diagram, work),
            "names": node_names(diagram, found.process_key),
            "outline": story.outline(diagram, found.process_key),
            "is_drawn": is_drawn(diagram, found.process_key),
            "words": words.words(session, found),
        }
    moves.note_read(instance_id, by=actor())
    return render_template("record.html", case=found, **shown)
