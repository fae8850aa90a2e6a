"""An answer held against its form. The server decides with the same rules that the browser shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import marshmallow

from app.core.errors import Invalid

from . import answers
from .model import Component, Form

MOST_KEYS = 1000


class Answer(marshmallow.fields.Field[Any]):
    """A marshmallow field that holds an answer against its component.

    The context of expressions is given to `validate` below; a schema used alone evaluates them without data.
    """

    def __init__(self, component: Component, **options: Any) -> None:
        super().__init__(allow_none=True, **options)
        self.component = component

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **_: Any) -> Any:
        """Missing and null are unanswered, which may be right or wrong."""
        given = None if value is marshmallow.missing else value
        try:
            return answers.read(self.component, given, data if isinstance(data, Mapping) else {})
        except answers.Wrong as wrong:
            raise marshmallow.ValidationError([answers.message(wrong, "en")]) from wrong


def schema(form: Form) -> marshmallow.Schema:
    """The marshmallow schema of everything an answer may hold. Unknown keys are refused."""
    return _schema(form)


@lru_cache(maxsize=512)
def _schema(form: Form) -> marshmallow.Schema:
    fields: dict[str, Any] = {
        component.key: Answer(component) for component in form.inputs if component.is_written and component.key
    }
    made: type[marshmallow.Schema] = marshmallow.Schema.from_dict(fields, name="Answers")
    return made(unknown=marshmallow.RAISE)


def validate(form: Form, answer: Mapping[str, Any], data: Mapping[str, Any], *, lang: str = "en") -> dict[str, Any]:
    """The clean answer: every visible input that may be written, unanswered ones with form-js's empty value.

    A key that the answer leaves out keeps what `data` (what the case already knows) has. Values for hidden, read-only
    and disabled inputs are dropped. Raises Invalid with `fields`: key -> sentences (`Message`, translatable).
    """
    wrong = _unknown(form, answer, lang)
    context = {**data, **{key: value for key, value in answer.items() if key in form.writes}}
    clean: dict[str, Any] = {}
    for component in form.inputs:
        if not component.is_written or is_hidden(component, context):
            continue
        try:
            clean[component.key] = _value(component, answer, data, context)
        except answers.Wrong as fault:
            wrong[component.key] = [answers.message(fault, lang)]
    if wrong:
        raise Invalid("Some answers are not right.", fields=wrong)
    return clean


def is_hidden(component: Component, context: Mapping[str, Any]) -> bool:
    """Whether a condition of its own, or of a group around it, hides it."""
    return any(hide.evaluate(context) is True for hide in component.hides)


def _unknown(form: Form, answer: Mapping[str, Any], lang: str) -> dict[str, Any]:
    if len(answer) > MOST_KEYS:
        raise Invalid("An answer has too many fields.")
    return {key: [answers.Message.of("unknown", lang, field=str(key)[:100])] for key in answer if key not in form.keys}


def _value(component: Component, answer: Mapping[str, Any], data: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
    if component.key in answer:
        return answers.read(component, answer[component.key], context)
    return answers.read(component, prefilled(component, data), context)


def prefilled(component: Component, data: Mapping[str, Any]) -> Any:
    """What stands in the input before anybody writes: what is known, else the form's default, if it fits the type."""
    return answers.fitting(component, data.get(component.key, component.default), data)
