"""A plain HTML form post as an answer: for people without JavaScript. Only types are given; `validate` judges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from app.expressions import parse_moment

from .answers import HERE, options
from .model import MANY_CHOICE, SINGLE_CHOICE, TEXTS, Component, Form, Option


class Posted(Protocol):
    """A werkzeug MultiDict, as far as it is needed."""

    def get(self, key: str, /) -> Any: ...

    def getlist(self, key: str, /) -> list[Any]: ...


def from_post(form: Form, posted: Posted, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The answer in a post. Fields the form does not have (tokens, buttons) are left out; `data` is needed only
    where options come from it."""
    context = data or {}
    return {
        component.key: _value(component, posted, context)
        for component in form.inputs
        if component.is_written and component.key
    }


def _value(component: Component, posted: Posted, context: Mapping[str, Any]) -> Any:
    if component.type in MANY_CHOICE:
        offered = options(component, context)
        return [_chosen(text, offered) for text in posted.getlist(component.key)]
    text = posted.get(component.key)
    if component.type == "checkbox":
        return text is not None
    if text is None or text == "":
        return component.empty
    if component.type in TEXTS:
        return text.replace("\r\n", "\n")
    if component.type in SINGLE_CHOICE:
        return _chosen(text, options(component, context))
    if component.type == "number":
        return text if component.as_text else _number(text)
    return _moment(component, text)


def _chosen(text: str, offered: tuple[Option, ...]) -> Any:
    """The value whose text this is; what is not offered stays text, and is refused later."""
    return next((option.value for option in offered if posted_text(option.value) == text), text)


def posted_text(value: Any) -> str:
    """How a value is written in the HTML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _number(text: str) -> Any:
    """A comma is read as a decimal point, as form-js does. What is no number stays text, and is refused later."""
    text = text.strip().replace(",", ".")
    try:
        number = Decimal(text) if len(text) <= 80 else None
    except ArithmeticError:
        return text
    return number if number is not None and number.is_finite() else text


def _moment(component: Component, text: str) -> str:
    """datetime-local has no zone: the organisation's is added as form-js would, unless the form wants none."""
    if component.subtype != "datetime" or component.time_format == "no_timezone":
        return text
    moment = parse_moment(text if len(text) != len("2026-05-06T09:30") else f"{text}:00")
    if moment is None or moment.tzinfo is not None:
        return text
    try:
        return _with_zone(moment.replace(tzinfo=HERE), component.time_format)
    except OverflowError:  # the first hours of the calendar have no moment in UTC
        return text


def _with_zone(moment: datetime, time_format: str) -> str:
    if time_format == "utc_normalized":
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    return moment.isoformat(timespec="minutes")
