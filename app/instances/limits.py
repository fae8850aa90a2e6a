"""How long what callers name may be and what they may send, so that a column or a later move never has to say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import engine
from app.core import jsontext
from app.core.errors import Invalid
from app.core.keepable import is_keepable

#: of idempotency keys and of senders' ids for their messages; the columns are a little longer
KEY_LENGTH = 150
#: of business keys, names of messages, and other words that callers choose
NAME_LENGTH = 500


class UnusableText(Invalid):
    """This text cannot be kept."""


class UnusableValue(Invalid):
    """This cannot be kept."""


def require_short(field: str, text: str | None, most: int = KEY_LENGTH) -> None:
    """Raises UnusableText for what is too long, or holds a character that a database cannot keep."""
    if text is not None and (len(text) > most or not is_keepable(text)):
        raise UnusableText(fields={field: ["cases.unusable_text"]}, most=most)


def require_keepable(field: str, values: Mapping[str, Any]) -> None:
    """Raises UnusableValue naming the variables that no case could take: nested too deeply, too large, no JSON.

    What is kept for later must be looked at now: the move that takes it has nobody to tell.
    """
    wrong = [f"{field}.{name}"[:NAME_LENGTH] for name, value in values.items() if not _is_variable(name, value)]
    if wrong:
        raise UnusableValue(fields={place: ["cases.unusable_value"] for place in wrong})


def _is_variable(name: str, value: Any) -> bool:
    try:
        jsontext.dump_bytes(value)
        engine.taken({name: value})
    except (jsontext.UnreadableJson, engine.TooLargeData):
        return False
    return len(name) <= NAME_LENGTH and _is_text(name) and _is_text(value)


def _is_text(value: Any) -> bool:
    """Whether all text within can be kept."""
    if isinstance(value, str):
        return is_keepable(value)
    if isinstance(value, Mapping):
        return all(_is_text(part) for pair in value.items() for part in pair)
    return not isinstance(value, list) or all(_is_text(part) for part in value)
