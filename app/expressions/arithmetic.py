"""`+ - * / **`: numbers in 34 decimal digits, text, moments and durations. What makes no sense is null."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from .temporal import add_months, seconds_of
from .values import ARITHMETIC, EXACT, Budget, YearsMonths, is_number

_DAY = timedelta(days=1)
_MICROSECONDS = 1_000_000


def calculate(operator: str, left: Any, right: Any, budget: Budget) -> Any:
    """The value of `left operator right`."""
    if left is None or right is None:
        return None
    try:
        if is_number(left) and is_number(right):
            return _NUMBERS[operator](left, right)
        if type(left) is str and type(right) is str:
            return _join(left, right, budget) if operator == "+" else None
        return _TEMPORAL[operator](left, right) if operator in _TEMPORAL else None
    except (DecimalException, OverflowError, ValueError, ZeroDivisionError, TypeError):
        return None


def negate(value: Any) -> Any:
    """`-value`: a number or a duration."""
    if is_number(value):
        return -value if type(value) is int else ARITHMETIC.minus(value)
    if isinstance(value, YearsMonths):
        return YearsMonths(-value.months)
    return -value if type(value) is timedelta else None


def _fit(value: int) -> int | Decimal:
    return value if -EXACT < value < EXACT else ARITHMETIC.plus(Decimal(value))


def _add(left: Any, right: Any) -> int | Decimal:
    if type(left) is int and type(right) is int:
        return _fit(left + right)
    return ARITHMETIC.add(left, right)


def _subtract(left: Any, right: Any) -> int | Decimal:
    if type(left) is int and type(right) is int:
        return _fit(left - right)
    return ARITHMETIC.subtract(left, right)


def _multiply(left: Any, right: Any) -> int | Decimal:
    if type(left) is int and type(right) is int:
        return _fit(left * right)
    return ARITHMETIC.multiply(left, right)


def _divide(left: Any, right: Any) -> Decimal:
    return ARITHMETIC.divide(left, right)


def _power(left: Any, right: Any) -> Decimal:
    return ARITHMETIC.power(left, right) if right else Decimal(1)


_NUMBERS: dict[str, Callable[[Any, Any], int | Decimal]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": _power,
}


def _join(left: str, right: str, budget: Budget) -> str:
    budget.text(len(left) + len(right))
    return left + right


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, timedelta | YearsMonths) and isinstance(right, date | time):
        left, right = right, left
    if isinstance(right, YearsMonths):
        if isinstance(left, YearsMonths):
            return YearsMonths(left.months + right.months)
        return add_months(left, right.months) if isinstance(left, date) else None
    if not isinstance(right, timedelta):
        return None
    if isinstance(left, timedelta):
        return left + right
    return _later(left, right)


def _later(at: Any, length: timedelta) -> Any:
    """Moments with a zone move along real time, so an hour that a clock repeats counts twice."""
    if isinstance(at, datetime):
        return (at.astimezone(UTC) + length).astimezone(at.tzinfo) if at.tzinfo else at + length
    if isinstance(at, date):
        return (datetime.combine(at, time()) + length).date()
    if isinstance(at, time):
        return (
            (datetime.combine(date(2000, 1, 1), at.replace(tzinfo=None)) + length % _DAY)
            .time()
            .replace(tzinfo=at.tzinfo)
        )
    return None


def _minus(left: Any, right: Any) -> Any:
    if type(right) is timedelta:
        return _plus(left, -right) if isinstance(left, date | time | timedelta) else None
    if isinstance(right, YearsMonths):
        return _plus(left, YearsMonths(-right.months)) if isinstance(left, date | YearsMonths) else None
    if type(left) is not type(right):
        return None
    if isinstance(left, datetime):
        return left.astimezone(UTC) - right.astimezone(UTC) if left.tzinfo and right.tzinfo else _bare(left, right)
    if isinstance(left, time):
        return (
            _since_midnight(left) - _since_midnight(right) if (left.tzinfo is None) is (right.tzinfo is None) else None
        )
    return left - right


def _bare(left: datetime, right: datetime) -> timedelta | None:
    return left - right if left.tzinfo is None and right.tzinfo is None else None


def _since_midnight(at: time) -> timedelta:
    passed = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    return passed - (at.utcoffset() or timedelta())


def _times(left: Any, right: Any) -> Any:
    if is_number(left):
        left, right = right, left
    if not is_number(right):
        return None
    if isinstance(left, YearsMonths):
        return YearsMonths(int(left.months * Decimal(right)))
    return _seconds(ARITHMETIC.multiply(seconds_of(left), right)) if type(left) is timedelta else None


def _over(left: Any, right: Any) -> Any:
    if isinstance(left, YearsMonths):
        if isinstance(right, YearsMonths):
            return ARITHMETIC.divide(left.months, right.months)
        return YearsMonths(int(ARITHMETIC.divide(left.months, right))) if is_number(right) else None
    if type(left) is not timedelta:
        return None
    if type(right) is timedelta:
        return ARITHMETIC.divide(seconds_of(left), seconds_of(right))
    return _seconds(ARITHMETIC.divide(seconds_of(left), right)) if is_number(right) else None


def _seconds(seconds: Decimal) -> timedelta:
    if abs(seconds) > _MICROSECONDS * 10**9:
        raise OverflowError
    return timedelta(microseconds=int(seconds * _MICROSECONDS))


_TEMPORAL: dict[str, Callable[[Any, Any], Any]] = {"+": _plus, "-": _minus, "*": _times, "/": _over}
