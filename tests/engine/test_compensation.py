"""What was done is undone: handlers, sub-processes, multi-instances, transactions (BPMN 2.0.2, 10.6 and 13.5.5)."""

from __future__ import annotations

import pytest

from app import engine
from tests.engine.drawing import (
    Made,
    boundary,
    call,
    draw,
    end,
    event_sub,
    handler,
    many,
    repeat,
    script,
    service,
    start,
    sub,
    throw,
    transaction,
    undone,
    user,
)
from tests.engine.story import Story

BOOKED = {
    "book": script("1", "a"),
    "unbook": handler(script("1", "b")),
    "undo1": undone("book", "unbook"),
    "pay": script("1", "c"),
    "refund": handler(script("1", "d")),
    "undo2": undone("pay", "refund"),
}


def test_handlers_run_one_after_the_other_the_last_work_first() -> None:
    story = Story("start -> book -> pay -> back -> end", **BOOKED, back=throw("compensate"))
    assert story.trace == [
        "start", "book", "pay", "undo2 caught", "refund", "undo1 caught", "unbook", "back thrown", "end",
    ]  # fmt: skip
    assert story.ended == "completed"


def test_only_what_was_completed_is_undone_and_only_once() -> None:
    story = Story(
        "start -> book -> back -> again -> pay -> end",
        **BOOKED,
        back=throw("compensate"),
        again=throw("compensate"),
    )
    assert story.trace == ["start", "book", "undo1 caught", "unbook", "back thrown", "again thrown", "pay", "end"]


def test_one_activity_is_meant() -> None:
    story = Story("start -> book -> pay -> back -> end", **BOOKED, back=throw("compensate", "book"))
    assert "unbook" in story.trace
    assert "refund" not in story.trace


def test_an_end_event_undoes_and_then_ends() -> None:
    story = Story("start -> book -> pay -> back", **BOOKED, back=end("compensate"))
    assert story.trace[-1] == "back thrown"
    assert story.ended == "completed"


def test_whoever_throws_waits_for_a_person_who_undoes() -> None:
    nodes = {**BOOKED, "refund": handler(user())}
    story = Story("start -> book -> pay -> back -> end", **nodes, back=throw("compensate"))
    assert story.open == ["refund"]
    assert [step.element for step in story.live.waiting() if step.state == "undoing"] == ["back"]
    story.answer("refund")
    assert story.trace[-4:] == ["undo1 caught", "unbook", "back thrown", "end"]


def test_whoever_does_not_wait_goes_on_and_the_case_ends_when_all_is_undone() -> None:
    nodes = {**BOOKED, "refund": handler(user())}
    story = Story("start -> book -> pay -> back -> after -> end", **nodes, back=throw("compensate", waits=False))
    assert sorted(story.open) == ["after", "refund"]
    story.answer("after")
    assert not story.ended
    assert story.open == ["refund"]
    story.answer("refund")
    assert story.ended == "completed"
    assert story.trace[-2:] == ["undo1 caught", "unbook"]


def test_each_round_of_a_loop_is_undone() -> None:
    story = Story(
        "start -> book -> xor",
        "xor -[n >= 3]-> back -> end",
        "xor -[else]-> book",
        data={"n": 0},
        **{**BOOKED, "book": script("n + 1", "n")},
        back=throw("compensate"),
    )
    assert story.trace.count("unbook") == 3


def test_each_instance_is_undone_with_its_own_variables_the_last_first() -> None:
    story = Story(
        "start -> book -> back -> end",
        data={"rooms": ["a", "b", "c"], "log": []},
        book=user(loop=many("rooms", each="room")),
        unbook=handler(script("concatenate(log, [room])", "log")),
        undo=undone("book", "unbook"),
        back=throw("compensate"),
    )
    for index in (1, 0, 0):  # b, a, c
        story.answer("book", index)
    assert story.data["log"] == ["c", "a", "b"]
    assert story.ended == "completed"


