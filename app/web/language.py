"""Which language a page speaks, and how templates and views say things in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, g, request
from markupsafe import Markup, escape

from app.core.translations import LANGUAGES, pick, translate

COOKIE = "laneway_language"
#: What the html element says; a screen reader chooses its voice by it.
TAGS = {"zh": "zh-CN", "en": "en"}


def language() -> str:
    """What the person chose, else what was chosen at the login page, else what the browser asks for."""
    if "language" not in g:
        g.language = _language()
    chosen: str = g.language
    return chosen


def _language() -> str:
    actor = g.get("actor")
    for chosen in (actor.language if actor is not None else "", request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return str(chosen)
    return _asked()


def _asked() -> str:
    return request.accept_languages.best_match(LANGUAGES) or str(current_app.config["LANGUAGE"])


def speak(chosen: str) -> None:
    """The rest of this answer speaks what was just chosen; empty: what the browser asks for."""
    g.language = chosen or _asked()


def say(key: str, /, **values: Any) -> str:
    """A sentence in the reader's language."""
    return translate(key, language(), **values)


def tell(key: str, /, **values: Any) -> Markup:
    """A sentence whose values may be marked up: everything that is not is escaped."""
    return Markup(translate(key, language())).format_map(_Escaped(values))  # noqa: S704  ours; values are escaped


def name_of(thing: Any, otherwise: str = "") -> str:
    """The name of anything that has `name` and `names`, in the reader's language."""
    if thing is None:
        return otherwise
    names: Mapping[str, str] | None = getattr(thing, "names", None)
    return pick(dict(names or {}), language(), str(thing.name))


def initials(name: str) -> str:
    """For the round mark of a person: the last character of a Chinese name, else the first letters."""
    if not name.isascii():
        return name[-1]
    return "".join(word[0] for word in name.split()[:2]).upper()


class _Escaped(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"

    def __getitem__(self, key: str) -> Any:
        return escape(super().__getitem__(key)) if key in self else self.__missing__(key)
