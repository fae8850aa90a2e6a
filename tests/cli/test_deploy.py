"""`laneway deploy`: files and folders, what became of each, and the exit status that scripts look at."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.cli import installation, main
from app.core.database import reading
from app.definitions.models import DefinitionPart, ProcessDefinition
from app.history import HistoryEvent
from app.history.verify import verify
from tests.conftest import Cast
from tests.instances.conftest import END, START, flow, lanes, process, task
from tests.processes.walk import ROOT


@pytest.fixture(autouse=True)
def installed(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The commands meet the database of the test, and a project without forms."""
    monkeypatch.setattr(installation, "installed", lambda: app)
    monkeypatch.setenv("LANEWAY_FORMS", str(tmp_path / "project-forms"))


def simple(key: str, name: str = "work", form: str = "", after: str = "") -> bytes:
    more = (
        f'<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="{after}"/>'
        if after
        else ""
    )
    more += "</bpmn:extensionElements></bpmn:callActivity>" if after else ""
    way = ("start > work", "work > call", "call > end") if after else ("start > work", "work > end")
    inside = "start work call end" if after else "start work end"
    return process(
        key,
        lanes(CS=inside),
        START,
        task("work", form=form).replace('name="work"', f'name="{name}"'),
        more,
        END,
        flow(*way),
    )


FORM = {
    "schemaVersion": 18,
    "type": "default",
    "id": "note",
    "components": [{"type": "textfield", "key": "note", "label": {"zh": "备注", "en": "Note"}}],
}


def deployed() -> dict[str, int]:
    """Newest version by process."""
    with reading() as session:
        found = session.execute(
            sa.select(ProcessDefinition.key, sa.func.max(ProcessDefinition.version)).group_by(ProcessDefinition.key)
        )
        return dict(found.all())  # type: ignore[arg-type]


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    entries = json.loads(capsys.readouterr().out)["files"]
    return {Path(each["file"]).name: each for each in entries}


