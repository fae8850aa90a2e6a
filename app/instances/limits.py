"""How long what callers name may be, so that a column never has to say it."""

from __future__ import annotations

from app.core.errors import Invalid

#: of idempotency keys and of senders' ids for their messages; the columns are a little longer
KEY_LENGTH = 150
#: of business keys, names of messages, and other words that callers choose
NAME_LENGTH = 500


class UnusableText(Invalid):
    """This text cannot be kept."""


def require_short(field: str, text: str | None, most: int = KEY_LENGTH) -> None:
    """Raises UnusableText for what is too long, or holds a character that a database cannot keep."""
    if text is not None and (len(text) > most or not is_keepable(text)):
        raise UnusableText(fields={field: ["cases.unusable_text"]}, most=most)


def is_keepable(text: str) -> bool:
    """PostgreSQL keeps no NUL in text, and half a surrogate pair is no character."""
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def keepable(text: str, most: int) -> str:
    """What a database can keep of a text that a diagram computed, cut to a length."""
    return text if len(text) <= most and is_keepable(text) else _cleaned(text)[:most]


def _cleaned(text: str) -> str:
    return "".join("\ufffd" if each == "\x00" or "\ud800" <= each <= "\udfff" else each for each in text)
