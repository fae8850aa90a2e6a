"""Processes: which stand in which versions, their drawings, deploying a diagram, taking a version out of use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request

from app import diagrams
from app.api import answers, asked, files
from app.api.access import actor
from app.api.calls import call
from app.api.errors import respond
from app.api.sentences import language, message_of, say
from app.core.database import reading
from app.core.errors import Invalid
from app.definitions import queries
from app.definitions.deploy import Deployed, deploy
from app.definitions.errors import DiagramRefused
from app.definitions.retire import restore, retire
from app.definitions.rights import require_analyst

_BECOMES = {"retire": (retire, "retired"), "restore": (restore, "deployed")}


@call(
    "POST",
    "/definitions",
    body=asked.NewDefinition,
    files=files.MEDIA,
    answer=answers.Deployed,
    status=201,
    refusal=answers.Refusal,
)
def deploy_definition(body: Mapping[str, Any] | None) -> Any:
    """Deploy every executable process of a diagram; nothing is stored when anything is wrong. For analysts."""
    require_analyst(actor())  # before anything of theirs is read
    sent = files.from_request(request.mimetype) if body is None else files.from_json(body)
    try:
        unreadable = list(files.unreadable(sent, language()))
        if unreadable:
            return _refusal(DiagramRefused(), unreadable)
        made = deploy(
            sent.diagram,
            by=actor(),
            sources=sent.sources,
            file_name=sent.name,
            source="api",
            executable=sent.executable,
        )
    except DiagramRefused as fault:
        return _refusal(fault, [_finding(each) for each in fault.findings])
    except diagrams.UnreadableDiagram as fault:
        message = say("rules.unreadable", reason=fault.message)
        line = fault.details.get("line") or 1
        return _refusal(fault, [files.finding("unreadable", "error", "", line, message)])
    return _deployed(made)


@call("GET", "/definitions", answer=answers.Definitions)
def list_definitions() -> Any:
    """The newest version of every process, by name."""
    with reading() as session:
        return {"definitions": queries.processes(session)}


@call("GET", "/definitions/<word:key>", answer=answers.Versions)
def get_definition(key: str) -> Any:
    """Every version of a process, the newest first."""
    with reading() as session:
        return {"key": key, "versions": queries.versions(session, key)}


@call("GET", "/definitions/<word:key>/<id:version>/diagram", media="application/xml")
def get_diagram(key: str, version: int) -> Response:
    """The BPMN file, byte for byte as it was deployed."""
    with reading() as session:
        body = queries.source_of(session, queries.version(session, key, version))
    response = Response(body, mimetype="application/xml")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@call(
    "POST",
    "/definitions/<word:key>/<id:version>/<any(retire,restore):how>",
    body=asked.WhyRetired,
    optional=True,
    answer=answers.VersionMoved,
)
def retire_definition(key: str, version: int, how: str, body: Mapping[str, Any]) -> Any:
    """Take a version out of use, or back: new cases begin on the newest in use, running ones stay. For analysts."""
    with reading() as session:
        found = queries.version(session, key, version)
    change, state = _BECOMES[how]
    change(found.id, by=actor(), reason=body["reason"])
    return {"key": key, "version": version, "state": state}


def _deployed(made: Sequence[Deployed]) -> dict[str, Any]:
    findings = [_finding(each) for each in made[0].findings]
    return answers.flat(made[0]) | {"findings": findings, "definitions": made}


def _refusal(fault: Invalid, findings: Sequence[Mapping[str, Any]]) -> Response:
    code = "diagram_refused" if isinstance(fault, DiagramRefused) else "unreadable_diagram"
    return respond({"error": {"code": code, "message": message_of(fault)}, "findings": findings}, 422)


def _finding(found: diagrams.Finding) -> dict[str, Any]:
    return files.finding(found.rule, found.severity, found.element, found.line, found.text(language()))
