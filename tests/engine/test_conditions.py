"""Events that wait for the data, and events with several triggers."""

from __future__ import annotations

from app import engine
from tests.engine.drawing import (
    boundary,
    catch,
    end,
    event_sub,
    on,
    script,
    several,
    start,
    sub,
    throw,
    user,
)
from tests.engine.story import Story


def test_a_catch_event_waits_until_the_data_say_so() -> None:
    story = Story(
        "start -> and", "and -> wait -> end", "and -> ask -> ask2 -> end2", wait=catch("conditional", "x > 5")
    )
    assert story.watched() == []
    story.answer("ask", x=3)
    assert "wait caught" not in story.trace
    story.answer("ask2", x=7)
    assert "wait caught" in story.trace
    assert story.ended == "completed"


def test_what_is_so_already_is_not_waited_for() -> None:
    story = Story("start -> wait -> end", data={"x": 9}, wait=catch("conditional", "x > 5"))
    assert story.ended == "completed"


def test_an_operator_who_edits_lets_it_go_on() -> None:
    story = Story("start -> wait -> end", wait=catch("conditional", "x > 5"))
    story.edit(x=6)
    assert story.ended == "completed"


def test_a_border_condition_takes_the_work_away() -> None:
    story = Story(
        "start -> and",
        "and -> ask -> end",
        "and -> other -> end2",
        "off -> end3",
        off=boundary("ask", "conditional", "gone"),
    )
    story.answer("other", gone=True)
    assert story.ended == "completed"
    assert "ask cancelled" in story.trace


def test_the_condition_acts_before_the_sub_process_goes_on() -> None:
    story = Story(
        "start -> part -> end",
        "off -> end3",
        part=sub("start2 -> set -> more -> end2", set=script("true", "gone"), more=script("1", "y")),
        off=boundary("part", "conditional", "gone"),
    )
    assert "more" not in story.trace
    assert story.trace[-2:] == ["off caught", "end3"]


def test_a_listener_that_stays_must_see_it_false_in_between() -> None:
    story = Story(
        "start -> and",
        "and -> ask -> end",
        "and -> work -> xor",
        "xor -[over]-> end2",
        "xor -[else]-> work",
        "seen -> end3",
        seen=boundary("ask", "conditional", "hot", interrupting=False),
    )
    for hot, times in ((True, 1), (True, 1), (False, 1), (True, 2)):
        story.answer("work", hot=hot)
        assert story.trace.count("seen caught") == times


def test_a_condition_of_an_event_sub_process_sees_the_variables_of_its_scope() -> None:
    story = Story(
        "start -> part -> end",
        part=sub(
            "start2 -> ask -> end2",
            inputs={"n": "1"},
            woken=event_sub("s -> note -> end5", s=start("conditional", "n > 1"), note=script("n * 10", "out")),
        ),
    )
    story.answer("ask", n=2)
    assert story.data["out"] == 20
    assert story.trace[-3:] == ["end5", "woken", "part"] or story.trace[-1] == "end"


def test_conditions_stand_behind_event_gateways() -> None:
    story = Story(
        "start -> and",
        "and -> event",
        "event -> rich -> end",
        "event -> late -> end2",
        "and -> ask -> end3",
        rich=catch("conditional", "money > 100"),
        late=catch("timer", duration="PT1H"),
    )
    story.answer("ask", money=101)
    assert story.ended == "completed"
    assert "rich caught" in story.trace


def test_of_several_triggers_any_is_enough() -> None:
    for event in ("message", "timer"):
        story = Story("start -> wait -> end", wait=several(catch("message", "paid"), on("timer", duration="PT1H")))
        assert story.open == ["wait"]
        if event == "message":
            story.do(engine.MessageArrived(_listener(story, "message"), {"sum": 5}))
            assert story.data["sum"] == 5
        else:
            story.do(engine.TimerDue(_listener(story, "timer")))
        assert story.trace == ["start", "wait caught", "end"]
        assert story.ended == "completed"


