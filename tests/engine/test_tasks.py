"""Tasks: people, services, scripts, decisions, sending and receiving (BPMN 2.0.2, 10.3.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app import engine
from app.diagrams.model import Assignment, Schedule, ServiceCall
from tests.engine.drawing import Made, decision, feel, formula, manual, receive, script, send, service, task, user
from tests.engine.story import Story


def test_a_task_waits_for_a_person_and_their_answer_is_written() -> None:
    story = Story("start -> ask -> end")
    assert story.open == ["ask"]
    story.answer("ask", name="Wang", amount=5)
    assert story.ended == "completed"
    assert story.data == {"name": "Wang", "amount": 5}
    assert story.trace == ["start", "ask", "end"]


def test_a_manual_task_waits_for_a_person_too() -> None:
    story = Story("start -> file -> end", file=manual())
    assert story.last(engine.TaskReached).element == "file"
    story.answer("file")
    assert story.ended == "completed"


def test_a_plain_task_passes() -> None:
    assert Story("start -> note -> end", note=task()).trace == ["start", "note", "end"]


def test_what_an_answer_changed_is_told_with_what_it_was_before() -> None:
    story = Story("start -> ask -> end", data={"amount": 5, "kept": 1})
    story.answer("ask", amount=7, kept=1, name="Li")
    told = story.last(engine.DataWritten)
    assert (told.element, told.before, told.after) == ("ask", {"amount": 5}, {"amount": 7, "name": "Li"})


def test_true_is_another_value_than_one() -> None:
    story = Story("start -> ask -> end", data={"ok": 1})
    story.answer("ask", ok=True)
    assert story.last(engine.DataWritten).after == {"ok": True}


def test_a_task_tells_who_may_do_it_until_when_and_how_urgent_it_is() -> None:
    offered = user(
        assignment=Assignment(formula("lead"), feel("OP, CS"), formula("[lead, other]")),
        schedule=Schedule(formula("date and time(day + \"T17:00:00+08:00\")"), feel("P2D")),
        priority=formula("if vip then 90 else 50"),
        form="account",
        properties={"laneway.fourEyes": "release"},
        names={"zh": "询问"},
        lane=("pool", "desk"),
    )  # fmt: skip
    story = Story(
        "start -> ask -> end", ask=offered, data={"lead": "lin", "other": "wang", "day": "2026-12-01", "vip": True}
    )
    task = story.last(engine.TaskReached)
    assert (task.assignee, task.groups, task.users) == ("lin", ("OP", "CS"), ("lin", "wang"))
    assert task.due == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert task.follow_up == "P2D"
    assert (task.priority, task.form, task.lane) == (90, "account", ("pool", "desk"))
    assert (task.properties, task.names) == ({"laneway.fourEyes": "release"}, {"zh": "询问"})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('"2026-12-01"', datetime(2026, 11, 30, 16, tzinfo=UTC)),  # begins at midnight in Shanghai
        ('duration("P3D")', "P3D"),
        ('duration("P1Y")', "P1Y"),
        ("missing", None),
        ("5", None),
        ('" "', None),
    ],
)
def test_a_due_date_is_a_moment_or_a_duration_in_working_time(written: str, told: Any) -> None:
    story = Story("start -> ask -> end", ask=user(schedule=Schedule(formula(written))))
    assert story.last(engine.TaskReached).due == told


@pytest.mark.parametrize(
    "written", ['date and time("0001-01-01T00:00:00+14:00")', 'date and time("9999-12-31T23:00:00-12:00")']
)
def test_a_due_date_at_the_end_of_the_calendar_is_none(written: str) -> None:
    story = Story("start -> ask -> end", ask=user(schedule=Schedule(formula(written))))
    assert story.last(engine.TaskReached).due is None


def test_a_customer_who_writes_an_absurd_date_breaks_nothing() -> None:
    story = Story(
        "start -> ask -> check -> end", check=user(schedule=Schedule(formula("wanted"), formula("wanted")))
    )  # fmt: skip
    story.answer("ask", wanted="0001-01-01")
    assert story.open == ["check"]


@pytest.mark.parametrize(("written", "told"), [("500", 100), ("-3", 0), ('"70"', 70), ('"high"', 50), ("7.5", 50)])
def test_a_priority_is_a_whole_number_from_0_to_100(written: str, told: int) -> None:
    assert Story("start -> a -> end", a=user(priority=formula(written))).last(engine.TaskReached).priority == told


def test_input_mappings_are_what_a_task_sees_and_stay_its_own() -> None:
    story = Story(
        "start -> ask -> after -> end",
        ask=user(inputs={"who": "customer.name", "twice": "who + who"}),
        data={"customer": {"name": "Li"}},
    )
    assert story.last(engine.TaskReached).data == {"customer": {"name": "Li"}, "who": "Li", "twice": "LiLi"}
    story.answer("ask", done=True)
    assert story.last(engine.TaskReached).data == {"customer": {"name": "Li"}, "done": True}


def test_output_mappings_alone_say_what_of_an_answer_is_kept() -> None:
    story = Story(
        "start -> ask -> end",
        ask=user(outputs={"customer.phone": "phone", "full": 'customer.name + " " + phone'}),
        data={"customer": {"name": "Li"}},
    )
    story.answer("ask", phone="139", secret="x")
    assert story.data == {"customer": {"name": "Li", "phone": "139"}, "full": "Li 139"}


def test_a_task_is_answered_once() -> None:
    story = Story("start -> ask -> again -> end")
    ref = story.ref("ask")
    story.answer("ask")
    with pytest.raises(engine.UnknownStep):
        engine.advance(story.live, engine.TaskDone(ref), at=story.at)


@pytest.mark.parametrize(
    "event", [engine.TimerDue("2"), engine.MessageArrived("2"), engine.ServiceDone("2"), engine.Retry("2")]
)
def test_a_task_takes_nothing_but_an_answer(event: engine.Event) -> None:
    story = Story("start -> ask -> end")
    assert story.ref("ask") == "2"
    with pytest.raises(engine.UnknownStep):
        engine.advance(story.live, event, at=story.at)


@pytest.mark.parametrize("ref", ["", "0", "-1", "x", "2/", "/2", "2/1", "02", "٢", "9" * 5000, "1/" * 200 + "1"])
def test_a_step_that_never_was_is_unknown(ref: str) -> None:
    story = Story("start -> ask -> end")
    with pytest.raises(engine.UnknownStep):
        engine.advance(story.live, engine.TaskDone(ref), at=story.at)


# -- services ----------------------------------------------------------------------------------------------------------


def test_a_service_is_called_with_its_inputs_and_its_result_is_written() -> None:
    story = Story(
        "start -> scoring -> end",
        scoring=service("=kind", 5, inputs={"name": "customer.name"}, outputs={"risk.score": "score"}),
        data={"customer": {"name": "Li"}, "kind": "score"},
    )
    call = story.last(engine.ServiceCalled)
    assert (call.element, call.type, call.inputs, call.retries) == ("scoring", "score", {"name": "Li"}, 5)
    story.serve("scoring", score=7, trash=True)
    assert story.data == {"customer": {"name": "Li"}, "kind": "score", "risk": {"score": 7}}


def test_a_service_without_input_mappings_is_given_all_it_can_see() -> None:
    story = Story("start -> scoring -> end", scoring=service(), data={"a": 1, "b": [2]})
    assert story.last(engine.ServiceCalled).inputs == {"a": 1, "b": [2]}


def test_the_headers_of_a_service_are_told() -> None:
    made = service()
    made.says["service"] = ServiceCall(feel("mail"), 1, {"subject": "Welcome"})
    assert Story("start -> mail -> end", mail=made).last(engine.ServiceCalled).headers == {"subject": "Welcome"}


def test_a_service_whose_type_is_no_text_fails() -> None:
    story = Story("start -> scoring -> end", scoring=service("=missing"))
    assert story.last(engine.Failed).code == "bad-service"
    story.edit(missing="score")
    story.retry("scoring")
    assert story.last(engine.ServiceCalled).type == "score"


# -- scripts and decisions ---------------------------------------------------------------------------------------------


def test_a_script_writes_its_result_variable() -> None:
    assert Story("start -> s -> end", s=script("a + 1", "b"), data={"a": 1}).data == {"a": 1, "b": 2}


def test_a_script_without_result_variable_writes_the_entries_of_its_context() -> None:
    assert Story("start -> s -> end", s=script("{a: 2, b: a * 2}"), data={"a": 1}).data == {"a": 2, "b": 4}
    assert Story("start -> s -> end", s=script("5")).data == {}


def test_numbers_stay_exact() -> None:
    story = Story("start -> s -> t -> end", s=script("0.1 + 0.2", "x"), t=user(), data={"big": 10**33 + 1})
    story.answer("t")
    assert str(story.data["x"]) == "0.3"
    assert story.data["big"] == 10**33 + 1


def test_a_decision_is_asked_and_told_with_what_it_read() -> None:
    story = Story(
        "start -> rate -> end",
        rate=decision("risk", "level"),
        decisions={"risk": lambda context: "high" if context["amount"] > 5 else "low"},
        data={"amount": 7},
    )
    assert story.data["level"] == "high"
    told = story.last(engine.DecisionMade)
    assert (told.element, told.decision, told.outputs) == ("rate", "risk", "high")


def test_a_decision_with_several_outputs_writes_each() -> None:
    story = Story("start -> rate -> end", rate=decision("risk"), decisions={"risk": lambda _: {"a": 1, "b": 2}})
    assert story.data == {"a": 1, "b": 2}
    story = Story("start -> rate -> end", rate=decision("risk"), decisions={"risk": lambda _: 5})
    assert story.data == {"risk": 5}


def test_the_decision_may_be_chosen_by_an_expression() -> None:
    story = Story(
        "start -> rate -> end",
        rate=decision('="risk-" + kind', "level"),
        decisions={"risk-b": lambda _: 2},
        data={"kind": "b"},
    )
    assert story.data["level"] == 2


@pytest.mark.parametrize(("target", "code"), [("nowhere", "decision"), ("=missing", "bad-decision")])
def test_a_decision_that_does_not_exist_is_an_incident(target: str, code: str) -> None:
    story = Story("start -> rate -> end", rate=decision(target, "level"))
    assert story.last(engine.Failed).code == code
    story.skip("rate", level="low")
    assert (story.ended, story.data) == ("completed", {"level": "low"})


# -- messages ----------------------------------------------------------------------------------------------------------


def test_a_send_task_sends_what_its_inputs_say_and_goes_on() -> None:
    story = Story(
        "start -> tell -> end",
        tell=send("paid", key="order", inputs={"amount": "total"}),
        data={"order": {"b": 1, "a": "x"}, "total": 5, "secret": 1},
    )
    sent = story.last(engine.MessageSent)
    assert (sent.kind, sent.name, sent.payload) == ("message", "paid", {"amount": 5})
    assert sent.correlation == '{"a":"x","b":1}', "a key has one text, however its parts are ordered"
    assert story.ended == "completed"


def test_a_receive_task_waits_for_the_message_with_its_key() -> None:
    story = Story("start -> wait -> end", wait=receive("paid", "order"), data={"order": 7})
    waits = story.last(engine.MessageAwaited)
    assert (waits.kind, waits.name, waits.correlation) == ("message", "paid", "7")
    story.message("wait", amount=5)
    assert (story.ended, story.data) == ("completed", {"order": 7, "amount": 5})
    assert story.last(engine.MessageForgotten).ref == waits.ref


def test_a_message_without_a_key_is_for_anybody() -> None:
    assert Story("start -> wait -> end", wait=receive("paid")).last(engine.MessageAwaited).correlation is None


def test_the_text_7_is_another_key_than_the_number() -> None:
    story = Story("start -> wait -> end", wait=receive("paid", "order"), data={"order": "7"})
    assert story.last(engine.MessageAwaited).correlation == '"7"'


def test_a_key_without_a_value_is_an_incident_not_a_message_for_anybody() -> None:
    story = Story("start -> wait -> end", wait=receive("paid", "order"))
    assert story.last(engine.Failed).code == "no-correlation"
    story.retry("wait", order=7)
    assert story.last(engine.MessageAwaited).correlation == "7"


@pytest.mark.parametrize("kind", ["serviceTask", "businessRuleTask"])
def test_work_that_names_nobody_asks_whoever_answers_to_its_own_id(kind: str) -> None:
    story = Story("start -> it -> end", it=Made(kind))
    assert story.last(engine.ServiceCalled).type == "it"
    story.serve("it", n=1)
    assert (story.ended, story.data) == ("completed", {"n": 1})
