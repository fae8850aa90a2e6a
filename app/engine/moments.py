"""Timers: what a date, a duration or a cycle says, as modelers write it and as FEEL gives it."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.core import cron
from app.expressions import YearsMonths, parse_moment

from . import limits
from .codec import Wait
from .errors import StepFault

#: Moments without a zone are meant at the company's place (contract: `laneway worktime`).
ZONE = ZoneInfo("Asia/Shanghai")

_NUMBER = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_DURATION = re.compile(
    rf"([+-]?)P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}(?::?\d{2}){0,2})\Z", re.ASCII)
_REPEAT = re.compile(r"R(-1|\d{0,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: whole months, then an exact time."""

    months: int
    time: timedelta

    def after(self, at: datetime) -> datetime:
        """The moment this long after `at`, months by the calendar of the company's place. Raises OverflowError."""
        if not self.months:
            return at + self.time
        here = at.astimezone(ZONE)
        year, month = divmod(here.year * 12 + here.month - 1 + self.months, 12)
        if not 1 <= year <= 9998:
            raise OverflowError("beyond the calendar")
        day = min(here.day, monthrange(year, month + 1)[1])
        return here.replace(year=year, month=month + 1, day=day).astimezone(at.tzinfo) + self.time

    @property
    def is_positive(self) -> bool:
        return self.months > 0 or (self.months == 0 and self.time > timedelta())


def read_length(text: str) -> Length | None:
    """An ISO 8601 duration, mixed units and weeks and fractions included, or None."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]) or text.strip().endswith("T"):
        return None
    years, months, weeks, days, hours, minutes, seconds = (
        float(part.replace(",", ".")) if part else 0.0 for part in match.groups()[1:]
    )
    if years % 1 or months % 1:
        return None
    sign = -1 if match[1] == "-" else 1
    try:
        time = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return Length(sign * int(years * 12 + months), sign * time)


def read_moment(text: str) -> datetime | None:
    """An ISO 8601 moment, a date alone being its first minute; without a zone at the company's place. None if not."""
    text = _without_place(text.strip())
    try:
        found: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        found = parse_moment(text)
    return in_utc(found) if found is not None else None


def _without_place(text: str) -> str:
    """`2026-01-05T09:00+01:00[Europe/Berlin]`, as Java writes it: the offset says it all."""
    return text.partition("[")[0] if text.endswith("]") and _OFFSET.search(text.partition("[")[0]) else text


def in_utc(at: datetime) -> datetime | None:
    """The moment in UTC; None at the ends of the calendar, where there may be none."""
    at = at if at.tzinfo is not None and at.utcoffset() is not None else at.replace(tzinfo=ZONE)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return None


def wait_for(kind: str, value: Any, at: datetime) -> Wait:
    """The wait of a timer whose expression has this value. Raises StepFault."""
    try:
        found = _READERS[kind](value, at)
    except OverflowError:
        found = None
    if found is None:
        raise StepFault("bad-timer", f"This is no {kind} that a timer understands: {str(value)[:80] or 'nothing'}.")
    return found


def is_readable(kind: str, text: str) -> bool:
    """Whether a timer that is written as plain text can ever be set."""
    try:
        return _READERS[kind](text, datetime(2026, 1, 1, tzinfo=UTC)) is not None
    except OverflowError:
        return False


def next_wait(wait: Wait, at: datetime | None = None) -> Wait | None:
    """The wait for the next occurrence of a cycle, or None when that was the last.

    With `at`, a cycle without a count makes up for one occurrence that was slept through, not for each of thousands.
    """
    if wait.cron:
        return _struck(wait.cron, max(wait.due, at) if wait.due is not None and at is not None else wait.due or at)
    length = read_length(wait.every) if wait.every and wait.left != 0 else None
    if length is None or wait.due is None:
        return None
    try:
        due = _slept_through(wait, length, at) if at is not None and wait.left is None else wait.due
        due = _next(due, length, wait.first)
    except OverflowError:
        return None
    if wait.until is not None and due > wait.until:
        return None
    left = None if wait.left is None else wait.left - 1
    return Wait("timer", due=due, every=wait.every, left=left, until=wait.until, first=wait.first)


