"""What a database can keep of a text: PostgreSQL keeps no NUL, and half a surrogate pair is no character anywhere."""

from __future__ import annotations

import re

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def is_keepable(text: str) -> bool:
    return _UNKEEPABLE.search(text) is None


def keepable(text: str, most: int) -> str:
    """The text with a replacement character for what cannot be kept, cut to a length."""
    return _UNKEEPABLE.sub("\ufffd", text[:most])
