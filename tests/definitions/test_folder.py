"""The folder of files: deployed when a file changed, and never over what somebody deployed in the browser."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.definitions.deploy import deploy
from app.definitions.folder import FileResult, deploy_folder
from app.definitions.models import ProcessDefinition
from app.definitions.sources import Folders
from tests.conftest import Cast
from tests.definitions.test_deploy import FORM, TABLE, decided, single
from tests.instances.conftest import END, START, flow, lanes, process
from tests.instances.seen import rows


@dataclass
class Place:
    """An installation's folders, and what starting a server does with them."""

    processes: Path
    forms: Path

    def write(self, name: str, content: Any) -> None:
        folder = self.forms if name.endswith(".json") else self.processes
        (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    def start(self) -> dict[str, FileResult]:
        return {each.name: each for each in deploy_folder(self.processes, self.forms)}


@pytest.fixture
def place(tmp_path: Path, cast: Cast) -> Place:
    made = Place(tmp_path / "processes", tmp_path / "forms")
    for folder in (made.processes, made.forms):
        folder.mkdir()
    made.write("ask.json", FORM)
    made.write("single.bpmn", single())
    return made


def versions(key: str = "single") -> list[tuple[int, str]]:
    found = sa.select(ProcessDefinition.version, ProcessDefinition.source).where(ProcessDefinition.key == key)
    return [tuple(row) for row in rows(found.order_by(ProcessDefinition.version))]


CHANGED = single().replace(b'name="work"', b'name="Work"')


def test_a_file_is_deployed_at_the_first_start_and_left_alone_at_the_second(place: Place) -> None:
    assert place.start()["single.bpmn"].deployed[0].is_new
    assert place.start()["single.bpmn"].unchanged
    assert versions() == [(1, "folder")]


def test_a_changed_file_is_deployed(place: Place) -> None:
    place.start()
    place.write("single.bpmn", CHANGED)
    place.start()
    assert versions() == [(1, "folder"), (2, "folder")]


def test_a_changed_form_or_decision_is_a_change_of_what_uses_it(place: Place) -> None:
    place.write("choose.dmn", TABLE % b"1")
    place.write("decided.bpmn", decided())
    place.start()
    place.write("ask.json", {**FORM, "components": []})
    place.write("choose.dmn", TABLE % b"2")
    again = place.start()
    assert not any(each.unchanged for each in again.values())
    assert versions() == versions("decided") == [(1, "folder"), (2, "folder")]


def test_a_browser_deployment_survives_a_restart(place: Place, cast: Cast) -> None:
    place.start()
    deploy(CHANGED, by=cast.chen, sources=Folders(place.processes, place.forms), source="browser")
    for _ in range(2):
        assert place.start()["single.bpmn"].unchanged
    assert versions() == [(1, "folder"), (2, "browser")]
    # Until somebody changes the file itself.
    place.write("single.bpmn", single().replace(b'name="work"', b'name="WORK"'))
    place.start()
    assert versions() == [(1, "folder"), (2, "browser"), (3, "folder")]


def test_a_refused_file_keeps_no_other_back_and_is_named_at_each_start(place: Place) -> None:
    place.write("broken.bpmn", b"not xml")
    place.write("faulty.bpmn", single("faulty").replace(b'formId="ask"', b'formId="nowhere"'))
    for _ in range(2):
        found = place.start()
        assert found["broken.bpmn"].error is not None
        assert found["faulty.bpmn"].error is not None
        assert found["single.bpmn"].error is None
    assert versions("faulty") == []
    place.write("faulty.bpmn", single("faulty"))
    assert place.start()["faulty.bpmn"].deployed[0].is_new


def test_what_cannot_be_read_keeps_no_server_from_starting(place: Place) -> None:
    (place.processes / "a.bpmn").mkdir()
    (place.processes / "b.bpmn").symlink_to(place.processes / "gone.bpmn")
    os.mkfifo(place.processes / "c.bpmn")
    (place.processes / "d.dmn").mkdir()
    done = place.start()
    assert [each for each, result in done.items() if result.error is None] == ["single.bpmn"]
    assert [str(done[name].error) for name in ("a.bpmn", "b.bpmn", "c.bpmn")] == [
        "this is no ordinary file",
        "there is no such file",
        "this is no ordinary file",
    ]


def test_files_that_call_each_other_may_come_in_any_order(place: Place) -> None:
    call = (
        '<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="single"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    steps = flow("start > call", "call > end")
    place.write("a-caller.bpmn", process("caller", lanes(CS="start call end"), START, call, END, steps))
    assert all(each.error is None for each in place.start().values())


def test_a_file_that_goes_away_takes_nothing_with_it(place: Place) -> None:
    place.start()
    (place.processes / "single.bpmn").unlink()
    assert place.start() == {}
    assert versions() == [(1, "folder")]
    place.write("single.bpmn", single())
    assert place.start()["single.bpmn"].unchanged


def test_a_process_that_stands_in_two_files_of_the_folder_is_refused_in_the_second(place: Place) -> None:
    place.write("again.bpmn", CHANGED)
    for _ in range(2):
        results = place.start()
        assert results["again.bpmn"].error is None
        refused = results["single.bpmn"].error
        assert refused is not None
        assert [(it.element, it.rule) for it in refused.findings] == [("single", "duplicate-id")]
    assert versions() == [(1, "folder")]


def test_ids_within_processes_may_come_again_in_another_file(place: Place) -> None:
    place.write("other.bpmn", single().replace(b'process id="single"', b'process id="other"'))
    assert all(each.error is None for each in place.start().values())
