"""One value held against one component: form-js's rules, strictly typed.

A function here returns the clean value or raises Wrong. What JavaScript would convert silently (true as 1, 1.9 as an
integer) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta, timezone
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from app.core import clock
from app.core.translations import translate
from app.expressions import Compiled, parse_date, parse_time

from .model import SINGLE_CHOICE, TEXTS, Component, Option, in_language
from .pattern import matches

LONGEST_TEXT = 20_000  #: characters of an answer where the form sets no limit
MOST_DIGITS = 34
#: digits of a calculation: 34 before the point and 34 behind, by the smallest step that a form may have, and room
_EXACT = Context(prec=200)
#: where the organisation works: no summer time since 1991
HERE = timezone(timedelta(hours=8))
#: what no database keeps as text
_UNKEPT = re.compile("[\0\ud800-\udfff]")
_EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?){0,20}"
)
_MINUTES = re.compile(r"\d\d:\d\d")
_NUMBER = re.compile(r"-?[0-9]{1,34}(?:\.[0-9]{1,34})?")
#: what JavaScript's trim removes
_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


class Message(str):
    """A sentence about a field, in one language, that can be said in another."""

    key: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, key: str, lang: str, /, **values: Any) -> Message:
        message = cls(translate(f"forms.{key}", lang, **values))
        message.key, message.values = key, values
        return message

    def explain(self, lang: str) -> str:
        return translate(f"forms.{self.key}", lang, **self.values)


class Wrong(ValueError):
    """An answer that cannot be accepted: `key` is a sentence of the catalog area `forms`."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def fitting(component: Component, value: Any, context: Mapping[str, Any]) -> Any:
    """The value where it is of the component's type (an offered option, a real date), else the empty value."""
    try:
        return component.empty if _is_unanswered(value) else _typed(component, value, context)
    except Wrong:
        return component.empty


def read(component: Component, value: Any, context: Mapping[str, Any]) -> Any:
    """The clean value of an answer. Raises Wrong."""
    value = component.empty if _is_unanswered(value) else _typed(component, value, context)
    if component.rules.required and (value is None or value is False or value in ("", [])):
        raise Wrong("must_be_ticked" if component.type == "checkbox" else "required")
    if value is None or value in ("", []):
        return value
    _limits(component, value, context)
    return value


def _is_unanswered(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value == "")


def _typed(component: Component, value: Any, context: Mapping[str, Any]) -> Any:
    if component.type in TEXTS:
        return _text(value)
    if component.type == "number":
        return _number(component, value)
    if component.type == "checkbox":
        if not isinstance(value, bool):
            raise Wrong("not_yes_or_no")
        return value
    if component.type == "datetime":
        return _moment(component, value)
    choices = [option.value for option in options(component, context)]
    if component.type in SINGLE_CHOICE:
        return _choice(value, choices)
    return _choices(value, choices)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("not_text")
    if len(value) > LONGEST_TEXT:
        raise Wrong("max_length", limit=LONGEST_TEXT)
    if _UNKEPT.search(value):
        raise Wrong("bad_characters")
    return value


def _number(component: Component, value: Any) -> Any:
    if component.as_text:
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            raise Wrong("not_number")
        number = Decimal(value)
    else:
        number = _as_decimal(value)
    if component.as_text:
        return value
    return int(number) if number == number.to_integral_value() else number


def _as_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        raise Wrong("not_number")
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        raise Wrong("not_number") from None
    if not number.is_finite():
        raise Wrong("not_number")
    if len(number.as_tuple().digits) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
        raise Wrong("too_many_digits", limit=MOST_DIGITS)
    return number


def _exponent(number: Decimal) -> int:
    return int(number.normalize(_EXACT).as_tuple().exponent)


def _steps(component: Component, number: Decimal) -> None:
    step = component.increment
    over = _EXACT.remainder(number, step) if step else None
    if step and over:
        below = _EXACT.subtract(number, over)
        raise Wrong("step", low=_plain(below), high=_plain(_EXACT.add(below, step)))


