"""Operators: retry, skip, edit, cancel. A failed step is never lost, and what it has is not asked for twice."""

from __future__ import annotations

from typing import Any

import pytest

from app import engine
from app.engine import limits
from tests.engine.drawing import boundary, call, catch, decision, draw, many, receive, script, send, service, sub, user
from tests.engine.story import Story

FAILING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what is drawn at `it`, and what repairs it
    "xor": ({}, {"x": 1}),
    "service": ({"it": service("=kind")}, {"kind": "job"}),
    "timer": ({"it": catch("timer", duration="=wait")}, {"wait": "PT1H"}),
    "message": ({"it": receive("m", "key")}, {"key": 1}),
    "send": ({"it": send("m", key="key")}, {"key": 1}),
    "call": ({"it": call("=who")}, {"who": "other"}),
    "decision": ({"it": decision("=which", "level")}, {"which": "risk"}),
    "multi": ({"it": user(loop=many("list", each="e"))}, {"list": []}),
    "boundary": ({"it": user(), "late": boundary("it", "timer", duration="=wait")}, {"wait": "PT1H"}),
    "sub": ({"it": sub("start2 -> a -> end2", late=boundary("a", "timer", duration="=wait"))}, {"wait": "PT1H"}),
}


def broken(kind: str) -> Story:
    nodes, _ = FAILING[kind]
    lines = ["start -> it -> after -> end"]
    if kind == "xor":
        lines = ["start -> xor -[x = 1]-> after -> end", "xor -[x = 2]-> end2"]
    if "late" in nodes or kind == "sub":
        lines += ["late -> end3"] if "late" in nodes else []
    return Story(*lines, calls=(draw("start4 -> end4", key="other"),), decisions={"risk": lambda _: 1}, **nodes)


@pytest.mark.parametrize("kind", FAILING)
@pytest.mark.parametrize("how", ["retry with data", "edit, then retry"])
def test_whatever_fails_is_an_incident_and_goes_on_when_it_is_repaired(kind: str, how: str) -> None:
    story = broken(kind)
    [failed] = story.all(engine.Failed)
    assert not story.ended
    _, repair = FAILING[kind]
    if how == "retry with data":
        story.do(engine.Retry(failed.ref, repair))
    else:
        story.edit(**repair)
        assert story.all(engine.Failed) == [failed], "an edit alone runs nothing"
        story.do(engine.Retry(failed.ref))
    assert story.all(engine.Failed) == [failed]
    finish(story)


@pytest.mark.parametrize("kind", FAILING)
def test_a_retry_that_changes_nothing_fails_again(kind: str) -> None:
    story = broken(kind)
    before = story.all(engine.Failed)
    story.do(engine.Retry(before[0].ref))
    assert story.all(engine.Failed) == before * 2


@pytest.mark.parametrize("kind", [kind for kind in FAILING if kind != "xor"])
def test_a_skip_leaves_the_step_with_what_the_operator_says(kind: str) -> None:
    story = broken(kind)
    story.do(engine.Skip(story.all(engine.Failed)[0].ref, {"said": 1}))
    assert story.open == ["after"]
    assert story.data == {"said": 1}


def test_a_gateway_without_a_way_is_not_skipped_into_nowhere() -> None:
    story = broken("xor")
    story.skip("xor")
    assert [it.code for it in story.all(engine.Failed)] == ["no-flow", "no-flow"]
    story.skip("xor", x=1)
    assert story.open == [], "its work was done before; only the way is missing"
    story.edit(x=1)
    story.skip("xor")
    assert story.open == ["after"]


@pytest.mark.parametrize("kind", FAILING)
def test_a_broken_case_can_be_cancelled(kind: str) -> None:
    story = broken(kind)
    story.cancel()
    assert story.ended == "cancelled"


def finish(story: Story) -> None:
    for _ in range(20):
        if story.ended:
            return
        step = next(step for step in story._places() if step.state == "waiting")
        if step.wait is not None:
            story.ring(step.element) if step.wait.due else story.message(step.element)
        elif step.kind == "serviceTask":
            story.serve(step.element)
        else:
            story.answer(step.element)
    raise AssertionError("it never ends")


def test_only_a_failed_step_is_retried_or_skipped() -> None:
    story = Story("start -> a -> end")
    for event in (engine.Retry(story.ref("a")), engine.Skip(story.ref("a")), engine.Retry("99")):
        with pytest.raises(engine.UnknownStep):
            engine.advance(story.live, event, at=story.at)


def test_a_failed_step_takes_no_answer() -> None:
    story = broken("service")
    with pytest.raises(engine.UnknownStep):
        story.do(engine.ServiceDone(story.failed("it")))


def test_an_edit_says_what_was_there_before() -> None:
    story = Story("start -> a -> end", data={"x": 1, "y": [1]})
    story.edit(x=2, y=[1], z=None)
    told = story.last(engine.DataWritten)
    assert (told.ref, told.before, told.after) == ("", {"x": 1}, {"x": 2, "z": None})
    assert story.data == {"x": 2, "y": [1], "z": None}
    assert story.edit(x=2) == []


def test_other_branches_go_on_while_a_step_has_failed() -> None:
    story = Story("start -> and1 -> it -> and2 -> after -> end", "and1 -> a -> and2", it=service("=kind"))
    story.answer("a")
    assert not story.ended
    story.retry("it", kind="job")
    story.serve("it")
    assert story.open == ["after"]


