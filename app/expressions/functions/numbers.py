"""Built-in functions on numbers and truth values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from typing import Any

from .. import limits
from ..values import ARITHMETIC, Budget, YearsMonths, as_integer, is_number, rounded
from .registry import Functions

functions = Functions()
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")
_SEPARATORS = (" ", ",", ".", None)
_FINEST = 6176  #: largest scale of `decimal`, as the standard bounds it
_COARSEST = -6111


@functions.add("number", 1, 3)
def number(budget: Budget, text: Any, grouping: Any = None, decimal: Any = None) -> Decimal | None:
    if type(text) is not str or grouping not in _SEPARATORS or decimal not in (".", ",", None):
        return None
    if decimal is not None and decimal == grouping:
        return None
    budget.text(len(text))
    if grouping is not None:
        text = text.replace(grouping, "")
    if decimal == ",":
        text = "" if "." in text else text.replace(",", ".")
    return rounded(Decimal(text)) if len(text) <= 10 * limits.DIGITS and _NUMBER.fullmatch(text) else None


@functions.add("not")
def negation(_: Budget, value: Any) -> bool | None:
    return not value if value is True or value is False else None


@functions.add("abs")
def absolute(_: Budget, value: Any) -> Any:

    if isinstance(value, YearsMonths):
        return YearsMonths(abs(value.months))
    if is_number(value) or type(value) is timedelta:
        return abs(value)
    return None


def _rounding(name: str, mode: str, *, scale_needed: bool) -> Callable[..., Any]:
    @functions.add(name, 2 if scale_needed else 1, 2)
    def round_to(_: Budget, value: Any, scale: Any = 0) -> Decimal | None:
        digits = as_integer(scale)
        if not is_number(value) or digits is None or not _COARSEST <= digits <= _FINEST:
            return None
        return _quantized(Decimal(value), digits, mode)

    return round_to


def _quantized(value: Decimal, digits: int, mode: str) -> Decimal | None:
    """A number that already has fewer digits stays: 34 digits could not hold the zeros that `scale` asks for."""
    if digits >= -int(value.as_tuple().exponent):
        return value
    try:
        return rounded(value.quantize(Decimal((0, (1,), -digits)), rounding=mode, context=ARITHMETIC))
    except DecimalException:
        return None


decimal = _rounding("decimal", ROUND_HALF_EVEN, scale_needed=True)
floor = _rounding("floor", ROUND_FLOOR, scale_needed=False)
ceiling = _rounding("ceiling", ROUND_CEILING, scale_needed=False)
round_up = _rounding("round up", ROUND_UP, scale_needed=True)
round_down = _rounding("round down", ROUND_DOWN, scale_needed=True)
round_half_up = _rounding("round half up", ROUND_HALF_UP, scale_needed=True)
round_half_down = _rounding("round half down", ROUND_HALF_DOWN, scale_needed=True)


@functions.add("modulo", 2)
def modulo(_: Budget, dividend: Any, divisor: Any) -> Any:
    """dividend - divisor * floor(dividend / divisor): the sign is the divisor's."""
    if not is_number(dividend) or not is_number(divisor) or not divisor:
        return None
    if type(dividend) is int and type(divisor) is int:
        return dividend % divisor
    try:
        rest = ARITHMETIC.remainder(dividend, divisor)
        return rest if not rest or (rest < 0) is (divisor < 0) else ARITHMETIC.add(rest, divisor)
    except DecimalException:
        return None


def _by_context(name: str, operation: Callable[[Any], Decimal]) -> Callable[..., Any]:
    @functions.add(name)
    def calculated(_: Budget, value: Any) -> Decimal | None:
        try:
            return rounded(operation(value)) if is_number(value) else None
        except DecimalException:
            return None

    return calculated


sqrt = _by_context("sqrt", ARITHMETIC.sqrt)
log = _by_context("log", ARITHMETIC.ln)
exp = _by_context("exp", ARITHMETIC.exp)


@functions.add("odd")
def odd(_: Budget, value: Any) -> bool | None:
    whole = as_integer(value)
    return None if whole is None else whole % 2 == 1


@functions.add("even")
def even(_: Budget, value: Any) -> bool | None:
    whole = as_integer(value)
    return None if whole is None else whole % 2 == 0
