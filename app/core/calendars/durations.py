"""ISO 8601 durations as people write them beside a task: PT4H, P2D, P1W."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache

from app.core.errors import Invalid

_TEXT = re.compile(
    r"P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)


class NotADuration(Invalid):
    """This is not a duration such as PT4H or P2D."""


@dataclass(frozen=True, slots=True)
class Duration:
    """What was written, still apart: a day is not 24 hours of working time."""

    months: int  #: a year is twelve
    weeks: int
    days: int
    clock: timedelta  #: hours, minutes and seconds


@lru_cache(maxsize=1000)
def parse_duration(text: str) -> Duration:
    """Raises NotADuration (text)."""
    found = _TEXT.fullmatch(text.strip())
    if found is None or not any(found.groupdict().values()):
        raise NotADuration(text=text)
    number = {unit: Fraction(value or 0) for unit, value in found.groupdict().items()}
    seconds = number["hours"] * 3600 + number["minutes"] * 60 + number["seconds"]
    return Duration(
        months=int(number["years"] * 12 + number["months"]),
        weeks=int(number["weeks"]),
        days=int(number["days"]),
        clock=timedelta(microseconds=int(seconds * 1_000_000)),
    )