def test_the_timer_of_a_failed_step_still_takes_it_away() -> None:
    story = Story(
        "start -> it -> end", "late -> note -> end2", it=service(), late=boundary("it", "timer", duration="PT1H")
    )
    story.break_service("it")
    story.ring("late")
    assert story.open == ["note"]
    assert story.all(engine.ServiceWithdrawn) == []


def test_a_retried_service_keeps_the_timers_it_has() -> None:
    story = Story(
        "start -> it -> end", "late -> note -> end2", "soon -> hint -> end3", it=service(),
        late=boundary("it", "timer", duration="PT2H"),
        soon=boundary("it", "timer", duration="PT1H", interrupting=False),
    )  # fmt: skip
    story.ring("soon")
    story.break_service("it")
    story.retry("it")
    assert len(story.all(engine.TimerSet)) == 2, "the reminder that fired is not set again, the deadline not moved"
    story.serve("it")
    story.answer("hint")
    assert story.ended == "completed"


def as_deep_as_may_be() -> Any:
    value: Any = 1
    for _ in range(120):
        value = [value]
    return value


@pytest.mark.parametrize("kind", ["user", "service", "sub", "call"])
def test_what_came_but_could_not_be_written_is_kept_for_the_retry(kind: str) -> None:
    outputs = {"deep.deeper": "big", "copy": "deep"}  # one level more than can be copied
    other = draw("start4 -> a -> end4", key="other")
    node = {
        "user": lambda: user(outputs=outputs), "service": lambda: service(outputs=outputs),
        "sub": lambda: sub("start2 -> a -> end2", inputs={"own": "1"}, outputs=outputs),
        "call": lambda: call("other", all_in=False, outputs=outputs),
    }[kind]()  # fmt: skip
    data = {"deep": {}, "big": as_deep_as_may_be()}
    story = Story("start -> it -> after -> end", it=node, calls=(other,), data=data)
    if kind == "service":
        story.serve("it")
    else:
        story.answer("it" if kind == "user" else "a")
    assert story.last(engine.Failed).code == "too-large"
    tasks, calls = len(story.all(engine.TaskReached)), len(story.all(engine.ServiceCalled))
    story.retry("it", big=1)
    assert story.open == ["after"]
    assert (len(story.all(engine.TaskReached)), len(story.all(engine.ServiceCalled))) == (tasks + 1, calls)
    assert story.data["copy"] == {"deeper": 1}


# -- the step budget ---------------------------------------------------------------------------------------------------

ENDLESS = ("start -> xor -> s -> xor2 -[n < stop]-> xor", "xor2 -[else]-> after -> end")


def test_an_endless_loop_is_an_incident_and_an_edit_ends_it() -> None:
    story = Story(*ENDLESS, s=script("n + 1", "n"), data={"n": 0, "stop": 10**9})
    failed = story.last(engine.Failed)
    assert failed.code == "endless-loop"
    assert story.data["n"] >= 1000
    story.edit(stop=0)
    story.do(engine.Retry(failed.ref))
    assert story.open == ["after"]


def test_a_long_way_may_go_on_with_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEPS", 50)
    story = Story(*ENDLESS, s=script("n + 1", "n"), data={"n": 0, "stop": 40})
    retries = 0
    while story.open != ["after"]:
        story.do(engine.Retry(story.all(engine.Failed)[-1].ref))
        retries += 1
    assert story.data["n"] == 40
    assert 1 < retries < 5


@pytest.mark.parametrize("stored", [False, True])
def test_what_was_ready_when_the_budget_ran_out_goes_on_with_the_next_move_wherever_it_is(
    monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    part = sub("start2 -> s -> t -> u -> end2", loop=many(cardinality="20"), **dict.fromkeys("stu", script("1", "v")))
    monkeypatch.setattr(limits, "STEPS", 30)
    story = Story("start -> and1 -> part -> and2 -> end", "and1 -> a -> and2", part=part, stored=stored)
    failed = story.last(engine.Failed)
    assert any(step.state == "ready" for step in story.live.waiting())
    monkeypatch.setattr(limits, "STEPS", 10_000)
    story.answer("a")
    assert [step.state for step in story.live.waiting()].count("ready") == 0
    assert not story.ended, "one still has failed"
    story.do(engine.Retry(failed.ref))
    assert story.ended == "completed"


def test_a_join_that_was_about_to_go_on_when_the_budget_ran_out_goes_on_with_the_next_move() -> None:
    """It stands in another scope than whatever loops, and nothing will ever happen there by itself."""
    part = sub(
        "start2 -> or1 -[a]-> s -> or2 -> ask -> end2", "or1 -[b]-> t -> or2", s=script("1", "x"), t=script("1", "x")
    )
    story = Story(
        "start -> and1 -> part -> end", "and1 -> xor -> u -> xor", part=part, u=script("n + 1", "n"),
        data={"a": True, "b": False, "n": 0},
    )  # fmt: skip
    assert story.last(engine.Failed).code == "endless-loop"
    assert story.open == []
    story.edit(y=1)
    assert story.open == ["ask"]


def test_an_inclusive_join_that_failed_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is still where tokens meet, and must not be asked for ever whether it may go on."""
    for steps in range(20, 30):
        monkeypatch.setattr(limits, "STEPS", steps)
        story = Story("start -> or1 -> s -> xor -[true]-> or1", "xor -[else]-> end", s=script("1", "x"))
        story.edit(y=1)
        story.do(engine.Retry(story.all(engine.Failed)[-1].ref))
        assert story.last(engine.Failed).code == "endless-loop"
        story.cancel()
