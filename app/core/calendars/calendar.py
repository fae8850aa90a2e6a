"""One working calendar and the arithmetic on it: add working time, measure working time, find a due moment."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from app.core.calendars.durations import parse_duration
from app.core.calendars.hours import Hours, format_hours
from app.core.errors import Invalid

_NO_TIME = timedelta(0)
_ONE_DAY = timedelta(days=1)
#: A due date or a measured interval outside these years is a mistake, and would cost seconds to compute.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class BeyondTheCalendar(Invalid):
    """Working time is known between the years 1900 and 2199 only."""


class NeverWorks(Invalid):
    """A calendar needs working hours on at least one day of the week."""


@dataclass(frozen=True, slots=True)
class Day:
    """What holds on one date instead of the ordinary week."""

    hours: Hours  #: empty: a day of rest
    source: str = ""  #: the notice or decision that says so


@dataclass(frozen=True, slots=True)
class _Year:
    """The working intervals of a year, as moments, with the working time that has passed at each boundary."""

    starts: list[datetime]
    ends: list[datetime]
    before: list[timedelta]  #: at the start of each interval
    after: list[timedelta]  #: at its end
    total: timedelta

    def passed(self, at: datetime) -> timedelta:
        """Working time since the year began."""
        i = bisect_right(self.starts, at) - 1
        return _NO_TIME if i < 0 else min(self.before[i] + (at - self.starts[i]), self.after[i])


@dataclass(frozen=True)
class Calendar:
    """When people work. Naive moments are refused; answers are UTC."""

    name: str
    zone: str
    week: tuple[Hours, ...]  #: Monday first
    days: Mapping[date, Day] = field(default_factory=dict)
    valid_from: date = date.min  #: outside of these two the week alone decides, and `covers` says no
    valid_through: date = date.max
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    version: str = field(init=False, compare=False)  #: name and digest of all that decides about a result

    def __post_init__(self) -> None:
        if not any(self.week):
            raise NeverWorks
        object.__setattr__(self, "_zone", ZoneInfo(self.zone))
        object.__setattr__(self, "version", f"{self.name[:27]}:{self._digest()}")

    def __hash__(self) -> int:
        return hash(self.version)

    def hours_on(self, day: date) -> Hours:
        special = self.days.get(day)
        return self.week[day.weekday()] if special is None else special.hours

    def is_working_day(self, day: date) -> bool:
        return bool(self.hours_on(day))

    def local(self, at: datetime) -> datetime:
        """The moment on the calendar's own wall."""
        try:
            return at.astimezone(self._zone)
        except OverflowError:  # within a day of the calendar's ends, where somebody wrote "never"
            return datetime.max.replace(tzinfo=self._zone) if at.year > 1 else datetime.min.replace(tzinfo=self._zone)

    def covers(self, at: datetime) -> bool:
        """Whether the holidays around this moment are known. If not, results may be days off."""
        return self.valid_from <= self.local(at).date() <= self.valid_through

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from start to end; negative when end is the earlier one."""
        first, last = self._year_of(start), self._year_of(end)
        if last < first:
            return -self.between(end, start)
        whole_years = sum((self._year(year).total for year in range(first, last)), _NO_TIME)
        return whole_years + self._year(last).passed(end) - self._year(first).passed(start)

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The earliest moment at which this much working time has passed since start.

        So four hours from 08:00 end at 14:30, and three at 12:00 rather than 13:30. A negative duration gives the
        latest moment from which that much working time leads to start; none at all gives start.
        """
        year = self._year_of(start)
        passed = self._year(year).passed(start) + duration
        if duration > _NO_TIME:
            while passed > (total := self._year(year).total):
                passed, year = passed - total, year + 1
            return self._year_end_reading(self._year(year), passed)
        if duration < _NO_TIME:
            while passed < _NO_TIME:
                year -= 1
                passed += self._year(year).total
            return self._year_start_reading(self._year(year), passed)
        return start.astimezone(UTC)

    @staticmethod
    def _year_end_reading(year: _Year, passed: timedelta) -> datetime:
        i = bisect_left(year.after, passed)
        return year.ends[i] - (year.after[i] - passed)

    @staticmethod
    def _year_start_reading(year: _Year, passed: timedelta) -> datetime:
        i = bisect_right(year.before, passed) - 1
        return year.starts[i] + (passed - year.before[i])

    def due(self, start: datetime, duration: str) -> datetime:
        """When something is due that was given an ISO 8601 duration at start.

        Hours, minutes and seconds are working time. A day is a working day: the same time of the next one. Weeks,
        months and years are those on the wall and come first. Where start, or the wall, is outside of working hours,
        the next ones count. Raises NotADuration.
        """
        wanted = parse_duration(duration)
        if not (wanted.months or wanted.weeks or wanted.days):
            return self.add(start, wanted.clock)
        local = self.local(self.next_working_moment(self._along_the_wall(start, wanted.months, wanted.weeks)))
        day = self._working_day_after(local.date(), wanted.days)
        return self.add(self._on(day, local.time()), wanted.clock)

    def _along_the_wall(self, start: datetime, months: int, weeks: int) -> datetime:
        local = self.local(start)
        day = _months_later(local.date(), months) + timedelta(weeks=weeks)
        return datetime.combine(day, local.time(), self._zone)

    def at(self, day: date, wall: time) -> datetime:
        """A time of day where the organisation is, working or not."""
        return datetime.combine(day, wall, self._zone).astimezone(UTC)

    def next_working_moment(self, at: datetime) -> datetime:
        """At itself within working hours, else the start of the next ones."""
        return self.add(self.add(at, timedelta.resolution), -timedelta.resolution)

    def _working_day_after(self, day: date, count: int) -> date:
        while count:
            day += _ONE_DAY
            if day.year > _LAST_YEAR:
                raise BeyondTheCalendar
            count -= self.is_working_day(day)
        return day

    def _on(self, day: date, wall: time) -> datetime:
        """This time of a working day; when the day is shorter, the nearest working moment before, else its first."""
        at = self.at(day, wall)
        intervals = [(self._moment(day, start), self._moment(day, end)) for start, end in self.hours_on(day)]
        for start, end in reversed(intervals):
            if start <= at:
                return min(at, end)
        return intervals[0][0]

    def _moment(self, day: date, minute: int) -> datetime:
        wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
        return wall.replace(tzinfo=self._zone).astimezone(UTC)

    def _year_of(self, at: datetime) -> int:
        if at.tzinfo is None:
            raise ValueError("a moment without a zone has no place in a calendar")
        return at.astimezone(self._zone).year

    def _year(self, year: int) -> _Year:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = self._build(year)
        return known

    def _build(self, year: int) -> _Year:
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise BeyondTheCalendar
        starts, ends = [], []
        day = date(year, 1, 1)
        while day.year == year:
            for start, end in self.hours_on(day):
                starts.append(self._moment(day, start))
                ends.append(self._moment(day, end))
            day += _ONE_DAY
        after = list(accumulate(end - start for start, end in zip(starts, ends, strict=True)))
        return _Year(starts, ends, [_NO_TIME, *after[:-1]], after, after[-1] if after else _NO_TIME)

    def _digest(self) -> str:
        lines = [self.zone, *map(format_hours, self.week)]
        lines += [f"{day} {format_hours(self.days[day].hours)}" for day in sorted(self.days)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > _LAST_YEAR:
        raise BeyondTheCalendar
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
