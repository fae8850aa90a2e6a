"""Gateways (BPMN 2.0.2, 10.6 and 13.4)."""

from __future__ import annotations

from collections import Counter

import pytest

from app import engine
from tests.engine.drawing import boundary, catch, receive, script, sub, task
from tests.engine.story import Story

# -- exclusive ---------------------------------------------------------------------------------------------------------

CHOICE = ("start -> xor -[amount > 10]-> big -> end1", "xor -[amount > 5]-> middle -> end2", "xor -[else]-> small")


@pytest.mark.parametrize(("amount", "way"), [(11, "big"), (6, "middle"), (5, "small"), (None, "small"), ("x", "small")])
def test_an_exclusive_gateway_takes_the_first_flow_that_is_true(amount: object, way: str) -> None:
    assert Story(*CHOICE, data={"amount": amount}).open == [way]


def test_an_exclusive_gateway_without_a_way_is_an_incident_and_goes_on_after_an_edit() -> None:
    story = Story("start -> xor -[amount > 10]-> big -> end", "xor -[amount < 5]-> small", data={"amount": 7})
    assert story.last(engine.Failed).code == "no-flow"
    assert not story.ended
    story.edit(amount=3)
    story.retry("xor")
    assert story.open == ["small"]


def test_a_condition_that_is_a_text_is_not_true() -> None:
    story = Story("start -> xor -[word]-> a -> end", "xor -[else]-> b", data={"word": "true"})
    assert story.open == ["b"]


def test_an_exclusive_gateway_lets_every_token_through() -> None:
    story = Story("start -> and1 -> a -> xor -> after -> end", "and1 -> b -> xor")
    story.answer("a")
    assert story.open == ["b", "after"]
    story.answer("b")
    assert story.open == ["after", "after"]
    story.answer("after")
    assert not story.ended
    story.answer("after")
    assert story.ended == "completed"


def test_a_rework_loop_comes_round_as_often_as_it_is_wanted() -> None:
    story = Story("start -> xor1 -> ask -> xor2 -[ok]-> end", "xor2 -[else]-> xor1")
    for _ in range(5):
        story.answer("ask", ok=False)
    story.answer("ask", ok=True)
    assert story.ended == "completed"
    assert Counter(story.trace)["ask"] == 6


# -- conditional flows out of an activity ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "ways"),
    [
        ({"a": True, "b": True}, ["always", "one", "two"]),
        ({"a": True}, ["always", "one"]),
        ({}, ["always", "other"]),
    ],
)
def test_flows_out_of_a_task_are_taken_by_their_conditions(data: dict[str, bool], ways: list[str]) -> None:
    story = Story(
        "start -> ask -> always -> end1", "ask -[a]-> one -> end2", "ask -[b]-> two -> end3",
        "ask -[else]-> other -> end4", ask=task(), data=data,
    )  # fmt: skip
    assert sorted(story.open) == ways


# -- parallel ----------------------------------------------------------------------------------------------------------


def test_a_parallel_gateway_waits_for_every_branch() -> None:
    story = Story("start -> and1 -> a -> and2 -> after -> end", "and1 -> b -> and2", "and1 -> c -> and2")
    assert story.open == ["a", "b", "c"]
    story.answer("b")
    story.answer("a")
    assert story.open == ["c"]
    story.answer("c")
    assert story.open == ["after"]
    joined = [it for it in story.all(engine.StepLeft) if it.element == "and2"]
    assert len(joined) == 1
    elements = {it.ref: it.element for it in story.all(engine.StepEntered)}
    assert [elements[ref] for ref in joined[0].previous] == ["b", "a", "c"]


def test_a_join_loses_no_update_of_any_branch() -> None:
    """The trunk says x=1; A says 2 and arrives first; B, who never touched it, arrives last."""
    story = Story("start -> trunk -> and1 -> a -> and2 -> end", "and1 -> b -> and2", trunk=script("1", "x"))
    story.answer("a", x=2, y=1)
    story.answer("b", z=1)
    assert story.data == {"x": 2, "y": 1, "z": 1}


