"""Built-in functions on strings, and `string` itself."""

from __future__ import annotations

from typing import Any

from .. import limits
from ..temporal import show
from ..values import Budget, Exhausted, Range, as_integer, enter, is_number, simplest
from .registry import Functions

functions = Functions()


def _are_strings(*values: Any) -> bool:
    return all(type(value) is str for value in values)


def written(value: Any, budget: Budget, depth: int = 0) -> str:
    """A value as FEEL's `string` writes it; inside lists and contexts, strings are quoted."""
    budget.spend(1)
    if depth > limits.NESTING:
        raise Exhausted
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if is_number(value):
        return format(simplest(value), "f") if type(simplest(value)) is not int else str(simplest(value))
    if type(value) is str:
        budget.text(len(value))
        return value if not depth else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if type(value) is list:
        text = "[" + ", ".join(written(enter(item), budget, depth + 1) for item in value) + "]"
    elif type(value) is dict:
        text = "{" + ", ".join(f"{key}: {written(enter(item), budget, depth + 1)}" for key, item in value.items()) + "}"
    elif type(value) is Range:
        text = _range(value, budget, depth + 1)
    else:
        return show(value)
    budget.text(len(text))
    return text


def _range(span: Range, budget: Budget, depth: int) -> str:
    opened, closed = "[" if span.start_included else "(", "]" if span.end_included else ")"
    return f"{opened}{written(span.start, budget, depth)}..{written(span.end, budget, depth)}{closed}"


@functions.add("string")
def string(budget: Budget, value: Any) -> str | None:
    return None if value is None else written(value, budget)


@functions.add("string length")
def string_length(_: Budget, value: Any) -> int | None:
    return len(value) if _are_strings(value) else None


@functions.add("substring", 2, 3)
def substring(budget: Budget, value: Any, start: Any, length: Any = None) -> str | None:
    at, count = as_integer(start), as_integer(length)
    if not _are_strings(value) or not at or (length is not None and (count is None or count < 0)):
        return None
    budget.text(len(value))
    if abs(at) > len(value):
        return "" if at > 0 else None
    begin = at - 1 if at > 0 else len(value) + at
    return str(value[begin:] if count is None else value[begin : begin + count])


@functions.add("upper case")
def upper_case(budget: Budget, value: Any) -> str | None:
    if not _are_strings(value):
        return None
    budget.text(len(value))
    return str(value.upper())


@functions.add("lower case")
def lower_case(budget: Budget, value: Any) -> str | None:
    if not _are_strings(value):
        return None
    budget.text(len(value))
    return str(value.lower())


@functions.add("substring before", 2)
def substring_before(budget: Budget, value: Any, match: Any) -> str | None:
    if not _are_strings(value, match):
        return None
    budget.text(len(value))
    before, found, _ = value.partition(match) if match else ("", "", "")
    return str(before) if found else ""


@functions.add("substring after", 2)
def substring_after(budget: Budget, value: Any, match: Any) -> str | None:
    if not _are_strings(value, match):
        return None
    budget.text(len(value))
    return str(value.partition(match)[2] if match else value)


@functions.add("contains", 2)
def contains(budget: Budget, value: Any, match: Any) -> bool | None:
    if not _are_strings(value, match):
        return None
    budget.text(len(value))
    return match in value


@functions.add("starts with", 2)
def starts_with(_: Budget, value: Any, match: Any) -> bool | None:
    return value.startswith(match) if _are_strings(value, match) else None


@functions.add("ends with", 2)
def ends_with(_: Budget, value: Any, match: Any) -> bool | None:
    return value.endswith(match) if _are_strings(value, match) else None


@functions.add("replace", 3, plain=(1, 2))
def replace(budget: Budget, value: Any, pattern: Any, replacement: Any) -> str | None:
    if not _are_strings(value, pattern, replacement) or not pattern:
        return None
    count = value.count(pattern)
    budget.text(len(value) + count * len(replacement))
    return str(value.replace(pattern, replacement))


@functions.add("split", 2, plain=(1,))
def split(budget: Budget, value: Any, delimiter: Any) -> list[str] | None:
    if not _are_strings(value, delimiter) or not delimiter:
        return None
    budget.text(len(value))
    budget.items(value.count(delimiter) + 1)
    return list(value.split(delimiter))


@functions.add("string join", 1, 2)
def string_join(budget: Budget, values: Any, delimiter: Any = None) -> str | None:
    """Nulls in the list are left out."""
    items = [enter(item) for item in values] if type(values) is list else [values]
    items = [item for item in items if item is not None]
    if values is None or not _are_strings(*items) or not (delimiter is None or _are_strings(delimiter)):
        return None
    budget.text(sum(map(len, items)) + len(items) * len(delimiter or ""))
    return (delimiter or "").join(items)