def test_where_all_are_needed_the_last_lets_it_go_on() -> None:
    made = several(catch("message", "paid"), on("message", "signed"), together=True)
    story = Story("start -> wait -> end", wait=made)
    story.do(engine.MessageArrived(_listener(story, "message", "signed"), {"by": "lin"}))
    assert not story.ended
    story.do(engine.MessageArrived(_listener(story, "message", "paid"), {"sum": 5}))
    assert story.ended == "completed"
    assert story.data == {"by": "lin", "sum": 5}


def test_a_border_event_with_several_triggers_interrupts_once() -> None:
    made = several(boundary("ask", "message", "stop"), on("error", "E"), on("timer", duration="P1D"))
    story = Story("start -> ask -> end", "off -> end2", off=made)
    story.do(engine.TimerDue(_listener(story, "timer")))
    assert story.trace == ["start", "ask cancelled", "off caught", "end2"]


def test_a_border_event_that_stays_and_needs_all_waits_for_all_again() -> None:
    made = several(boundary("ask", "message", "a", interrupting=False), on("message", "b"), together=True)
    story = Story("start -> ask -> end", "seen -> end2", seen=made)
    for _ in range(2):
        story.do(engine.MessageArrived(_listener(story, "message", "b"), {}))
        story.do(engine.MessageArrived(_listener(story, "message", "a"), {}))
    assert story.trace.count("seen caught") == 2
    story.answer("ask")
    assert story.ended == "completed"


def test_an_event_sub_process_with_several_triggers() -> None:
    made = several(start("message", "stop"), on("conditional", "gone"))
    story = Story("start -> ask -> ask2 -> end", woken=event_sub("s -> end5", s=made))
    story.answer("ask", gone=True)
    assert story.trace[-3:] == ["s caught", "end5", "woken"]
    assert story.ended == "completed"


def test_everything_is_thrown_in_its_order() -> None:
    made = several(throw("message", "one"), on("signal", "two"), on("escalation", "E"))
    story = Story("start -> part -> end", "seen -> end3", part=sub("start2 -> say -> end2", say=made),
                  seen=boundary("part", "escalation", "E", interrupting=False))  # fmt: skip
    assert [(it.kind, it.name) for it in story.all(engine.MessageSent)] == [("message", "one"), ("signal", "two")]
    assert "seen caught" in story.trace


def test_who_listens_hears_a_signal_of_the_case_itself_and_who_comes_later_does_not() -> None:
    story = Story(
        "start -> and",
        "and -> wait -> end",
        "and -> say -> later -> end2",
        wait=catch("signal", "go"),
        say=throw("signal", "go"),
        later=catch("signal", "go"),
    )
    assert "wait caught" in story.trace
    assert story.open == ["later"]


def test_a_signal_at_the_end_is_heard_by_a_border() -> None:
    story = Story(
        "start -> part -> end",
        "heard -> end3",
        part=sub("start2 -> and", "and -> say", "and -> ask -> end2", say=end("signal", "go")),
        heard=boundary("part", "signal", "go"),
    )
    assert story.trace[-3:] == ["part cancelled", "heard caught", "end3"]


def _listener(story: Story, kind: str, name: str = "") -> str:
    waits = [step for step in story.live.waiting() if step.wait is not None and step.wait.kind == kind]
    return next(step.ref for step in waits if step.wait is not None and name in ("", step.wait.name))


def test_the_first_of_several_begins_a_case_and_it_waits_for_the_others() -> None:
    begin = several(start("message", "order"), on("message", "money"), together=True)
    story = Story("begin -> ask -> end", begin=begin, element="begin", payload={"n": 1}, first="order")
    assert story.open == ["begin"]
    story.do(engine.MessageArrived(_listener(story, "message", "money"), {"sum": 2}))
    assert story.open == ["ask"]
    assert story.data == {"n": 1, "sum": 2}


def test_any_of_several_begins_a_case() -> None:
    begin = several(start("message", "order"), on("signal", "money"))
    story = Story("begin -> ask -> end", begin=begin, element="begin", payload={"n": 1}, first="money")
    assert story.open == ["ask"]


def test_user_work_goes_on_beside_conditions() -> None:
    story = Story("start -> ask -> end", "off -> end2", ask=user(), off=boundary("ask", "conditional", "x = 1"))
    story.answer("ask", x=1)
    assert story.trace == ["start", "ask", "end"]