def test_every_branch_sees_at_once_what_another_has_written() -> None:
    story = Story("start -> and1 -> a -> and2 -> end", "and1 -> b -> c -> and2", data={"v": {"n": {"m": 1}}})
    story.answer("a", v={"n": {"m": 99}})
    story.answer("b")
    assert story.last(engine.TaskReached).data == {"v": {"n": {"m": 99}}}


def test_two_tokens_on_one_flow_do_not_make_a_join() -> None:
    """BPMN 2.0.2, 13.4.1: the join takes exactly one token of each flow; the second waits for the next time."""
    story = Story(
        "start -> and1 -> a -> xor -> and2 -> after -> end", "and1 -> b -> xor", "and1 -> c -> xor3 -> and2",
        "and1 -> d -> xor3",
    )  # fmt: skip
    story.answer("a")
    story.answer("b")
    assert story.open == ["c", "d"], "two tokens by one flow, none by the other"
    story.answer("c")
    assert story.open == ["d", "after"]
    story.answer("d")
    assert story.open == ["after", "after"]
    story.answer("after")
    story.answer("after")
    assert story.ended == "completed"


def test_a_parallel_block_in_a_loop_joins_afresh_in_every_round() -> None:
    story = Story(
        "start -> xor1 -> and1 -> a -> and2 -> check -> xor2 -[ok]-> end", "and1 -> b -> and2", "xor2 -[else]-> xor1"
    )
    for _ in range(3):
        story.answer("a")
        assert story.open == ["b"]
        story.answer("b")
        story.answer("check", ok=False)
    story.answer("b")
    story.answer("a")
    story.answer("check", ok=True)
    assert story.ended == "completed"


# -- joins that wait for nobody ---------------------------------------------------------------------------------------


def test_a_parallel_join_behind_an_exclusive_split_is_an_incident_and_not_a_case_that_nobody_sees() -> None:
    story = Story("start -> xor1 -[big]-> a -> and1 -> after -> end", "xor1 -[else]-> b -> and1", data={"big": True})
    assert not story.all(engine.Failed)
    story.answer("a")
    fault = story.last(engine.Failed)
    assert (fault.element, fault.code) == ("and1", engine.DEADLOCK)
    assert "b-and1" in fault.message
    story.retry("and1")
    assert len(story.all(engine.Failed)) == 2
    story.skip("and1", mark=1)
    assert (story.open, story.data) == (["after"], {"big": True, "mark": 1})


def test_what_came_twice_to_a_join_that_an_operator_lets_pass_is_not_lost() -> None:
    story = Story("start -> and1 -> xor1 -> and2 -> after -> end", "and1 -> xor1", "c -> and2")
    story.skip("and2")
    story.answer("after")
    assert [it.element for it in story.all(engine.Failed)] == ["and2", "and2"]
    story.skip("and2")
    story.answer("after")
    assert story.ended == "completed"


def test_a_join_that_an_event_may_still_end_is_told_too_and_withdrawn_with_its_scope() -> None:
    inside = sub("start2 -> xor2 -[big]-> and2 -> end2", "xor2 -[else]-> and2")
    story = Story(
        "start -> part -> end", "late -> other -> end3", part=inside, late=boundary("part", "timer", duration="PT1H"),
        data={"big": True},
    )  # fmt: skip
    assert story.last(engine.Failed).element == "and2"
    story.ring("late")
    assert story.open == ["other"]


def test_a_join_is_no_deadlock_while_anything_of_its_scope_still_moves() -> None:
    lines = ("start -> and0 -> xor1 -[big]-> and1 -> end", "xor1 -[else]-> and1", "and0 -> slow -> end2")
    story = Story(*lines, data={"big": True})
    assert story.open == ["slow"]
    assert not story.all(engine.Failed)
    story.answer("slow")
    assert story.last(engine.Failed).element == "and1"


# -- inclusive ---------------------------------------------------------------------------------------------------------

