"""The shipped files themselves: clean, complete in both languages, drawn so that they can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from app import diagrams, forms
from app.cli import main
from app.diagrams.model import Box, Diagram, Node, Process
from tests.processes.walk import ROOT

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FILES = sorted((ROOT / "processes").glob("*.bpmn"))
FORMS = sorted((ROOT / "forms").glob("*.json"))
DEPARTMENTS = {"客服部", "业务部", "运营部", "风控合规部", "市场部", "技术部", "人力资源部"}


def diagram(name: str) -> Diagram:
    return diagrams.read((ROOT / "processes" / f"{name}.bpmn").read_bytes())


def process(name: str) -> Process:
    return diagram(name).processes[name]


def nodes() -> Iterator[tuple[str, Node]]:
    for file in FILES:
        for node in process(file.stem).nodes.values():
            yield file.stem, node


NAMES = [file.stem for file in FILES]


def test_five_processes_are_shipped() -> None:
    assert NAMES == ["complaint", "feedback", "identity-check", "onboarding", "review"]


def test_laneway_check_has_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ROOT / "processes"), str(ROOT / "forms")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(FILES) + len(FORMS) + 3
    assert all(line.endswith(": ok") for line in said)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_chinese_and_has_its_english(name: str) -> None:
    drawn, own = diagram(name), process(name)
    things = [own, *own.nodes.values(), *own.flows.values(), *own.lanes.values(), *drawn.pools.values()]
    named = [each for each in things if each.name]
    assert [each.id for each in named if not CHINESE.search(each.name)] == []
    assert [each.id for each in named if not each.names.get("en") or CHINESE.search(each.names["en"])] == []


def test_every_step_has_a_name_and_the_work_is_described_in_both_languages() -> None:
    work = ("userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity", "subProcess")
    for name, node in nodes():
        if "Task" in node.kind or node.kind in work:
            assert node.name, (name, node.id)
        if node.kind in work:
            assert CHINESE.search(node.documentation), (name, node.id)
            assert node.documentations.get("en"), (name, node.id)


def test_every_way_out_of_a_choice_has_a_name() -> None:
    for name in NAMES:
        own = process(name)
        for node in own.nodes.values():
            if node.kind in ("exclusiveGateway", "inclusiveGateway") and len(node.outgoing) > 1:
                assert node.name, (name, node.id)
                assert all(own.flows[flow].name for flow in node.outgoing), (name, node.id)


@pytest.mark.parametrize("name", NAMES)
def test_every_lane_is_a_department(name: str) -> None:
    assert {lane.name for lane in process(name).lanes.values()} <= DEPARTMENTS
    assert all(node.lane for node in process(name).nodes.values())


def test_every_user_task_has_a_form_and_a_time_and_every_form_is_used() -> None:
    tasks = [node for _, node in nodes() if node.kind == "userTask"]
    assert {node.form for node in tasks} == {file.stem for file in FORMS}
    assert [node.id for node in tasks if node.schedule.due is None] == []


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_a_form_is_clean_short_and_speaks_both_languages(file: Path) -> None:
    form = forms.read(file.read_bytes())
    assert forms.check(form) == []
    assert 3 <= len(form.inputs) <= 11
    assert form.writes
    assert form.id == form.source["id"]
    texts = [each.labels for each in form.inputs]
    texts += [option.labels for each in form.inputs for option in each.options]
    texts += [each.descriptions for each in form.inputs if each.descriptions]
    assert [dict(text) for text in texts if not (text.get("zh") and text.get("en"))] == []


def test_between_them_the_processes_use_what_real_work_needs() -> None:
    kinds = {node.kind for _, node in nodes()}
    assert kinds >= {
        "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "callActivity",
        "subProcess", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway",
    }  # fmt: skip
    boundaries = {(node.events[0].kind, node.interrupting) for _, node in nodes() if node.kind == "boundaryEvent"}
    assert boundaries == {
        ("timer", True), ("timer", False), ("error", True), ("escalation", False), ("message", True),
    }  # fmt: skip
    ends = {event.kind for _, node in nodes() if node.kind == "endEvent" for event in node.events}
    assert ends == {"message", "error", "terminate"}
    assert {node.id for _, node in nodes() if node.loop} == {"investigate", "check-holder"}


def test_whoever_prepares_does_not_decide() -> None:
    groups: dict[tuple[str, str], set[str]] = {}
    for name, node in nodes():
        group = node.properties.get("laneway.fourEyes")
        if group:
            groups.setdefault((name, group), set()).add(node.id)
    assert groups == {
        ("onboarding", "opening"): {"capture", "approve", "approve-second"},
        ("review", "credit"): {"register", "decide", "decide-second"},
        ("complaint", "answer"): {"draft", "check-answer"},
    }


def test_the_first_task_of_onboarding_is_the_one_that_is_measured() -> None:
    """`make bench` completes it: eight fields or more, a timer on its border, a duty (contract.md)."""
    own = process("onboarding")
    [start] = [node for node in own.nodes.values() if node.kind == "startEvent" and not node.scope.startswith("dil")]
    first = own.nodes[own.flows[start.outgoing[0]].target]
    form = forms.read((ROOT / "forms" / f"{first.form}.json").read_bytes())
    assert len(form.writes) >= 8
    assert [node.events[0].kind for node in own.nodes.values() if node.attached_to == first.id] == ["timer"]
    assert first.properties["laneway.fourEyes"]
    assert own.lanes[first.lane[-1]].name == "客服部"


# -- the drawing --


@pytest.mark.parametrize("name", NAMES)
def test_everything_has_its_place_and_flows_run_at_right_angles(name: str) -> None:
    own = process(name)
    assert [node.id for node in own.nodes.values() if node.box is None] == []
    assert [lane.id for lane in own.lanes.values() if lane.box is None] == []
    for flow in own.flows.values():
        assert len(flow.points) >= 2, flow.id
        assert all(x1 == x2 or y1 == y2 for (x1, y1), (x2, y2) in pairwise(flow.points)), flow.id


@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_on_anything_else(name: str) -> None:
    own = process(name)
    for one, other in combinations(own.nodes.values(), 2):
        related = other.attached_to == one.id or one.attached_to == other.id or one.scope != other.scope
        assert related or not _overlap(_box(one), _box(other)), (one.id, other.id)


@pytest.mark.parametrize("name", NAMES)
def test_no_flow_runs_through_a_shape(name: str) -> None:
    own = process(name)
    for flow in own.flows.values():
        source = own.nodes[flow.source]
        near = {flow.source, flow.target, source.attached_to}
        for node in own.nodes.values():
            if node.id in near or node.attached_to in near or node.scope != source.scope:
                continue
            for (x1, y1), (x2, y2) in pairwise(flow.points):
                way = Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))
                assert not _overlap(way, _box(node)), (flow.id, node.id)


@pytest.mark.parametrize("name", NAMES)
def test_a_node_lies_within_its_lane(name: str) -> None:
    own = process(name)
    for node in own.nodes.values():
        lane, box = own.lanes[node.lane[-1]].box, _box(node)
        assert lane is not None
        assert lane.y <= box.y, node.id
        assert box.y + box.height <= lane.y + lane.height, node.id


def _box(node: Node) -> Box:
    assert node.box is not None
    return node.box


def _overlap(one: Box, other: Box) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (beside or one.y + one.height <= other.y or other.y + other.height <= one.y)
