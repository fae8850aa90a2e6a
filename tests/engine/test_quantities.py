"""Complex gateways and token quantities: tokens that are counted."""

from __future__ import annotations

from unittest import mock

import pytest

from app import engine
from app.diagrams.model import Diagram
from app.engine import limits
from tests.engine.drawing import Made, boundary, complex_, draw, script, sub, tokens, user
from tests.engine.story import Story

THREE = (
    "start -> and",
    "and -> a -> join",
    "and -> b -> join",
    "and -> c -> join",
    "join -> after -> end",
)


def test_the_first_lets_it_go_on_and_the_others_are_swallowed() -> None:
    story = Story(*THREE, join=complex_("activationCount >= 1"))
    story.answer("b")
    assert sorted(story.open) == ["a", "after", "c"]
    story.answer("after")
    story.answer("a")
    assert not story.ended
    story.answer("c")
    assert story.ended == "completed"
    assert story.trace.count("join") == 1


def test_two_of_three() -> None:
    story = Story(*THREE, join=complex_("activationCount >= 2"))
    story.answer("c")
    assert "after" not in story.open
    story.answer("a")
    assert "after" in story.open
    story.answer("b")
    story.answer("after")
    assert story.ended == "completed"


def test_after_the_reset_it_begins_anew() -> None:
    story = Story(
        "start -> xor1 -> and",
        "and -> a -> join",
        "and -> b -> join",
        "join -> again -> xor2",
        "xor2 -[over]-> end",
        "xor2 -[else]-> xor1",
        join=complex_("activationCount >= 1"),
        xor1=Made("exclusiveGateway"),
    )
    story.answer("a")
    story.answer("b")
    story.answer("again", over=False)
    story.answer("b")
    story.answer("a")
    assert story.open == ["again"]
    story.answer("again", over=True)
    assert story.ended == "completed"
    assert story.trace.count("join") == 2


def test_tokens_of_the_next_round_wait_while_it_resets() -> None:
    story = Story(
        "start -> and0", "and0 -> xor1", "and0 -> xor1", "xor1 -> a -> join", "and0 -> b -> join",
        "join -> after -> end",
        join=complex_("activationCount >= 1"),
    )  # fmt: skip
    story.answer("a")
    story.answer("a")
    assert story.trace.count("join") == 1
    story.answer("b")
    assert story.trace.count("join") == 2
    story.answer("after")
    story.answer("after")
    assert story.ended == "completed"


def test_ways_that_may_be_taken_at_reset_only() -> None:
    story = Story(
        "start -> and", "and -> a -> join", "and -> b -> join",
        "join -[waitingForStart]-> first -> end", "join -[not(waitingForStart)]-> rest -> end2",
        join=complex_("activationCount >= 1"),
    )  # fmt: skip
    story.answer("a")
    assert sorted(story.open) == ["b", "first"]
    story.answer("b")
    assert sorted(story.open) == ["first", "rest"]


def test_a_gateway_that_failed_counts_on_and_is_repaired() -> None:
    story = Story(
        "start -> and", "and -> a -> join", "and -> b -> join", "and -> c -> join",
        "join -[ok]-> x -> end", "join -[ok]-> y -> end", join=complex_("activationCount >= 1"),
    )  # fmt: skip
    story.answer("a")
    story.answer("b")
    assert len(story.all(engine.Failed)) == 1
    story.retry("join", ok=True)
    assert sorted(story.open) == ["c", "x", "y"]
    for name in ("c", "x", "y"):
        story.answer(name)
    assert story.ended == "completed"


def test_whoever_will_not_come_is_not_waited_for_at_the_reset() -> None:
    story = Story(
        "start -> and", "and -> a -> join", "and -> b -> join", "join -> c -> end", "off -> end3",
        join=complex_("activationCount >= 1"), off=boundary("b", "timer", duration="PT1H"),
    )  # fmt: skip
    story.answer("a")
    story.answer("c")
    story.ring("off")
    assert story.ended == "completed"


