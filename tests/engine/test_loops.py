"""Multi-instance and standard loops (BPMN 2.0.2, 10.3.7 and 13.3.6, 13.3.7)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app import engine
from app.engine import limits
from tests.engine.drawing import boundary, call, draw, end, many, receive, repeat, script, service, sub, task, user
from tests.engine.story import Story

NAMES = {"names": ["Li", "Wang", "Zhao"]}


def asking(**says: Any) -> Any:
    return user(loop=many("names", each="name", **says))


# -- parallel ----------------------------------------------------------------------------------------------------------


def test_a_parallel_multi_instance_asks_about_every_element_at_once() -> None:
    story = Story("start -> ask -> after -> end", ask=asking(), data=NAMES)
    tasks = story.all(engine.TaskReached)
    assert [it.item for it in tasks] == ["Li", "Wang", "Zhao"]
    assert [it.data["name"] for it in tasks] == ["Li", "Wang", "Zhao"]
    assert [it.data["loopCounter"] for it in tasks] == [1, 2, 3]
    story.answer("ask", 1)
    story.answer("ask", 1)
    assert story.open == ["ask"]
    story.answer("ask")
    assert story.open == ["after"]
    assert story.data == NAMES, "the counters and elements stay inside"


def test_answers_are_gathered_in_the_order_of_the_elements() -> None:
    story = Story("start -> ask -> after -> end", ask=asking(into="marks", yields="mark"), data=NAMES)
    story.answer("ask", 2, mark=3)
    story.answer("ask", 0, mark=1)
    assert "marks" not in story.data, "written when the whole is over"
    story.answer("ask", 0, mark=2)
    assert story.data == {**NAMES, "marks": [1, 2, 3]}


def test_the_result_of_an_instance_is_its_own() -> None:
    """Without this the answer of the last would stand in every place."""
    story = Story("start -> ask -> end", ask=asking(into="marks", yields="answer.mark"), data={**NAMES, "answer": 0})
    story.answer("ask", 0, answer={"mark": "a"})
    story.answer("ask", 1, answer={"mark": "c"})
    story.answer("ask", 0, answer={"mark": "b"})
    assert story.data == {**NAMES, "answer": 0, "marks": ["a", "b", "c"]}


def test_what_an_instance_yields_may_be_computed() -> None:
    story = Story(
        "start -> s -> end", s=script("n * n", "square", loop=many("[1, 2, 3]", each="n", into="all", yields="square"))
    )
    assert story.data == {"all": [1, 4, 9]}
    story = Story(
        "start -> s -> end", s=task(loop=many("[1, 2]", each="n", into="all", yields="{n: n, i: loopCounter}"))
    )
    assert story.data == {"all": [{"n": 1, "i": 1}, {"n": 2, "i": 2}]}


@pytest.mark.parametrize("sequential", [False, True])
def test_a_number_of_instances_will_do(sequential: bool) -> None:
    story = Story(
        "start -> ask -> end", ask=user(loop=many(cardinality="count", sequential=sequential)), data={"count": 3}
    )
    for _ in range(3):
        story.answer("ask")
    assert story.ended == "completed"


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("loop", [{"collection": "[]"}, {"cardinality": "0"}])
def test_nothing_to_do_is_done_at_once(loop: dict[str, str], sequential: bool) -> None:
    made = user(loop=many(**loop, sequential=sequential, into="marks", yields="mark"))
    story = Story("start -> ask -> after -> end", ask=made)
    assert story.open == ["after"]
    assert story.data == {"marks": []}
    assert list(story.pieces) == [""]


@pytest.mark.parametrize(
    ("loop", "value"),
    [
        ({"collection": "x"}, None), ({"collection": "x"}, "abc"), ({"collection": "x"}, {"a": 1}),
        ({"cardinality": "x"}, None), ({"cardinality": "x"}, -1), ({"cardinality": "x"}, True),
        ({"cardinality": "x"}, "many"), ({"cardinality": "x"}, limits.INSTANCES + 1),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_an_incident_and_can_be_repaired(loop: dict[str, str], value: Any) -> None:
    story = Story("start -> ask -> end", ask=user(loop=many(**loop)), data={"x": value})
    assert story.last(engine.Failed).code in ("bad-collection", "too-many")
    story.retry("ask", x=2 if "cardinality" in loop else [1, 2])
    assert story.open == ["ask", "ask"]


def test_two_and_a_half_instances_are_none() -> None:
    story = Story("start -> ask -> end", ask=user(loop=many(cardinality="5 / 2")))
    assert story.last(engine.Failed).code == "bad-collection"


def test_mappings_belong_to_each_instance_and_not_to_the_whole() -> None:
    """The input mapping hides the collection inside the instances, where it may; the whole still sees the list."""
    story = Story(
        "start -> ask -> end", data={**NAMES, "found": {}},
        ask=user(inputs={"names": "name", "short": "substring(name, 1, 1)"}, outputs={"seen": "short"},
                 loop=many("names", each="name", into="all", yields="seen")),
    )  # fmt: skip
    assert [it.data["short"] for it in story.all(engine.TaskReached)] == ["L", "W", "Z"]
    for _ in range(3):
        story.answer("ask")
    assert story.data["all"] == ["L", "W", "Z"]
    assert story.data["names"] == NAMES["names"]
    assert "seen" not in story.data


# -- sequential --------------------------------------------------------------------------------------------------------


def test_a_sequential_multi_instance_asks_one_after_the_other() -> None:
    story = Story("start -> ask -> after -> end", ask=asking(sequential=True, into="marks", yields="mark"), data=NAMES)
    for name in NAMES["names"]:
        assert story.open == ["ask"]
        assert story.last(engine.TaskReached).item == name
        story.answer("ask", mark=f"{name}!")
    assert story.data["marks"] == ["Li!", "Wang!", "Zhao!"]


def test_the_elements_are_those_of_the_beginning() -> None:
    story = Story("start -> ask -> after -> end", ask=asking(sequential=True), data=NAMES)
    story.answer("ask", names=["x"])
    assert story.last(engine.TaskReached).item == "Wang"
    story.answer("ask")
    story.answer("ask")
    assert story.open == ["after"]


# -- completion condition ----------------------------------------------------------------------------------------------


def test_enough_is_enough_and_the_rest_is_taken_away() -> None:
    story = Story(
        "start -> ask -> after -> end", data=NAMES,
        ask=asking(until="numberOfCompletedInstances >= 2", into="marks", yields="mark"),
    )  # fmt: skip
    story.answer("ask", 2, mark="c")
    story.answer("ask", 0, mark="a")
    assert story.open == ["after"]
    assert len(story.all(engine.TaskWithdrawn)) == 1
    assert story.data["marks"] == ["a", None, "c"]


@pytest.mark.parametrize(
    ("until", "rounds"),
    [
        ("numberOfInstances = 3 and numberOfActiveInstances = 1", 2),
        ("nrOfCompletedInstances / nrOfInstances > 0.5", 2),
        ("mark = 2", 2),
        ("loopCounter = 1", 1),
        ("missing", 3),
        ('"true"', 3),
    ],
)
def test_the_completion_condition_knows_the_counts_and_the_answer(until: str, rounds: int) -> None:
    story = Story("start -> ask -> after -> end", ask=asking(until=until, into="marks", yields="mark"), data=NAMES)
    for number in range(rounds):
        assert story.open == ["ask"] * (3 - number)
        story.answer("ask", mark=number + 1)
    assert story.open == ["after"]


def test_a_sequential_one_may_stop_early_too() -> None:
    story = Story("start -> ask -> after -> end", ask=asking(sequential=True, until="ok = false"), data=NAMES)
    story.answer("ask", ok=True)
    story.answer("ask", ok=False)
    assert story.open == ["after"]
    assert story.all(engine.TaskWithdrawn) == []


# -- what an instance may be -------------------------------------------------------------------------------------------


def test_instances_may_be_services_messages_calls_and_sub_processes() -> None:
    other = draw("start2 -> inner -> end2", key="other")
    loop = many("names", each="name")
    for made in (service(loop=loop), receive("m", "name", loop=loop), call("other", loop=loop)):
        story = Story("start -> it -> after -> end", it=made, calls=(other,), data=NAMES)
        for _ in range(3):
            if made.kind == "serviceTask":
                story.serve("it")
            elif made.kind == "receiveTask":
                story.message("it")
            else:
                story.answer("inner")
        assert story.open == ["after"], made.kind


def test_every_instance_of_a_sub_process_has_its_own_variables() -> None:
    part = sub(
        "start2 -> a -> b -> end2", loop=many("names", each="name", into="all", yields="mine"),
        inputs={"mine": "name"},
    )  # fmt: skip
    story = Story("start -> part -> end", part=part, data=NAMES)
    story.answer("a", 1, mine="W2")
    assert [it.data["mine"] for it in story.all(engine.TaskReached)] == ["Li", "Wang", "Zhao", "W2"]
    for element in ("a", "a", "b", "b", "b"):
        story.answer(element)
    assert story.ended == "completed"


def test_a_multi_instance_in_a_multi_instance_keeps_both_apart() -> None:
    rows = [[1, 2], [], [3]]
    inner = user(loop=many("row", each="cell", into="line", yields="double"))
    part = sub("start2 -> ask -> end2", loop=many("rows", each="row", into="all", yields="line"), ask=inner)
    story = Story("start -> part -> after -> end", part=part, data={"rows": rows})
    assert [it.item for it in story.all(engine.TaskReached)] == [1, 2, 3]
    while "ask" in story.open:
        ref = story.ref("ask", -1)
        story.do(engine.TaskDone(ref, {"double": 2 * story.live.visible(ref)["cell"]}))
    assert story.data == {"rows": rows, "all": [[2, 4], [], [6]]}


def test_terminate_in_one_instance_leaves_the_others() -> None:
    part = sub("start2 -> a -> stop", loop=many("names", each="name"), stop=end("terminate"))
    story = Story("start -> part -> after -> end", part=part, data=NAMES)
    story.answer("a")
    assert story.open == ["a", "a"]


def test_an_error_in_one_instance_is_caught_at_the_border_of_the_whole() -> None:
    part = sub("start2 -> a -> bad", loop=many("names", each="name"), bad=end("error", "E"))
    story = Story(
        "start -> part -> after -> end", "oops -> note -> end3", part=part, oops=boundary("part", "error", "E"),
        data=NAMES,
    )  # fmt: skip
    story.answer("a", 1)
    assert story.open == ["note"]
    assert len(story.all(engine.TaskWithdrawn)) == 2
    assert list(story.pieces) == [""]


def test_a_timer_at_the_border_is_one_for_the_whole() -> None:
    story = Story("start -> ask -> after -> end", "late -> note -> end2", ask=asking(), data=NAMES,
                  late=boundary("ask", "timer", duration="PT1H"))  # fmt: skip
    assert len(story.all(engine.TimerSet)) == 1
    story.answer("ask")
    story.ring("late")
    assert story.open == ["note"]
    assert len(story.all(engine.TaskWithdrawn)) == 2


def test_a_failed_instance_stops_only_itself() -> None:
    loop = many("names", each="name", into="marks", yields="mark")
    story = Story("start -> it -> after -> end", it=service(loop=loop), data=NAMES)
    refs = [it.ref for it in story.all(engine.ServiceCalled)]
    story.do(engine.ServiceFailed(refs[1], "down"))
    story.do(engine.ServiceDone(refs[0], {"mark": 1}))
    story.do(engine.ServiceDone(refs[2], {"mark": 3}))
    assert story.open == []
    story.do(engine.Retry(refs[1]))
    story.do(engine.ServiceDone(refs[1], {"mark": 2}))
    assert story.data["marks"] == [1, 2, 3]


# -- standard loop -----------------------------------------------------------------------------------------------------


def test_a_loop_asks_again_while_its_condition_is_true() -> None:
    story = Story("start -> ask -> after -> end", ask=user(loop=repeat("not(ok)")))
    story.answer("ask", ok=False)
    story.answer("ask", ok=False)
    story.answer("ask", ok=True)
    assert story.open == ["after"]
    assert Counter(story.trace)["ask"] == 4, "three rounds and the whole"


def test_a_loop_that_asks_before_may_do_nothing() -> None:
    story = Story("start -> ask -> after -> end", ask=user(loop=repeat("more", before=True)), data={"more": False})
    assert story.open == ["after"]
    story = Story("start -> ask -> after -> end", ask=user(loop=repeat("more", before=True)), data={"more": True})
    story.answer("ask", more=False)
    assert story.open == ["after"]


@pytest.mark.parametrize("before", [False, True])
def test_a_loop_has_a_maximum(before: bool) -> None:
    story = Story(
        "start -> s -> end", s=script("n + 1", "n", loop=repeat("true", maximum=4, before=before)), data={"n": 0}
    )
    assert story.data == {"n": 4}
    story = Story("start -> s -> end", s=script("n + 1", "n", loop=repeat(maximum=0, before=before)), data={"n": 0})
    assert story.data == {"n": 0}


def test_a_loop_counts_its_rounds() -> None:
    story = Story("start -> s -> end", s=script("loopCounter", "last", loop=repeat("loopCounter < 5")))
    assert story.data == {"last": 5}


def test_the_loop_of_a_sub_process_begins_afresh_in_every_round() -> None:
    part = sub("start2 -> and1 -> a -> and2 -> end2", "and1 -> b -> and2", loop=repeat("again"))
    story = Story("start -> part -> after -> end", part=part)
    for again in (True, True, False):
        story.answer("a", again=again)
        story.answer("b")
    assert story.open == ["after"]
    assert list(story.pieces) == [""]


def test_a_loop_without_end_is_an_incident_and_goes_on_from_its_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INSTANCES", 20)
    story = Story("start -> s -> end", s=script("n + 1", "n", loop=repeat("n < limit")), data={"n": 0, "limit": 1000})
    assert story.last(engine.Failed).code == "too-many"
    assert (story.data["n"], story.ended) == (20, "")
    story.retry("s")
    assert story.data["n"] == 20, "still too many"
    story.retry("s", limit=20)
    assert (story.data["n"], story.ended) == (20, "completed")


def test_a_loop_that_went_too_far_may_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INSTANCES", 5)
    story = Story("start -> ask -> after -> end", ask=user(loop=repeat("true")))
    for _ in range(5):
        story.answer("ask")
    assert story.last(engine.Failed).code == "too-many"
    story.skip("ask", done=1)
    assert (story.open, story.data) == (["after"], {"done": 1})
    assert list(story.pieces) == [""]
