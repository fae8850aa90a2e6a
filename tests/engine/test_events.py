"""Events that are no timers: messages, signals, links, escalations, ends (BPMN 2.0.2, 10.5)."""

from __future__ import annotations

import pytest

from app import engine
from tests.engine.drawing import (
    boundary,
    call,
    catch,
    draw,
    end,
    event_sub,
    receive,
    script,
    send,
    start,
    sub,
    task,
    throw,
    user,
)
from tests.engine.story import Story

# -- starting ----------------------------------------------------------------------------------------------------------


def test_a_case_starts_at_the_event_that_came() -> None:
    lines = ("start1 -> by_hand -> end", "start2 -> by_message -> end", "start3 -> by_hour -> end")
    events = {"start2": start("message", "asked"), "start3": start("timer", cycle="R/PT1H")}
    assert Story(*lines, **events).open == ["by_hand"]
    story = Story(*lines, element="start2", payload={"who": "Li"}, data={"a": 1}, **events)
    assert (story.open, story.data) == (["by_message"], {"a": 1, "who": "Li"})
    assert story.trace == ["start2 caught"]
    assert Story(*lines, element="start3", **events).open == ["by_hour"]


def test_a_message_that_starts_a_case_may_be_mapped() -> None:
    started = start("message", "asked")
    started.says["outputs"] = user(outputs={"customer": "who"}).says["outputs"]
    story = Story("start2 -> a -> end", element="start2", payload={"who": "Li", "x": 1}, start2=started)
    assert story.data == {"customer": "Li"}


def test_a_process_without_start_event_begins_where_nothing_comes_before() -> None:
    story = Story("a -> and1", "b -> and1", "and1 -> c")
    assert story.open == ["a", "b"]
    story.answer("a")
    story.answer("b")
    story.answer("c")
    assert story.ended == "completed"


@pytest.mark.parametrize("element", ["nowhere", "a", "end"])
def test_a_case_starts_at_start_events_only(element: str) -> None:
    with pytest.raises(engine.NoStart):
        Story("start -> a -> end", element=element)


def test_of_two_plain_start_events_the_first_is_meant_unless_another_is_named() -> None:
    assert Story("start1 -> a -> end", "start2 -> b -> end").open == ["a"]
    assert Story("start1 -> a -> end", "start2 -> b -> end", element="start2").open == ["b"]


def test_only_a_message_start_cannot_be_started_by_hand() -> None:
    with pytest.raises(engine.NoStart):
        Story("start -> a -> end", start=start("message", "asked"))


# -- ending ------------------------------------------------------------------------------------------------------------


def test_a_process_ends_when_its_last_token_does_not_when_its_first_does() -> None:
    story = Story("start -> and1 -> a -> end1", "and1 -> b -> end2")
    story.answer("a")
    assert not story.ended
    story.answer("b")
    assert story.ended == "completed"
    assert story.last(engine.Ended).element == "end2"


def test_a_process_without_end_event_ends_too() -> None:
    story = Story("start -> a")
    story.answer("a")
    assert story.ended == "completed"


def test_terminate_takes_everything_else_away() -> None:
    story = Story(
        "start -> and1 -> a -> stop", "and1 -> b -> end2", "and1 -> part -> end3", "and1 -> wait -> end4",
        stop=end("terminate"), part=sub("start2 -> inner -> end5"), wait=receive("m"),
        late=boundary("b", "timer", duration="PT1H"), data={"x": 1},
    )  # fmt: skip
    story.answer("a")
    assert story.ended == "terminated"
    assert {it.element for it in story.all(engine.TaskWithdrawn)} == {"b", "inner"}
    assert story.last(engine.Ended).data == {"x": 1}


def test_terminate_in_a_sub_process_ends_only_that() -> None:
    story = Story(
        "start -> part -> after -> end",
        part=sub("start2 -> and1 -> a -> stop", "and1 -> b -> end2", stop=end("terminate")),
    )
    story.answer("a")
    assert story.open == ["after"]
    story.answer("after")
    assert story.ended == "completed"


