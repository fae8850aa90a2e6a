"""What a call is: its address, what it asks for, what it answers. Views say it once; serving and OpenAPI follow it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import marshmallow
from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, PathConverter

from app.api import access, bodies, errors
from app.api.fields import LARGEST_ID, Asked

V = TypeVar("V", bound=Callable[..., Any])

ROOT = "/api/v1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOWHERE = "api.nowhere"
blueprint = Blueprint("api", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation of the API."""

    method: str
    path: str  #: Flask's rule, below ROOT
    name: str
    words: str  #: what it is for: the view's docstring
    subject: str
    body: marshmallow.Schema | None = None
    optional: bool = False  #: the body may be left out
    files: tuple[str, ...] = ()  #: other media types of the body, which the view reads itself
    query: marshmallow.Schema | None = None
    answer: marshmallow.Schema | None = None
    media: str = "application/json"  #: of the answer
    status: int = 200
    refusal: marshmallow.Schema | None = None  #: what 422 says beyond the error
    keyed: bool = False  #: takes an Idempotency-Key
    races: bool = False  #: may answer 409
    public: bool = False


CALLS: dict[str, Call] = {}


class IdConverter(BaseConverter):
    """An id in a path."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        return int(value)


class WordConverter(BaseConverter):
    """A process key or the like in a path, without what no database keeps."""

    regex = "[^/\x00-\x1f\x7f]{1,500}"


class RestConverter(PathConverter):
    """Whatever follows, line ends included."""

    regex = "(?s:.*)"
    part_isolating = False  # it holds slashes


CONVERTERS = {"id": IdConverter, "word": WordConverter, "rest": RestConverter}


def call(method: str, path: str, **options: Any) -> Callable[[V], V]:
    """Serve a view under an address. It is given the places of the path, `body`, `query` and `key` as it asks for."""

    def mark(view: V) -> V:
        for part in ("body", "query", "answer", "refusal"):
            if part in options:
                options[part] = options[part]()
        subject = view.__module__.rpartition(".")[2]
        words = " ".join((view.__doc__ or "").split())
        made = Call(method=method, path=path, name=view.__name__, words=words, subject=subject, **options)
        CALLS[f"api.{made.name}"] = made
        blueprint.add_url_rule(ROOT + path, made.name, _served(made, view), methods=[method])
        return view

    return mark


def _served(made: Call, view: Callable[..., Any]) -> Callable[..., Response]:
    @wraps(view)
    def served(**asked: Any) -> Response:
        if any(type(place) is int and place > LARGEST_ID for place in asked.values()):
            raise NotFound  # 19 digits hold more than 63 bits, and no id is that large
        if made.query is not None:
            asked["query"] = bodies.query(made.query)
        elif not made.public:
            bodies.query(Asked())
        if made.body is not None:
            asked["body"] = None if request.mimetype in made.files else bodies.body(made.body, made.optional)
        if made.keyed:
            asked["key"] = bodies.key()
        said = view(**asked)
        if isinstance(said, Response):
            return said
        return errors.respond(made.answer.dump(said) if made.answer else said, made.status)

    return served


@blueprint.before_request
def _identify() -> None:
    # The app's own handlers ran before this one: who a cookie belongs to, and that the post is not forged.
    made = CALLS.get(request.endpoint or "")
    if made is not None and not made.public:
        access.identify()


@blueprint.before_app_request
def _ask_for_methods() -> Response | None:
    """What Flask would answer by itself below /api/: methods nobody knows, and the question which methods there are."""
    unknown = isinstance(request.routing_exception, MethodNotAllowed)
    if not request.path.startswith("/api/") or not (unknown or request.method == "OPTIONS"):
        return None
    allowed = _allowed()
    if unknown or not allowed:
        return errors.plain(405, Allow=allowed) if allowed else errors.plain(404)
    return Response(status=204, headers={"Allow": allowed})


def _allowed() -> str:
    """The methods of this address, for the header Allow; nothing where there is no such address."""
    from flask.globals import request_ctx

    adapter = request_ctx.url_adapter
    found = [each for each in METHODS if adapter and adapter.match(method=each)[0] != NOWHERE]
    names = [name for each in found for name in ((each, "HEAD") if each == "GET" else (each,))]
    return ", ".join([*names, "OPTIONS"]) if names else ""


@blueprint.route("/api/", defaults={"rest": ""}, methods=METHODS, strict_slashes=False)
@blueprint.route("/api/<rest:rest>", methods=METHODS)
def nowhere(rest: str) -> Response:
    """Whatever else lies under /api/: not there, or there for another method. In JSON like everything else."""
    allowed = _allowed()
    return errors.plain(405, Allow=allowed) if allowed else errors.plain(404)


errors.connect(blueprint)
