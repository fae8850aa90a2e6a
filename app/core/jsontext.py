"""Canonical JSON: what is stored, hashed and compared.

Keys are sorted, there are no blanks, and numbers with a fraction or an exponent are Decimals, never floats: an amount
comes back as it was written.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec


def _plain(value: Any) -> str:
    """Kinds of str (a sentence that knows its translation) are text like any other."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted", enc_hook=_plain)
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class UnreadableJson(ValueError):
    """This is not JSON that we accept."""


def dump_bytes(value: Any) -> bytes:
    """Canonical JSON as UTF-8. Raises UnreadableJson for what JSON cannot say (lone surrogates, NaN, other types)."""
    try:
        text = _encoder.encode(value)
        if b"NaN" in text or b"Infinity" in text:
            _decoder.decode(text)  # within a string they are words like any other; a Decimal NaN is no number
        return text
    except (TypeError, ValueError, RecursionError) as fault:
        raise UnreadableJson(str(fault)) from fault


def written(value: Any) -> Any:
    """The value as something that is already canonical JSON: wherever it is dumped it costs a copy."""
    return msgspec.Raw(dump_bytes(value))


def dumps(value: Any) -> str:
    """Canonical JSON as text."""
    return dump_bytes(value).decode()


def loads(text: str | bytes) -> Any:
    """Read JSON. Integers stay int (64 bits and a bit more), everything else numeric becomes Decimal.

    Raises UnreadableJson for bad syntax, absurd nesting or absurd numbers.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ArithmeticError) as fault:
        raise UnreadableJson(str(fault)) from fault
