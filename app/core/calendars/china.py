"""The official Chinese calendar: holidays and make-up days as the State Council announced them, year by year.

A year enters cn.json when its notice is published (usually in November of the year before), never by guessing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from app.core.calendars.calendar import Calendar, Day
from app.core.calendars.hours import parse_hours

#: How far the fixed days of the law are filled in after the last notice.
_YEARS_AHEAD = 10


@cache
def china() -> Calendar:
    """Working days of mainland China, 09:00-12:00 and 13:30-18:00, Asia/Shanghai."""
    text: dict[str, Any] = json.loads((files(__package__) / "cn.json").read_text("utf-8"))
    years = sorted(int(year) for year in text["years"])
    working, rest = parse_hours(text["hours"]), ()
    days = {day: Day(rest, source) for day, source in _fixed_days(text, years[-1] + 1)}
    for announced in text["years"].values():
        notice = announced["notice"]
        days |= {day: Day(rest, notice) for span in announced["rest"] for day in _span(span)}
        days |= {date.fromisoformat(day): Day(working, notice) for day in announced["work"]}
    return Calendar(
        name="cn",
        zone=text["zone"],
        week=(working,) * 5 + (rest,) * 2,
        days=days,
        valid_from=date(years[0], 1, 1),
        valid_through=date(years[-1], 12, 31),
    )


def _fixed_days(text: dict[str, Any], first_year: int) -> Iterator[tuple[date, str]]:
    for year in range(first_year, first_year + _YEARS_AHEAD):
        for day in text["fixed_rest_days"]:
            yield date.fromisoformat(f"{year}-{day}"), text["fixed_rest_days_source"]


def _span(text: str) -> Iterator[date]:
    first, _, last = text.partition("/")
    day, end = date.fromisoformat(first), date.fromisoformat(last or first)
    while day <= end:
        yield day
        day += timedelta(days=1)
