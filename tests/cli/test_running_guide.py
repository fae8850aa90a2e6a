"""docs/running.md names commands and statuses that are there."""

from __future__ import annotations

import re

import pytest

from app.cli import COMMANDS, INTERRUPTED, UNREAD, main
from tests.processes.walk import ROOT

TEXT = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


def test_every_command_of_the_guide_exists() -> None:
    told = set(re.findall(r"^    \.venv/bin/laneway ([a-z]+)", TEXT, re.M))
    assert len(told) > 5
    assert told <= COMMANDS.keys()


def test_the_guide_tells_every_status() -> None:
    told = re.findall(r"^\| ([0-9, ]+) \| ", TEXT, re.M)
    assert {int(each) for each in ", ".join(told).split(", ")} == {0, 1, 2, 3, INTERRUPTED, UNREAD}


def test_every_command_takes_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`admin`, `history` and `people` have commands of their own, which take it."""
    inner = {"admin": ["create", "password", "token"], "history": ["verify", "rebuild", "export"], "people": ["import"]}
    for command in COMMANDS:
        for words in [[command, each] for each in inner.get(command, [])] or [[command]]:
            assert main([*words, "--help"]) == 0
            assert "--json" in capsys.readouterr().out, words
