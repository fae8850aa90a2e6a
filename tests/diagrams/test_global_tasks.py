"""Global tasks: a process of one activity that call activities may call, and that never begins by itself."""

from __future__ import annotations

import pytest

from app import diagrams, engine
from tests.diagrams.drawings import file
from tests.engine.story import MONDAY, FakeHost, Story

CALLS = """<bpmn:process id="p" isExecutable="{executable}"><bpmn:startEvent id="start"/>
  <bpmn:callActivity id="call" calledElement="check"/><bpmn:endEvent id="end"/>
  <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
  <bpmn:sequenceFlow id="f2" sourceRef="call" targetRef="end"/></bpmn:process>"""
SCRIPT = '<bpmn:globalScriptTask id="check" scriptLanguage="feel"><bpmn:script>{y: x + 1}</bpmn:script></bpmn:globalScriptTask>'  # noqa: E501


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("globalTask", "task"),
        ("globalUserTask", "userTask"),
        ("globalManualTask", "manualTask"),
        ("globalScriptTask", "scriptTask"),
        ("globalBusinessRuleTask", "businessRuleTask"),
    ],
)
def test_a_global_task_is_read_as_a_process_of_one_task(tag: str, kind: str) -> None:
    xml = file(f'<bpmn:{tag} id="check" name="Check"><bpmn:documentation>All of it.</bpmn:documentation></bpmn:{tag}>')
    process = diagrams.read(xml).processes["check"]
    assert (process.is_global_task, process.executable, process.name) == (True, True, "Check")
    assert [(node.id, node.kind, node.name) for node in process.nodes.values()] == [("check", kind, "Check")]
    assert process.documentation == "All of it."
    assert diagrams.read(xml).source == xml


def test_it_is_run_when_the_processes_of_its_file_are() -> None:
    for executable in ("true", "false"):
        drawn = diagrams.read(file(CALLS.format(executable=executable) + SCRIPT))
        assert {process.executable for process in drawn.processes.values()} == {executable == "true"}
        assert [it.message for it in diagrams.check(drawn) if it.severity == "error"] == []


def test_a_call_activity_of_any_file_calls_it() -> None:
    caller, library = diagrams.read(file(CALLS.format(executable="true"))), diagrams.read(file(SCRIPT))
    story = Story(diagram=caller, calls=(library,), data={"x": 1})
    assert (story.ended, story.data, story.trace) == ("completed", {"x": 1, "y": 2}, ["start", "check", "call", "end"])


def test_it_never_begins_by_itself() -> None:
    drawn = diagrams.read(file(SCRIPT))
    with pytest.raises(engine.NoStart, match="only called"):
        engine.start(engine.compile(drawn, "check"), {}, host=FakeHost(), at=MONDAY)


def test_what_it_takes_and_gives_are_its_variables() -> None:
    listed = '<bpmn:dataInput id="i" name="x"/><bpmn:dataOutput id="o" name="y"/>'
    io = f"<bpmn:ioSpecification>{listed}</bpmn:ioSpecification>"
    drawn = diagrams.read(file(SCRIPT.replace("><bpmn:script>", f">{io}<bpmn:script>")))
    assert {item.variable for item in drawn.processes["check"].data.values()} == {"x", "y"}
    assert not drawn.processes["check"].nodes["check"].own_data


def test_two_of_one_id_are_told() -> None:
    drawn = diagrams.read(file(SCRIPT + SCRIPT))
    assert [it.element for it in diagrams.check(drawn) if it.rule == "duplicate-id"] == ["check"]
