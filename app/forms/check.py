"""What is wrong with a form, before anybody has to fill it in."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from .model import MANY_CHOICE, SINGLE_CHOICE, Component, Form, Problem
from .pattern import BadPattern, compiled

_SUBTYPES = ("date", "time", "datetime")
_TIME_FORMATS = ("utc_offset", "utc_normalized", "no_timezone")


def check(form: Form) -> list[Problem]:
    """All problems of a form, each with the path of the place in the JSON. Empty: the form can be used."""
    problems = list(form.problems)
    known = {problem.path for problem in problems}
    seen: dict[str, str] = {}
    for component in form.inputs:
        if component.key and component.key in seen:
            problems.append(
                _problem(component, "key", "problem.key_twice", field=component.key, other=seen[component.key])
            )
        seen.setdefault(component.key, component.path)
        problems.extend(problem for problem in _of(component) if problem.path not in known)
    return problems


def _problem(component: Component, part: str, key: str, **values: Any) -> Problem:
    return Problem(f"{component.path}.{part}" if part else component.path, key, MappingProxyType(values))


def _of(component: Component) -> Iterator[Problem]:
    rules = component.rules
    if not any(component.labels.values()):
        yield _problem(component, "label", "problem.no_label", field=component.key)
    if component.type in SINGLE_CHOICE | MANY_CHOICE and not _has_options(component):
        yield _problem(component, "values", "problem.no_options", field=component.key)
    if component.type == "datetime" and component.subtype not in _SUBTYPES:
        yield _problem(component, "subtype", "problem.subtype", allowed=", ".join(_SUBTYPES))
    if component.type == "datetime" and component.time_format not in _TIME_FORMATS:
        yield _problem(component, "timeSerializingFormat", "problem.subtype", allowed=", ".join(_TIME_FORMATS))
    if rules.pattern:
        try:
            compiled(rules.pattern)
        except BadPattern as fault:
            yield _problem(component, "validate.pattern", "problem.pattern", problem=str(fault))
    for low, high, name in ((rules.minimum, rules.maximum, "min"), (rules.min_length, rules.max_length, "minLength")):
        if isinstance(low, int | Decimal) and isinstance(high, int | Decimal) and low > high:
            yield _problem(component, f"validate.{name}", "problem.limits")


def _has_options(component: Component) -> bool:
    return bool(component.options or component.options_key or component.options_expression)
