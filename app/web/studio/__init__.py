"""The studio: processes with their versions, the drawing with what the rules say about it, and deploying a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import diagrams
from app.core.database import reading
from app.core.errors import Invalid
from app.core.translations import explain
from app.definitions import queries
from app.definitions.deploy import deploy as deploy_diagram
from app.definitions.errors import DiagramRefused
from app.definitions.retire import restore as restore_version
from app.definitions.retire import retire as retire_version
from app.definitions.sources import Folders
from app.instances import story
from app.instances.prospects import elsewhere
from app.instances.queries import running_on
from app.web.access import Who, allow, may_open
from app.web.drawings import about, is_drawn, node_names
from app.web.language import language, say
from app.web.security import actor

pages = Blueprint("studio", __name__, url_prefix="/processes")
UPLOAD = "diagram"


@pages.get("/")
@allow(Who.PEOPLE)
def processes() -> ResponseReturnValue:
    with reading() as session:
        newest = queries.processes(session)
    return render_template("processes.html", processes=newest, may_deploy=may_open(Who.ANALYSTS, actor()))


@pages.get("/<key>")
@pages.get("/<key>/v<int:number>")
@allow(Who.PEOPLE)
def process(key: str, number: int | None = None) -> ResponseReturnValue:
    with reading() as session:
        shown = queries.version(session, key, number)
        versions, diagram = queries.versions(session, key), queries.diagram_of(session, shown.id)
        in_use = [each for each in versions if each.state == "deployed"]
        return render_template(
            "process.html",
            process=shown,
            versions=versions,
            begins_on=next(iter(in_use), None),
            without=next((each for each in in_use if each.id != shown.id), None),
            running=running_on(session, shown.id),
            elsewhere=sum(elsewhere(session, key, shown.id).values()),
            retirement=queries.retirement(session, shown.id) if shown.state == "retired" else None,
            findings=queries.findings(session, shown),
            names=node_names(diagram, key),
            outline=story.outline(diagram, key),
            is_drawn=is_drawn(diagram, key),
            about=about(diagram, key),
            may_deploy=may_open(Who.ANALYSTS, actor()),
        )


@pages.post("/<key>/v<int:number>/retire")
@allow(Who.ANALYSTS)
def retire(key: str, number: int) -> ResponseReturnValue:
    return _become(key, number, retire_version, "studio.retired")


@pages.post("/<key>/v<int:number>/restore")
@allow(Who.ANALYSTS)
def restore(key: str, number: int) -> ResponseReturnValue:
    return _become(key, number, restore_version, "studio.restored")


@pages.get("/<key>/v<int:number>.bpmn")
@allow(Who.PEOPLE)
def source(key: str, number: int) -> ResponseReturnValue:
    """The file as it was deployed: for the drawing, and to take away."""
    with reading() as session:
        body = queries.source_of(session, queries.version(session, key, number))
    response = Response(body, mimetype="application/xml")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    if "download" in request.args:
        response.headers["Content-Disposition"] = f'attachment; filename="process-v{number}.bpmn"'
    return response


@pages.get("/deploy")
@allow(Who.ANALYSTS)
def upload() -> ResponseReturnValue:
    return _upload_page()


@pages.post("/deploy")
@allow(Who.ANALYSTS)
def deploy() -> ResponseReturnValue:
    file = request.files.get(UPLOAD)
    if file is None or not file.filename:
        return _upload_page(fault=say("studio.no_file")), 422
    folders = Folders(Path(current_app.config["PROCESSES"]), Path(current_app.config["FORMS"]))
    try:
        made = deploy_diagram(
            file.read(),
            by=actor(),
            sources=folders,
            file_name=file.filename[:200],
            source="browser",
            executable="executable" in request.form,
        )
    except DiagramRefused as fault:
        return _upload_page(explain(fault, language()), fault.findings), 422
    except Invalid as fault:
        return _upload_page(explain(fault, language())), 422
    for each in made:
        flash(say("studio.made" if each.is_new else "studio.unchanged", key=each.key, version=each.version))
    return redirect(url_for("studio.process", key=made[0].key))


def _become(key: str, number: int, move: Callable[..., None], words: str) -> ResponseReturnValue:
    with reading() as session:
        found = queries.version(session, key, number)
    move(found.id, by=actor(), reason=request.form.get("reason", "").strip()[:500])
    flash(say(words, version=number))
    return redirect(url_for("studio.process", key=key, number=number))


def _upload_page(fault: str = "", findings: Sequence[diagrams.Finding] = ()) -> str:
    unmarked = any(each.rule == "not-executable" for each in findings)
    return render_template("deploy.html", fault=fault, findings=findings, executable=unmarked)
