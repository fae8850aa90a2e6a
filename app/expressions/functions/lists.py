"""Built-in functions on lists. One value stands for a list of one; null is no list."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import DecimalException
from typing import Any

from .. import limits
from ..arithmetic import calculate
from ..values import ARITHMETIC, Budget, Exhausted, as_integer, enter, equal, is_number, ordered
from .registry import ANY_NUMBER, Functions

functions = Functions()


def _items(budget: Budget, values: Any) -> list[Any] | None:
    """The elements of a list as FEEL values; None for null."""
    if values is None:
        return None
    if type(values) is not list:
        return [values]
    budget.spend(len(values))
    return [enter(item) for item in values]


def _made(budget: Budget, items: list[Any]) -> list[Any]:
    budget.items(len(items))
    return items


def _given(budget: Budget, values: tuple[Any, ...]) -> list[Any] | None:
    """`min([1, 2])` and `min(1, 2)` are the same."""
    return _items(budget, values[0]) if len(values) == 1 else list(values)


@functions.add("list contains", 2)
def list_contains(budget: Budget, values: Any, element: Any) -> bool | None:
    items = _items(budget, values)
    return None if items is None else any(equal(item, element, budget) for item in items)


@functions.add("count", 1)
def count(_: Budget, values: Any) -> int | None:
    if type(values) is list:
        return len(values)
    return None if values is None else 1


def _extreme(name: str, better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    @functions.add(name, 1, ANY_NUMBER)
    def extreme(budget: Budget, *values: Any) -> Any:
        items = _given(budget, values)
        if not items or any(ordered(better, items[0], item) is None for item in items):
            return None
        best = items[0]
        for item in items:
            best = item if ordered(better, item, best) else best
        return best

    return extreme


minimum = _extreme("min", operator.lt)
maximum = _extreme("max", operator.gt)


def _folded(budget: Budget, values: tuple[Any, ...], symbol: str) -> Any:
    items = _given(budget, values)
    if not items or not all(map(is_number, items)):
        return None
    total = items[0]
    for item in items[1:]:
        total = calculate(symbol, total, item, budget)
    return total


@functions.add("sum", 1, ANY_NUMBER)
def total(budget: Budget, *values: Any) -> Any:
    return _folded(budget, values, "+")


@functions.add("product", 1, ANY_NUMBER)
def product(budget: Budget, *values: Any) -> Any:
    return _folded(budget, values, "*")


@functions.add("mean", 1, ANY_NUMBER)
def mean(budget: Budget, *values: Any) -> Any:
    items = _given(budget, values)
    return calculate("/", _folded(budget, values, "+"), len(items), budget) if items else None


@functions.add("median", 1, ANY_NUMBER)
def median(budget: Budget, *values: Any) -> Any:
    items = _given(budget, values)
    if not items or not all(map(is_number, items)):
        return None
    ranked, middle = sorted(items), len(items) // 2
    if len(items) % 2:
        return ranked[middle]
    return calculate("/", calculate("+", ranked[middle - 1], ranked[middle], budget), 2, budget)


@functions.add("stddev", 1, ANY_NUMBER)
def standard_deviation(budget: Budget, *values: Any) -> Any:
    """Of a sample: divided by n - 1."""
    items = _given(budget, values)
    if not items or len(items) < 2 or not all(map(is_number, items)):
        return None
    try:
        middle = ARITHMETIC.divide(sum(items), len(items))
        squares = [ARITHMETIC.power(ARITHMETIC.subtract(middle, item), 2) for item in items]
        return ARITHMETIC.sqrt(ARITHMETIC.divide(sum(squares), len(items) - 1))
    except DecimalException:
        return None


@functions.add("all", 1, ANY_NUMBER)
def every(budget: Budget, *values: Any) -> bool | None:
    items = _given(budget, values)
    if items is None or any(item is False for item in items):
        return None if items is None else False
    return True if all(item is True for item in items) else None


@functions.add("any", 1, ANY_NUMBER)
def some(budget: Budget, *values: Any) -> bool | None:
    items = _given(budget, values)
    if items is None or any(item is True for item in items):
        return None if items is None else True
    return False if all(item is False for item in items) else None


@functions.add("sublist", 2, 3)
def sublist(budget: Budget, values: Any, start: Any, length: Any = None) -> list[Any] | None:
    items, at, size = _items(budget, values), as_integer(start), as_integer(length)
    if items is None or not at or abs(at) > len(items) or (length is not None and (size is None or size < 0)):
        return None
    begin = at - 1 if at > 0 else len(items) + at
    if size is not None and begin + size > len(items):
        return None
    return items[begin:] if size is None else items[begin : begin + size]


@functions.add("append", 1, ANY_NUMBER)
def append(budget: Budget, values: Any, *more: Any) -> list[Any] | None:
    items = _items(budget, values)
    return None if items is None else _made(budget, [*items, *more])


@functions.add("concatenate", 1, ANY_NUMBER)
def concatenate(budget: Budget, *values: Any) -> list[Any] | None:
    return _concatenated(budget, values)


def _concatenated(budget: Budget, values: tuple[Any, ...]) -> list[Any] | None:
    joined: list[Any] = []
    for value in values:
        items = _items(budget, value)
        if items is None:
            return None
        joined += items
        budget.items(len(joined))
    return joined


@functions.add("insert before", 3)
def insert_before(budget: Budget, values: Any, position: Any, element: Any) -> list[Any] | None:
    items, at = _items(budget, values), as_integer(position)
    if items is None or not at or abs(at) > len(items):
        return None
    items.insert(at - 1 if at > 0 else len(items) + at, element)
    return _made(budget, items)


@functions.add("remove", 2)
def remove(budget: Budget, values: Any, position: Any) -> list[Any] | None:
    items, at = _items(budget, values), as_integer(position)
    if items is None or not at or abs(at) > len(items):
        return None
    del items[at - 1 if at > 0 else at]
    return items


@functions.add("reverse")
def reverse(budget: Budget, values: Any) -> list[Any] | None:
    items = _items(budget, values)
    return None if items is None else items[::-1]


@functions.add("index of", 2)
def index_of(budget: Budget, values: Any, element: Any) -> list[int] | None:
    items = _items(budget, values)
    return None if items is None else [at for at, item in enumerate(items, 1) if equal(item, element, budget)]


@functions.add("distinct values")
def distinct_values(budget: Budget, values: Any) -> list[Any] | None:
    items = _items(budget, values)
    return None if items is None else _distinct(budget, items)


@functions.add("union", 1, ANY_NUMBER)
def union(budget: Budget, *values: Any) -> list[Any] | None:
    joined = _concatenated(budget, values)
    return None if joined is None else _distinct(budget, joined)


def _distinct(budget: Budget, items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        budget.spend(len(kept))
        if not any(equal(item, other, budget) for other in kept):
            kept.append(item)
    return kept


@functions.add("flatten")
def flatten(budget: Budget, values: Any) -> list[Any] | None:
    return None if values is None else _flat(budget, values, 0)


def _flat(budget: Budget, value: Any, depth: int) -> list[Any]:
    if type(value) is not list:
        return [value]
    if depth > limits.NESTING:
        raise Exhausted
    flat: list[Any] = []
    for item in value:
        flat += _flat(budget, enter(item), depth + 1)
        budget.spend(1)
        if len(flat) > limits.ITEMS:
            raise Exhausted
    return flat
