"""The kinds of fields that bodies, queries and answers are made of: strict, and their messages translatable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import marshmallow
from marshmallow import ValidationError, fields, validate

from app.api.sentences import Sentence

LARGEST_ID = 2**63 - 1
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_DIGITS = re.compile("[0-9]{1,19}")


class Asked(marshmallow.Schema):
    """What a caller sends: everything that is not named here is refused."""

    class Meta:
        unknown = marshmallow.RAISE

    error_messages = {"unknown": "api.field.unknown"}  # noqa: RUF012  marshmallow's own name


class Answered(marshmallow.Schema):
    """What we answer: all of it, always; null where there is nothing."""

    class Meta:
        unknown = marshmallow.RAISE


class _Length(validate.Length):
    def _format_error(self, value: Any, message: str) -> str:
        return cast("str", [Sentence("api.field.length", {"least": self.min or 0, "most": self.max})])


class _Choice(validate.OneOf):
    def _format_error(self, value: Any) -> str:
        return cast("str", [Sentence("api.field.choice", {"choices": self.choices_text})])


class _Range(validate.Range):
    def _format_error(self, value: Any, message: str) -> str:
        return cast("str", [Sentence("api.field.range", {"least": self.min, "most": self.max})])


_MESSAGES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "api.field.required",
    "null": "api.field.null",
}


class Text(fields.String):
    """Text of one line, or of several where `lines` says so. A number is no text."""

    default_error_messages = _MESSAGES | {"invalid": "api.field.text", "control": "api.field.control"}

    def __init__(self, *, least: int = 0, most: int, lines: bool = False, **options: Any) -> None:
        self._lines = lines
        super().__init__(validate=_Length(min=least, max=most), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if _CONTROL.search(re.sub(r"[\t\r\n]", "", value) if self._lines else value):
            raise self.make_error("control")
        return value


class Choice(fields.String):
    """One of a few words."""

    default_error_messages = _MESSAGES | {"invalid": "api.field.text"}

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        super().__init__(validate=_Choice(choices), **options)


class Yes(fields.Boolean):
    """True or false: neither 1 nor "yes"."""

    default_error_messages = _MESSAGES | {"invalid": "api.field.yes"}

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Whole(fields.Integer):
    """A whole number: neither 1.9 nor true nor "1"."""

    default_error_messages = _MESSAGES | {"invalid": "api.field.whole"}

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(validate=_Range(min=least, max=most), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class Wholes(fields.List[int]):
    """A few whole numbers."""

    default_error_messages = _MESSAGES

    def __init__(self, least: int, most: int, *, count: int, **options: Any) -> None:
        self._count = count
        super().__init__(Whole(least, most), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > self._count:
            raise ValidationError([Sentence("api.field.list", {"most": self._count})])
        found: list[Any] = super()._deserialize(value, attr, data, **options)
        return found


class Count(Whole):
    """A whole number in a query, where everything is text."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise self.make_error("invalid")
        return int(value)


class Id(fields.String):
    """An id: 63 bits do not fit into the numbers of JavaScript, so it is text in JSON and a number within."""

    default_error_messages = _MESSAGES | {"invalid": "api.field.id"}

    def _serialize(self, value: Any, attr: Any, obj: Any, **options: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> Any:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value) or int(value) > LARGEST_ID:
            raise self.make_error("invalid")
        return int(value)


class Object(fields.Dict):
    """Any JSON object."""

    default_error_messages = _MESSAGES | {"invalid": "api.field.object"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> Any:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        return value


class Texts(Object):
    """An object of texts, at any length: files by id."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> Any:
        found = super()._deserialize(value, attr, data, **options)
        wrong = {name: ["api.field.text"] for name, text in found.items() if not isinstance(text, str)}
        if wrong:
            raise ValidationError(wrong)
        return found
