"""Which plain texts a timer understands: dates, durations and repeating intervals of ISO 8601."""

from __future__ import annotations

import re
from datetime import datetime

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
_CRON = re.compile(
    r"@(yearly|annually|monthly|weekly|daily|midnight|hourly)|(?:[\d*?/,#LW\w-]+\s+){4,6}[\d*?/,#LW\w-]+"
)


def is_date(text: str) -> bool:
    """A moment, or a date alone."""
    try:
        datetime.fromisoformat(text.strip())
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
    """`R3/PT10M`, `R/2026-01-01T09:00Z/P1D`, `R5/P1D/2026-12-31T00:00Z`, or a bare duration."""
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
    return len(lengths) == 1 and len(lengths) + len(dates) == len(parts) and _is_positive(lengths[0])


def is_cron(text: str) -> bool:
    """Five to seven fields, or `@daily` and the like."""
    return _CRON.fullmatch(text.strip()) is not None


def _is_positive(duration: str) -> bool:
    return not duration.startswith("-") and _ZERO.fullmatch(duration) is None


#: timer kind -> whether a plain text is one
READABLE = {"date": is_date, "duration": is_duration, "cycle": is_cycle}