def test_each_round_of_a_standard_loop_is_undone() -> None:
    story = Story(
        "start -> book -> back -> end",
        data={"log": []},
        book=script("1", "x", loop=repeat(maximum=2)),
        unbook=handler(script("concatenate(log, [loopCounter])", "log")),
        undo=undone("book", "unbook"),
        back=throw("compensate"),
    )
    assert story.data["log"] == [2, 1]


def test_inside_of_a_sub_process_is_undone_with_its_variables_as_they_were() -> None:
    story = Story(
        "start -> trip -> back -> end",
        data={"log": []},
        trip=sub(
            "start2 -> book -> ask -> end2",
            inputs={"city": '"Wien"'},
            book=script("1", "x"),
            ask=user(),
            unbook=handler(script("concatenate(log, [city])", "log")),
            undo=undone("book", "unbook"),
        ),
        back=throw("compensate"),
    )
    story.answer("ask", city="Graz")
    assert story.data["log"] == ["Graz"]
    assert story.ended == "completed"
    assert set(story.pieces) == {""}


def test_a_handler_of_the_whole_takes_the_place_of_those_inside() -> None:
    story = Story(
        "start -> trip -> back -> end",
        trip=sub("start2 -> book -> end2", book=BOOKED["book"], unbook=BOOKED["unbook"], undo1=BOOKED["undo1"]),
        whole=handler(script("1", "y")),
        undo=undone("trip", "whole"),
        back=throw("compensate"),
    )
    assert "whole" in story.trace
    assert "unbook" not in story.trace


def test_a_compensation_event_sub_process_undoes_as_it_likes() -> None:
    story = Story(
        "start -> trip -> back -> end",
        trip=sub(
            "start2 -> book -> pay -> end2",
            **BOOKED,
            woken=event_sub(
                "s -> note -> only -> end5",
                s=start("compensate"),
                note=script("1", "n"),
                only=throw("compensate", "pay"),
            ),
        ),
        back=throw("compensate"),
    )
    assert story.trace[-9:] == [
        "s caught", "note", "undo2 caught", "refund", "only thrown", "end5", "woken", "back thrown", "end",
    ]  # fmt: skip
    assert "unbook" not in story.trace


def test_sub_processes_in_sub_processes_are_undone_from_the_inside() -> None:
    story = Story(
        "start -> outer -> back -> end",
        outer=sub(
            "start1 -> book -> inner -> end1",
            inner=sub("start2 -> pay -> end2", **_only("pay", "refund", "undo2")),
            **_only("book", "unbook", "undo1"),
        ),
        back=throw("compensate"),
    )
    assert [it for it in story.trace if it in ("refund", "unbook")] == ["refund", "unbook"]
    assert story.ended == "completed"


def _only(*names: str) -> dict[str, Made]:
    return {name: BOOKED[name] for name in names}


def test_instances_of_a_sub_process_are_undone_the_last_first() -> None:
    story = Story(
        "start -> trip -> back -> end",
        data={"cities": ["a", "b"], "log": []},
        trip=sub(
            "start2 -> book -> end2",
            loop=many("cities", each="city"),
            book=user(),
            unbook=handler(script("concatenate(log, [city])", "log")),
            undo=undone("book", "unbook"),
        ),
        back=throw("compensate"),
    )
    story.answer("book", 1)
    story.answer("book")
    assert story.data["log"] == ["b", "a"]
    assert story.ended == "completed"


def test_a_called_process_is_undone() -> None:
    called = draw(
        "start -> book -> end", key="called", book=script("7", "x"),
        unbook=handler(script("x + 1", "x")), undo=undone("book", "unbook"),
    )  # fmt: skip
    story = Story("start -> go -> back -> end", calls=(called,), go=call("called"), back=throw("compensate"))
    assert "unbook" in story.trace
    assert story.ended == "completed"


def test_an_event_sub_process_undoes_what_was_done_around_it() -> None:
    story = Story(
        "start -> book -> pay -> ask -> end",
        **BOOKED,
        ask=service(),
        woken=event_sub("s -> back -> end5", s=start("error"), back=throw("compensate")),
    )
    story.break_service("ask", "E")
    assert [it for it in story.trace if it in ("refund", "unbook")] == ["refund", "unbook"]
    assert story.ended == "completed"


