"""form-js JSON to a Form. What cannot be understood is kept as a problem, so that all of them are told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from app.core import jsontext
from app.core.errors import Invalid
from app.core.translations import LANGUAGES
from app.expressions import Compiled, ExpressionError, compile_expression

from .model import INPUTS, MANY_CHOICE, SINGLE_CHOICE, STATIC, Component, Form, Option, Problem, Rules

LARGEST = 1_000_000  #: bytes of a form
MOST_COMPONENTS = 500
MOST_OPTIONS = 1000
LONGEST_LABEL = 5000
DEEPEST_GROUP = 5
_LIMITS = ("min", "max", "minLength", "maxLength")


class UnreadableForm(Invalid):
    """This is not a form-js form."""


def read(source: str | bytes | Mapping[str, Any], form_id: str = "") -> Form:
    """Read a form. `form_id` is its file's name, for forms that do not say their own.

    Raises UnreadableForm for what is no form at all; everything smaller is found by `check`.
    """
    data = _parsed(source)
    reader = _Reader()
    components = tuple(reader.components(data, "", (), 0))
    own_id = data.get("id")
    return Form(
        id=form_id or (own_id if isinstance(own_id, str) else ""),
        components=components,
        problems=tuple(reader.problems),
        source=MappingProxyType(data),
        hash=hashlib.sha256(_canonical(data)).hexdigest(),
    )


def digest(form: Form) -> str:
    """SHA-256 of the form's canonical JSON: layout of the file does not change it, its content does."""
    return form.hash


