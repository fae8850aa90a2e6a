"""Timers: dates, durations, cycles; at boundaries and on the way (BPMN 2.0.2, 10.5.6; ISO 8601)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import engine
from tests.engine.drawing import boundary, catch, task, user
from tests.engine.story import MONDAY, Story


def waiting_for(**says: Any) -> Story:
    data = says.pop("data", None)
    return Story("start -> wait -> end", wait=catch("timer", **says), data=data)


def due(story: Story) -> datetime:
    at: datetime = story.last(engine.TimerSet).due_at
    return at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("PT1H", MONDAY + timedelta(hours=1)),
        ("P1DT2H30M", MONDAY + timedelta(days=1, hours=2, minutes=30)),
        ("P2W", MONDAY + timedelta(weeks=2)),
        ("PT0.5S", MONDAY + timedelta(milliseconds=500)),
        ("P3M", MONDAY.replace(year=2027, month=2)),
        ("P1Y", MONDAY.replace(year=2027)),
        ("PT0S", MONDAY),
        ('=duration("PT1H")', MONDAY + timedelta(hours=1)),
        ('=duration("P1M")', MONDAY.replace(month=12)),
        ('="PT" + string(hours) + "H"', MONDAY + timedelta(hours=7)),
    ],
)
def test_a_duration_counts_from_the_moment_the_token_arrives(text: str, at: datetime) -> None:
    assert due(waiting_for(duration=text, data={"hours": 7})) == at


def test_months_end_where_the_shorter_month_ends() -> None:
    from app.engine.moments import read_length

    length = read_length("P1M")
    assert length is not None
    assert length.after(datetime(2027, 1, 31, tzinfo=UTC)) == datetime(2027, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-01T08:00:00+08:00", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01T00:00:00Z", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01T08:00:00", datetime(2026, 12, 1, tzinfo=UTC)),  # without a zone: in Shanghai
        ("2026-12-01", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ('=date("2026-12-01")', datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ('=date and time("2026-12-01T00:00:00Z")', datetime(2026, 12, 1, tzinfo=UTC)),
        ("=day", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2020-01-01", datetime(2019, 12, 31, 16, tzinfo=UTC)),  # past: due at once
    ],
)
def test_a_date_is_a_moment(text: str, at: datetime) -> None:
    assert due(waiting_for(date=text, data={"day": "2026-12-01T00:00:00Z"})) == at


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "soon"), ("date", 5), ("date", None), ("date", "0001-01-01"), ("duration", "P"), ("duration", "1h"),
        ("duration", True), ("duration", "P9999999Y"), ("cycle", "R0/PT1H"), ("cycle", "R3"), ("cycle", "R/PT0S"),
        ("cycle", "R-5/PT1H"), ("cycle", "R9999999999/PT1H"), ("cycle", []), ("cycle", "R2/x/PT1H"),
        ("cycle", "0 0 9-17 * * MON-FRO"), ("cycle", "0 0 0 30 2 ?"), ("cycle", "R/2026-01-02/2026-01-01"),
    ],
)  # fmt: skip
def test_a_timer_that_is_nonsense_is_an_incident_and_can_be_repaired(kind: str, value: Any) -> None:
    story = waiting_for(**{kind: "=when"}, data={"when": value})
    assert story.last(engine.Failed).code == "bad-timer"
    good = {"date": "2026-12-01", "duration": "PT1H", "cycle": "R/PT1H"}[kind]
    story.retry("wait", when=good)
    story.ring("wait")
    assert story.ended == "completed"


def test_a_timer_on_the_way_fires_once_and_the_case_goes_on() -> None:
    story = waiting_for(cycle="R5/PT1H")
    story.ring("wait")
    assert story.ended == "completed"
    assert story.trace == ["start", "wait caught", "end"]


# -- at the border of a task -------------------------------------------------------------------------------------------


def test_a_timer_interrupts_its_task() -> None:
    story = Story("start -> ask -> end", "late -> call -> end", late=boundary("ask", "timer", duration="PT1H"))
    story.ring("late")
    assert story.open == ["call"]
    assert story.last(engine.TaskWithdrawn).element == "ask"


def test_an_interrupting_cycle_interrupts_at_its_first_occurrence() -> None:
    story = Story("start -> ask -> end", "late -> call -> end", late=boundary("ask", "timer", cycle="R3/PT1H"))
    story.ring("late")
    assert story.open == ["call"]
    assert len(story.all(engine.TimerSet)) == 1


def test_a_reminder_lets_the_task_stay() -> None:
    story = Story(
        "start -> ask -> end", "late -> remind -> end2",
        late=boundary("ask", "timer", duration="PT1H", interrupting=False),
    )  # fmt: skip
    story.ring("late")
    assert story.open == ["ask", "remind"]
    assert story.watched() == [], "a duration fires once"
    story.answer("ask")
    story.answer("remind")
    assert story.ended == "completed"


def test_a_cycle_with_a_count_fires_that_often_each_a_period_after_the_last_was_due() -> None:
    story = Story(
        "start -> ask -> end", "late -> remind -> end2", remind=task(),
        late=boundary("ask", "timer", cycle="R3/PT1H", interrupting=False),
    )  # fmt: skip
    story.later(minutes=5)  # the clock is late; the next one is not
    for _ in range(3):
        story.ring("late")
        story.later(minutes=7)
    assert [it.due_at for it in story.all(engine.TimerSet)] == [MONDAY + timedelta(hours=n) for n in (1, 2, 3)]
    assert story.trace.count("remind") == 3
    assert story.watched() == []
    story.answer("ask")
    assert story.ended == "completed"


@pytest.mark.parametrize("cycle", ["R/PT1H", "R-1/PT1H", "PT1H", '=duration("PT1H")'])
def test_a_cycle_without_a_count_fires_until_the_task_is_done(cycle: str) -> None:
    story = Story(
        "start -> ask -> end", "late -> remind -> end2", remind=task(),
        late=boundary("ask", "timer", cycle=cycle, interrupting=False),
    )  # fmt: skip
    for _ in range(20):
        story.ring("late")
    assert story.at == MONDAY + timedelta(hours=20)
    story.answer("ask")
    assert story.ended == "completed"
    assert story.trace.count("remind") == 20


def test_a_cycle_may_begin_at_a_moment_and_end_at_one() -> None:
    def moments(cycle: str) -> list[datetime]:
        story = Story(
            "start -> ask -> end", "late -> remind -> end2", remind=task(),
            late=boundary("ask", "timer", cycle=cycle, interrupting=False),
        )  # fmt: skip
        while story.watched():
            story.ring("late")
        return [it.due_at for it in story.all(engine.TimerSet)]

    begin = datetime(2026, 11, 24, tzinfo=UTC)
    assert moments("R2/2026-11-24T00:00:00Z/P1D") == [begin, begin + timedelta(days=1)]
    assert moments("R9/PT1H/2026-11-23T12:30:00Z") == [MONDAY + timedelta(hours=n) for n in (1, 2, 3)]
    assert moments("R/PT1H/2026-11-23T11:00:00Z") == [MONDAY + timedelta(hours=n) for n in (1, 2)]


def reminded(cycle: str, at: datetime, rounds: int) -> list[datetime]:
    """When a cycle at the border of a task falls due, the first moments."""
    lines, nodes = ("start -> wait -> ask -> end", "late -> remind -> end2"), {"wait": user(), "remind": task()}
    late = boundary("ask", "timer", cycle=cycle, interrupting=False)
    story = Story(*lines, late=late, **nodes)
    story.at = at
    story.answer("wait")
    for _ in range(rounds - 1):
        story.ring("late")
    return [it.due_at for it in story.all(engine.TimerSet)]


def test_a_monthly_cycle_that_begins_on_the_31st_does_not_stay_where_february_ends() -> None:
    def days(month: int, day: int, year: int = 2027, hour: int = 1) -> datetime:
        return datetime(year, month, day, hour, tzinfo=UTC)

    ends = [days(1, 31), days(2, 28), days(3, 31), days(4, 30)]
    assert reminded("R/2027-01-31T09:00:00/P1M", MONDAY, 4) == ends
    assert reminded("R4/2027-01-31T09:00:00/P1M", MONDAY, 4) == ends
    assert reminded("P1M", days(12, 31, 2026), 4) == ends
    assert reminded("P1Y", days(2, 29, 2028), 4)[-1] == days(2, 29, 2032)


def test_months_are_those_of_the_company_and_not_of_greenwich() -> None:
    early = datetime(2027, 2, 28, 16, 30, tzinfo=UTC)  # half past midnight on 1 March in Shanghai
    assert reminded("P1M", early, 2) == [
        datetime(2027, 3, 31, 16, 30, tzinfo=UTC),
        datetime(2027, 4, 30, 16, 30, tzinfo=UTC),
    ]


def test_of_what_an_endless_cycle_slept_through_one_is_made_up_and_a_counted_one_makes_up_all() -> None:
    lines, late = ("start -> ask -> end", "late -> remind -> end2"), ("R/PT1H", "R9/PT1H", "R/P1M")
    due = []
    for cycle in late:
        made = boundary("ask", "timer", cycle=cycle, interrupting=False)
        story = Story(*lines, remind=task(), late=made)
        story.later(days=90, minutes=5)
        story.ring("late")
        due.append(story.last(engine.TimerSet).due_at)
    assert due[0] == MONDAY + timedelta(days=90, hours=1)
    assert due[1] == MONDAY + timedelta(hours=2)
    assert due[2] == datetime(2027, 2, 23, 9, tzinfo=UTC)


def test_a_cycle_from_feel_keeps_its_fractions() -> None:
    story = Story(
        "start -> ask -> end", "late -> remind -> end2", remind=task(),
        late=boundary("ask", "timer", cycle='=duration("P1DT12H0.25S")', interrupting=False),
    )  # fmt: skip
    for _ in range(4):
        story.ring("late")
    assert story.at == MONDAY + 4 * timedelta(days=1, hours=12, seconds=0.25)


def test_a_cycle_at_the_end_of_the_calendar_just_stops() -> None:
    story = Story(
        "start -> ask -> end", "late -> remind -> end2", remind=task(),
        late=boundary("ask", "timer", cycle="R/9998-06-01T00:00:00Z/P1Y", interrupting=False),
    )  # fmt: skip
    story.ring("late")
    assert story.watched() == []
    assert story.open == ["ask"]


def test_two_timers_of_one_task_are_two() -> None:
    story = Story(
        "start -> ask -> end", "soon -> remind -> end2", "late -> call -> end3", remind=task(),
        soon=boundary("ask", "timer", duration="PT1H", interrupting=False),
        late=boundary("ask", "timer", duration="PT2H"),
    )  # fmt: skip
    story.ring("soon")
    assert story.open == ["ask"]
    story.ring("late")
    assert story.open == ["call"]


def test_a_timer_is_cleared_when_its_task_is_done() -> None:
    story = Story("start -> ask -> b -> end", "late -> call -> end", late=boundary("ask", "timer", duration="PT1H"))
    ref = story.last(engine.TimerSet).ref
    story.answer("ask")
    assert story.last(engine.TimerCleared).ref == ref
    with pytest.raises(engine.UnknownStep):
        engine.advance(story.live, engine.TimerDue(ref), at=story.at)


def test_a_bad_timer_at_the_border_stops_the_task_before_anybody_sees_it() -> None:
    story = Story(
        "start -> ask -> end", "a -> end2", "b -> end3", a=boundary("ask", "timer", duration="PT1H"),
        b=boundary("ask", "timer", duration="=when"),
    )  # fmt: skip
    assert story.last(engine.Failed).code == "bad-timer"
    assert story.all(engine.TaskReached) == []
    assert story.all(engine.TimerSet) == []
    story.retry("ask", when="PT3H")
    assert story.open == ["ask"]
    assert len(story.all(engine.TimerSet)) == 2


@pytest.mark.parametrize("text", ["soon", "P", "1h", "R/PT1H"])
def test_a_duration_that_can_never_be_read_is_refused_when_the_diagram_is_compiled(text: str) -> None:
    with pytest.raises(engine.NotRunnable) as refused:
        waiting_for(duration=text)
    assert refused.value.findings[0][0] == "wait"


# -- cron lines ------------------------------------------------------------------------------------------------------


def test_a_cron_line_strikes_again_and_again_by_the_clocks_of_the_company() -> None:
    late = boundary("ask", "timer", cycle="0 9 * * MON-FRI", interrupting=False)
    story = Story("start -> ask -> end", "late -> note -> end2", ask=user(), late=late, note=task())
    assert due(story) == datetime(2026, 11, 24, 1, tzinfo=UTC)
    days = []
    for _ in range(5):
        story.ring("late")
        days.append(due(story).astimezone(UTC).day)
    assert days == [25, 26, 27, 30, 1]


def test_strikes_that_were_slept_through_happen_once() -> None:
    late = boundary("ask", "timer", cycle="@daily", interrupting=False)
    story = Story("start -> ask -> end", "late -> note -> end2", ask=user(), late=late, note=task())
    story.later(days=10)
    story.ring("late")
    assert story.at < due(story) <= story.at + timedelta(days=1)


def test_the_last_strike_of_a_line_with_a_year_ends_the_listening() -> None:
    late = boundary("ask", "timer", cycle="0 0 9 31 12 ? 2026", interrupting=False)
    story = Story("start -> ask -> end", "late -> note -> end2", ask=user(), late=late, note=task())
    story.ring("late")
    assert story.watched() == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("R2/2026-12-01T00:00Z/2026-12-01T06:00Z", datetime(2026, 12, 1, tzinfo=UTC)),
        ("R2/PT6H/2026-12-01T00:00Z", MONDAY + timedelta(hours=6)),
        ("R/2026-12-01T00:00:00+08:00/P1D", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("PT0.25H", MONDAY + timedelta(minutes=15)),
    ],
)
def test_other_ways_to_write_a_cycle(text: str, at: datetime) -> None:
    story = waiting_for(cycle=text)
    assert due(story) == at


def test_a_cycle_between_two_moments_repeats_at_their_distance() -> None:
    late = boundary("ask", "timer", cycle="R/2026-12-01T00:00Z/2026-12-01T06:00Z", interrupting=False)
    story = Story("start -> ask -> end", "late -> note -> end2", ask=user(), late=late, note=task())
    story.ring("late")
    assert due(story) == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_a_moment_with_a_place_in_brackets_counts_by_its_offset() -> None:
    assert due(waiting_for(date="2026-12-01T09:00:00+01:00[Europe/Berlin]")) == datetime(2026, 12, 1, 8, tzinfo=UTC)
