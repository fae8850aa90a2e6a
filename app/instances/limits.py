"""How long what callers name may be, so that a column never has to say it."""

from __future__ import annotations

from app.core.errors import Invalid
from app.core.keepable import is_keepable

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
