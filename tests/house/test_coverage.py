"""docs/bpmn-coverage.md says what the conformance drawings say."""

from __future__ import annotations

import pytest

from tools import coverage


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert coverage.main(["--check"]) == 0, "python -m tools.coverage"
    assert "refused" in capsys.readouterr().out


def test_every_row_leads_to_its_drawing_and_every_drawing_has_a_row() -> None:
    found = coverage.rows()
    linked = set(coverage.DRAWINGS.rglob("*.json"))
    assert {coverage.DRAWINGS / f"{row.name}.json" for row in found} == linked
    assert all((coverage.DRAWINGS / f"{row.name}.bpmn").is_file() for row in found)


def test_runs_and_refused_are_counted_apart() -> None:
    runs = coverage.Row("events/a", "Event", "a", "10", "")
    refused = coverage.Row("events/b", "Event", "b", "10", "not yet")
    pattern = coverage.Row("patterns/wcp-01", "WCP-1", "-", "WCP", "")
    wrong = coverage.Row("not-bpmn/a", "Event", "a", "10", "an end ends")
    assert coverage.counts([runs, runs, refused, pattern, wrong]) == (
        "elements and variants: 2 run, 1 refused; control-flow patterns: 1 run, 0 refused; "
        "what BPMN does not allow: 1 of 1 refused by name"
    )
    assert "| *refused*: not yet |" in coverage.page([runs, refused])