def _next(due: datetime, length: Length, first: datetime | None) -> datetime:
    if first is None:
        return length.after(due)
    # Counted from the first: one that a short month drew to its end does not stay there.
    begin, here = first.astimezone(ZONE), due.astimezone(ZONE)
    gone = (here.year - begin.year) * 12 + here.month - begin.month
    return Length(gone + length.months, timedelta()).after(first)


def _slept_through(wait: Wait, length: Length, at: datetime) -> datetime:
    """The last occurrence that does not lie after `at`."""
    due = wait.due
    assert due is not None
    if not length.months and at > due:
        return due + (at - due) // length.time * length.time
    while (following := _next(due, length, wait.first)) <= at:
        due = following
    return due


def _date(value: Any, at: datetime) -> Wait | None:
    if isinstance(value, str):
        value = read_moment(value)
    elif isinstance(value, datetime):
        value = in_utc(value)
    elif isinstance(value, date):
        value = in_utc(datetime(value.year, value.month, value.day))  # noqa: DTZ001  `in_utc` gives it its zone
    else:
        value = None
    return Wait("timer", due=value) if value is not None else None


def _duration(value: Any, at: datetime) -> Wait | None:
    length = _length(value)
    return Wait("timer", due=length.after(at)) if length is not None else None


def _length(value: Any) -> Length | None:
    if isinstance(value, timedelta):
        return Length(0, value)
    if isinstance(value, YearsMonths):
        return Length(value.months, timedelta())
    return read_length(value) if isinstance(value, str) else None


def _cycle(value: Any, at: datetime) -> Wait | None:
    """`R3/PT1H`, `R/2026-01-01T00:00Z/PT1H`, `R5/PT1H/2026-01-01T00:00Z`, a cron line; a bare duration has no end."""
    if not isinstance(value, str):
        length = _length(value)
        if length is None or not length.is_positive:
            return None
        return Wait("timer", due=length.after(at), every=_written(length), first=_counted_from(at, length))
    if cron.parse(value) is not None:
        return _struck(value.strip(), at)
    parts = [part.strip() for part in value.strip().split("/")]
    match = _REPEAT.fullmatch(parts[0])
    count = None
    if match is not None:
        parts = parts[1:]
        count = int(match[1]) if match[1] not in ("", "-1") else None
    if count == 0 or (count or 0) > limits.REPEATS or not 1 <= len(parts) <= 2:
        return None
    left = None if count is None else count - 1
    length, begin = read_length(parts[-1]), read_moment(parts[0]) if len(parts) == 2 else None
    until = None
    apart = _between(*parts) if length is None and len(parts) == 2 else None
    if apart is not None:
        length = apart
        parts[-1] = _written(apart)
    elif length is None and len(parts) == 2:
        length, begin, until = read_length(parts[0]), None, read_moment(parts[1])
        if until is None:
            return None
    elif len(parts) == 2 and begin is None:
        return None
    if length is None or not length.is_positive:
        return None
    due = begin if begin is not None else length.after(at)
    every = parts[0] if until is not None else parts[-1]
    return Wait("timer", due=due, every=every, left=left, until=until, first=_counted_from(begin or at, length))


def _struck(line: str, after: datetime | None) -> Wait | None:
    """The wait for the next moment of a cron line, by the clocks of the company's place."""
    read = cron.parse(line)
    due = read.after(after, ZONE) if read is not None and after is not None else None
    return Wait("timer", due=due, cron=line) if due is not None else None


def _between(begin: str, end: str) -> Length | None:
    """How long it is from one moment to the next: `R/2026-01-05T09:00Z/2026-01-06T09:00Z`."""
    first, second = read_moment(begin), read_moment(end)
    return Length(0, second - first) if first is not None and second is not None else None


def _counted_from(begin: datetime, length: Length) -> datetime | None:
    late = length.months and not length.time and begin.astimezone(ZONE).day > 28
    return begin if late else None


def _written(length: Length) -> str:
    seconds, rest = divmod(length.time, timedelta(seconds=1))
    part = f".{rest.microseconds:06}" if rest else ""
    return f"P{length.months}M" if length.months else f"PT{seconds}{part}S"


_READERS = {"date": _date, "duration": _duration, "cycle": _cycle}
