"""Ad-hoc sub-processes, what multi-instances throw, and elements that begin cases."""

from __future__ import annotations

import pytest

from app import engine
from tests.engine.drawing import (
    Made,
    ad_hoc,
    behaves,
    boundary,
    catch,
    event_sub,
    instantiates,
    many,
    on,
    receive,
    script,
    service,
    start,
    sub,
    user,
)
from tests.engine.story import Story


def test_all_may_be_done_in_any_order() -> None:
    story = Story("start -> part -> end", part=ad_hoc("a -> b", "c"))
    assert sorted(story.open) == ["a", "c"]
    story.answer("c")
    story.answer("a")
    story.answer("b")
    assert story.ended == "completed"


def test_the_condition_ends_it_and_takes_the_others_away() -> None:
    story = Story("start -> part -> end", part=ad_hoc("a -> a2", "b", until="enough"))
    story.answer("a", enough=True)
    assert story.trace == ["start", "a", "b cancelled", "part", "end"]


def test_the_others_are_awaited_where_it_says_so_and_nothing_new_begins() -> None:
    story = Story("start -> part -> end", part=ad_hoc("a -> a2", "b -> b2", until="enough", keeps=True))
    story.answer("a", enough=True)
    assert story.open == ["b"]
    story.answer("b")
    assert story.trace == ["start", "a", "b", "part", "end"]


def test_it_begins_again_until_the_condition_is_true() -> None:
    story = Story("start -> part -> end", part=ad_hoc("a", "b", until="enough"))
    story.answer("a")
    story.answer("b")
    assert sorted(story.open) == ["a", "b"]
    story.answer("b", enough=True)
    assert story.ended == "completed"


def test_one_after_the_other_in_their_order() -> None:
    story = Story("start -> part -> end", part=ad_hoc("a -> a2", "b", "c", sequential=True))
    for name in ("a", "a2", "b", "c"):
        assert story.open == [name]
        story.answer(name)
    assert story.ended == "completed"


def test_one_after_the_other_until_it_is_enough() -> None:
    story = Story("start -> part -> end", part=ad_hoc("a", "b", "c", sequential=True, until="enough"))
    story.answer("a")
    story.answer("b", enough=True)
    assert story.ended == "completed"
    assert "c" not in story.trace


def test_machines_that_never_come_to_an_end_are_stopped() -> None:
    story = Story("start -> part -> end", part=ad_hoc(until="n > 3", a=script("n + 1", "n")), data={"n": 0})
    assert story.data["n"] == 4
    story = Story("start -> part -> end", part=ad_hoc(until="false", a=script("n + 1", "n")), data={"n": 0},
                  balanced=False)  # fmt: skip
    assert story.last(engine.Failed).code == "endless-loop"


def test_machines_that_change_nothing_are_not_asked_again() -> None:
    story = Story("start -> part -> end", part=ad_hoc(until="x", a=script("1", "n")), data={"n": 1})
    assert story.trace == ["start", "a"]
    assert (story.last(engine.Failed).element, story.last(engine.Failed).code) == ("part", "ad-hoc-stuck")
    story.retry("part", x=True)
    assert story.trace == ["start", "a", "a", "part", "end"]
    assert story.ended == "completed"


def test_a_border_takes_an_ad_hoc_sub_process_away() -> None:
    story = Story("start -> part -> end", "off -> end2", part=ad_hoc("a", "b", sequential=True),
                  off=boundary("part", "timer", duration="P1D"))  # fmt: skip
    story.ring("off")
    assert story.ended == "completed"


def test_events_are_heard_in_every_round() -> None:
    woken = event_sub("s -> note -> end5", s=start("message", "m", interrupting=False))
    story = Story("start -> part -> end", part=ad_hoc("a", until="enough", woken=woken))
    story.answer("a")
    story.answer("a")
    story.message("s")
    assert sorted(story.open) == ["a", "note"]
    story.answer("a", enough=True)
    assert story.ended == "completed"


@pytest.mark.parametrize("sequential", [True, False])
def test_what_an_event_has_taken_over_does_not_begin_again(sequential: bool) -> None:
    woken = event_sub("s -> note -> end5", s=start("message", "m"))
    story = Story("start -> part -> end", part=ad_hoc("a", "b", sequential=sequential, until="enough", woken=woken))
    story.message("s")
    story.answer("note")
    assert story.trace[-3:] == ["woken", "part", "end"]


def test_who_waits_for_others_that_will_not_come_is_not_awaited() -> None:
    story = Story(
        "start -> part -> end", part=ad_hoc("a -> and", "b -> and", "c", "and -> d", until="enough", keeps=True)
    )
    story.answer("a")
    story.answer("b", enough=True)
    assert story.open == ["c"]
    story.answer("c")
    assert story.ended == "completed"
    assert not story.all(engine.Failed)


def test_ad_hoc_within_ad_hoc_and_repeated() -> None:
    inner = ad_hoc("b", "c", sequential=True, loop=many(cardinality="2", sequential=True))
    story = Story("start -> part -> end", part=ad_hoc("a", "inner", until="enough", inner=inner))
    for name in ("b", "c", "b", "c"):
        story.answer(name)
    story.answer("a", enough=True)
    assert story.ended == "completed"


# -- what multi-instances throw ----------------------------------------------------------------------------------------


def test_each_instance_throws() -> None:
    loop = behaves(many(cardinality="3"), "None", (None, on("escalation", "done")))
    story = Story(
        "start -> work -> end", "seen -> end2", work=user(loop=loop),
        seen=boundary("work", "escalation", "done", interrupting=False),
    )  # fmt: skip
    for _ in range(3):
        story.answer("work")
    assert story.trace.count("seen caught") == 3
    assert story.ended == "completed"


