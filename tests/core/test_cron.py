"""Cron lines: what each field may say, and the next moment, also where clocks are put forward and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core import cron

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # by half an hour
MONDAY = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)


def after(text: str, at: datetime = MONDAY, zone: ZoneInfo = SHANGHAI) -> str:
    """The next moment on the clocks of the zone; "" for none."""
    line = cron.parse(text)
    assert line is not None
    found = line.after(at, zone)
    return found.astimezone(zone).replace(tzinfo=None).isoformat(sep=" ") if found is not None else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 9 * * *", "2026-11-24 09:00:00"),  # after, never at
        ("*/5 * * * *", "2026-11-23 09:05:00"),
        ("0 9 * * MON-FRI", "2026-11-24 09:00:00"),
        ("0 9 * * 0", "2026-11-29 09:00:00"),
        ("0 9 * * 7", "2026-11-29 09:00:00"),
        ("0 9 1 * 2", "2026-11-24 09:00:00"),  # Unix: the first of the month, or a Tuesday
        ("0 0 9 1 * 2", "2026-12-01 09:00:00"),  # with seconds: the first of the month that is a Tuesday
        ("30 0 9 * * *", "2026-11-23 09:00:30"),
        ("0 0/5 * * * ?", "2026-11-23 09:05:00"),
        ("0 0 12 ? * 2 *", "2026-11-23 12:00:00"),  # Quartz: 2 is Monday
        ("0 0 12 ? * 2#1 2027", "2027-01-04 12:00:00"),
        ("0 0 12 ? * L 2026", "2026-11-28 12:00:00"),
        ("0 0 0 ? * 5#2", "2026-12-11 00:00:00"),
        ("0 0 0 ? * 5L", "2026-11-27 00:00:00"),
        ("0 0 0 ? * FRIL", "2026-11-27 00:00:00"),
        ("0 0 0 L * ?", "2026-11-30 00:00:00"),
        ("0 0 0 L-3 * ?", "2026-11-27 00:00:00"),
        ("0 0 0 LW 1 ?", "2027-01-29 00:00:00"),
        ("0 0 0 15W * ?", "2026-12-15 00:00:00"),
        ("0 0 0 1W AUG ?", "2027-08-02 00:00:00"),  # the first is a Sunday
        ("0 0 0 29 2 ?", "2028-02-29 00:00:00"),
        ("0 0 0 29 2 MON", "2044-02-29 00:00:00"),
        ("0 22-1 * * *", "2026-11-23 22:00:00"),
        ("0 0 9-17/4 * * *", "2026-11-23 13:00:00"),
        ("0 0 12 1,15 JAN,JUL ?", "2027-01-01 12:00:00"),
        ("0 0 0 30 2 ?", ""),
        ("0 0 0 1 1 ? 2020", ""),
        ("@hourly", "2026-11-23 10:00:00"),
        ("@daily", "2026-11-24 00:00:00"),
        ("@midnight", "2026-11-24 00:00:00"),
        ("@weekly", "2026-11-29 00:00:00"),
        ("@monthly", "2026-12-01 00:00:00"),
        ("@Yearly", "2027-01-01 00:00:00"),
        ("@annually", "2027-01-01 00:00:00"),
    ],
)
def test_the_next_moment(text: str, expected: str) -> None:
    assert after(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "R3/PT1H", "PT1H", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8",
     "0 0 0 ? * 0 *", "a b c d e", "1- * * * *", "*/0 * * * *", "* * L-40 * *", "* * * * MON#6", "*-5 * * * *",
     "0 0 0 1 1 ? 1969", "@reboot", "* * * * * * * *", "٣ * * * *", "* * 40W * *", "0 0 * * TUES"],
)  # fmt: skip
def test_what_is_no_cron_line(text: str) -> None:
    assert cron.parse(text) is None


@pytest.mark.parametrize(
    ("quartz", "named"),
    [("0 0 9 ? * 2-6", "0 0 9 ? * MON-FRI"), ("0 0 9 ? * 6L", "0 0 9 ? * FRIL"), ("0 0 9 ? * 6#3", "0 0 9 ? * FRI#3"),
     ("0 0 9 ? * L", "0 0 9 ? * SAT"), ("0 0 9 ? * 1/2", "0 0 9 ? * SUN/2"),
     ("0 0 9 ? * 2,MON,7", "0 0 9 ? * MON,MON,SAT"),
     ("0 0/5 * * * ?", "0 0/5 * * * ?"), ("0 0 9 ? * 2 2027", "0 0 9 ? * 2 2027"), ("0 9 * * 2", "0 9 * * 2")],
)  # fmt: skip
def test_weekdays_as_quartz_counts_them_get_their_names(quartz: str, named: str) -> None:
    assert cron.with_names(quartz) == named


def test_where_clocks_are_put_forward_a_time_that_is_skipped_comes_that_much_later() -> None:
    assert after("30 2 * * *", datetime(2026, 3, 28, 12, tzinfo=BERLIN), BERLIN) == "2026-03-29 03:30:00"
    assert after("30 * * * *", datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), BERLIN) == "2026-03-29 03:30:00"


def test_where_clocks_are_put_back_a_time_that_comes_twice_counts_once_unless_every_hour_is_meant() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    assert after("30 2 * * *", first - timedelta(hours=5), BERLIN) == "2026-10-25 02:30:00"
    assert after("30 2 * * *", first, BERLIN) == "2026-10-26 02:30:00"
    line = cron.parse("30 * * * *")
    assert line is not None
    assert line.after(first.astimezone(UTC), BERLIN) == first.replace(fold=1).astimezone(UTC)


def test_the_end_of_the_calendar_is_no_moment() -> None:
    line = cron.parse("0 0 1 1 *")
    assert line is not None
    assert line.after(datetime(2199, 6, 1, tzinfo=UTC), SHANGHAI) is None
    assert line.after(datetime(9999, 12, 31, tzinfo=UTC), UTC) is None


# -- against looking at every minute -----------------------------------------------------------------------------------


def every_minute(minutes: set[int], hours: set[int], at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Each moment after `at`, by looking at the clocks minute by minute."""
    whole = len(hours) == 24
    moment = at.replace(second=0, microsecond=0)
    while True:
        moment += timedelta(minutes=1)
        here, before = moment.astimezone(zone), (moment - timedelta(hours=3)).astimezone(zone)
        skipped = here.utcoffset() - before.utcoffset()  # type: ignore[operator]
        walls = [here]
        if skipped > timedelta() and not whole:
            old = (moment + before.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]
            real = old.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
            if real != old:  # the clocks never showed that
                walls.append(old.replace(tzinfo=zone))
        if any(wall.minute in minutes and wall.hour in hours and (whole or not wall.fold) for wall in walls):
            yield moment


