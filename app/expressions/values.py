"""The values of FEEL, and when two of them are equal or in order.

Numbers are int or Decimal inside (integers of up to 34 digits stay int, which is faster and just as exact); True and
False are never numbers. Anything that is none of FEEL's types becomes null on the way in.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from typing import Any
from zoneinfo import ZoneInfo

from . import limits

ARITHMETIC = Context(
    prec=limits.DIGITS,
    Emax=limits.EXPONENT,
    Emin=1 - limits.EXPONENT,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
#: integers below this are exact in 34 digits
EXACT = 10**limits.DIGITS
_ABSURD_BITS = 25_000


class Exhausted(Exception):
    """An evaluation asked for more than the limits allow; its value is null."""


class Budget:
    """The steps one evaluation has left."""

    __slots__ = ("left",)

    def __init__(self, left: int = limits.STEPS) -> None:
        self.left = left

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise Exhausted

    def text(self, length: int) -> None:
        """Pay for a string of this length."""
        if length > limits.STRING:
            raise Exhausted
        self.spend(length // limits.WAIT + 1)

    def items(self, count: int) -> None:
        """Pay for a list of this length."""
        if count > limits.ITEMS:
            raise Exhausted
        self.spend(count + 1)


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, in months."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """A range as a value; an end that is None is open without bound."""

    start: Any
    end: Any
    start_included: bool = True
    end_included: bool = True


KINDS: dict[type, str] = {
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    date: "date",
    time: "time",
    datetime: "date and time",
    timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
}
_AS_THEY_ARE = frozenset(KINDS) - {int, Decimal} | {type(None)}
_ORDERED = frozenset(KINDS.values()) - {"boolean", "list", "context", "range"}
_NESTED = frozenset((list, dict, Range))
_CLOCKED = frozenset(("time", "date and time"))


def enter(value: Any) -> Any:
    """A value of the data as FEEL sees it. What FEEL has no type for, host objects above all, is null."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is int:
        if -EXACT < value < EXACT:
            return value
        return rounded(Decimal(value)) if value.bit_length() < _ABSURD_BITS else None
    if kind is Decimal:
        return rounded(value)
    if kind is float:
        return rounded(Decimal(repr(value)))
    return list(value) if kind is tuple else None


def rounded(value: Decimal) -> Decimal | None:
    """The number in 34 digits; null for what is no number or too large."""
    try:
        result = ARITHMETIC.plus(value)
    except DecimalException:
        return None
    return result if result.is_finite() else None


def is_number(value: Any) -> bool:
    kind = type(value)
    return kind is int or kind is Decimal


def as_integer(value: Any) -> int | None:
    """The integer a number is, or None: 2.0 is 2, 2.5 is none, and neither is 1E+6000."""
    if type(value) is int:
        return int(value)
    if type(value) is Decimal and -EXACT < value < EXACT and value == value.to_integral_value():
        return int(value)
    return None


def simplest(value: Any) -> Any:
    """An integral Decimal as int (the rule of every result): 2.50 * 2 is 5. Other values stay."""
    if type(value) is Decimal:
        whole = as_integer(value)
        return value.normalize(ARITHMETIC) if whole is None else whole
    return value


def equal(left: Any, right: Any, budget: Budget, depth: int = 0) -> bool | None:
    """FEEL's `=`: null equals only null, and two kinds cannot be compared (null)."""
    if left is None or right is None:
        return left is right
    kind = KINDS.get(type(left))
    if kind is None or kind is not KINDS.get(type(right)):
        return None
    if kind in _CLOCKED:
        return bool(_bare(left) == _bare(right)) and _same_zone(left, right)
    if type(left) not in _NESTED:
        return bool(left == right)
    budget.spend(1)
    if depth > limits.NESTING:
        raise Exhausted
    return _equal_nested(left, right, budget, depth + 1)


def _bare(moment: Any) -> Any:
    return moment.replace(tzinfo=None)


def _same_zone(left: Any, right: Any) -> bool:
    """Moments are equal by what is written: 10:00Z is 10:00+00:00, but not 18:00+08:00 nor 10:00@Etc/UTC."""
    zones = (left.tzinfo, right.tzinfo)
    if any(zone is None or isinstance(zone, ZoneInfo) for zone in zones):
        return zones[0] is zones[1] or (None not in zones and str(zones[0]) == str(zones[1]))
    return bool(left.utcoffset() == right.utcoffset())


def _equal_nested(left: Any, right: Any, budget: Budget, depth: int) -> bool:
    if type(left) is list:
        budget.spend(len(left))
        return len(left) == len(right) and all(
            equal(enter(a), enter(b), budget, depth) for a, b in zip(left, right, strict=True)
        )
    if type(left) is dict:
        budget.spend(len(left))
        return left.keys() == right.keys() and all(
            equal(enter(value), enter(right[key]), budget, depth) for key, value in left.items()
        )
    return (
        (left.start_included, left.end_included) == (right.start_included, right.end_included)
        and bool(equal(left.start, right.start, budget, depth))
        and bool(equal(left.end, right.end, budget, depth))
    )


def ordered(compare: Callable[[Any, Any], Any], left: Any, right: Any) -> bool | None:
    """`<`, `<=`, `>` or `>=`: null unless both are of one kind that has an order."""
    kind = KINDS.get(type(left))
    if kind is None or kind is not KINDS.get(type(right)) or kind not in _ORDERED:
        return None
    try:
        return bool(compare(left, right))
    except TypeError:  # a moment with a zone against one without
        return None


def covers(span: Range, value: Any) -> bool | None:
    """Whether a range contains a value."""
    above = _beyond(operator.ge if span.start_included else operator.gt, value, span.start)
    below = _beyond(operator.le if span.end_included else operator.lt, value, span.end)
    if above is False or below is False:
        return False
    return True if above and below else None


def _beyond(compare: Callable[[Any, Any], Any], value: Any, bound: Any) -> bool | None:
    return ordered(compare, value, bound)


def contains(items: list[Any], value: Any, budget: Budget) -> bool:
    """Whether a list has an element that equals the value."""
    budget.spend(len(items))
    return any(equal(enter(item), value, budget) for item in items)
