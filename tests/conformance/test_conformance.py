"""Every element of BPMN 2.0 and each variant, drawn: it runs as the standard says, or is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.drawn import differences, drawings, follows, play, refused

REFUSED = refused()
DRAWINGS = {it.name: it for it in drawings()}


@pytest.mark.parametrize("name", [name for name in DRAWINGS if name not in REFUSED])
def test_it_runs_as_the_standard_says(name: str, tmp_path: Path) -> None:
    drawing = DRAWINGS[name]
    for number, run in enumerate(drawing.runs, 1):
        found = differences(run["expect"], play(drawing, run, tmp_path))
        assert not found, f"run {number}: expected {run['expect']}, but " + "; ".join(found)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """Whoever lets one of these run takes it off the list."""
    drawing = DRAWINGS[name]
    for run in drawing.runs:
        said = play(drawing, run, tmp_path)
        assert said["state"] == "refused", said
        assert said["trace"] == []
        assert REFUSED[name] in {it["element"] or "-" for it in said["findings"]}, said["findings"]


def test_every_drawing_says_what_it_shows(record_property: Callable[[str, object], None]) -> None:
    record_property("counted", f"conformance drawings: {len(DRAWINGS) - len(REFUSED)} run, {len(REFUSED)} refused")
    shown = [(it.says["element"], it.says["variant"], name.split("/")[0]) for name, it in DRAWINGS.items()]
    assert all(all(each) for each in shown)
    assert len(shown) == len(set(shown)), "two drawings show the same"
    assert all(it.file.is_file() and it.runs and it.says["standard"] for it in DRAWINGS.values())


def test_a_trace_is_compared_in_order_but_for_what_goes_on_side_by_side() -> None:
    expected = ["start", [["a", "b"], ["c", ["d", "e"]]], "end"]

    def went(text: str) -> bool:
        return follows(expected, [(each, f"{each} #1") for each in text.split()])

    assert went("start a b c d e end")
    assert went("start c e a d b end")
    for wrong in ("start b a c d e end", "start a b d c e end", "start a b c d end", "start a b c d e", "start"):
        assert not went(wrong)
    assert follows(["a #2"], [("a", "a #2")])
    assert not follows(["a #2"], [("a", "a #1")])
