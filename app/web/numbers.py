"""Numbers in addresses and fields, which anybody may write anything into."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

LARGEST = 2**63 - 1


def whole(text: str | None) -> int:
    """A whole number that a database key can hold; 0 for anything else."""
    if not text or len(text) > 19 or not (text.isascii() and text.isdigit()):
        return 0
    number = int(text)
    return number if number <= LARGEST else 0


class KeyConverter(IntegerConverter):
    """A number in an address that no database key can hold leads nowhere, as one that nothing has."""

    def to_python(self, value: str) -> int:
        if not 0 < len(value) <= 19:
            raise ValidationError
        number: int = super().to_python(value)
        if number > LARGEST:
            raise ValidationError
        return number


def connect(app: Flask) -> None:
    """Rules from here on read `<int:...>` as a key."""
    app.url_map.converters["int"] = KeyConverter
