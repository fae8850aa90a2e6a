"""The analyst's guide quotes an example that runs: what docs/diagrams.md says is what the product does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from app.cli import main

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "diagrams.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "tests" / "cli" / "trace" / "guide"
STEPS = json.loads((EXAMPLE / "steps.json").read_text(encoding="utf-8"))


def _quoted(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("quoted", _quoted("xml"), ids=lambda quoted: quoted.strip().splitlines()[0][:40])
def test_what_the_guide_quotes_stands_in_the_example(quoted: str) -> None:
    assert _plain(quoted) in _plain((EXAMPLE / "loan.bpmn").read_text(encoding="utf-8"))


def test_the_example_has_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLE), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [it["findings"] for it in files if not it["file"].endswith((".dmn", ".json"))] == [[], []]


def test_the_commands_of_the_guide_do_what_it_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    commands = [shlex.split(line)[1:] for block in _quoted("sh") for line in block.splitlines()]
    assert [main(command) for command in commands] == [0, 0]
    assert "loan.bpmn: completed" in capsys.readouterr().out


DOWN = {"score": {"@error": "BUREAU_UNAVAILABLE"}}
BY_HAND = {"complete": "score-by-hand", "data": {"score": 500}}
NOT_THE_PERSON = {"complete": "look", "data": {"confirmed": False}}
ONE_REFUSES = {"complete": "ask-guarantor", "instance": 2, "data": {"agrees": False}}


@pytest.mark.parametrize(
    ("answers", "kept", "then", "end"),
    [
        (DOWN, 2, [BY_HAND, *STEPS[2:]], "done"),
        ({}, 1, [{"clock": "P15D"}], "lapsed"),
        ({}, 2, [NOT_THE_PERSON], "declined"),
        ({}, 5, [ONE_REFUSES], "declined"),
    ],
)
def test_the_example_takes_its_other_ways_too(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answers: dict[str, object],
    kept: int,
    then: list[dict[str, object]],
    end: str,
) -> None:
    files = {"steps": [*STEPS[:kept], *then], "answers": {"score": {"creditScore": 720}} | answers}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    options = [f"--{name}={tmp_path / name}.json" for name in files]
    assert main(["trace", str(EXAMPLE / "loan.bpmn"), "--json", *options]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["state"], said["trace"][-1]["element"]) == ("completed", end)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", GUIDE))))
def test_every_link_of_the_guide_leads_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()
