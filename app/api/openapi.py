"""The OpenAPI document, made from the same calls and schemas that serve."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import marshmallow
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response

from app.api import answers, files
from app.api.calls import CALLS, ROOT, Call, call
from app.api.errors import respond
from app.instances.limits import KEY_LENGTH

#: `<id:task_id>` and `<any(retry,skip):how>`
_PLACE = re.compile(r"<\w+(?:\(([\w,]+)\))?:(\w+)>")
_REASONS = {
    400: "The request cannot be read.",
    401: "Nobody is known by this token or cookie.",
    403: "The caller may not do this, or not now.",
    404: "There is no such thing, or it is not the caller's to see.",
    409: "Somebody else was first; `error.first` says who.",
    413: "The body is too large.",
    415: "The body is of another type than these.",
    422: "Some fields are not right or not known, or the idempotency key was used for something else.",
    500: "Something broke; nothing was changed.",
    503: "The database does not answer; try again after `Retry-After` seconds.",
}


@call("GET", "/openapi.json", public=True)
def openapi() -> Response:
    """This document."""
    return respond(document())


@cache
def document() -> dict[str, Any]:
    """All calls of the API."""
    spec = APISpec(
        "Laneway",
        "1",
        "3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=lambda schema: _class_of(schema).__name__)],
        info={"description": "Service processes that run from their BPMN diagrams. Ids are text: 63 bits."},
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme("cookie", {"type": "apiKey", "in": "cookie", "name": "laneway_login"})
    for each in CALLS.values():
        spec.path(path=ROOT + _PLACE.sub(r"{\2}", each.path), operations={each.method.lower(): _operation(each)})
    made: dict[str, Any] = spec.to_dict()
    return made


def _class_of(schema: Any) -> type[marshmallow.Schema]:
    return schema if isinstance(schema, type) else type(schema)


def _operation(each: Call) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.words,
        "tags": [each.subject],
        "parameters": _parameters(each),
        "responses": _responses(each),
        "security": [] if each.public else [{"token": []}, {"cookie": []}],
    }
    if each.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": each.body}}
        content |= {media: {"schema": _file(media)} for media in each.files}
        made["requestBody"] = {"required": not each.optional, "content": content}
    return made


def _file(media: str) -> dict[str, Any]:
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    if media != files.MULTIPART:
        return binary
    several = {"type": "array", "items": binary}
    parts = {"diagram": binary, "forms": several, "decisions": several}
    return {"type": "object", "properties": parts, "required": ["diagram"]}


def _parameters(each: Call) -> list[Any]:
    made: list[Any] = [
        {"in": "path", "name": name, "required": True, "schema": _word(words)}
        for words, name in _PLACE.findall(each.path)
    ]
    if each.query is not None:
        made.append({"in": "query", "schema": each.query})
    if each.keyed:
        schema = {"type": "string", "maxLength": KEY_LENGTH}
        words = "The same key with the same body is done once and answered the same."
        made.append({"in": "header", "name": "Idempotency-Key", "schema": schema, "description": words})
    return made


def _word(words: str) -> dict[str, Any]:
    return {"type": "string", "enum": words.split(",")} if words else {"type": "string"}


def _responses(each: Call) -> dict[str, Any]:
    said: dict[str, Any] = {"schema": each.answer or {}}
    made: dict[str, Any] = {str(each.status): {"description": "Done.", "content": {each.media: said}}}
    for status in _refusals(each):
        shape = each.refusal if each.refusal and status == 422 else answers.Failure
        made[str(status)] = {"description": _REASONS[status], "content": {"application/json": {"schema": shape}}}
    return made


def _refusals(each: Call) -> list[int]:
    found = {500, 503} if each.public else {401, 403, 422, 500, 503}
    if each.method != "GET":
        found.add(400)
    if each.body is not None:
        found |= {413, 415}
    if "<" in each.path or each.name == "start_instance":
        found.add(404)
    if each.races:
        found.add(409)
    return sorted(found)
