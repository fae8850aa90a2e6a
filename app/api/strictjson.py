"""JSON from anybody: read once, strictly, into values that every floor below can keep.

What other readers let pass is refused by name: a name that stands twice, NaN, numbers that would be rounded, text that
no database keeps, nesting that breaks whoever walks it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from app.api.sentences import Sentence
from app.core.errors import Invalid, LanewayError

MOST_DEPTH = 40  #: levels of objects and lists; expressions compare and print 60
MOST_VALUES = 100_000  #: values of one body; expressions copy about four times as many at once
#: Significant digits and largest exponent of a number: what expressions calculate with (decimal128).
MOST_DIGITS = 34
MOST_EXPONENT = 6_000
_LONGEST_NUMBER = 100  #: characters; leading zeros of a fraction are no digits
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class UnreadableBody(LanewayError):
    """The body cannot be read."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(None, **values)
        self.sentence = Sentence(f"api.body.{key}", values)


def loads(body: bytes) -> Any:
    """Read JSON. Whole numbers are int, others Decimal. Raises UnreadableBody, and Invalid naming the place."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise UnreadableBody("encoding", at=fault.start) from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_number, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as fault:
        raise UnreadableBody("syntax", line=fault.lineno, column=fault.colno) from None
    except RecursionError:
        raise UnreadableBody("deep", most=MOST_DEPTH) from None
    _Judge().look(value, (), 0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise UnreadableBody("twice", name=next(name for name in names if names.count(name) > 1)[:100])
    return made


def _number(text: str) -> int | Decimal:
    if len(text) <= _LONGEST_NUMBER:
        try:
            number = Decimal(text)
        except InvalidOperation:  # an exponent beyond all computers
            raise UnreadableBody("number", most=MOST_DIGITS) from None
        if len(number.as_tuple().digits) <= MOST_DIGITS and abs(number.adjusted()) <= MOST_EXPONENT:
            return int(text) if text.lstrip("-").isdigit() else number
    raise UnreadableBody("number", most=MOST_DIGITS)


def _constant(name: str) -> Any:
    raise UnreadableBody("constant", name=name)


class _Judge:
    """Looks at every value once."""

    def __init__(self) -> None:
        self._count = 0

    def look(self, value: Any, path: tuple[str, ...], depth: int) -> None:
        self._count += 1
        if depth > MOST_DEPTH:
            raise UnreadableBody("deep", most=MOST_DEPTH)
        if self._count > MOST_VALUES:
            raise UnreadableBody("many", most=MOST_VALUES)
        if isinstance(value, str):
            _require_keepable(value, path)
        elif isinstance(value, dict):
            for name, inner in value.items():
                _require_keepable(name, path)
                self.look(inner, (*path, name), depth + 1)
        elif isinstance(value, list):
            for inner in value:
                self.look(inner, path, depth + 1)


def _require_keepable(text: str, path: tuple[str, ...]) -> None:
    # ASCII is most of it, and quickly told.
    if (not text.isascii() or "\x00" in text) and _UNKEEPABLE.search(text):
        raise Invalid(fields={".".join(path) or "body": ["cases.unusable_text"]})
