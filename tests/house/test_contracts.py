"""The floors of the house hold: import contracts, one place that commits, one source of time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"

#: The one place that commits, and the places that may ask the machine for the time.
COMMITS = {"core/database.py"}
CLOCKS = {"core/clock.py", "core/ids.py"}

TIME_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("func", "now"),
    ("func", "current_timestamp"),
}


def calls(names: set[tuple[str, str]]) -> Iterator[tuple[str, int, str]]:
    """Where app/ calls `x.y(...)` for the (x, y) given; "*" stands for any x."""
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if {(name, node.func.attr), ("*", node.func.attr)} & names:
                yield str(file.relative_to(APP)), node.lineno, f"{name}.{node.func.attr}()"


def test_the_import_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_only_the_write_transaction_commits() -> None:
    places = [place for place in calls({("*", "commit")}) if place[0] not in COMMITS]
    assert places == []


def test_time_comes_from_the_clock() -> None:
    places = [place for place in calls(TIME_CALLS) if place[0] not in CLOCKS]
    assert places == []


def test_no_text_is_ever_run_as_python() -> None:
    """Scripts and conditions of a diagram never reach Python's own evaluators."""
    places = []
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            if isinstance(node, ast.Name) and node.id in {"eval", "exec", "__import__"}:
                places.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert places == []