ORDER = (
    "start -> or1 -[a]-> one -> or2 -> after -> end",
    "or1 -[b]-> two -> or2",
    "or1 -[c]-> three -> or2",
    "or1 -[else]-> four -> or2",
)


@pytest.mark.parametrize(
    ("data", "ways"),
    [
        ({"a": True}, ["one"]),
        ({"a": True, "c": True}, ["one", "three"]),
        ({"a": True, "b": True, "c": True}, ["one", "two", "three"]),
        ({}, ["four"]),
    ],
)
def test_an_inclusive_gateway_takes_what_is_true_and_joins_what_it_took(data: dict[str, bool], ways: list[str]) -> None:
    story = Story(*ORDER, data=data)
    assert story.open == ways
    for way in ways:
        assert "after" not in story.open
        story.answer(way)
    assert story.open == ["after"]
    story.answer("after")
    assert story.ended == "completed"


def test_an_inclusive_gateway_without_a_way_is_an_incident() -> None:
    story = Story("start -> or -[a]-> one -> end", "or -[b]-> two")
    assert story.last(engine.Failed).code == "no-flow"
    story.edit(b=True)
    story.retry("or")
    assert story.open == ["two"]


def test_an_inclusive_join_in_a_loop_waits_in_the_second_round_too() -> None:
    story = Story(
        "start -> xor1 -> or1 -[a]-> one -> or2 -> check -> xor2 -[ok]-> end", "or1 -[b]-> two -> or2",
        "xor2 -[else]-> xor1", data={"a": True, "b": True},
    )  # fmt: skip
    for round_ in range(3):
        story.answer("one")
        assert story.open == ["two"], f"round {round_} went on too early"
        story.answer("two")
        story.answer("check", ok=round_ == 2)
    assert story.ended == "completed"
    assert Counter(story.trace)["or2"] == 3


def test_an_inclusive_join_waits_for_a_branch_inside_a_sub_process() -> None:
    story = Story(
        "start -> or1 -[a]-> one -> or2 -> after -> end", "or1 -[b]-> part -> or2",
        part=sub("start2 -> two -> end2"), data={"a": True, "b": True},
    )  # fmt: skip
    story.answer("one")
    assert story.open == ["two"]
    story.answer("two")
    assert story.open == ["after"]


def test_an_inclusive_join_goes_on_when_the_token_it_waited_for_takes_another_way() -> None:
    story = Story(
        "start -> or1 -[a]-> one -> or2 -> after -> end", "or1 -[b]-> two -> xor -[back]-> or2",
        "xor -[else]-> aside -> end2", data={"a": True, "b": True},
    )  # fmt: skip
    story.answer("one")
    assert story.open == ["two"]
    story.answer("two", back=False)
    assert story.open == ["aside", "after"], "nothing can reach the join from there"


def test_an_inclusive_join_goes_on_when_the_token_it_waited_for_ends() -> None:
    story = Story(
        "start -> or1 -[a]-> one -> or2 -> after -> end", "or1 -[b]-> two -> xor -[back]-> or2", "xor -[else]-> end2",
        data={"a": True, "b": True},
    )  # fmt: skip
    story.answer("one")
    story.answer("two")
    assert story.open == ["after"]


def test_an_inclusive_join_waits_while_a_failed_step_could_still_arrive() -> None:
    story = Story(
        "start -> or1 -[a]-> one -> or2 -> after -> end", "or1 -[b]-> xor -[x = 1]-> or2", "xor -[x = 2]-> or2",
        data={"a": True, "b": True},
    )  # fmt: skip
    story.answer("one")
    assert story.open == []
    story.edit(x=1)
    story.retry("xor")
    assert story.open == ["after"]


def test_an_inclusive_join_with_a_way_back_to_itself_still_waits_for_who_comes_from_outside() -> None:
    lines = ("start -> and1 -> a -> xor1 -> or1 -[again]-> or1 -[else]-> end", "and1 -> b -> xor1")
    story = Story(*lines, data={"again": True})
    story.answer("a")
    assert story.open == ["b"]
    assert not story.all(engine.Failed)
    story.answer("b", again=False)
    assert story.ended == "completed"


