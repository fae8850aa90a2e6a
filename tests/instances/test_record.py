"""What the record says: every fact that measures are taken from, with who, when and from where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.clock import FakeClock
from app.core.errors import Invalid
from app.history import StepRow
from app.instances import live, moves
from app.instances.models import Timer
from app.people.models import Department, Lane
from app.tasks.models import Task
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import changes, events, kinds, one, open_tasks, rows, said, state, steps, task_row
from tests.instances.test_timers import after, boundary

NAME = {
    "type": "default",
    "id": "name",
    "components": [{"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}}],
}


def department(code: str) -> int:
    return int(one(sa.select(Department.id).where(Department.code == code))[0])


def told(instance: str, *wanted: str) -> list[tuple[str, int | None]]:
    """(kind, actor) of the events of these kinds."""
    return [(event.kind, event.actor_id) for event in events(instance) if event.kind in wanted]


def test_every_touch_of_a_task_is_a_fact_with_its_actor(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    capture = int(begun["tasks"][0])
    moves.claim(capture, by=cast.lin)
    moves.release(capture, by=cast.lin, reason="lunch")
    moves.assign(capture, cast.he, by=cast.he, reason="urgent")
    moves.open_form(capture, by=cast.lin)  # a look of somebody else is no start
    moves.open_form(capture, by=cast.he)
    moves.open_form(capture, by=cast.he)
    moves.complete(capture, {}, by=cast.he)
    lin, he = cast.lin.account_id, cast.he.account_id
    assert [(event.kind, event.actor_id) for event in events(begun["id"]) if event.task_id == capture] == [
        ("task.created", lin),
        ("task.claimed", lin),
        ("task.released", lin),
        ("task.reassigned", he),
        ("task.started", he),
        ("task.completed", he),
    ]
    assert said(begun["id"], "task.released") == {"reason": "lunch"}
    assert said(begun["id"], "task.reassigned") == {"reason": "urgent"}


def test_a_rejected_form_is_a_fact_with_the_names_of_its_fields_and_nothing_else(deployed: Deploy, cast: Cast) -> None:
    work = task("work", form="name")
    deployed(
        process("formed", lanes(CS="start work end"), START, work, END, flow("start > work", "work > end")), name=NAME
    )
    begun = moves.start("formed", {}, by=cast.lin)
    task_id = int(begun["tasks"][0])
    before = task_row(task_id).version
    with pytest.raises(Invalid):
        moves.complete(task_id, {"name": ""}, by=cast.lin, key="k")
    with pytest.raises(Invalid):
        moves.complete(task_id, {"name": {"first": "Geheim"}}, by=cast.lin)
    rejected = [event for event in events(begun["id"]) if event.kind == "form.rejected"]
    assert [(event.facts, event.actor_id, event.digest) for event in rejected] == [
        ({"fields": ["name"]}, cast.lin.account_id, None)
    ] * 2
    assert task_row(task_id).version == before
    assert moves.complete(task_id, {"name": "Li"}, by=cast.lin, key="k")["state"] == "completed"


def test_nobody_without_the_task_leaves_a_trace_by_guessing(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    before = kinds(begun["id"])
    for who in (cast.sun, cast.wang):
        with pytest.raises(Exception, match="department"):
            moves.complete(int(begun["tasks"][0]), {}, by=who)
    assert kinds(begun["id"]) == before


def test_what_administrators_and_auditors_do_is_recorded(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    instance = int(begun["id"])
    moves.note_read(instance, by=cast.qian)
    moves.suspend(instance, by=cast.admin, reason="fraud check")
    moves.resume(instance, by=cast.admin, reason="cleared")
    moves.edit(instance, {"limit": 5}, by=cast.admin, reason="typing error")
    moves.cancel(instance, by=cast.admin, reason="customer left")
    admin = cast.admin.account_id
    wanted = ("instance.read", "instance.suspended", "instance.resumed", "data.edited", "instance.cancel_asked")
    assert told(begun["id"], *wanted) == [
        ("instance.read", cast.qian.account_id),
        *[(kind, admin) for kind in wanted[1:]],
    ]
    assert said(begun["id"], "instance.cancel_asked") == {"reason": "customer left"}
    assert told(begun["id"], "task.cancelled", "instance.cancelled") == [
        ("task.cancelled", admin),
        ("instance.cancelled", admin),
    ]
    assert steps(begun["id"])["capture"].outcome == "cancelled"


def test_waiting_working_and_cycle_time_stand_in_the_step(relay: Any, cast: Cast, morning: FakeClock) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    capture = int(begun["tasks"][0])
    morning.at += timedelta(hours=1)
    moves.claim(capture, by=cast.lin)
    morning.at += timedelta(minutes=30)
    moves.open_form(capture, by=cast.lin)
    morning.at += timedelta(hours=2)  # 11:30 to 13:30, of which 12:00 to 13:30 is lunch
    done = moves.complete(capture, {}, by=cast.lin)
    step = steps(begun["id"])["capture"]
    assert (step.wait_seconds, step.work_seconds, step.cycle_seconds) == (5400, 7200, 12600)
    assert (step.wait_working_seconds, step.work_working_seconds, step.cycle_working_seconds) == (5400, 1800, 7200)
    assert step.calendar_version
    assert (step.department_id, step.account_id) == (department("CS"), cast.lin.account_id)
    # Completed without being opened: nobody knows when work started, so it is the moment it was done.
    moves.complete(int(done["tasks"][0]), {}, by=cast.wang)
    check = steps(begun["id"])["check"]
    assert (check.wait_seconds, check.work_seconds) == (0, 0)


def test_rounds_are_counted(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "rounds",
            lanes(CS="start work again end"),
            START,
            task("work"),
            '<bpmn:exclusiveGateway id="again" default="f3_again"/>',
            END,
            flow("start > work", "work > again", "again > work : redo = true", "again > end"),
        )
    )
    begun = moves.start("rounds", {}, by=cast.lin)
    for redo in (True, True, False):
        (work,) = open_tasks(begun["id"]).values()
        moves.complete(work, {"redo": redo}, by=cast.lin)
    attempts = rows(
        sa.select(StepRow.attempt).where(StepRow.element == "work", StepRow.kind == "userTask").order_by(StepRow.seq)
    )
    assert attempts == [(1,), (2,), (3,)]
    assert changes(begun["id"]) == [("redo", "entry"), ("redo", "correction")]


@pytest.fixture
def forked(deployed: Deploy) -> Any:
    """CS hands over to OP and RC at once; when both are done, CS closes."""
    return deployed(
        process(
            "forked",
            lanes(CS="start capture split join close end", OP="check", RC="risk"),
            START,
            task("capture"),
            '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>',
            task("check"),
            task("risk"),
            task("close"),
            END,
            flow(
                "start > capture", "capture > split", "split > check", "split > risk", "check > join", "risk > join",
                "join > close", "close > end",
            ),
        )
    )  # fmt: skip


def test_each_branch_is_a_hand_off_and_a_join_counts_from_the_last_arrival(
    forked: Any, cast: Cast, morning: FakeClock
) -> None:
    begun = moves.start("forked", {}, by=cast.lin)
    moves.complete(open_tasks(begun["id"])["capture"], {}, by=cast.lin)
    handed_over = morning.at
    tasks = open_tasks(begun["id"])
    for element in ("check", "risk"):
        row = task_row(tasks[element])
        assert (row.from_element, row.from_department_id) == ("capture", department("CS"))
        assert row.handed_over_at == handed_over
    morning.at += timedelta(hours=1)
    moves.complete(tasks["risk"], {}, by=cast.wu)
    morning.at += timedelta(hours=1)
    moves.complete(tasks["check"], {}, by=cast.wang)
    close = task_row(open_tasks(begun["id"])["close"])
    assert (close.from_element, close.from_department_id) == ("check", department("OP"))
    assert close.handed_over_at == morning.at
    moves.complete(close.id, {}, by=cast.lin)
    found = steps(begun["id"])
    assert {element: found[element].is_handoff for element in ("capture", "check", "risk", "close")} == {
        "capture": False,
        "check": True,
        "risk": True,
        "close": True,
    }
    # A gateway is no department and hands nothing over itself; it passes on where the work came from.
    assert (found["join"].department_id, found["join"].is_handoff, found["join"].from_element) == (None, False, "check")


def test_a_hand_off_through_a_timer_counts_from_the_person_before(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    pause = (
        '<bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition id="p">'
        "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    )
    deployed(
        process(
            "paused",
            lanes(CS="start capture pause", OP="check end"),
            START,
            task("capture"),
            pause,
            task("check"),
            END,
            flow("start > capture", "capture > pause", "pause > check", "check > end"),
        )
    )
    begun = moves.start("paused", {}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    left = morning.at
    morning.at += timedelta(hours=1)
    (timer,) = [event for event in events(begun["id"]) if event.kind == "timer.set"]
    assert moves.fire(int(begun["id"]), timer.facts["ref"])
    check = task_row(open_tasks(begun["id"])["check"])
    assert (check.from_element, check.from_department_id, check.handed_over_at) == ("capture", department("CS"), left)


def test_what_is_done_inside_a_sub_process_or_a_loop_hands_over(deployed: Deploy, cast: Cast) -> None:
    loop = task("each").replace(
        "</bpmn:userTask>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=[1, 2]" inputElement="n"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>",
    )
    inside = (
        '<bpmn:subProcess id="sub"><bpmn:startEvent id="begin"/>'
        + task("check")
        + '<bpmn:endEvent id="finish"/>'
        + flow("begin > check", "check > finish")
        + "</bpmn:subProcess>"
    )
    deployed(
        process(
            "nested",
            lanes(CS="start capture close end", OP="sub begin check finish", RC="each"),
            START,
            task("capture"),
            inside,
            loop,
            task("close"),
            END,
            flow("start > capture", "capture > sub", "sub > each", "each > close", "close > end"),
        )
    )
    begun = moves.start("nested", {}, by=cast.lin)
    moves.complete(open_tasks(begun["id"])["capture"], {}, by=cast.lin)
    moves.complete(open_tasks(begun["id"])["check"], {}, by=cast.wang)
    found = rows(sa.select(Task.id, Task.from_element).where(Task.element == "each"))
    assert [element for _, element in found] == ["check", "check"]
    for each, _ in found:
        moves.complete(each, {}, by=cast.wu)
    close = task_row(open_tasks(begun["id"])["close"])
    assert (close.from_element, close.from_department_id) == ("each", department("RC"))


def test_a_reminder_while_work_goes_on_comes_from_where_the_work_came(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    deployed(
        process(
            "reminded",
            lanes(CS="start capture", OP="check", RC="remind end ended"),
            START,
            task("capture"),
            task("check"),
            boundary("check", after("PT2H"), interrupting=False),
            task("remind"),
            END,
            '<bpmn:endEvent id="ended"/>',
            flow("start > capture", "capture > check", "check > end", "late > remind", "remind > ended"),
        )
    )
    begun = moves.start("reminded", {}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    live.clear()
    morning.at += timedelta(hours=2)
    ((instance, ref),) = rows(sa.select(Timer.instance_id, Timer.ref))
    assert moves.fire(instance, ref)
    remind = task_row(open_tasks(begun["id"])["remind"])
    assert (remind.from_element, remind.from_department_id) == ("capture", department("CS"))


def test_in_a_loop_one_after_the_other_each_round_comes_from_the_one_before(deployed: Deploy, cast: Cast) -> None:
    inside = (
        '<bpmn:subProcess id="sub"><bpmn:multiInstanceLoopCharacteristics isSequential="true">'
        '<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=[1, 2, 3]" inputElement="n"/>'
        '</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics><bpmn:startEvent id="begin"/>'
        + task("check")
        + '<bpmn:endEvent id="finish"/>'
        + flow("begin > check", "check > finish")
        + "</bpmn:subProcess>"
    )
    steps_ = flow("start > capture", "capture > sub", "sub > end")
    lanes_ = lanes(CS="start capture end", OP="sub begin check finish")
    deployed(process("rounds", lanes_, START, task("capture"), inside, END, steps_))
    begun = moves.start("rounds", {}, by=cast.lin)
    moves.complete(open_tasks(begun["id"])["capture"], {}, by=cast.lin)
    came = []
    for who in (cast.wang, cast.zhao, cast.wang):
        live.clear()
        check = task_row(open_tasks(begun["id"])["check"])
        came.append(check.from_element)
        moves.complete(check.id, {}, by=who)
    assert came == ["capture", "check", "check"]
    assert state(begun["id"]) == "completed"


@pytest.fixture
def called(deployed: Deploy) -> Any:
    """CS begins, a called process works in the lane of OP, CS goes on."""
    deployed(
        process(
            "inner", lanes(OP="start check end"), START, task("check", due="PT4H"), END,
            flow("start > check", "check > end"),
        )
    )  # fmt: skip
    call = (
        '<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="inner"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    return deployed(
        process(
            "outer",
            lanes(CS="start capture call close end"),
            START,
            task("capture"),
            call,
            task("close"),
            END,
            flow("start > capture", "capture > call", "call > close", "close > end"),
        )
    )


def test_the_tasks_of_a_called_process_are_in_its_own_lanes_and_in_the_callers_case(
    called: Any, cast: Cast, morning: FakeClock
) -> None:
    begun = moves.start("outer", {"customer": "Li"}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    check = task_row(open_tasks(begun["id"])["check"])
    lane = one(sa.select(Lane.process_key, Lane.path).where(Lane.id == check.lane_id))
    assert (check.process_key, check.instance_id, tuple(lane)) == ("inner", int(begun["id"]), ("inner", "OP"))
    assert check.due_at == morning.at + timedelta(hours=5, minutes=30)
    assert check.from_element == "capture"
    moves.complete(check.id, {"checked": True}, by=cast.wang)
    close = task_row(open_tasks(begun["id"])["close"])
    assert (close.from_element, close.from_department_id) == ("check", department("OP"))
    assert moves.complete(close.id, {}, by=cast.lin)["state"] == "completed"
    assert steps(begun["id"])["check"].definition_id != steps(begun["id"])["close"].definition_id


def test_each_task_of_a_multi_instance_says_which_item_it_is_about(deployed: Deploy, cast: Cast) -> None:
    many = task("work").replace(
        "</bpmn:userTask>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>",
    )
    deployed(process("many", lanes(CS="start work end"), START, many, END, flow("start > work", "work > end")))
    items = ["passport", {"name": "payslip", "pages": 3}, 7, {"other": 1}, "nul\x00", "x" * 300]
    begun = moves.start("many", {"items": items}, by=cast.lin)
    shown = rows(sa.select(Task.item).where(Task.instance_id == int(begun["id"])).order_by(Task.id))
    assert shown == [("passport",), ("payslip",), ("7",), ("",), ("nul\ufffd",), ("x" * 200,)]
    for work in begun["tasks"]:
        moves.complete(int(work), {}, by=cast.lin)
    assert state(begun["id"]) == "completed"
    assert [attempt for (attempt,) in rows(sa.select(StepRow.attempt).where(StepRow.task_id.is_not(None)))] != [1] * 6


def test_where_a_value_came_from_is_told(deployed: Deploy, cast: Cast) -> None:
    """Typed, copied by the machine, imported from outside, or corrected by an operator."""
    wait = (
        '<bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition id="w" messageRef="paid"/>'
        "</bpmn:intermediateCatchEvent>"
    )
    paid = (
        '<bpmn:message id="paid" name="paid"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="=order"/></bpmn:extensionElements></bpmn:message>'
    )
    copy = (
        '<bpmn:scriptTask id="copy"><bpmn:extensionElements><zeebe:script expression="=order" resultVariable="number"/>'
        "</bpmn:extensionElements></bpmn:scriptTask>"
    )
    deployed(
        process(
            "origins",
            lanes(CS="start work copy wait close end"),
            START,
            task("work"),
            copy,
            wait,
            task("close"),
            END,
            flow("start > work", "work > copy", "copy > wait", "wait > close", "close > end"),
            before=paid,
        )
    )
    begun = moves.start("origins", {"customer": "Li"}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {"order": "A1", "customer": "Lee"}, by=cast.lin)
    kept = moves.receive("paid", {"order": "A1"}, {"amount": 3}, sender_id="m", by=cast.lin)
    assert moves.deliver(kept)
    moves.edit(int(begun["id"]), {"amount": 4}, by=cast.admin, reason="bank's error")
    moves.complete(open_tasks(begun["id"])["close"], {"amount": 4, "closed": True}, by=cast.lin)
    assert changes(begun["id"]) == [
        ("customer", "entry"),
        ("customer", "correction"),
        ("order", "entry"),
        ("number", "copy"),
        ("amount", "import"),
        ("amount", "correction"),
        ("closed", "entry"),
    ]
