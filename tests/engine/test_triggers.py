"""Events that wait for the data, or for several things, where something else goes wrong or comes at the same time."""

from __future__ import annotations

import pytest

from app import engine
from tests.engine.drawing import (
    Made,
    boundary,
    catch,
    event_sub,
    instantiates,
    many,
    on,
    receive,
    several,
    start,
    sub,
    throw,
    user,
)
from tests.engine.story import Story


def come(story: Story, kind: str, name: str = "", **payload: object) -> None:
    """What somebody waits for."""
    waits = [(step.ref, step.wait) for step in story.live.waiting() if step.wait is not None]
    ref = next(ref for ref, wait in waits if wait.kind == kind and name in ("", wait.name))
    story.do(engine.TimerDue(ref) if kind == "timer" else engine.MessageArrived(ref, payload))


# -- all of several triggers -------------------------------------------------------------------------------------------


def test_conditions_that_are_all_true_are_one_event_until_they_become_false() -> None:
    seen = several(boundary("ask", "conditional", "x", interrupting=False), on("conditional", "y"), together=True)
    story = Story("start -> ask -> end", "seen -> end2", seen=seen, data={"x": True, "y": True})
    assert story.trace.count("seen caught") == 1
    story.edit(x=False)
    story.edit(x=True)
    assert story.trace.count("seen caught") == 1, "the other was true all the time"
    story.edit(y=False)
    story.edit(y=True)
    assert story.trace.count("seen caught") == 2


@pytest.mark.parametrize("together", [True, False])
def test_who_finds_no_way_on_keeps_what_came(together: bool) -> None:
    wait = several(catch("message", "m"), on("message", "n"), together=together)
    story = Story("start -> wait -[ok]-> end", wait=wait)
    come(story, "message", "m", q=1)
    if together:
        come(story, "message", "n", r=1)
    assert story.last(engine.Failed).element == "wait"
    assert story.data["q"] == 1
    story.retry("wait", ok=True)
    assert story.ended == "completed"


def test_who_can_no_longer_say_what_it_waits_for_has_come_for_the_last_time() -> None:
    seen = several(boundary("ask", "message", "a", interrupting=False, key="k"), on("message", "b"), together=True)
    story = Story("start -> and", "and -> ask -> end", "and -> other -> end3", "seen -> end2", data={"k": 1}, seen=seen)
    story.answer("other", k=None)
    come(story, "message", "a")
    come(story, "message", "b")
    assert story.trace[-2:] == ["seen caught", "end2"]
    assert story.watched() == []
    story.answer("ask")
    assert story.ended == "completed"


def test_what_was_heard_long_ago_is_not_kept_for_ever() -> None:
    made = several(start("timer", interrupting=False, cycle="R/PT1H"), on("message", "m"), together=True)
    story = Story("start -> ask -> end", woken=event_sub("s -> end5", s=made))
    for _ in range(5):
        come(story, "timer")
        come(story, "message")
    assert story.trace.count("s caught") == 5
    assert len(story.live.root.piece.watches) == 2


def test_all_of_several_may_stand_behind_an_event_gateway() -> None:
    both = several(catch("message", "a"), on("timer", duration="PT1H"), together=True)
    story = Story(
        "start -> event", "event -> both -> end", "event -> late -> end2", both=both,
        late=catch("timer", duration="P1D"),
    )  # fmt: skip
    come(story, "message", "a", x=1)
    come(story, "timer")
    assert story.trace[-2:] == ["both caught", "end"]
    assert story.data == {"x": 1}


def test_one_signal_may_be_all_that_is_waited_for() -> None:
    both = several(catch("signal", "s"), on("signal", "s"), together=True)
    story = Story("start -> both -> end", both=both)
    story.signal("s", x=1)
    assert story.ended == "completed"
    assert story.data == {"x": 1}


def test_a_timer_that_comes_again_and_a_signal_that_stays() -> None:
    seen = several(boundary("ask", "timer", interrupting=False, cycle="R2/PT1H"), on("signal", "s"))
    story = Story("start -> ask -> end", "seen -> end2", seen=seen)
    for _ in range(2):
        come(story, "timer")
        story.signal("s")
    assert story.trace.count("seen caught") == 4
    story.answer("ask")
    assert story.ended == "completed"


@pytest.mark.parametrize("kind", ["Exclusive", "Parallel"])
def test_all_of_several_behind_a_gateway_that_begins_a_case_are_waited_for(kind: str) -> None:
    both = several(catch("message", "b"), on("message", "c"), together=True)
    story = Story(
        "event -> a -> and", "event -> both -> and", "and -> end", both=both, a=receive("a"),
        event=instantiates(Made("eventBasedGateway"), kind=kind), element="both", payload={"n": 1}, first="b",
    )  # fmt: skip
    assert "both caught" not in story.trace
    come(story, "message", "c", m=2)
    assert story.trace == ["event", "both caught"]
    assert story.data == {"n": 1, "m": 2}


def test_a_condition_that_is_one_of_all_begins_a_case_which_waits_for_the_others() -> None:
    begin = several(start("conditional", "x > 1"), on("message", "m"), together=True)
    story = Story("begin -> ask -> end", begin=begin, data={"x": 2})
    assert story.trace == []
    come(story, "message", "m", n=1)
    assert story.open == ["ask"]
    assert story.data == {"x": 2, "n": 1}


# -- conditions --------------------------------------------------------------------------------------------------------


def test_a_condition_sees_what_its_activity_is_given() -> None:
    story = Story(
        "start -> ask -> end", "off -> end2", data={"x": 1}, ask=user(inputs={"y": "x"}),
        off=boundary("ask", "conditional", "y = 1"),
    )  # fmt: skip
    assert story.trace == ["start", "ask cancelled", "off caught", "end2"]


def test_a_condition_within_an_instance_sees_its_number() -> None:
    part = sub(
        "start2 -> ask -> end2", loop=many(cardinality="3"),
        woken=event_sub("s -> end5", s=start("conditional", "loopCounter = 2")),
    )  # fmt: skip
    story = Story("start -> part -> end", part=part)
    assert story.trace.count("s caught") == 1
    story.answer("ask")
    story.answer("ask")
    assert story.ended == "completed"


def test_what_a_message_brought_is_written_before_a_condition_around_it_takes_over() -> None:
    part = sub(
        "start2 -> ask -> end2",
        late=event_sub("s2 -> end6", s2=start("conditional", "got = 1 or all")),
        woken=event_sub(
            "s -> work -> end5", s=start("message", "m", interrupting=False),
            deep=event_sub("s3 -> end7", s3=start("conditional", "true")),
        ),
    )  # fmt: skip
    story = Story("start -> part -> end", part=part)
    story.message("s", got=1)
    assert story.data["got"] == 1
    assert "s caught" in story.trace
    assert story.ended == "completed"


def test_signals_that_wake_each_other_are_stopped() -> None:
    woken = event_sub("s -> again -> end5", s=start("signal", "go", interrupting=False), again=throw("signal", "go"))
    story = Story("start -> say -> end", say=throw("signal", "go"), woken=woken, balanced=False)
    assert story.last(engine.Failed).code == "endless-loop"
    story.cancel()
    assert story.ended == "cancelled"


def test_a_sub_process_in_which_nothing_is_drawn_leaves_nobody_listening() -> None:
    story = Story("start -> part -> ask -> end", "off -> end2", part=sub(), off=boundary("part", "message", "m"))
    assert story.watched() == []
    story.answer("ask")
    assert story.trace == ["start", "part", "ask", "end"]