CHANGES = [(BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC)), (BERLIN, datetime(2026, 10, 25, 1, tzinfo=UTC)),
           (LORD_HOWE, datetime(2026, 4, 4, 15, tzinfo=UTC)), (LORD_HOWE, datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
           (SHANGHAI, datetime(2026, 11, 23, 1, tzinfo=UTC))]  # fmt: skip


@given(
    minutes=st.sets(st.integers(0, 59), min_size=1, max_size=4),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=4) | st.just(set(range(24))),
    change=st.sampled_from(CHANGES),
    offset=st.integers(-400, 400),
)
@example(minutes={0, 10, 30}, hours=set(range(24)), change=CHANGES[1], offset=-40)
@example(minutes={30}, hours={2}, change=CHANGES[0], offset=-100)
@example(minutes={2, 31}, hours={2}, change=CHANGES[3], offset=0)
@example(minutes={2, 30, 31}, hours={2}, change=CHANGES[3], offset=0)
def test_it_agrees_with_looking_at_every_minute(
    minutes: set[int], hours: set[int], change: tuple[ZoneInfo, datetime], offset: int
) -> None:
    zone, moment = change
    at = moment + timedelta(minutes=offset)
    line = cron.parse(f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *")
    assert line is not None
    expected = every_minute(minutes, hours, at, zone)
    for _ in range(3):
        found = line.after(at, zone)
        assert found == next(expected)
        at = found
