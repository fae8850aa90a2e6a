"""`laneway check`, as analysts and scripts call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.diagrams.drawings import drawing, task

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "processes").mkdir()
    (tmp_path / "forms").mkdir()
    return tmp_path / "processes"


def said(capsys: pytest.CaptureFixture[str], *paths: Path, status: int = 0) -> list[dict[str, Any]]:
    assert main(["check", *map(str, paths), "--json"]) == status
    files: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["files"]
    return files


def rules(entry: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding["rule"], finding["element"]) for finding in entry["findings"]]


def test_a_clean_diagram_has_nothing_to_say(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    file = folder / "pay.bpmn"
    file.write_bytes(drawing(task()))
    assert said(capsys, file) == [{"file": str(file), "ok": True, "findings": []}]
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: ok\n"


def test_a_finding_says_rule_severity_element_line_and_what_to_do(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = folder / "pay.bpmn"
    file.write_bytes(drawing(task(form="gone")))
    (entry,) = said(capsys, file, status=1)
    assert not entry["ok"]
    (finding,) = entry["findings"]
    assert finding["message"].startswith("“Pay the customer” (work) uses the form “gone”, which is not there.")
    assert {name: finding[name] for name in ("rule", "severity", "element")} == {
        "rule": "form",
        "severity": "error",
        "element": "work",
    }
    assert file.read_text(encoding="utf-8").splitlines()[finding["line"] - 1].lstrip().startswith("<bpmn:userTask")
    assert main(["check", str(file), "--lang", "zh"]) == 1
    assert "使用的表单“gone”不存在" in capsys.readouterr().out


def test_warnings_alone_are_a_clean_end(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    file = folder / "draft.bpmn"
    file.write_bytes(drawing(task(), executable="false"))
    (entry,) = said(capsys, file)
    assert entry["ok"]
    assert rules(entry) == [("not-executable", "p")]


def test_an_unreadable_file_is_an_entry_like_any_other(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "a.bpmn").write_text("<html>", encoding="utf-8")
    (folder / "b.bpmn").write_bytes(drawing(task()))
    (folder / "c.dmn").write_bytes(b"")
    (folder / "d.form").write_text("[", encoding="utf-8")
    entries = said(capsys, folder, folder / "gone.bpmn", status=1)
    assert [Path(entry["file"]).name for entry in entries] == ["a.bpmn", "b.bpmn", "c.dmn", "d.form", "gone.bpmn"]
    assert [rules(entry) for entry in entries if not entry["ok"]] == [[("unreadable", "")]] * 4
    assert "there is no such file" in entries[-1]["findings"][0]["message"]


def test_forms_beside_the_file_and_beside_its_folder_count(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    file = folder / "pay.bpmn"
    file.write_bytes(drawing(task(form="pay")))
    form = json.dumps({"type": "default", "components": []})
    assert not said(capsys, file, status=1)[0]["ok"]
    (folder.parent / "forms" / "pay.json").write_text(form, encoding="utf-8")
    assert said(capsys, file)[0]["ok"]
    (folder.parent / "forms" / "pay.json").unlink()
    (folder / "forms").mkdir()
    (folder / "forms" / "pay.form").write_text(form, encoding="utf-8")
    assert [Path(entry["file"]).name for entry in said(capsys, folder)] == ["pay.form", "pay.bpmn"]


def test_a_slip_in_a_name_is_told_by_the_fields_of_the_form(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    condition = "<bpmn:loopCondition>=amuont > 9</bpmn:loopCondition>"
    loop = f"<bpmn:standardLoopCharacteristics>{condition}</bpmn:standardLoopCharacteristics>"
    step = task(form="pay").replace("</bpmn:userTask>", f"{loop}</bpmn:userTask>")
    (folder / "pay.bpmn").write_bytes(drawing(step))
    field = {"type": "number", "key": "amount", "label": "Amount"}
    (folder.parent / "forms" / "pay.json").write_text(json.dumps({"type": "default", "components": [field]}), "utf-8")
    (entry,) = said(capsys, folder / "pay.bpmn")
    assert [(each["severity"], each["rule"]) for each in entry["findings"]] == [("warning", "unwritten-name")]
    assert "Did you mean “amount”?" in entry["findings"][0]["message"]


def test_called_processes_are_looked_for_beside_the_file_and_among_the_files_given(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    calling, called = folder / "pay.bpmn", folder / "other.bpmn"
    calling.write_bytes(drawing('<bpmn:callActivity id="work" calledElement="other"/>'))
    assert rules(said(capsys, calling, status=1)[0]) == [("called-process", "work")]
    called.write_bytes(drawing(task(), key="other"))
    assert said(capsys, calling)[0]["ok"]
    assert main(["check", str(folder)]) == 0


@pytest.mark.parametrize("arguments", [["check"], ["check", "{empty}"]])
def test_wrong_use_ends_with_2(capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str]) -> None:
    assert main([each.format(empty=tmp_path) for each in arguments]) == 2
    assert capsys.readouterr().out == ""


def test_it_asks_for_neither_flask_nor_the_engine() -> None:
    program = "import sys; from app.cli import main; main(['check', 'gone']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "'app.diagrams.read'" in loaded
    assert not any(f"'{name}'" in loaded for name in ("flask", "SpiffWorkflow", "sqlalchemy"))
