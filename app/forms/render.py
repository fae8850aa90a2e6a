"""A form as a person sees it: form-js JSON in one language, or plain fields for the page without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.core.translations import LANGUAGES
from app.expressions import Compiled, parse_moment

from .answers import HERE, options
from .model import MANY_CHOICE, SINGLE_CHOICE, TEXTS, Component, Form, in_language
from .post import posted_text
from .validate import is_hidden, prefilled

_INPUT_TYPES = {"date": "date", "time": "time", "datetime": "datetime-local"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as HTML needs it."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form, ready to be shown in one language."""

    type: str  #: as in form-js; group and the static types only have a label
    key: str
    label: str
    description: str
    input_type: str  #: of the HTML input: text, email, number, date, time, datetime-local
    required: bool
    conditional: bool  #: it may not apply, which only the other answers tell
    locked: bool  #: read-only or disabled: shown, never submitted
    value: str
    checked: bool
    choices: tuple[Choice, ...]
    attributes: Mapping[str, str]  #: min, max, step, minlength, maxlength of the HTML input


def fields(
    form: Form, lang: str, data: Mapping[str, Any] | None = None, answer: Mapping[str, Any] | None = None
) -> list[Field]:
    """The lines of a form in one language, with what the case knows, or with what was just answered and refused.

    A line whose condition depends only on what the case already knows is left out where it is hidden; one that
    depends on other answers of this form is always there, as `conditional`.
    """
    known, given = data or {}, answer or {}
    context = {**known, **given}
    return [
        _field(component, form, lang, known, given)
        for component in form.components
        if not (_is_settled(component, form) and is_hidden(component, context))
    ]


def _is_settled(component: Component, form: Form) -> bool:
    return not any(hide.names & form.writes for hide in component.hides)


def _field(component: Component, form: Form, lang: str, data: Mapping[str, Any], answer: Mapping[str, Any]) -> Field:
    value = _value(component, data, answer)
    conditional = not _is_settled(component, form)
    return Field(
        type=component.type,
        key=component.key,
        label=in_language(component.labels, lang, component.key),
        description=in_language(component.descriptions, lang),
        input_type=_input_type(component),
        required=component.rules.required,
        conditional=conditional,
        locked=component.is_input and not component.is_written,
        value=_shown(component, value),
        checked=value is True,
        choices=_choices(component, value, lang, {**data, **answer}),
        attributes=_attributes(component, {**data, **answer}),
    )


def _value(component: Component, data: Mapping[str, Any], answer: Mapping[str, Any]) -> Any:
    if not component.is_input:
        return None
    if component.is_written and component.key in answer:
        return answer[component.key]
    return prefilled(component, data)


def _choices(component: Component, value: Any, lang: str, context: Mapping[str, Any]) -> tuple[Choice, ...]:
    if component.type not in SINGLE_CHOICE | MANY_CHOICE:
        return ()
    chosen = value if isinstance(value, list) else [value]
    return tuple(
        Choice(posted_text(option.value), in_language(option.labels, lang, str(option.value)), option.value in chosen)
        for option in options(component, context)
    )


def _input_type(component: Component) -> str:
    if component.type == "datetime":
        return _INPUT_TYPES.get(component.subtype, "date")
    return "email" if component.rules.email else "text"


def _shown(component: Component, value: Any) -> str:
    if component.type == "datetime" and component.subtype == "datetime" and isinstance(value, str):
        return _local(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if isinstance(value, list | dict) else posted_text(value)


def _local(text: str) -> str:
    """A stored moment as datetime-local wants it: the organisation's clock, without zone."""
    day, _, at = text.partition("T")
    moment: datetime | None = parse_moment(text) or parse_moment(f"{day}T{at[:5]}:00{at[5:]}")
    if moment is None:
        return text
    try:
        here = moment.astimezone(HERE) if moment.tzinfo else moment
    except OverflowError:  # the last hours of the calendar are in no year here
        return text
    return here.replace(tzinfo=None).isoformat(timespec="minutes")


def _attributes(component: Component, context: Mapping[str, Any]) -> Mapping[str, str]:
    """Only lengths: the server says the rest in whole sentences, above the input."""
    if component.type not in TEXTS:
        return {"inputmode": "decimal"} if component.type == "number" else {}
    limit = component.rules.max_length
    limit = limit.evaluate(context) if isinstance(limit, Compiled) else limit
    return {"maxlength": str(limit)} if isinstance(limit, int | Decimal) and not isinstance(limit, bool) else {}


def localized(form: Form, lang: str) -> dict[str, Any]:
    """The form-js JSON with texts in one language, as the form island takes it. A copy."""
    made: dict[str, Any] = _localized(dict(form.source), lang)
    return made


def _localized(value: Any, lang: str) -> Any:
    if isinstance(value, dict):
        if value and value.keys() <= {"", *LANGUAGES} and all(isinstance(text, str) for text in value.values()):
            return in_language(value, lang)
        return {key: _localized(item, lang) for key, item in value.items()}
    return [_localized(item, lang) for item in value] if isinstance(value, list) else value
