"""Values of a case as people read them: options by their labels, yes and no in words, lists and objects in lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from app.instances.words import Words
from app.web import moments
from app.web.language import language, say

_NOTHING: tuple[Any, ...] = (None, "", [], {})


def shown(value: Any, words: Words, key: str = "", element: str = "") -> Markup:
    """One value of a field. `element` is the step that said it: its form knows best what the value means."""
    if value in _NOTHING:
        return Markup('<span class="faint">{}</span>').format(say("web.nothing"))
    if isinstance(value, Mapping):
        return Markup(" · ").join(_pair(name, inner, words, element) for name, inner in value.items())
    if isinstance(value, list):
        between = "<br>" if any(isinstance(each, Mapping) for each in value) else escape(say("web.comma"))
        return Markup(between).join(shown(each, words, key, element) for each in value)  # noqa: S704  both are ours
    return escape(words.option(key, value, language(), element) or _plain(value, words, key, element))


def _pair(name: str, inner: Any, words: Words, element: str) -> Markup:
    label = words.label(name, language(), element)
    return Markup('<span class="faint">{}</span> {}').format(label, shown(inner, words, name, element))


def _plain(value: Any, words: Words, key: str, element: str) -> str:
    if isinstance(value, bool):
        return say("web.yes" if value else "web.no")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str) and words.is_moment(key, element):
        return _moment(value)
    return str(value)


def _moment(text: str) -> str:
    """As everywhere on the pages; as it was said where it names no zone, or is no moment."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moments.stamp(at) if at.tzinfo else text.replace("T", " ")
