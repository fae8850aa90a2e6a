"""Files in the manner of other tools: what is ordinary there is read, and what would run otherwise is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import diagrams
from tests.diagrams.known import Known

HERE = Path(__file__).parent / "tools"
#: what each file is told, but for what is only good to know
FINDINGS = {
    "activiti": {
        "service-type remind",
        "service-type book",  # only an expression
        "kept-aside book",
    },
    "adonis": {"not-executable obj_1", "unwritten-name c3", "unwritten-name c4"},  # answers in words
    "bpmn-io": {"not-executable Process_1"},
    "bizagi": {"timer Id_b", "gateway-condition Id_f3", "gateway-condition Id_f4"},
    "camunda-7": {
        "kept-aside invoice",  # who may start it
        "form StartEvent_1",  # an HTML page
        "expression approve",  # a due date computed by a bean, and JUEL in the middle of a text
        "not-run approve",  # form fields in the diagram
        "expression review",  # groups with JUEL among them
        "event-reference done",  # an error without a code
        "service-type pay",
        "service-type mailer",
    },
    "camunda-8": {"form u", "same-catch b2", "service-type sv", "service-type th"},
    "flowable": {"service-type booked", "kept-aside refused"},
    "jbpm": {"script _D4", "not-run _E5"},  # Java, a work item and a script on entry
    "spiffarena": {"form Activity_ask"},
    "signavio": {"not-executable sid-proc1"},
    "trisotech": set(),
    "visio": set(),
    "visual-paradigm": set(),
}


def test_every_file_is_listed() -> None:
    assert {file.stem for file in HERE.glob("*.bpmn")} == FINDINGS.keys()


@pytest.mark.parametrize("tool", FINDINGS)
def test_a_file_of_another_tool_is_read_and_told_what_would_go_wrong(tool: str) -> None:
    diagram = diagrams.read((HERE / f"{tool}.bpmn").read_bytes())
    found = [each for each in diagrams.check(diagram, Known()) if each.severity != "info"]
    assert {f"{each.rule} {each.element}" for each in found} == FINDINGS[tool]
    assert all(each.line > 0 for each in found)