def test_the_shipped_folder_is_deployed_and_then_unchanged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LANEWAY_FORMS")
    assert main(["deploy", str(ROOT / "processes")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 5
    assert told[0] == f"{ROOT / 'processes' / 'complaint.bpmn'}: complaint version 1"
    assert main(["deploy", str(ROOT / "processes")]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("complaint version 1, unchanged")
    assert deployed() == dict.fromkeys(("complaint", "feedback", "identity-check", "onboarding", "review"), 1)
    with reading() as session:
        assert set(session.scalars(sa.select(ProcessDefinition.source))) == {"cli"}
        actors = session.scalars(sa.select(HistoryEvent.actor_id).where(HistoryEvent.kind == "definition.deployed"))
        assert set(actors) == {None}
    assert verify().is_whole


def test_forms_beside_the_shipped_diagrams_are_found_wherever_the_project_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copytree(ROOT / "processes", tmp_path / "elsewhere" / "processes")
    copytree(ROOT / "forms", tmp_path / "elsewhere" / "forms")
    assert main(["deploy", str(tmp_path / "elsewhere" / "processes"), "--json"]) == 0
    assert all(entry["ok"] for entry in said(capsys).values())


def test_a_change_is_a_new_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.bpmn"
    for version, name in enumerate(("work", "other work"), start=1):
        file.write_bytes(simple("a", name))
        assert main(["deploy", str(file), "--json"]) == 0
        assert said(capsys)["a.bpmn"]["deployed"] == [{"process": "a", "version": version, "new": True}]
    assert main(["deploy", str(file), "--json"]) == 0
    assert said(capsys)["a.bpmn"]["deployed"] == [{"process": "a", "version": 2, "new": False}]


def test_files_may_call_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.bpmn").write_bytes(simple("a", after="b"))
    (tmp_path / "b.bpmn").write_bytes(simple("b", after="a"))
    assert main(["deploy", str(tmp_path / "a.bpmn"), "--json"]) == 1
    assert deployed() == {}
    capsys.readouterr()
    assert main(["deploy", str(tmp_path / "a.bpmn"), str(tmp_path / "b.bpmn")]) == 0
    assert deployed() == {"a": 1, "b": 1}


@pytest.mark.parametrize("place", ["forms/note.json", "forms/note.form", "project-forms/note.json"])
def test_a_form_is_found_beside_the_diagram_or_in_the_project(tmp_path: Path, place: str) -> None:
    (tmp_path / "a.bpmn").write_bytes(simple("a", form="note"))
    (tmp_path / place).parent.mkdir()
    (tmp_path / place).write_text(json.dumps(FORM))
    assert main(["deploy", str(tmp_path / "a.bpmn")]) == 0
    with reading() as session:
        assert session.scalars(sa.select(DefinitionPart.part_id)).all() == ["note"]


def test_a_form_that_is_named_comes_first_and_is_no_diagram(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.bpmn").write_bytes(simple("a", form="note"))
    (tmp_path / "note.json").write_text(json.dumps(FORM))
    assert main(["deploy", str(tmp_path / "a.bpmn"), str(tmp_path / "note.json"), "--json"]) == 0
    assert list(said(capsys)) == ["a.bpmn"]


def test_a_decision_is_found_beside_the_diagram_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LANEWAY_FORMS")
    (tmp_path / "complaint.bpmn").write_bytes((ROOT / "processes" / "complaint.bpmn").read_bytes())
    assert main(["deploy", str(tmp_path / "complaint.bpmn"), "--json"]) == 1
    assert any("decision" in each["rule"] for each in said(capsys)["complaint.bpmn"]["findings"])
    named = [str(file) for file in (ROOT / "processes").glob("*.dmn")]
    assert main(["deploy", str(tmp_path / "complaint.bpmn"), *named]) == 0


def test_a_refused_file_is_named_with_element_and_line_and_keeps_no_other_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.bpmn").write_bytes(simple("bad", form="none"))
    (tmp_path / "good.bpmn").write_bytes(simple("good"))
    assert main(["deploy", str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert f"{tmp_path / 'bad.bpmn'}: refused" in told
    [finding] = [line for line in told if " error " in line]
    assert finding.startswith(f"{tmp_path / 'bad.bpmn'}:")
    assert " work: " in finding
    assert deployed() == {"good": 1}
    assert main(["deploy", str(tmp_path), "--json", "--lang", "zh"]) == 1
    entry = said(capsys)["bad.bpmn"]
    assert (entry["ok"], entry["outcome"], entry["deployed"]) == (False, "refused", [])
    [found] = [each for each in entry["findings"] if each["severity"] == "error"]
    assert found["element"] == "work"
    assert found["line"] >= 1
    assert any("\u4e00" <= sign <= "\u9fff" for sign in found["message"])


def test_an_unreadable_file_is_an_entry_and_keeps_no_other_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.bpmn").write_text("<bpmn:definitions")
    (tmp_path / "good.bpmn").write_bytes(simple("good"))
    (tmp_path / "broken.dmn").write_text("<x")
    files = [str(tmp_path / name) for name in ("broken.bpmn", "good.bpmn", "none.bpmn", "broken.dmn")]
    assert main(["deploy", *files, "--json"]) == 2
    entries = said(capsys)
    outcomes = {name: entry["outcome"] for name, entry in entries.items()}
    assert outcomes == {
        "broken.bpmn": "unreadable",
        "good.bpmn": "deployed",
        "none.bpmn": "unreadable",
        "broken.dmn": "unreadable",
    }
    assert entries["none.bpmn"]["findings"][0]["rule"] == "unreadable"
    assert deployed() == {"good": 1}


def test_a_file_without_anything_to_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.bpmn").write_bytes(simple("a").replace(b'isExecutable="true"', b'isExecutable="false"'))
    assert main(["deploy", str(tmp_path / "a.bpmn"), "--json"]) == 1
    assert "nothing-to-run" in [each["rule"] for each in said(capsys)["a.bpmn"]["findings"]]
    assert main(["deploy", str(tmp_path / "a.bpmn"), "--executable"]) == 0
    assert deployed() == {"a": 1}


def test_a_folder_without_diagrams_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note.json").write_text("{}")
    assert main(["deploy", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"laneway deploy: {tmp_path}: there is no diagram in there\n"


def test_a_file_named_twice_is_deployed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.bpmn").write_bytes(simple("a"))
    assert main(["deploy", str(tmp_path), str(tmp_path / "a.bpmn")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'a.bpmn'}: a version 1\n"
