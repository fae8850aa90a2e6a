"""`laneway worktime`, as people and scripts call it."""

from __future__ import annotations

import json

import pytest

from app.cli import main


def minutes(capsys: pytest.CaptureFixture[str], *args: str) -> float:
    assert main(["worktime", *args, "--json"]) == 0
    answer: float = json.loads(capsys.readouterr().out)["minutes"]
    return answer


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-24T09:00", "2026-11-24T18:00", 450),
        ("2026-11-24", "2026-11-25", 450),
        ("2025-10-01T00:00", "2025-10-09T09:00", 0),
        ("2026-02-14T09:00", "2026-02-14T10:00", 60),
        ("2026-11-24T01:00Z", "2026-11-24T02:00+00:00", 60),
        ("2026-11-24T18:00", "2026-11-24T09:00", -450),
        ("2026-11-24T09:00:00", "2026-11-24T09:00:30", 0.5),
    ],
)
def test_it_counts_the_minutes(capsys: pytest.CaptureFixture[str], start: str, end: str, expected: float) -> None:
    found = minutes(capsys, start, end, "--calendar", "cn")
    assert found == expected
    assert isinstance(found, type(expected))


def test_without_json_it_says_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worktime", "2026-11-24T09:00", "2026-11-24T10:30"]) == 0
    assert capsys.readouterr().out == "90\n"


def test_beyond_the_known_holidays_it_warns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worktime", "2026-12-31T09:00", "2027-01-04T10:00"]) == 0
    said = capsys.readouterr()
    assert said.out == "510\n"
    assert "2027-01-04 are not known" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["now", "2026-11-24"], "START is not an ISO 8601 moment: 'now'"),
        (["2026-11-24", "24.11.2026"], "END is not an ISO 8601 moment"),
        (["0001-01-01", "2026-11-24"], "1900 and 2199"),
        (["2026-11-24", "9999-12-31T23:59:59-12:00"], "laneway worktime: "),
    ],
)
def test_what_is_no_moment_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["worktime", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_an_unknown_calendar_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worktime", "2026-11-24", "2026-11-25", "--calendar", "moon"]) == 2
    assert "moon" in capsys.readouterr().err
