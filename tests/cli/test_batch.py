"""`laneway batch`: one answer a line, whatever the line was; the process stays."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.cli import batch, installation, main
from app.cli import feel as feel_command
from tests.processes.walk import ROOT


def answers(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], *lines: Any) -> list[Any]:
    """What the process answers to lines: bytes as they are, anything else as JSON."""
    text = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    capsysbinary.readouterr()
    assert main(["batch"]) == 0
    told = capsysbinary.readouterr()
    assert told.err == b""
    made = [json.loads(line) for line in told.out.splitlines()]
    assert all(set(each) == {"exit", "out", "err"} for each in made)
    return made


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Any:
    return lambda *lines: answers(monkeypatch, capsysbinary, *lines)


def test_commands_are_answered_in_their_order(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.bpmn").write_text("<")
    sum_, check, broken = ask(
        {"args": ["feel", "1 + 1", "--json"]},
        {"args": ["check", str(ROOT / "processes" / "review.bpmn")]},
        {"args": ["check", str(tmp_path / "bad.bpmn"), "--json"]},
    )
    assert (sum_["exit"], json.loads(sum_["out"])["value"], sum_["err"]) == (0, 2, "")
    assert (check["exit"], check["err"]) == (0, "")
    assert check["out"].endswith("review.bpmn: ok\n")
    assert broken["exit"] == 1
    assert json.loads(broken["out"])["files"][0]["ok"] is False


@pytest.mark.parametrize(
    "line",
    [
        b"\n{\n",
        b"not json\n",
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b'{"args": ["\\ud800"]}\n',
        b"null\n",
        b"[]\n",
        b'"feel"\n',
        b"{}\n",
        b'{"args": "feel 1"}\n',
        b'{"args": ["feel", 1]}\n',
        b'{"args": null}\n',
        b'{"args": ["batch"]}\n',
        b'{"args": ["serve"]}\n',
        b'{"args": ["--", "serve"]}\n',
        b'{"args": ["no-such-command"]}\n',
        b'{"args": []}\n',
        b'{"args": ["feel"]}\n',
        b'{"args": ["feel", "1 +"]}\n',
        b'{"args": ["check", "/no/such/file.txt", "--lang", "xx"]}\n',
    ],
)
def test_a_bad_line_is_answered_and_ends_nothing(ask: Any, line: bytes) -> None:
    bad, good = ask(line, {"args": ["feel", "1 + 1"]})
    assert bad["exit"] == 2
    assert bad["err"]
    assert "Traceback" not in bad["err"]
    assert good["exit"] == 0


def test_what_is_not_built_has_its_own_status(ask: Any) -> None:
    assert ask({"args": ["clones", "."]}) == [{"exit": 3, "out": "", "err": "laneway clones: not built yet\n"}]


def test_empty_lines_and_a_byte_order_mark_are_nothing(ask: Any) -> None:
    assert len(ask(b"\n", b"  \r\n", b"\xef\xbb\xbf" + b'{"args": ["feel", "1"]}' + b"\r\n")) == 1
    assert ask() == []


def test_a_last_line_without_its_end_counts(ask: Any) -> None:
    assert [each["exit"] for each in ask(b'{"args": ["feel", "1"]}')] == [0]


def test_a_line_that_is_too_long_is_answered_once(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST", 100)
    long, good = ask(b'{"args": ["feel", "' + b"1" * 1000 + b'"]}\n', {"args": ["feel", "1"]})
    assert (long["exit"], good["exit"]) == (2, 0)
    exact, good = ask(b"x" * 101, b"\n", {"args": ["feel", "1"]})
    assert (exact["exit"], good["exit"]) == (2, 0)


@pytest.mark.parametrize("fault", [RuntimeError("it broke\nhere"), KeyError("x"), RecursionError(), SystemExit("bye")])
def test_a_command_that_breaks_is_answered(ask: Any, monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    def broken(args: Any) -> int:
        sys.stdout.write("half a line")
        raise fault

    monkeypatch.setattr(feel_command, "run", broken)
    bad, good = ask({"args": ["feel", "1"]}, {"args": ["check", str(ROOT / "processes" / "review.bpmn")]})
    assert bad["exit"] == 2
    assert bad["out"] == "half a line"
    assert bad["err"].count("\n") <= 1
    assert "Traceback" not in bad["err"]
    assert good["exit"] == 0


def test_a_command_does_not_eat_the_lines_after_it(ask: Any, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "installed", lambda: app)
    asks, good = ask({"args": ["admin", "create", "admin"]}, {"args": ["feel", "1"]})
    assert asks["exit"] == 1
    assert good["exit"] == 0


def test_text_of_any_language_and_a_name_that_is_no_text_come_back(ask: Any, tmp_path: Path) -> None:
    (value,) = ask({"args": ["feel", '"泳道"', "--json"]})
    assert json.loads(value["out"]) == {"value": "泳道"}
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.bpmn")
    Path(odd).write_text("<")
    (checked,) = ask({"args": ["check", str(tmp_path)]})
    assert checked["exit"] == 1


def test_commands_share_one_application(ask: Any, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "installed", lambda: app)
    for answer in ask(*[{"args": ["history", "verify", "--json"]}] * 3):
        assert json.loads(answer["out"])["whole"] is True


def test_each_answer_comes_before_the_next_line_is_given() -> None:
    """A caller that waits for every answer, through real pipes."""
    command = [sys.executable, "-c", "import sys; from app.cli import main; sys.exit(main(['batch']))"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        for number in range(3):
            process.stdin.write(json.dumps({"args": ["feel", f"{number} + 1", "--json"]}).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert json.loads(answer["out"]) == {"value": number + 1}
    assert process.wait(30) == 0