def test_a_reset_that_the_budget_stops_is_seen_and_goes_on() -> None:
    for steps in range(1, 10):
        with mock.patch.object(limits, "STEPS", steps):
            story = Story(
                "start -> and", "and -> a -> join", "and -> b -> join", "join -> c -> end",
                join=complex_("activationCount >= 1"), a=script("1", "x"), b=script("1", "x"),
            )  # fmt: skip
            while failed := [step.ref for step in story.live.waiting() if step.state == "failed"]:
                story.do(engine.Retry(failed[0]))
            story.answer("c")
        assert story.ended == "completed"


def test_an_activity_that_failed_for_want_of_tokens_begins_by_a_retry_when_they_have_come() -> None:
    story = Story(
        "start -> and", "and -> a -> work -> end", "and -> part -> end2",
        part=sub("start2 -> b -> end3", "tick -> work2 -> end4", work2=tokens(user(), wants=2),
                 tick=boundary("b", "timer", interrupting=False, cycle="R2/PT1H")),
    )  # fmt: skip
    story.ring("tick")
    story.answer("b")
    assert story.last(engine.Failed).element == "work2"
    story.skip("work2")
    story.answer("a")
    story.answer("work")
    assert story.ended == "completed"


def test_a_way_by_which_nobody_comes_is_not_waited_for() -> None:
    story = Story(
        "start -> xor", "xor -[go]-> a -> join", "xor -[else]-> b -> join", "join -> after -> end",
        join=complex_("activationCount >= 1"), data={"go": True},
    )  # fmt: skip
    story.answer("a")
    story.answer("after")
    assert story.ended == "completed"


def test_a_condition_that_never_comes_true_is_told() -> None:
    story = Story(
        "start -> xor", "xor -[go]-> a -> join", "xor -[else]-> b -> join", "join -> after -> end",
        join=complex_("activationCount >= 2"), data={"go": True},
    )  # fmt: skip
    story.answer("a")
    assert story.last(engine.Failed).code == engine.DEADLOCK
    story.skip("join")
    assert story.open == ["after"]


def test_with_one_way_in_it_chooses_all_that_are_true() -> None:
    story = Story(
        "start -> it", "it -[x > 1]-> a -> end", "it -[x > 2]-> b -> end2", "it -[x > 9]-> c -> end3", it=complex_(),
        data={"x": 5},
    )  # fmt: skip
    assert sorted(story.open) == ["a", "b"]


def test_several_ways_in_need_a_condition() -> None:
    drawn = draw("start -> and", "and -> a -> join", "and -> b -> join", "join -> end", join=complex_())
    assert _refused(drawn) == ["join"]


def test_an_activity_begins_when_enough_have_come() -> None:
    story = Story(
        "start -> and", "and -> a -> work", "and -> b -> work", "and -> c -> work", "work -> end",
        work=tokens(user(), wants=2),
    )  # fmt: skip
    story.answer("c")
    assert sorted(story.open) == ["a", "b"]
    story.answer("a")
    assert sorted(story.open) == ["b", "work"]
    story.answer("work")
    story.answer("b")
    assert story.last(engine.Failed).code == engine.DEADLOCK


def test_more_than_enough_begin_it_twice() -> None:
    story = Story("start -> two -> four -> work -> end", two=tokens(script("1", "x"), gives=2),
                  four=tokens(script("1", "x"), gives=2), work=tokens(user(), wants=2))  # fmt: skip
    assert story.open == ["work", "work"]
    story.answer("work")
    story.answer("work")
    assert story.ended == "completed"
    assert story.trace.count("end") == 2


def test_absurd_quantities_are_refused() -> None:
    for says in ({"wants": 0}, {"gives": 0}, {"wants": 10**6}, {"gives": 10**6}):
        assert _refused(draw("start -> work -> end", work=tokens(user(), **says))) == ["work"]


def _refused(drawn: Diagram) -> list[str]:
    with pytest.raises(engine.NotRunnable) as fault:
        engine.compile(drawn, "story")
    return [name for name, _, _ in fault.value.findings]