def test_terminate_in_a_called_process_ends_only_that() -> None:
    other = draw("start2 -> and1 -> a -> stop", "and1 -> b -> end2", key="other", stop=end("terminate"))
    story = Story("start -> go -> after -> end", go=call("other"), calls=(other,))
    story.answer("a")
    assert story.open == ["after"]


def test_an_end_may_send_a_message_or_a_signal() -> None:
    story = Story("start -> end", end=end("message", "done"))
    assert (story.last(engine.MessageSent).name, story.ended) == ("done", "completed")
    story = Story("start -> end", end=end("signal", "alarm"))
    assert (story.last(engine.MessageSent).kind, story.ended) == ("signal", "completed")


# -- messages and signals ----------------------------------------------------------------------------------------------


def test_a_catching_event_goes_on_with_what_the_message_brought() -> None:
    story = Story("start -> got -> end", got=catch("message", "paid", key="order"), data={"order": "A"})
    assert story.last(engine.MessageAwaited).correlation == '"A"'
    story.message("got", amount=5)
    assert story.trace == ["start", "got caught", "end"]
    assert story.data == {"order": "A", "amount": 5}


def test_a_signal_reaches_every_listener_of_the_case_wherever_it_is() -> None:
    other = draw("start2 -> far -> end2", key="other", far=catch("signal", "go"))
    story = Story(
        "start -> and1 -> near -> end", "and1 -> part -> end", "and1 -> go -> end", "and1 -> not_it -> end",
        near=catch("signal", "go"), part=sub("start3 -> deep -> end3", deep=catch("signal", "go")), go=call("other"),
        not_it=catch("signal", "stop"), calls=(other,),
    )  # fmt: skip
    story.signal("go", why="now")
    assert story.open == ["not_it"]
    assert story.data == {"why": "now"}
    story.signal("nobody")
    assert story.open == ["not_it"]


def test_a_signal_that_takes_another_listener_away_does_not_wake_it() -> None:
    story = Story(
        "start -> part -> after -> end", part=sub("start2 -> inner -> more -> end2", inner=catch("signal", "go")),
        out=boundary("part", "signal", "go"),
    )  # fmt: skip
    story.signal("go")
    assert "part cancelled" in story.trace
    assert story.open == []
    assert story.ended == "completed", "the border has taken the sub-process away, and leads nowhere"


def test_a_thrown_event_sends_and_goes_on() -> None:
    story = Story(
        "start -> say -> ask -> end", data={"order": 1, "y": 2},
        say=throw("message", "m", key="order", inputs={"x": "y"}),
    )  # fmt: skip
    sent = story.last(engine.MessageSent)
    assert (sent.element, sent.correlation, sent.payload) == ("say", "1", {"x": 2})
    assert story.trace == ["start", "say thrown"]


def test_a_message_without_value_for_its_key_is_an_incident_and_is_not_sent() -> None:
    story = Story("start -> say -> end", say=send("m", key="order"))
    assert story.last(engine.Failed).code == "no-correlation"
    assert story.all(engine.MessageSent) == []
    story.retry("say", order=1)
    assert len(story.all(engine.MessageSent)) == 1


def test_a_boundary_message_interrupts_its_task() -> None:
    story = Story("start -> ask -> end", "revoked -> note -> end2", revoked=boundary("ask", "message", "revoke"))
    story.message("revoked", why="x")
    assert story.open == ["note"]
    assert story.last(engine.TaskWithdrawn).element == "ask"
    assert story.trace == ["start", "ask cancelled", "revoked caught"]
    assert story.data == {"why": "x"}


def test_a_boundary_message_that_does_not_interrupt_may_come_often() -> None:
    story = Story(
        "start -> ask -> end", "more -> note -> end2", more=boundary("ask", "message", "more", interrupting=False)
    )
    for number in range(3):
        story.message("more", number=number)
    assert story.open == ["ask", "note", "note", "note"]
    story.answer("ask")
    assert story.watched() == []
    for _ in range(3):
        assert not story.ended
        story.answer("note")
    assert story.ended == "completed"