def _parsed(source: str | bytes | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(source, Mapping):
        source = _canonical(dict(source))
    if len(source) > LARGEST:
        raise UnreadableForm(f"A form has at most {LARGEST} bytes.")
    try:
        data = jsontext.loads(source.removeprefix(b"\xef\xbb\xbf") if isinstance(source, bytes) else source)
    except jsontext.UnreadableJson as fault:
        raise UnreadableForm(f"This form is not JSON: {fault}") from fault
    if not isinstance(data, dict) or not isinstance(data.get("components"), list):
        raise UnreadableForm("A form is a JSON object with a list named components.")
    return data


def _canonical(data: dict[str, Any]) -> bytes:
    try:
        return jsontext.dump_bytes(data)
    except jsontext.UnreadableJson as fault:
        raise UnreadableForm(f"This form is not JSON: {fault}") from fault


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._count = 0

    def _wrong(self, path: str, key: str, **values: Any) -> None:
        if len(self.problems) < 200:
            self.problems.append(Problem(path, key, MappingProxyType(values)))

    def components(
        self, owner: Mapping[str, Any], path: str, hides: tuple[Compiled, ...], depth: int
    ) -> Iterator[Component]:
        items = owner.get("components")
        if not isinstance(items, list):
            self._wrong(path, "problem.components")
            return
        for number, item in enumerate(items):
            at = f"{path}.components[{number}]" if path else f"components[{number}]"
            self._count += 1
            if self._count > MOST_COMPONENTS or depth > DEEPEST_GROUP:
                self._wrong(at, "problem.too_many", limit=MOST_COMPONENTS)
                return
            if isinstance(item, dict):
                yield from self._component(item, at, hides, depth)
            else:
                self._wrong(at, "problem.object")

    def _component(
        self, item: dict[str, Any], path: str, hides: tuple[Compiled, ...], depth: int
    ) -> Iterator[Component]:
        kind = _string(item.get("type"))
        hide = self._hide(item, path)
        hides = (*hides, hide) if hide else hides
        if kind == "group":
            if item.get("path"):
                self._wrong(f"{path}.path", "problem.group_path")
            yield Component(type="group", path=path, labels=self._text(item, "label", path), hides=hides)
            yield from self.components(item, path, hides, depth + 1)
        elif kind in INPUTS:
            yield self._input(item, kind, path, hides)
        elif kind in STATIC:
            yield Component(
                type=kind,
                path=path,
                labels=self._text(item, "text" if kind == "text" else "label", path),
                hides=hides,
            )
        else:
            self._wrong(f"{path}.type", "problem.type", type=str(item.get("type"))[:60])

    def _input(self, item: dict[str, Any], kind: str, path: str, hides: tuple[Compiled, ...]) -> Component:
        subtype = _string(item.get("subtype"))
        label = {"date": "dateLabel", "time": "timeLabel", "datetime": "dateLabel"}.get(subtype, "label")
        decimals = item.get("decimalDigits")
        return Component(
            type=kind,
            path=path,
            key=self._key(item, path),
            labels=self._text(item, label if kind == "datetime" and "label" not in item else "label", path),
            descriptions=self._text(item, "description", path),
            rules=self._rules(item, path),
            options=self._options(item, kind, path),
            options_key=_string(item.get("valuesKey")),
            options_expression=self._expression(item.get("valuesExpression"), f"{path}.valuesExpression"),
            hides=hides,
            readonly=self._flag(item, "readonly", path),
            disabled=self._flag(item, "disabled", path),
            subtype=subtype,
            time_format=_string(item.get("timeSerializingFormat")) or "utc_offset",
            no_past=item.get("disallowPassedDates") is True,
            decimals=decimals if type(decimals) is int and decimals >= 0 else None,
            increment=_number(item.get("increment")),
            as_text=item.get("serializeToString") is True,
            default=item.get("defaultValue"),
            properties=MappingProxyType(
                {str(name): str(value) for name, value in (item.get("properties") or {}).items()}
                if isinstance(item.get("properties"), dict)
                else {}
            ),
        )

    def _key(self, item: dict[str, Any], path: str) -> str:
        key = item.get("key")
        if isinstance(key, str) and key.isidentifier() and len(key) <= 100:
            return key
        self._wrong(f"{path}.key", "problem.key", found=str(key)[:60])
        return ""

    def _flag(self, item: dict[str, Any], name: str, path: str) -> bool:
        """A condition (`readonly: "=..."`) counts as not writable until conditions are supported there."""
        value = item.get(name, False)
        if not isinstance(value, bool):
            self._wrong(f"{path}.{name}", "problem.flag", name=name)
            return True
        return value

    def _text(self, item: dict[str, Any], name: str, path: str) -> Mapping[str, str]:
        """A string, or one per language. Templates and expressions in texts are not supported yet."""
        value = item.get(name)
        texts = {"": value} if isinstance(value, str) else value if isinstance(value, dict) else {}
        allowed = value is None or (bool(texts) and texts.keys() <= {"", *LANGUAGES})
        if not allowed or not all(isinstance(text, str) and len(text) <= LONGEST_LABEL for text in texts.values()):
            self._wrong(f"{path}.{name}", "problem.label")
            return MappingProxyType({})
        if any(text.startswith("=") or "{{" in text for text in texts.values()):
            self._wrong(f"{path}.{name}", "problem.template")
        return MappingProxyType(texts)

    def _hide(self, item: dict[str, Any], path: str) -> Compiled | None:
        conditional = item.get("conditional")
        if conditional is None:
            return None
        if not isinstance(conditional, dict) or not conditional.keys() <= {"hide"}:
            self._wrong(f"{path}.conditional", "problem.conditional")
            return None
        return self._expression(conditional.get("hide"), f"{path}.conditional.hide")

    def _expression(self, text: Any, path: str) -> Compiled | None:
        if text is None or text == "":
            return None
        if not isinstance(text, str) or not text.startswith("="):
            self._wrong(path, "problem.expression_sign")
            return None
        try:
            return compile_expression(text[1:])
        except ExpressionError as error:
            self._wrong(path, "problem.expression", problem=error.explain("en"), error=error)
            return None

    def _rules(self, item: dict[str, Any], path: str) -> Rules:
        rules = item.get("validate")
        if rules is None:
            return Rules()
        if not isinstance(rules, dict):
            self._wrong(f"{path}.validate", "problem.object")
            return Rules()
        kind = rules.get("validationType", "")
        if kind not in ("", "custom", "email"):
            self._wrong(f"{path}.validate.validationType", "problem.validation_type", type=str(item.get("type"))[:60])
        if not isinstance(rules.get("required", False), bool):
            self._wrong(f"{path}.validate.required", "problem.flag", name="required")
        limits = [self._limit(rules.get(name), f"{path}.validate.{name}") for name in _LIMITS]
        return Rules(
            required=rules.get("required") is True,
            minimum=limits[0],
            maximum=limits[1],
            min_length=limits[2],
            max_length=limits[3],
            pattern=_string(rules.get("pattern")),
            pattern_messages=self._text(rules, "patternErrorMessage", f"{path}.validate"),
            email=kind == "email",
        )

    def _limit(self, value: Any, path: str) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.startswith("="):
            return self._expression(value, path)
        limit = _number(value)
        if limit is None:
            self._wrong(path, "problem.limit")
        return limit

    def _options(self, item: dict[str, Any], kind: str, path: str) -> tuple[Option, ...]:
        if kind not in SINGLE_CHOICE | MANY_CHOICE:
            return ()
        values = item.get("values")
        if values is None:
            return ()
        if not isinstance(values, list) or len(values) > MOST_OPTIONS:
            self._wrong(f"{path}.values", "problem.options", limit=MOST_OPTIONS)
            return ()
        found: list[Option] = []
        for number, value in enumerate(values):
            at = f"{path}.values[{number}]"
            if not isinstance(value, dict) or not isinstance(value.get("value"), str | int | Decimal | bool):
                self._wrong(at, "problem.option")
            elif any(value["value"] == other.value for other in found):
                self._wrong(at, "problem.option_twice", value=str(value["value"])[:60])
            else:
                found.append(Option(value["value"], self._text(value, "label", at)))
        return tuple(found)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | Decimal | None:
    """form-js writes some numbers as strings."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None
