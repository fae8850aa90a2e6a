"""Dates, times and durations: from text, to text, and their parts.

Days lie in the years 1 to 9999 and times have microseconds; what is finer or farther is null.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .values import YearsMonths, simplest

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})0*)?(Z|[+-]\d\d:\d\d|@[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2})?", re.ASCII
)
_DAYS = re.compile(
    r"(-?)P(?:(\d{1,12})D)?(?:(T)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})(?:\.(\d{1,6}))?S)?)?", re.ASCII
)
_MONTHS = re.compile(r"(-?)P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?", re.ASCII)
_LONGEST = 80
_LARGEST_OFFSET = timedelta(hours=14)
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


def parse_date(text: str) -> date | None:
    """`2026-05-06`, or None."""
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """`09:30:00`, with a fraction and `Z`, an offset or `@Area/City` where wanted, or None."""
    match = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    hour, minute, second, fraction, place = match.groups()
    try:
        zone = _zone(place) if place else None
        return time(int(hour), int(minute), int(second), int((fraction or "0").ljust(6, "0")), tzinfo=zone)
    except ValueError:
        return None


def parse_moment(text: str) -> datetime | None:
    """A date, alone or with `T` and a time, or None."""
    day, mark, rest = text.partition("T")
    on = parse_date(day)
    at = parse_time(rest) if mark else time()
    return datetime.combine(on, at) if on and at is not None else None


def parse_duration(text: str) -> timedelta | YearsMonths | None:
    """`P1DT2H` or `P1Y2M`, or None. The two kinds cannot be mixed."""
    if len(text) > _LONGEST:
        return None
    match = _MONTHS.fullmatch(text)
    if match and (match[2] or match[3]):
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearsMonths(-months if match[1] else months)
    match = _DAYS.fullmatch(text)
    return _days(match) if match else None


def _days(match: re.Match[str]) -> timedelta | None:
    sign, days, mark, hours, minutes, seconds, fraction = match.groups()
    if not (days or hours or minutes or seconds) or (mark and not (hours or minutes or seconds)):
        return None
    try:
        length = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "0").ljust(6, "0")),
        )
    except OverflowError:
        return None
    return -length if sign else length


def parse(text: str) -> Any:
    """Whatever an `@"..."` literal means, or None."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    return parse_moment(text) if "T" in text else parse_date(text) or parse_time(text)


@lru_cache(maxsize=512)
def _zone(text: str) -> tzinfo:
    """Raises ValueError for an unknown place or an impossible offset."""
    if text == "Z":
        return UTC
    if text.startswith("@"):
        try:
            return ZoneInfo(text[1:])
        except (ZoneInfoNotFoundError, OSError) as fault:
            raise ValueError(text) from fault
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    if offset > _LARGEST_OFFSET or int(text[4:6]) > 59:
        raise ValueError(text)
    return timezone(-offset if text[0] == "-" else offset)


def offset_zone(offset: timedelta) -> tzinfo | None:
    """The zone of an offset from UTC, or None where there is none such."""
    return timezone(offset) if abs(offset) <= _LARGEST_OFFSET else None


def show(value: date | time | timedelta | YearsMonths) -> str:
    """As FEEL's `string` writes it: ISO 8601, zones as `@Area/City`."""
    if isinstance(value, YearsMonths):
        return _show_months(value.months)
    if isinstance(value, timedelta):
        return _show_days(value)
    if isinstance(value, datetime):
        return f"{value.date().isoformat()}T{_show_time(value.time(), value.tzinfo)}"
    return _show_time(value, value.tzinfo) if isinstance(value, time) else value.isoformat()


def _show_time(value: time, zone: tzinfo | None) -> str:
    text = value.replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    if zone is None:
        return text
    if isinstance(zone, ZoneInfo):
        return f"{text}@{zone.key}"
    offset = zone.utcoffset(None) or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    return (
        f"{text}{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}" if minutes else f"{text}Z"
    )


def _show_months(months: int) -> str:
    years, rest = divmod(abs(months), 12)
    text = (f"{years}Y" if years else "") + (f"{rest}M" if rest or not years else "")
    return f"{'-' if months < 0 else ''}P{text}"


def _show_days(value: timedelta) -> str:
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    exact = f"{seconds}.{length.microseconds:06}".rstrip("0") if length.microseconds else f"{seconds}"
    parts = f"{hours}H" * (hours > 0) + f"{minutes}M" * (minutes > 0) + f"{exact}S" * (exact != "0")
    text = f"{length.days}D" * (length.days > 0) + f"T{parts}" * (parts != "")
    return f"{'-' if value < timedelta() else ''}P{text or 'T0S'}"


def part(value: Any, name: str) -> Any:
    """A property of a moment or a duration (`year`, `time offset`, `hours`), or None."""
    match value:
        case YearsMonths():
            return _parts_of_months(value, name)
        case timedelta():
            return _parts_of_days(value, name)
        case date() if name in ("year", "month", "day"):
            return getattr(value, name)
        case date() if name == "weekday":
            return value.isoweekday()
        case datetime() | time() if name in ("hour", "minute"):
            return getattr(value, name)
        case datetime() | time() if name == "second":
            return simplest(value.second + Decimal(value.microsecond) / 1_000_000)
        case datetime() | time() if name == "time offset":
            return value.utcoffset()
        case datetime() | time() if name == "timezone":
            return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    return None


def _parts_of_months(value: YearsMonths, name: str) -> int | None:
    sign = -1 if value.months < 0 else 1
    years, months = divmod(abs(value.months), 12)
    return {"years": sign * years, "months": sign * months}.get(name)


def _parts_of_days(value: timedelta, name: str) -> Any:
    sign, length = (-1 if value < timedelta() else 1), abs(value)
    if name == "seconds":
        return simplest(sign * (length.seconds % 60 + Decimal(length.microseconds) / 1_000_000))
    whole = {"days": length.days, "hours": length.seconds // 3600, "minutes": length.seconds // 60 % 60}.get(name)
    return None if whole is None else sign * whole


def seconds_of(value: timedelta) -> Decimal:
    """The exact length in seconds."""
    return Decimal(value // _MICROSECOND) / 1_000_000


def add_months(value: date, months: int) -> Any:
    """The same day `months` later, or the last day of a shorter month. Keeps the time of a moment."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    first = value.replace(year=year, month=month + 1, day=1)
    after = date(year + month // 11, (month + 1) % 12 + 1, 1) if (year, month) != (9999, 11) else None
    last = (after - timedelta(days=1)).day if after else 31
    return first.replace(day=min(value.day, last))