def test_boundary_events_stop_listening_when_the_task_is_done() -> None:
    story = Story(
        "start -> ask -> after -> end", "a -> end2", "b -> end3", a=boundary("ask", "message", "m"),
        b=boundary("ask", "signal", "s", interrupting=False),
    )  # fmt: skip
    refs = {it.ref for it in story.all(engine.MessageAwaited)}
    story.answer("ask")
    assert {it.ref for it in story.all(engine.MessageForgotten)} == refs
    with pytest.raises(engine.UnknownStep):
        engine.advance(story.live, engine.MessageArrived(refs.pop()), at=story.at)


# -- links -------------------------------------------------------------------------------------------------------------


def test_a_link_goes_on_at_its_target() -> None:
    story = Story(
        "start -> a -> leave", "arrive -> b -> end", leave=throw("link", "L"), arrive=catch("link", "L")
    )  # fmt: skip
    story.answer("a")
    assert story.open == ["b"]
    story.answer("b")
    assert story.ended == "completed"


def test_two_links_may_lead_to_one_target() -> None:
    story = Story(
        "start -> and1 -> one", "and1 -> two", "arrive -> b -> end", one=throw("link", "L"), two=throw("link", "L"),
        arrive=catch("link", "L"),
    )  # fmt: skip
    assert story.open == ["b", "b"]


# -- escalation --------------------------------------------------------------------------------------------------------


def test_an_escalation_nobody_catches_changes_nothing() -> None:
    story = Story("start -> cry -> a -> end", cry=throw("escalation", "late"))
    assert story.open == ["a"]


def test_an_escalation_that_does_not_interrupt_lets_both_go_on() -> None:
    story = Story(
        "start -> part -> after -> end", "told -> note -> end2",
        part=sub("start2 -> cry -> inner -> end3", cry=throw("escalation", "late")),
        told=boundary("part", "escalation", "late", interrupting=False, variable="what"),
    )  # fmt: skip
    assert sorted(story.open) == ["inner", "note"]
    assert story.data == {"what": "late"}
    story.answer("inner")
    story.answer("note")
    story.answer("after")
    assert story.ended == "completed"


def test_an_escalation_that_interrupts_ends_the_sub_process() -> None:
    story = Story(
        "start -> part -> after -> end", "told -> note -> end2",
        part=sub("start2 -> and1 -> cry -> inner -> end3", "and1 -> other -> end4", cry=throw("escalation", "late")),
        told=boundary("part", "escalation", "late"),
    )  # fmt: skip
    assert story.open == ["note"]
    assert "inner" not in story.trace


def test_an_escalation_end_lets_the_other_branches_of_its_sub_process_go_on() -> None:
    story = Story(
        "start -> part -> after -> end", "told -> note -> end2",
        part=sub("start2 -> and1 -> cry", "and1 -> other -> end4", cry=end("escalation", "late")),
        told=boundary("part", "escalation", "late", interrupting=False),
    )  # fmt: skip
    assert sorted(story.open) == ["note", "other"]
    story.answer("other")
    assert sorted(story.open) == ["after", "note"]


def test_the_code_itself_comes_before_whoever_catches_every_code() -> None:
    def caught(code: str) -> list[str]:
        return Story(
            "start -> part -> end", "any -> a -> end2", "exact -> b -> end3",
            part=sub("start2 -> cry -> inner -> end4", cry=throw("escalation", code)),
            any=boundary("part", "escalation"), exact=boundary("part", "escalation", "late"),
        ).open  # fmt: skip

    assert caught("late") == ["b"]
    assert caught("early") == ["a"]


def test_an_escalation_leaves_a_called_process() -> None:
    other = draw("start2 -> cry -> far -> end2", key="other", cry=throw("escalation", "late"))
    story = Story(
        "start -> go -> end", "told -> note -> end3", go=call("other"), calls=(other,),
        told=boundary("go", "escalation", "late", interrupting=False),
    )  # fmt: skip
    assert sorted(story.open) == ["far", "note"]


# -- event sub-processes -----------------------------------------------------------------------------------------------


