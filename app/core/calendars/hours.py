"""The hours of one working day, written as "09:00-12:00,13:30-18:00"; empty text is a day of rest."""

from __future__ import annotations

import re
from itertools import pairwise

from app.core.errors import Invalid

#: Intervals of one day in minutes after midnight, ascending, not touching. 24:00 (1440) may end the last one.
Hours = tuple[tuple[int, int], ...]

_INTERVAL = re.compile(r"(\d{2}):([0-5]\d)-(\d{2}):([0-5]\d)")
_DAY = 24 * 60


class NotHours(Invalid):
    """Working hours are written as 09:00-12:00,13:30-18:00, in ascending order, within one day."""


def parse_hours(text: str) -> Hours:
    """Raises NotHours (text)."""
    hours = tuple(_interval(part, text) for part in text.replace(" ", "").split(",") if part)
    boundaries = [minute for interval in hours for minute in interval]
    if any(later <= earlier for earlier, later in pairwise(boundaries)):
        raise NotHours(text=text)
    return hours


def _interval(part: str, text: str) -> tuple[int, int]:
    found = _INTERVAL.fullmatch(part)
    if found is None:
        raise NotHours(text=text)
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if end > _DAY:
        raise NotHours(text=text)
    return start, end


def format_hours(hours: Hours) -> str:
    return ",".join(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}" for start, end in hours)
