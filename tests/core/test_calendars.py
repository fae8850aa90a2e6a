"""Working time: the official Chinese calendar, due dates, and how long something took."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.calendars import Calendar, Day, NotADuration, NotHours, china, parse_duration, parse_hours
from app.core.calendars.calendar import BeyondTheCalendar, NeverWorks

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = parse_hours("09:00-12:00,13:30-18:00")
HOUR = timedelta(hours=1)
#: A department that works Tuesday to Saturday, short on Saturday, in a zone whose clocks change twice a year.
LONDON = Calendar("london", "Europe/London", ((), OFFICE, OFFICE, OFFICE, OFFICE, parse_hours("10:00-13:00"), ()))
CALENDARS = [china(), LONDON]

NEW_YEAR = datetime(2023, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=5 * 365)).map(lambda passed: NEW_YEAR + passed)
durations = st.timedeltas(timedelta(microseconds=1), timedelta(hours=3000))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def worked(start: str, end: str) -> timedelta:
    return china().between(at(start), at(end))


def due(start: str, duration: str) -> datetime:
    return china().due(at(start), duration)


# --- the official calendar ---


def test_an_ordinary_day_has_seven_and_a_half_hours() -> None:
    assert worked("2026-11-24", "2026-11-25") == 7.5 * HOUR


def test_lunch_and_evening_do_not_count() -> None:
    assert worked("2026-11-24 11:30", "2026-11-24 14:00") == HOUR
    assert worked("2026-11-24 17:30", "2026-11-25 09:30") == HOUR


def test_national_day_2025_is_eight_days_of_rest() -> None:
    assert worked("2025-10-01", "2025-10-09") == timedelta(0)


@pytest.mark.parametrize(
    "day", ["2024-02-04", "2024-05-11", "2025-01-26", "2025-10-11", "2026-01-04", "2026-02-28", "2026-10-10"]
)
def test_a_make_up_day_at_the_weekend_is_worked(day: str) -> None:
    assert date.fromisoformat(day).weekday() >= 5
    assert china().is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize(("year", "days"), [(2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_the_working_days_of_its_notice(year: int, days: int) -> None:
    assert worked(f"{year}-01-01", f"{year + 1}-01-01") == days * 7.5 * HOUR


def test_every_special_day_differs_from_the_week_or_falls_into_a_holiday_and_names_its_notice() -> None:
    for day, special in china().days.items():
        assert special.source
        if special.hours:
            assert day.weekday() >= 5, f"{day} would be worked anyway"


def test_beyond_the_last_notice_the_calendar_says_that_it_does_not_know() -> None:
    assert china().covers(at("2026-12-31 23:59"))
    assert not china().covers(at("2027-01-01 00:00"))
    assert not china().covers(at("2021-12-30"))


def test_days_that_the_law_itself_fixes_are_kept_after_the_last_notice() -> None:
    assert not china().is_working_day(date(2027, 1, 1))
    assert china().is_working_day(date(2027, 1, 4))


def test_the_version_changes_with_anything_that_decides_and_with_nothing_else() -> None:
    same = Calendar("cn", china().zone, china().week, dict(china().days))
    other = Calendar("cn", china().zone, china().week, {**china().days, date(2026, 11, 24): Day(())})
    assert china().version == same.version
    assert china().version.startswith("cn:")
    assert other.version != same.version


# --- due dates ---


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("2026-11-24 09:00", "PT4H", "2026-11-24 14:30"),  # over lunch
        ("2026-11-24 09:00", "PT3H", "2026-11-24 12:00"),  # before lunch, not after
        ("2026-11-24 16:00", "PT4H", "2026-11-25 11:00"),  # over night
        ("2026-11-24 12:30", "PT1H", "2026-11-24 14:30"),  # opened at lunch
        ("2026-11-27 17:00", "PT2H", "2026-11-30 10:00"),  # over the weekend
        ("2026-09-30 17:00", "PT2H", "2026-10-08 10:00"),  # over National Day
        ("2026-11-24 10:15", "P1D", "2026-11-25 10:15"),
        ("2026-11-27 10:15", "P1D", "2026-11-30 10:15"),
        ("2026-02-13 10:15", "P1D", "2026-02-14 10:15"),  # a Saturday, made up
        ("2026-02-13 10:15", "P2D", "2026-02-24 10:15"),  # over Spring Festival
        ("2026-11-24 20:00", "P1D", "2026-11-26 09:00"),  # after hours: counts from the next morning
        ("2026-11-28 11:00", "P1D", "2026-12-01 09:00"),  # on a Saturday
        ("2026-11-24 10:15", "P1DT2H", "2026-11-25 13:45"),
        ("2026-11-24 10:15", "P1W", "2026-12-01 10:15"),
        ("2026-09-24 10:15", "P1W", "2026-10-08 09:00"),  # a week later is a holiday
        ("2026-11-28 11:00", "P1W", "2026-12-07 09:00"),  # a week after a Saturday is one
        ("2026-09-24 10:15", "P1W1DT1H", "2026-10-09 10:00"),  # the wall first, then days, then hours
        ("2026-01-31 10:15", "P1M", "2026-02-28 10:15"),  # a Saturday, and another that is made up
    ],
)
def test_a_task_is_due_in_working_time(start: str, duration: str, expected: str) -> None:
    assert due(start, duration) == at(expected)


def test_a_month_from_its_last_day_ends_on_the_last_day_of_the_next() -> None:
    assert due("2025-10-31 10:15", "P1M") == at("2025-12-01 09:00")  # 30 November is a Sunday
    assert due("2026-03-31 10:15", "P1M") == at("2026-04-30 10:15")
    assert due("2026-03-31 10:15", "P1Y") == at("2027-03-31 10:15")


def test_a_day_later_is_never_outside_of_that_days_hours() -> None:
    friday = datetime(2026, 11, 27, 16, 0, tzinfo=ZoneInfo("Europe/London"))
    assert LONDON.due(friday, "P1D") == friday.replace(day=28, hour=13)
    assert LONDON.due(friday.replace(hour=9), "P1D") == friday.replace(day=28, hour=10)


def test_nothing_more_to_wait_is_due_at_once() -> None:
    assert due("2026-11-28 11:00", "PT0S") == at("2026-11-28 11:00")


@pytest.mark.parametrize("text", ["", "P", "PT", "P1", "1D", "P1DT", "-P1D", "P1.5D", "P1H", "P1D ago", "P99999999D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(NotADuration):
        parse_duration(text)


def test_seconds_may_have_a_fraction() -> None:
    assert parse_duration("PT1.25S").clock == timedelta(seconds=1.25)


@pytest.mark.parametrize("duration", ["P9999Y", "PT999999H", "P99999D"])
def test_a_due_date_in_another_age_is_refused_at_once(duration: str) -> None:
    with pytest.raises(BeyondTheCalendar):
        due("2026-11-24 09:00", duration)


# --- hours ---


@pytest.mark.parametrize("text", ["9:00-12:00", "09:00", "12:00-09:00", "09:00-12:00,11:00-13:00", "09:00-25:00", "x"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(NotHours):
        parse_hours(text)


def test_a_day_may_last_until_midnight() -> None:
    assert parse_hours("00:00-24:00") == ((0, 1440),)


def test_a_calendar_without_any_hours_is_refused() -> None:
    with pytest.raises(NeverWorks):
        Calendar("never", "Asia/Shanghai", ((),) * 7)


def test_a_moment_without_a_zone_has_no_place() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        china().between(datetime(2026, 1, 5), at("2026-01-06"))  # noqa: DTZ001


# --- laws ---

calendars = st.sampled_from(CALENDARS)


@given(calendars, moments, durations)
def test_what_was_added_is_what_is_measured(calendar: Calendar, start: datetime, duration: timedelta) -> None:
    assert calendar.between(start, calendar.add(start, duration)) == duration
    assert calendar.between(calendar.add(start, -duration), start) == duration


@given(calendars, moments, durations)
def test_the_end_is_the_earliest_moment_and_a_working_one(
    calendar: Calendar, start: datetime, duration: timedelta
) -> None:
    end = calendar.add(start, duration)
    assert calendar.between(start, end - timedelta.resolution) == duration - timedelta.resolution


@given(calendars, moments, moments, moments)
def test_working_times_add_up(calendar: Calendar, first: datetime, second: datetime, third: datetime) -> None:
    assert calendar.between(first, second) + calendar.between(second, third) == calendar.between(first, third)


@given(calendars, moments, moments, durations)
def test_who_starts_later_is_not_due_earlier(
    calendar: Calendar, first: datetime, second: datetime, duration: timedelta
) -> None:
    first, second = sorted([first, second])
    assert calendar.add(first, duration) <= calendar.add(second, duration)
    for written in ("P1D", "P3D", "P1W", "P1M", "P2DT5H"):
        assert calendar.due(first, written) <= calendar.due(second, written)


@given(calendars, moments, st.integers(0, 40))
def test_working_time_is_what_counting_the_minutes_gives(calendar: Calendar, start: datetime, days: int) -> None:
    start = start.replace(second=0, microsecond=0)
    end = start + timedelta(days=days, minutes=days * 7)
    counted, day = timedelta(0), calendar.local(start).date()
    while day <= calendar.local(end).date():
        for opens, closes in calendar.hours_on(day):
            zone = ZoneInfo(calendar.zone)
            opening = (datetime.combine(day, time.min) + timedelta(minutes=opens)).replace(tzinfo=zone).astimezone(UTC)
            closing = (datetime.combine(day, time.min) + timedelta(minutes=closes)).replace(tzinfo=zone).astimezone(UTC)
            counted += max(timedelta(0), min(closing, end) - max(opening, start))
        day += timedelta(days=1)
    assert calendar.between(start, end) == counted