def test_a_sub_process_that_was_cut_short_is_not_undone() -> None:
    story = Story(
        "start -> trip -> end",
        "late -> back -> end",
        trip=sub("start2 -> book -> ask -> end2", **_only("book", "unbook", "undo1")),
        late=boundary("trip", "timer", duration="PT1H"),
        back=throw("compensate"),
    )
    story.ring("late")
    assert "unbook" not in story.trace
    assert story.ended == "completed"


def test_a_transaction_that_is_cancelled_undoes_and_leaves_by_its_border() -> None:
    story = Story(
        "start -> trip -> done -> end",
        "off -> sorry -> end",
        trip=transaction(
            "start2 -> book -> pay -> and",
            "and -> wait -> end2",
            "and -> ask -> xor",
            "xor -[ok]-> end3",
            "xor -[else]-> no",
            no=end("cancel"),
            **BOOKED,
        ),
        off=boundary("trip", "cancel"),
    )
    story.answer("ask", ok=False)
    assert story.trace[-8:] == [
        "wait cancelled", "undo2 caught", "refund", "undo1 caught", "unbook",
        "no thrown", "trip cancelled", "off caught",
    ]  # fmt: skip
    assert story.open == ["sorry"]


def test_a_transaction_without_trouble_is_a_sub_process() -> None:
    story = Story(
        "start -> trip -> end", trip=transaction("start2 -> book -> end2", **BOOKED), off=boundary("trip", "error")
    )
    assert story.ended == "completed"


def test_an_error_leaves_a_transaction_without_undoing() -> None:
    story = Story(
        "start -> trip -> end",
        "oops -> end",
        trip=transaction("start2 -> book -> bad", bad=end("error", "E"), **BOOKED),
        oops=boundary("trip", "error"),
    )
    assert "unbook" not in story.trace
    assert story.ended == "completed"


def test_a_handler_that_fails_is_repaired_and_the_rest_is_undone() -> None:
    nodes = {**BOOKED, "refund": handler(service())}
    story = Story("start -> book -> pay -> back -> end", **nodes, back=throw("compensate"))
    story.break_service("refund")
    assert story.last(engine.Failed).element == "refund"
    story.skip("refund")
    assert story.trace[-4:] == ["undo1 caught", "unbook", "back thrown", "end"]


def test_a_handler_that_is_interrupted_lets_the_others_go_on() -> None:
    nodes = {**BOOKED, "refund": handler(user())}
    story = Story(
        "start -> book -> pay -> back -> end",
        "late -> note -> end2",
        **nodes,
        late=boundary("refund", "timer", duration="P1D"),
        note=script("1", "n"),
        back=throw("compensate"),
    )
    story.ring("late")
    assert story.ended == "completed"
    assert "unbook" in story.trace


def test_a_case_that_is_cancelled_meanwhile_is_over() -> None:
    nodes = {**BOOKED, "refund": handler(user())}
    story = Story("start -> book -> pay -> back -> end", **nodes, back=throw("compensate"))
    story.cancel()
    assert story.ended == "cancelled"
    assert set(story.pieces) == {""}


@pytest.mark.parametrize(
    ("nodes", "element"),
    [
        ({"no": end("cancel")}, "no"),
        ({"off": boundary("book", "cancel")}, "off"),
        ({"undo1": undone("book", "")}, "undo1"),
    ],
)
def test_what_makes_no_sense_is_refused(nodes: dict[str, Made], element: str) -> None:
    drawn = draw("start -> book -> no", book=user(), **nodes)
    with pytest.raises(engine.NotRunnable) as fault:
        engine.compile(drawn, "story")
    assert [name for name, _, _ in fault.value.findings] == [element]


def test_a_transaction_that_can_be_cancelled_says_where_it_goes_on_then() -> None:
    drawn = draw("start -> trip -> end", trip=transaction("start2 -> no", no=end("cancel")))
    with pytest.raises(engine.NotRunnable, match="cancel event on its border"):
        engine.compile(drawn, "story")