def handler(kind: str, name: str = "", *, interrupting: bool = True, **says: str) -> dict[str, object]:
    return {"on_it": event_sub("start9 -> handle -> end9", start9=start(kind, name, interrupting=interrupting, **says))}


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [("message", "m", {}), ("signal", "m", {}), ("timer", "", {"duration": "PT1H"})],
)
def test_an_interrupting_event_sub_process_takes_the_place_of_its_scope(
    kind: str, name: str, says: dict[str, str]
) -> None:
    story = Story(
        "start -> and1 -> a -> end1", "and1 -> part -> end2", part=sub("start2 -> b -> end3"),
        **handler(kind, name, **says),
    )  # fmt: skip
    assert story.watched() == ["start9"]
    if kind == "timer":
        story.ring("start9")
    elif kind == "signal":
        story.signal("m")
    else:
        story.message("start9")
    assert story.open == ["handle"]
    assert {it.element for it in story.all(engine.TaskWithdrawn)} == {"a", "b"}
    story.answer("handle")
    assert story.ended == "completed"


def test_an_event_sub_process_that_does_not_interrupt_runs_beside_as_often_as_it_is_asked() -> None:
    story = Story("start -> a -> end", **handler("message", "m", interrupting=False))
    story.message("start9", n=1)
    story.message("start9", n=2)
    assert sorted(story.open) == ["a", "handle", "handle"]
    story.answer("a")
    assert story.watched() == ["start9"], "the process lives while a handler does"
    story.answer("handle")
    story.answer("handle")
    assert story.ended == "completed"
    assert story.data == {"n": 2}


def test_nobody_listens_for_a_process_that_is_over() -> None:
    story = Story("start -> a -> end", **handler("message", "m", interrupting=False))
    story.answer("a")
    assert story.ended == "completed"
    assert len(story.all(engine.MessageForgotten)) == 1


def test_an_event_sub_process_of_a_sub_process_interrupts_only_that() -> None:
    story = Story(
        "start -> and1 -> part -> after -> end", "and1 -> beside -> end2",
        part=sub("start2 -> inner -> end3", on_it=event_sub("start9 -> handle -> end9", start9=start("message", "m"))),
    )  # fmt: skip
    story.message("start9")
    assert sorted(story.open) == ["beside", "handle"]
    story.answer("handle")
    assert sorted(story.open) == ["after", "beside"]


def test_running_one_event_sub_process_spoils_no_later_case_of_the_diagram() -> None:
    diagram = draw("start -> a -> end", **handler("message", "m"))
    first = Story(diagram=diagram)
    first.message("start9")
    first.answer("handle")
    assert first.ended == "completed"
    second = Story(diagram=diagram)
    second.answer("a")
    assert second.ended == "completed"


def test_an_escalation_is_caught_by_the_event_sub_process_of_its_scope_before_the_boundary() -> None:
    story = Story(
        "start -> part -> end", "told -> note -> end2",
        part=sub(
            "start2 -> cry -> inner -> end3", cry=throw("escalation", "late"),
            on_it=event_sub("start9 -> handle -> end9", start9=start("escalation", "late", interrupting=False)),
        ),
        told=boundary("part", "escalation", "late"),
    )  # fmt: skip
    assert sorted(story.open) == ["handle", "inner"]


def test_an_event_sub_process_sees_and_writes_the_variables_of_its_scope() -> None:
    story = Story(
        "start -> part -> after -> end", data={"x": 1},
        part=sub(
            "start2 -> inner -> end3", inputs={"own": "x"}, outputs={"x": "own"},
            on_it=event_sub("start9 -> count -> end9", start9=start("signal", "s", interrupting=False),
                            count=script("own + 1", "own")),
        ),
    )  # fmt: skip
    story.signal("s")
    story.signal("s")
    story.answer("inner")
    assert story.data == {"x": 3}


def test_a_timer_of_an_event_sub_process_may_repeat() -> None:
    story = Story(
        "start -> a -> end", tick=event_sub("start9 -> t -> end9", t=task(),
                                            start9=start("timer", cycle="R3/PT1H", interrupting=False)),
    )  # fmt: skip
    for _ in range(3):
        story.ring("start9")
    assert story.watched() == []
    assert story.trace.count("t") == 3