def _moment(component: Component, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 40:
        raise Wrong("not_text")
    day, mark, at = value.partition("T")
    wanted = component.subtype or "date"
    if wanted == "time":
        day, at = "", value
    if wanted != "time" and parse_date(day) is None:
        raise Wrong("bad_date")
    if wanted != "date" and not _is_time(at):
        raise Wrong("bad_time" if wanted == "time" else "bad_moment")
    if wanted == "date" and mark:
        raise Wrong("bad_date")
    return value


def _is_time(text: str) -> bool:
    """Hours and minutes, seconds where given, Z or an offset where given."""
    minutes = text[:5]
    return bool(_MINUTES.fullmatch(minutes)) and (
        parse_time(text) is not None or parse_time(f"{minutes}:00{text[5:]}") is not None
    )


def _choice(value: Any, choices: list[Any]) -> Any:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    raise Wrong("not_offered")


def _choices(value: Any, choices: list[Any]) -> list[Any]:
    if not isinstance(value, list) or len(value) > len(choices):
        raise Wrong("not_offered")
    picked = [_choice(item, choices) for item in value]
    if len({(type(item), item) for item in picked}) < len(picked):
        raise Wrong("chosen_twice")
    return picked


def options(component: Component, context: Mapping[str, Any]) -> tuple[Option, ...]:
    """What can be chosen: the form's own list, or one from the data by name or by expression."""
    if component.options_expression is not None:
        return _from_data(component.options_expression.evaluate_json(context))
    if component.options_key:
        return _from_data(context.get(component.options_key))
    return component.options


def _from_data(values: Any) -> tuple[Option, ...]:
    found: list[Option] = []
    for item in values if isinstance(values, list) else []:
        label = item.get("label") if isinstance(item, dict) else None
        value = item.get("value") if isinstance(item, dict) else item
        labels = label if isinstance(label, dict) else {"": str(value if label is None else label)}
        if isinstance(value, str | int | Decimal | bool):
            found.append(Option(value, {str(lang): str(text) for lang, text in labels.items()}))
    return tuple(found)


def _limits(component: Component, value: Any, context: Mapping[str, Any]) -> None:
    if component.type == "number":
        _number_limits(component, Decimal(value), context)
    elif component.type == "datetime":
        if (
            component.no_past
            and component.subtype != "time"
            and value < clock.now().astimezone(HERE).date().isoformat()
        ):
            raise Wrong("past")
    elif component.type in TEXTS:
        _text_limits(component, value, context)


def _number_limits(component: Component, number: Decimal, context: Mapping[str, Any]) -> None:
    rules = component.rules
    if component.decimals is not None and -_exponent(number) > component.decimals:
        raise Wrong("decimals" if component.decimals else "not_integer", n=component.decimals)
    _steps(component, number)
    low, high = _limit(rules.minimum, context), _limit(rules.maximum, context)
    if low is not None and number < low:
        raise Wrong("minimum", limit=_plain(low))
    if high is not None and number > high:
        raise Wrong("maximum", limit=_plain(high))


def _text_limits(component: Component, value: str, context: Mapping[str, Any]) -> None:
    rules = component.rules
    length = len(value.strip(_BLANKS).encode("utf-16-le")) // 2  # JavaScript counts UTF-16 units
    low, high = _limit(rules.min_length, context), _limit(rules.max_length, context)
    if low is not None and length < low:
        raise Wrong("min_length", limit=_plain(low))
    if high is not None and length > high:
        raise Wrong("max_length", limit=_plain(high))
    if rules.pattern and not matches(rules.pattern, value):
        raise Wrong("pattern", labels=rules.pattern_messages)
    if rules.email and not _EMAIL.fullmatch(value):
        raise Wrong("email")


def _limit(limit: Any, context: Mapping[str, Any]) -> Decimal | None:
    """An expression that gives no number sets no limit."""
    if isinstance(limit, Compiled):
        limit = limit.evaluate(context)
    return Decimal(limit) if isinstance(limit, int | Decimal) and not isinstance(limit, bool) else None


def _plain(number: Any) -> str:
    return format(Decimal(number).normalize(_EXACT), "f")


def message(wrong: Wrong, lang: str) -> Message:
    """The sentence for a wrong answer; a form's own words for a pattern come first."""
    own = in_language(wrong.values.get("labels") or {}, lang)
    if own:
        said = Message(own)
        said.key, said.values = wrong.key, {}
        return said
    return Message.of(wrong.key, lang, **wrong.values)
