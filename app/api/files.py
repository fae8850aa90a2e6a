"""A diagram with its forms and decisions, in the three ways in which callers send them: as XML, as files, in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from flask import current_app, request
from werkzeug.datastructures import FileStorage

from app import decisions, forms
from app.api.strictjson import UnreadableBody
from app.core import jsontext
from app.core.errors import Invalid
from app.core.translations import translate
from app.definitions.sources import Folders, Given, Sources

MULTIPART = "multipart/form-data"
MEDIA = ("application/xml", "text/xml", "application/octet-stream", MULTIPART)
_PARTS = ("diagram", "forms", "decisions")


@dataclass(frozen=True, slots=True)
class Sent:
    """What is to be deployed."""

    diagram: bytes
    forms: Mapping[str, bytes]  #: by form id
    decisions: Mapping[str, bytes]  #: by the caller's name for the file
    name: str = ""
    executable: bool = False  #: to be marked as executable where no process is

    @property
    def sources(self) -> Sources:
        """These files, then those of the server's folders."""
        folders = Folders(Path(current_app.config["PROCESSES"]), Path(current_app.config["FORMS"]))
        by_id = {each: body for body in self.decisions.values() for each in decisions.read(body).decisions}
        return Given(self.forms, by_id, folders)


def from_request(mimetype: str) -> Sent:
    """The body as a file, or as a form with files. Raises UnreadableBody, Invalid."""
    if mimetype == MULTIPART:
        return _from_parts()
    body = request.get_data(cache=False)
    if not body.strip():
        raise UnreadableBody("empty")
    return Sent(body, {}, {})


def from_json(body: Mapping[str, Any]) -> Sent:
    """The body as JSON with everything in it."""
    return Sent(
        diagram=body["diagram"].encode(),
        forms={name: jsontext.dump_bytes(form) for name, form in body["forms"].items()},
        decisions={name: text.encode() for name, text in body["decisions"].items()},
        name=body["file_name"],
        executable=body["executable"],
    )


def _from_parts() -> Sent:
    unknown = {*request.files, *request.form} - {*_PARTS, "executable", "csrf_token"}
    if unknown:
        raise Invalid(fields={name: ["api.field.unknown"] for name in unknown})
    if len(request.files.getlist("diagram")) != 1:
        raise Invalid(fields={"diagram": ["api.field.one_file"]})
    diagram = request.files["diagram"]
    return Sent(
        diagram=diagram.read(),
        forms={_stem(file): file.read() for file in request.files.getlist("forms")},
        decisions={_name(file): file.read() for file in request.files.getlist("decisions")},
        name=_name(diagram),
        executable=request.form.get("executable") == "true",
    )


def _name(file: FileStorage) -> str:
    """The last part of what the caller's machine calls the file, in characters that can be kept."""
    name = PurePosixPath(file.filename or "").name
    return "".join(each for each in name if each.isprintable())[:200]


def _stem(file: FileStorage) -> str:
    return PurePosixPath(_name(file)).stem


def unreadable(sent: Sent, lang: str) -> Iterator[dict[str, Any]]:
    """Forms and decisions that came with a diagram and are none. Whether they fit it, deployment judges."""
    for name, body in sent.forms.items():
        try:
            forms.read(body, name)
        except forms.UnreadableForm as fault:
            yield _unreadable(name, fault, lang)
    for name, body in sent.decisions.items():
        try:
            decisions.read(body)
        except decisions.UnreadableDecision as fault:
            yield _unreadable(name, fault, lang)


def _unreadable(name: str, fault: Invalid, lang: str) -> dict[str, Any]:
    message = translate("rules.unreadable", lang, reason=fault.message)
    return finding("unreadable", "error", name, fault.details.get("line") or 1, message)


def finding(rule: str, severity: str, element: str, line: int, message: str) -> dict[str, Any]:
    """A finding as it is answered."""
    return {"rule": rule, "severity": severity, "element": element, "line": line, "message": message}
