"""When the clock begins a case: moments of a timer start event, seen from a Wednesday morning."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app import diagrams, engine
from tests.conftest import MORNING
from tests.instances.conftest import END, flow, process


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def program(kind: str, text: str) -> engine.Program:
    start = (
        f'<bpmn:startEvent id="start"><bpmn:timerEventDefinition id="t"><bpmn:{kind}>{text}</bpmn:{kind}>'
        "</bpmn:timerEventDefinition></bpmn:startEvent>"
    )
    return engine.compile(diagrams.read(process("clocked", start, END, flow("start > end"))), "clocked")


def first(kind: str, text: str, now: datetime = MORNING) -> engine.Appointment | None:
    return engine.first(program(kind, text), "start", now)


def moments(kind: str, text: str, *, slept_until: datetime | None = None, most: int = 9) -> list[str]:
    """Every moment; the clock stands at each one when the next is asked for, or later where it slept."""
    found, when = [], first(kind, text)
    while when is not None and len(found) < most:
        found.append(when.due_at.isoformat()[:16])
        now, slept_until = slept_until or when.due_at, None
        when = engine.following(when, now)
    return found


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("timeDate", "2026-05-06T02:00:00Z", ["2026-05-06T02:00"]),
        ("timeDate", "2026-05-06T01:59:59Z", []),
        ("timeDate", "2026-05-07", ["2026-05-06T16:00"]),  # midnight in Shanghai
        ("timeDuration", "PT30M", ["2026-05-06T02:30"]),
        ("timeDuration", "=duration(&quot;P1D&quot;)", ["2026-05-07T02:00"]),
        ("timeCycle", "R3/PT1H", ["2026-05-06T03:00", "2026-05-06T04:00", "2026-05-06T05:00"]),
        ("timeCycle", "R2/2026-05-08T01:00Z/P1D", ["2026-05-08T01:00", "2026-05-09T01:00"]),
        ("timeCycle", "R/P1D/2026-05-08T03:00Z", ["2026-05-07T02:00", "2026-05-08T02:00"]),
        ("timeCycle", "R/P1D/2026-05-07T01:00Z", []),  # over before it begins
        # What lay before now is not made up for, and has been counted.
        ("timeCycle", "R4/2026-05-04T01:00Z/P1D", ["2026-05-07T01:00"]),
        ("timeCycle", "R2/2026-05-04T01:00Z/P1D", []),
        ("timeCycle", "R3/2026-03-15T01:00Z/P1M", ["2026-05-15T01:00"]),
        (
            "timeCycle",
            "R6/2026-03-31T01:00Z/P1M",
            ["2026-05-31T01:00", "2026-06-30T01:00", "2026-07-31T01:00", "2026-08-31T01:00"],
        ),
        ("timeCycle", "R4/2026-05-04T02:00Z/P1D", ["2026-05-06T02:00", "2026-05-07T02:00"]),
    ],
)
def test_moments_of_a_start_event(kind: str, text: str, expected: list[str]) -> None:
    assert moments(kind, text) == expected


def test_what_was_slept_through_is_counted_off_and_the_grid_is_kept() -> None:
    late = at("2026-05-09T12:00")
    assert moments("timeCycle", "R6/2026-05-07T01:00Z/P1D", slept_until=late) == [
        "2026-05-07T01:00",
        "2026-05-10T01:00",
        "2026-05-11T01:00",
        "2026-05-12T01:00",
    ]
    assert moments("timeCycle", "R3/2026-05-07T01:00Z/P1D", slept_until=late) == ["2026-05-07T01:00"]
    assert moments("timeCycle", "R/P1D/2026-05-09T03:00Z", slept_until=late) == ["2026-05-07T02:00"]
    assert moments("timeCycle", "R/P1M", slept_until=at("2027-01-01T00:00"), most=2) == [
        "2026-06-06T02:00",
        "2027-01-06T02:00",
    ]


def test_a_second_slept_through_for_a_century_is_no_work() -> None:
    when = first("timeCycle", "R/1926-01-01T00:00:00.5Z/PT1S")
    assert when is not None
    assert when.due_at == at("2026-05-06T02:00:00.5")


def test_a_cycle_at_the_end_of_the_calendar_ends() -> None:
    assert moments("timeCycle", "R/9998-06-01T00:00Z/P1Y") == ["9998-06-01T00:00"]


def test_an_expression_that_says_no_time_begins_nothing() -> None:
    with pytest.raises(engine.NoStart):
        first("timeDate", "=1 + 1")
    with pytest.raises(engine.NoStart):
        engine.first(program("timeDuration", "PT1H"), "end", MORNING)


def test_a_cron_line_begins_a_case_at_each_of_its_moments() -> None:
    found = first("timeCycle", "0 9 * * MON-FRI", at("2026-11-23T01:00"))
    assert found is not None
    assert (found.due_at, found.cron) == (at("2026-11-24T01:00"), "0 9 * * MON-FRI")
    for now, expected in (("2026-11-24T01:00", "2026-11-25T01:00"), ("2026-11-28T01:00", "2026-11-30T01:00")):
        after = engine.following(found, at(now))
        assert after is not None
        assert after.due_at == at(expected)
