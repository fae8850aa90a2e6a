"""What a caller sent, before anybody believes it: body, query and Idempotency-Key, held against their schemas."""

from __future__ import annotations

import re
from typing import Any

import marshmallow
from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from app.api import strictjson
from app.api.sentences import Sentence
from app.api.strictjson import UnreadableBody
from app.core.errors import Invalid
from app.instances.limits import KEY_LENGTH

_KEY = re.compile(f"[\x21-\x7e]{{1,{KEY_LENGTH}}}")


class BadKey(Invalid):
    """An idempotency key is printable ASCII without blanks."""


def body(schema: marshmallow.Schema, optional: bool = False) -> dict[str, Any]:
    """The body as its schema takes it. Nothing is not `{}`, unless the whole body may be left out.

    Raises UnsupportedMediaType, UnreadableBody, Invalid with the fields.
    """
    sent = request.get_data(cache=False)
    if not sent and optional:
        return _load(schema, {})
    _require_json()
    if not sent.strip():
        raise UnreadableBody("empty")
    said = strictjson.loads(sent)
    if not isinstance(said, dict):
        raise UnreadableBody("object")
    return _load(schema, said)


def query(schema: marshmallow.Schema) -> dict[str, Any]:
    """The part of the address behind the question mark; what is left empty there is not asked for.

    What stands there twice is refused. Raises Invalid.
    """
    twice = [name for name in request.args if len(request.args.getlist(name)) > 1]
    if twice:
        raise Invalid(fields={name: ["api.field.twice"] for name in twice})
    return _load(schema, {name: value for name, value in request.args.items() if value or name not in schema.fields})


def key() -> str | None:
    """The caller's idempotency key. Raises BadKey."""
    given = request.headers.get("Idempotency-Key")
    if given is not None and not _KEY.fullmatch(given):
        raise BadKey(fields={"Idempotency-Key": [Sentence("api.field.key", {"most": KEY_LENGTH})]})
    return given


def _require_json() -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType


def _load(schema: marshmallow.Schema, said: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(said)
    except marshmallow.ValidationError as fault:
        fields = fault.messages if isinstance(fault.messages, dict) else {"body": fault.messages}
        raise Invalid(fields=fields) from None
    return loaded
