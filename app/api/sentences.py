"""In which language the API explains itself: English, unless the caller asks for Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request

from app import forms
from app.core.errors import Stale
from app.core.translations import catalog, explain, translate


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that is said when it is known to whom."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


def language() -> str:
    """What `Accept-Language` likes best of what we speak."""
    return request.accept_languages.best_match(("en", "zh"), default="en") or "en"


def say(key: str, /, **values: Any) -> str:
    return translate(key, language(), **values)


def message_of(fault: Any) -> str:
    """What an error says. Where nobody in particular was first, nobody is named."""
    if isinstance(fault, Stale) and fault.details.get("first", "") is None:
        return explain(Stale(), language())
    return explain(fault, language())


def by_field(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Messages about fields, nested ones under `outer.inner`, each in the reader's language."""
    said: dict[str, list[str]] = {}
    for place, text in _leaves(messages, path):
        said.setdefault(place, []).append(_text(text))
    return said


def _leaves(messages: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # What a caller called a field comes back to the caller, but not at any length.
            place = str(name)[:200].encode("utf-8", "replace").decode()
            yield from _leaves(inner, f"{path}.{place}" if path else place)
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from _leaves(inner, path)
    else:
        yield path, messages


def _text(message: Any) -> str:
    if isinstance(message, Sentence):
        return say(message.key, **message.values)
    if isinstance(message, forms.Message):
        return message.explain(language())
    text = str(message)
    return say(text) if text in catalog(language()) else text
