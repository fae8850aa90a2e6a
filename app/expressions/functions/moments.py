"""Built-in functions on dates, times and durations."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - FEEL's own names are the functions here
from datetime import datetime, timedelta, timezone
from datetime import time as Time  # noqa: N812
from typing import Any

from app.core import clock

from ..temporal import offset_zone, parse_date, parse_duration, parse_moment, parse_time
from ..values import Budget, YearsMonths, as_integer, is_number
from .registry import Functions

functions = Functions()
#: where the organisation works: China has had one zone and no summer time since 1991
_HERE = timezone(timedelta(hours=8))
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@functions.add("now", 0)
def now(_: Budget) -> datetime:
    return clock.now().astimezone(_HERE)


@functions.add("today", 0)
def today(_: Budget) -> Date:
    return clock.now().astimezone(_HERE).date()


@functions.add("date", 1, 3)
def date(_: Budget, first: Any, month: Any = None, day: Any = None) -> Date | None:
    if month is None and day is None:
        if type(first) is str:
            return parse_date(first)
        return first.date() if type(first) is datetime else first if type(first) is Date else None
    parts = [as_integer(part) for part in (first, month, day)]
    if any(part is None for part in parts):
        return None
    try:
        return Date(*[part for part in parts if part is not None])
    except (ValueError, OverflowError):
        return None


@functions.add("time", 1, 4)
def time(_: Budget, first: Any, minute: Any = None, second: Any = None, offset: Any = None) -> Time | None:
    if minute is None and second is None and offset is None:
        return _time_of(first)
    hour, minutes = as_integer(first), as_integer(minute)
    if hour is None or minutes is None or not is_number(second) or not 0 <= second < 60:
        return None
    zone = offset_zone(offset) if type(offset) is timedelta else None
    if offset is not None and zone is None:
        return None
    try:
        return Time(hour, minutes, int(second), int(second % 1 * 1_000_000), tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _time_of(value: Any) -> Time | None:
    if type(value) is str:
        return parse_time(value)
    return value.timetz() if type(value) is datetime else value if type(value) is Time else None


@functions.add("date and time", 1, 2)
def date_and_time(_: Budget, first: Any, at: Any = None) -> datetime | None:
    if at is None:
        if type(first) is str:
            return parse_moment(first)
        return first if type(first) is datetime else None
    on = first.date() if type(first) is datetime else first
    return datetime.combine(on, at) if type(on) is Date and type(at) is Time else None


@functions.add("duration")
def duration(_: Budget, text: Any) -> timedelta | YearsMonths | None:
    return parse_duration(text) if type(text) is str else None


@functions.add("years and months duration", 2)
def years_and_months_duration(_: Budget, start: Any, end: Any) -> YearsMonths | None:
    """Whole months from one day to another, towards zero."""
    if not isinstance(start, Date) or not isinstance(end, Date):
        return None
    if (end.year, end.month, end.day) < (start.year, start.month, start.day):
        return YearsMonths(-_months(end, start))
    return YearsMonths(_months(start, end))


def _months(start: Date, end: Date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


@functions.add("day of year")
def day_of_year(_: Budget, on: Any) -> int | None:
    return on.timetuple().tm_yday if isinstance(on, Date) else None


@functions.add("day of week")
def day_of_week(_: Budget, on: Any) -> str | None:
    return _WEEKDAYS[on.weekday()] if isinstance(on, Date) else None


@functions.add("month of year")
def month_of_year(_: Budget, on: Any) -> str | None:
    return _MONTHS[on.month - 1] if isinstance(on, Date) else None


@functions.add("week of year")
def week_of_year(_: Budget, on: Any) -> int | None:
    return on.isocalendar().week if isinstance(on, Date) else None