def test_two_inclusive_joins_one_after_the_other_fire_in_their_order() -> None:
    story = Story(
        "start -> and1 -> a -> or2 -> or3 -> after -> end", "and1 -> b -> or2", "and1 -> c -> or3"
    )  # fmt: skip
    story.answer("c")
    story.answer("a")
    assert story.open == ["b"]
    story.answer("b")
    assert story.open == ["after"]


# -- event-based -------------------------------------------------------------------------------------------------------

FIRST = {
    "wait": catch("timer", duration="P2D"),
    "soon": catch("timer", duration="PT1H"),
    "answer": catch("message", "answered", key="order"),
}
EVENTS = ("start -> event -> wait -> late -> end", "event -> soon -> early -> end", "event -> answer -> good -> end")


def test_the_first_event_wins_and_nobody_listens_for_the_others_any_more() -> None:
    story = Story(*EVENTS, data={"order": 1}, **FIRST)
    assert story.watched() == ["wait", "soon", "answer"]
    story.message("answer", price=5)
    assert story.open == ["good"]
    assert story.data["price"] == 5
    assert story.watched() == []
    assert story.trace == ["start", "event", "answer caught"]


@pytest.mark.parametrize(("timer", "way", "hours"), [("wait", "late", 48), ("soon", "early", 1)])
def test_two_timers_of_one_gateway_have_each_their_own_moment(timer: str, way: str, hours: int) -> None:
    story = Story(*EVENTS, data={"order": 1}, **FIRST)
    begun = story.at
    story.ring(timer)
    assert (story.at - begun).total_seconds() == hours * 3600
    assert story.open == [way]


def test_a_receive_task_may_stand_behind_an_event_gateway() -> None:
    story = Story("start -> event -> get -> good -> end", "event -> soon -> end2", get=receive("m"), soon=FIRST["soon"])
    story.message("get", price=5)
    assert (story.open, story.data) == (["good"], {"price": 5})


def test_an_event_gateway_whose_timer_is_nonsense_is_an_incident_without_leftovers() -> None:
    story = Story(
        "start -> event -> a -> end", "event -> b -> end", a=catch("timer", duration="=when"), b=FIRST["soon"]
    )
    assert story.last(engine.Failed).code == "bad-timer"
    assert story.all(engine.TimerSet) == []
    story.retry("event", when="PT5M")
    story.ring("a")
    assert story.ended == "completed"


def test_an_event_gateway_cannot_be_skipped_for_nobody_knows_which_event_came() -> None:
    story = Story(
        "start -> event -> a -> end", "event -> b -> end", a=catch("timer", duration="=when"), b=FIRST["soon"]
    )
    story.skip("event")
    assert story.last(engine.Failed).code == "no-flow"
    story.retry("event", when="PT5M")
    assert story.watched() == ["a", "b"]


def test_an_event_gateway_in_a_loop_listens_anew() -> None:
    story = Story(
        "start -> xor -> event -> soon -> remind -> xor", "event -> answer -> end", data={"order": 1},
        remind=task(), soon=FIRST["soon"], answer=FIRST["answer"],
    )  # fmt: skip
    for _ in range(3):
        story.ring("soon")
    story.message("answer")
    assert story.ended == "completed"
    assert Counter(story.trace)["remind"] == 3


def test_a_single_way_without_condition_is_taken_when_no_other_is() -> None:
    lines = ("start -> xor", "xor -> plain -> end", "xor -[x]-> a -> end2")
    assert Story(*lines, data={"x": True}).open == ["a"]
    assert Story(*lines, data={"x": False}).open == ["plain"]


def test_an_inclusive_way_without_condition_is_always_taken() -> None:
    lines = ("start -> or", "or -> always -> end", "or -[x]-> a -> end2")
    assert sorted(Story(*lines, data={"x": True}).open) == ["a", "always"]
    assert Story(*lines, data={"x": False}).open == ["always"]