def test_only_the_first_throws() -> None:
    loop = behaves(many(cardinality="3"), "One", (None, on("signal", "done")))
    story = Story(
        "start -> work -> end", "seen -> end2", work=user(loop=loop),
        seen=boundary("work", "signal", "done", interrupting=False),
    )  # fmt: skip
    story.answer("work")
    assert story.trace.count("seen caught") == 1
    story.answer("work")
    story.answer("work")
    assert story.trace.count("seen caught") == 1
    assert len(story.all(engine.MessageSent)) == 1


def test_what_is_thrown_may_have_conditions_and_take_the_rest_away() -> None:
    loop = behaves(
        many(cardinality="5"),
        "Complex",
        ("numberOfCompletedInstances = 2", on("escalation", "enough")),
        ("bad", on("error", "E")),
    )
    story = Story(
        "start -> work -> end", "off -> end2", "oops -> end3", work=user(loop=loop),
        off=boundary("work", "escalation", "enough"), oops=boundary("work", "error", "E"),
    )  # fmt: skip
    story.answer("work")
    assert len(story.open) == 4
    story.answer("work")
    assert story.trace[-2:] == ["off caught", "end2"]
    assert story.ended == "completed"


def test_machines_throw_before_the_whole_is_over() -> None:
    loop = behaves(many(cardinality="2"), "None", (None, on("signal", "done")))
    story = Story("start -> work -> end", "seen -> end2", work=script("1", "x", loop=loop),
                  seen=boundary("work", "signal", "done", interrupting=False))  # fmt: skip
    assert story.trace.count("seen caught") == 2


def test_a_behaviour_that_names_no_event_throws_none() -> None:
    story = Story("start -> work -> end", work=user(loop=behaves(many(cardinality="1"), "None")))
    story.answer("work")
    assert story.ended == "completed"


def test_what_an_instance_yields_may_be_a_variable_of_its_inside() -> None:
    part = sub("start2 -> s -> end2", inputs={"r": "0"}, loop=many("[1, 2]", each="n", into="all", yields="r"),
               s=script("n * 2", "r"))  # fmt: skip
    assert Story("start -> part -> end", part=part).data == {"all": [2, 4]}


def test_an_error_that_nobody_catches_ends_the_case() -> None:
    loop = behaves(many(cardinality="2"), "One", (None, on("error", "E")))
    story = Story("start -> work -> end", work=user(loop=loop))
    story.answer("work")
    assert story.ended == "error"


def test_what_cannot_be_thrown_is_thrown_again_by_a_retry_and_the_others_go_on() -> None:
    loop = behaves(many("[1, 2, 3]", each="n", into="all", yields="n"), "None", (None, on("message", "m", key="k")))
    story = Story("start -> work -> end", work=user(loop=loop))
    story.answer("work")
    assert story.last(engine.Failed).element == "work"
    story.do(engine.Retry(story.last(engine.Failed).ref, {"k": 1}))
    assert len(story.open) == 2
    story.answer("work")
    story.answer("work")
    assert story.data["all"] == [1, 2, 3]
    assert len(story.all(engine.MessageSent)) == 3
    assert story.ended == "completed"


def test_the_whole_is_not_over_while_somebody_must_look_at_it() -> None:
    loop = behaves(many(cardinality="2"), "One", (None, on("message", "m", key="k")))
    story = Story("start -> work -> end", work=user(loop=loop))
    story.answer("work")
    failed = story.last(engine.Failed).ref
    story.answer("work")
    assert not story.ended
    story.do(engine.Retry(failed, {"k": 1}))
    assert story.ended == "completed"


def test_machines_that_are_over_when_it_is_enough_throw_no_more() -> None:
    loop = behaves(many(cardinality="3", until="numberOfCompletedInstances >= 1"), "None", (None, on("message", "m")))
    story = Story("start -> work -> end", work=script("1", "x", loop=loop))
    assert len(story.all(engine.MessageSent)) == 1


# -- what begins cases -------------------------------------------------------------------------------------------------


def test_a_receive_task_begins_a_case() -> None:
    story = Story("it -> ask -> end", it=instantiates(receive("order")), element="it", payload={"n": 1})
    assert story.open == ["ask"]
    assert story.data == {"n": 1}


def test_any_event_behind_a_gateway_begins_a_case() -> None:
    story = Story(
        "event -> a -> ask -> end", "event -> b -> end2", event=instantiates(Made("eventBasedGateway")),
        a=catch("message", "a"), b=catch("message", "b"), element="a", payload={"n": 1},
    )  # fmt: skip
    assert story.trace == ["event", "a caught"]
    assert story.data == {"n": 1}


def test_the_first_of_a_parallel_gateway_begins_it_and_the_others_are_awaited() -> None:
    story = Story(
        "event -> a -> and", "event -> b -> and", "and -> end",
        event=instantiates(Made("eventBasedGateway"), kind="Parallel"),
        a=catch("message", "a"), b=catch("message", "b"), element="b", payload={"n": 1},
    )  # fmt: skip
    assert story.trace == ["event", "b caught"]
    assert story.open == ["a"]
    story.message("a", m=2)
    assert story.ended == "completed"
    assert story.data == {"n": 1, "m": 2}


def test_what_waits_for_a_message_does_not_begin_by_itself() -> None:
    with pytest.raises(engine.NoStart):
        Story("it -> end", it=instantiates(receive("order")))
    with pytest.raises(engine.NoStart):
        Story("it -> end", it=service(), element="it")
