"""When a cron line strikes: five fields as Unix writes them, six or seven with seconds and years, or `@daily`.

    minute hour day month weekday                       0 9 * * MON-FRI
    second minute hour day month weekday [year]         0 0 9 ? * 2#1

Weekdays are 0 to 7 from Sunday to Sunday; with a year 1 to 7 from Sunday, as Quartz counts, which alone has that field.
Where day and weekday are both given, either will do in five fields, as Unix means it; both must hold in six or seven.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = dict(zip("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), range(1, 13), strict=True))  # noqa: SIM905
_DAYS = dict(zip("SUN MON TUE WED THU FRI SAT".split(), range(7), strict=True))  # noqa: SIM905
_LAST_YEAR = 2199
#: years that are looked through: 29 February on a certain weekday may be 40 away
_MOST_YEARS = 60
_PART = re.compile(r"(?P<begin>\*|\w+)(?:-(?P<end>\w+))?(?:/(?P<step>\d{1,4}))?", re.ASCII)
_DAY = re.compile(r"(?P<last>L)(?:-(?P<before>\d{1,2}))?(?P<work>W)?|(?P<near>\d{1,2})W", re.ASCII)
_WEEKDAY = re.compile(r"(?P<day>[A-Z]{3}|[0-7])(?:#(?P<nth>[1-5])|(?P<last>L))", re.ASCII)
_QUARTZ_DAY = re.compile(r"(?<![#\w])[1-7](?=L|\b)", re.ASCII)
#: wall clocks are put forward or back by less than this
_SHIFT_HOURS = 3


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron line that was understood."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None  #: None = any
    months: frozenset[int]
    weekdays: frozenset[int] | None  #: 0 = Sunday; None = any
    years: frozenset[int] | None
    special_days: tuple[str, ...] = ()  #: L, L-3, LW, 15W
    special_weekdays: tuple[tuple[int, int], ...] = ()  #: (weekday, the how manieth; 0 = the last)
    either: bool = False  #: day or weekday will do

    def after(self, at: datetime, zone: tzinfo) -> datetime | None:
        """The first moment after `at`, by the clocks of a zone; None when there is none, or none in living memory.

        A time that the clocks skip is taken by how much they skip later. One that comes twice counts once, unless
        every hour is meant.
        """
        here = at.astimezone(zone)
        for day in self._days(here.date()):
            earliest = here.hour - _SHIFT_HOURS if day == here.date() else 0
            found = self._first_of(day, earliest, at, zone)
            if found is not None:
                return found
        return None

    # -- days ------------------------------------------------------------------------------------------------------

    def _days(self, begin: date) -> Iterator[date]:
        """Days that fit, from `begin` on."""
        for year in range(begin.year, min(begin.year + _MOST_YEARS, _LAST_YEAR) + 1):
            if self.years is not None and year not in self.years:
                continue
            for month in sorted(self.months):
                if (year, month) >= (begin.year, begin.month):
                    first = begin.day if (year, month) == (begin.year, begin.month) else 1
                    yield from (date(year, month, day) for day in sorted(self._of(year, month)) if day >= first)

    def _of(self, year: int, month: int) -> set[int]:
        every = set(range(1, monthrange(year, month)[1] + 1))
        by_day = every if self._any_day else self._by_day(year, month) & every
        by_weekday = every if self._any_weekday else self._by_weekday(year, month)
        if self.either and not self._any_day and not self._any_weekday:
            return by_day | by_weekday
        return by_day & by_weekday

    @property
    def _any_day(self) -> bool:
        return self.days is None and not self.special_days

    @property
    def _any_weekday(self) -> bool:
        return self.weekdays is None and not self.special_weekdays

    def _by_day(self, year: int, month: int) -> set[int]:
        return set(self.days or ()) | {_special(text, year, month) for text in self.special_days}

    def _by_weekday(self, year: int, month: int) -> set[int]:
        last = monthrange(year, month)[1]
        which = {day: date(year, month, day).isoweekday() % 7 for day in range(1, last + 1)}
        found = {day for day, weekday in which.items() if weekday in (self.weekdays or ())}
        for weekday, nth in self.special_weekdays:
            those = [day for day in which if which[day] == weekday]
            found.update(those[nth - 1 : nth] if nth else those[-1:])
        return found

    # -- times -----------------------------------------------------------------------------------------------------

    @property
    def _every_hour(self) -> bool:
        return len(self.hours) == 24

    def _first_of(self, day: date, earliest: int, at: datetime, zone: tzinfo) -> datetime | None:
        best: datetime | None = None
        latest = 24
        for hour in sorted(self.hours):
            if not earliest <= hour <= latest:
                continue
            found = self._first_in(day, hour, at, zone)
            if found is not None and (best is None or found < best):
                best, latest = found, min(latest, hour + _SHIFT_HOURS)
        return best

    def _first_in(self, day: date, hour: int, at: datetime, zone: tzinfo) -> datetime | None:
        found: list[datetime] = []
        for minute in sorted(self.minutes):
            wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            moments = self._moments(wall)
            later = [each for moment in moments for each in self._first_second(moment, at)]
            found += later
            # What the clocks skip comes later, what they show twice again: then a later minute may be the first.
            if later and len(moments) == 1 and moments[0].astimezone(zone).replace(fold=0) == wall.replace(fold=0):
                break
        return min(found, default=None)

    def _first_second(self, moment: datetime, at: datetime) -> list[datetime]:
        """The first second of a minute that lies after `at`; nothing where none does."""
        if moment + timedelta(minutes=1) <= at:
            return []
        seconds = (moment + timedelta(seconds=second) for second in sorted(self.seconds))
        return [each for each in seconds if each > at][:1]

    def _moments(self, wall: datetime) -> list[datetime]:
        """When the clocks show this: once, twice, or not at all and then by the skip later."""
        first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
        if first == second:
            return [first]
        if first > second:  # in the gap: the offset from before it gives the later moment
            return [] if self._every_hour else [first]
        return [first, second] if self._every_hour else [first]


def parse(text: str) -> Cron | None:
    """A cron line, or None."""
    return _parsed(_MACROS.get(text.strip().lower(), text).upper().split())


def _parsed(fields: list[str]) -> Cron | None:
    quartz, either = len(fields) == 7, len(fields) == 5
    if len(fields) == 5:
        fields = ["0", *fields]
    if len(fields) not in (6, 7):
        return None
    second, minute, hour, day, month, weekday = fields[:6]
    try:
        days, special_days = _days(day)
        weekdays, special_weekdays = _weekdays(weekday, quartz=quartz)
        return Cron(
            seconds=_values(second, 0, 59),
            minutes=_values(minute, 0, 59),
            hours=_values(hour, 0, 23),
            days=days,
            months=_values(month, 1, 12, _MONTHS),
            weekdays=weekdays,
            years=None if len(fields) == 6 or fields[6] in ("*", "?") else _values(fields[6], 1970, _LAST_YEAR),
            special_days=special_days,
            special_weekdays=special_weekdays,
            either=either,
        )
    except ValueError:
        return None


def _days(text: str) -> tuple[frozenset[int] | None, tuple[str, ...]]:
    if text in ("*", "?"):
        return None, ()
    parts = text.split(",")
    special = tuple(part for part in parts if _DAY.fullmatch(part))
    plain = [part for part in parts if part not in special]
    for part in special:
        _special(part, 2000, 1)
    return frozenset().union(*(_values(part, 1, 31) for part in plain)), special


def _special(text: str, year: int, month: int) -> int:
    """The day of a month: its last, one so many before it, the working day nearest to one. 0 = it has none such."""
    match = _DAY.fullmatch(text)
    if match is None or (match["near"] and not 1 <= int(match["near"]) <= 31) or int(match["before"] or 0) > 30:
        raise ValueError(text)
    last = monthrange(year, month)[1]
    day = int(match["near"]) if match["near"] else last - int(match["before"] or 0)
    if not 1 <= day <= last:
        return 0
    return _nearest(year, month, day, last) if match["near"] or match["work"] else day


def _nearest(year: int, month: int, day: int, last: int) -> int:
    """The day from Monday to Friday that is nearest, within the month."""
    weekday = date(year, month, day).isoweekday()
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < last else day - 2
    return day


def _weekdays(text: str, *, quartz: bool) -> tuple[frozenset[int] | None, tuple[tuple[int, int], ...]]:
    if text in ("*", "?"):
        return None, ()
    special, plain = [], set()
    for part in text.split(","):
        match = _WEEKDAY.fullmatch(part)
        if match is not None:
            special.append((_weekday(match["day"], quartz=quartz), int(match["nth"] or 0)))
        elif part == "L" and quartz:
            plain.add(6)
        else:
            plain |= {_weekday(str(number), quartz=quartz) for number in _weekday_numbers(part, quartz=quartz)}
    return frozenset(plain), tuple(special)


def _weekday_numbers(part: str, *, quartz: bool) -> frozenset[int]:
    names = {name: number + quartz for name, number in _DAYS.items()}
    return _values(part, 1, 7, names) if quartz else _values(part, 0, 7, names, round_at=6)


def _weekday(text: str, *, quartz: bool) -> int:
    if text in _DAYS:
        return _DAYS[text]
    number = int(text)
    if quartz and not 1 <= number <= 7:
        raise ValueError(text)
    return (number - 1 if quartz else number) % 7


def _values(
    text: str, lowest: int, highest: int, names: dict[str, int] | None = None, *, round_at: int | None = None
) -> frozenset[int]:
    """A field: `*`, `5`, `1-5`, `*/10`, `5/10`, `1-30/5`, several with commas; a range may go round the end."""
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch("*" if part == "?" else part)
        if match is None:
            raise ValueError(part)
        step = int(match["step"] or 1)
        begin = lowest if match["begin"] == "*" else _number(match["begin"], names)
        open_end = match["begin"] == "*" or (match["step"] and not match["end"])
        end = (round_at or highest) if open_end else _number(match["end"] or match["begin"], names)
        if match["begin"] == "*" and match["end"]:
            raise ValueError(part)
        if not (lowest <= begin <= highest and lowest <= end <= highest and step > 0):
            raise ValueError(part)
        top = round_at or highest
        around = range(begin, end + 1) if begin <= end else [*range(begin, top + 1), *range(lowest, end + 1)]
        found.update(list(around)[::step])
    return frozenset(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    return names[text] if names and text in names else int(text)


def with_names(text: str) -> str:
    """A line of six fields as Quartz counts weekdays, with their names instead: 2 is MON there."""
    fields = text.split()
    if len(fields) != 6:
        return text
    names = list(_DAYS)
    parts = []
    for part in fields[5].upper().split(","):
        body, slash, step = part.partition("/")
        parts.append(_QUARTZ_DAY.sub(lambda it: names[int(it[0]) - 1], body) + slash + step)
    fields[5] = ",".join("SAT" if part == "L" else part for part in parts)
    return " ".join(fields)
