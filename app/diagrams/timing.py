"""Which plain texts a timer understands: dates, durations and repeating intervals of ISO 8601, and cron lines."""

from __future__ import annotations

import re
from datetime import datetime

from app.core import cron

_NUMBER = r"\d{1,9}(?:[.,]\d{1,9})?"
_DURATION = re.compile(
    rf"[+-]?P(?=\d|T\d)(?:\d{{1,9}}Y)?(?:\d{{1,9}}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_PART = re.compile(rf"({_NUMBER})([A-Z])", re.ASCII)
_DAYS = {"Y": 366, "M": 31, "W": 7, "D": 1}
_HOURS = {"H": 1, "M": 1 / 60, "S": 1 / 3600}
_REPEAT = re.compile(r"R(-1|\d{0,7})", re.ASCII)
_ZERO = re.compile(r"[^1-9]*", re.ASCII)
_PLACE = re.compile(r"(?<=Z|\d)\[[\w/+-]{1,60}\]\Z", re.ASCII)
_CRON = re.compile(r"@\w+|(?:[\d*?/,#LW\w-]+\s+){4,6}[\d*?/,#LW\w-]+")


def is_date(text: str) -> bool:
    """A moment, or a date alone."""
    try:
        datetime.fromisoformat(_PLACE.sub("", text.strip()))
    except ValueError:
        return False
    return True


def is_duration(text: str) -> bool:
    """`P3D`, `PT1H30M`, `P2W`, mixed and with fractions; a thousand years at most."""
    if _DURATION.fullmatch(text.strip()) is None:
        return False
    date, _, time = text.strip().partition("T")
    days = sum(_DAYS[unit] * float(count.replace(",", ".")) for count, unit in _PART.findall(date))
    hours = sum(_HOURS[unit] * float(count.replace(",", ".")) for count, unit in _PART.findall(time))
    return days + hours / 24 <= 1000 * _DAYS["Y"]


def is_cycle(text: str) -> bool:
    """`R3/PT10M`, `R/2026-01-01T09:00Z/P1D`, `R5/P1D/2026-12-31T00:00Z`, a bare duration, or a cron line."""
    if cron.parse(text) is not None:
        return True
    parts = [part.strip() for part in text.strip().split("/")]
    repeat = _REPEAT.fullmatch(parts[0])
    if repeat is not None:
        parts = parts[1:]
        if repeat[1].isdigit() and not 1 <= int(repeat[1]) <= 1_000_000:
            return False
    if not 1 <= len(parts) <= 2:
        return False
    lengths = [part for part in parts if is_duration(part)]
    dates = [part for part in parts if is_date(part)]
    if len(dates) == len(parts) == 2 and repeat is not None:
        return _is_between(*dates)
    return len(lengths) == 1 and len(lengths) + len(dates) == len(parts) and _is_positive(lengths[0])


def _is_between(begin: str, end: str) -> bool:
    """Two moments, the second after the first: as far apart as two occurrences."""
    first, second = (datetime.fromisoformat(_PLACE.sub("", part)) for part in (begin, end))
    return (first.tzinfo is None) == (second.tzinfo is None) and first < second


def looks_like_cron(text: str) -> bool:
    """Five to seven fields, or something with @: meant as a cron line, whether or not it is one."""
    return _CRON.fullmatch(text.strip()) is not None


def _is_positive(duration: str) -> bool:
    return not duration.startswith("-") and _ZERO.fullmatch(duration) is None


#: timer kind -> whether a plain text is one
READABLE = {"date": is_date, "duration": is_duration, "cycle": is_cycle}
