"""Compensation that does not go smoothly: what is interrupted, fails, leads on, or is left over when all is over."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from app import engine
from app.engine import limits
from tests.engine.drawing import (
    Made,
    ad_hoc,
    boundary,
    call,
    draw,
    end,
    event_sub,
    handler,
    many,
    on,
    repeat,
    script,
    service,
    several,
    start,
    sub,
    throw,
    tokens,
    transaction,
    undone,
    user,
)
from tests.engine.story import Story

#: `book` is undone by a machine, `pay` by a person
BOOK = {"book": script("1", "a"), "unbook": handler(script("1", "b")), "undo1": undone("book", "unbook")}
PAY = {"pay": script("1", "c"), "refund": handler(user()), "undo2": undone("pay", "refund")}
BACK = throw("compensate")
PLAIN = {"in": Made("startEvent"), "out": Made("endEvent")}


def trip(*lines: str, **nodes: Made) -> Made:
    """A sub-process in which a person undoes."""
    return sub("start2 -> pay -> end2", *lines, **PAY, **nodes)


# -- whoever threw is taken away ---------------------------------------------------------------------------------------


def test_what_still_undoes_inside_goes_when_an_event_takes_over() -> None:
    story = Story(
        "start -> trip -> back -> end", trip=trip(), back=BACK,
        woken=event_sub("s -> ask -> end9", s=start("message", "m")),
    )  # fmt: skip
    assert story.open == ["refund"]
    story.message("s")
    assert story.open == ["ask"]
    story.answer("ask")
    assert story.ended == "completed"
    assert set(story.pieces) == {""}


@pytest.mark.parametrize("how", ["terminated", "error", "cancelled"])
@pytest.mark.parametrize("waits", [True, False])
def test_a_case_that_ends_leaves_nobody_undoing(how: str, waits: bool) -> None:
    last = {"terminated": end("terminate"), "error": end("error", "E"), "cancelled": Made("endEvent")}[how]
    story = Story(
        "start -> and", "and -> trip -> back -> wait -> end", "and -> ask -> last",
        trip=trip(), back=throw("compensate", waits=waits), last=last,
    )  # fmt: skip
    assert "refund" in story.open
    if how == "cancelled":
        story.cancel()
    else:
        story.answer("ask")
    assert story.ended == how
    assert set(story.pieces) == {""}


def test_a_border_around_takes_all_of_it_away() -> None:
    story = Story(
        "start -> outer -> end", "late -> after -> end3",
        outer=sub("in -> trip -> back -> out", trip=trip(), back=BACK, **PLAIN),
        late=boundary("outer", "timer", duration="PT1H"),
    )  # fmt: skip
    story.ring("late")
    assert story.open == ["after"]
    assert set(story.pieces) == {""}


def test_what_was_not_yet_undone_may_be_undone_by_somebody_else() -> None:
    story = Story(
        "start -> book -> pay -> back -> end", **BOOK, **PAY, back=BACK,
        woken=event_sub("s -> again -> end9", s=start("message", "m"), again=throw("compensate")),
    )  # fmt: skip
    story.message("s")
    assert story.trace[-8:] == [
        "refund cancelled",
        "back cancelled", "s caught", "undo1 caught", "unbook", "again thrown", "end9", "woken",
    ]  # fmt: skip
    assert story.ended == "completed"


def test_what_was_not_yet_undone_inside_may_be_undone_in_its_order() -> None:
    def inside(name: str, number: int) -> Made:
        nodes = {f"{name}{it}": script("1", "x") for it in (1, 2)}
        undo = {f"un{name}{it}": handler(script(f'concatenate(log, ["{name}{it}"])', "log")) for it in (1, 2)}
        borders = {f"b{name}{it}": undone(f"{name}{it}", f"un{name}{it}") for it in (1, 2)}
        line = f"start{number} -> {name}1 -> {name}2 -> end{number}"
        return sub(line, **nodes, **undo, **borders)

    story = Story(
        "start -> a -> b -> pay -> back -> end", a=inside("p", 1), b=inside("q", 2), **PAY, back=BACK,
        woken=event_sub("s -> again -> end9", s=start("message", "m"), again=throw("compensate")), data={"log": []},
    )  # fmt: skip
    story.message("s")
    assert story.data["log"] == ["q2", "q1", "p2", "p1"]
    assert story.ended == "completed"
    assert set(story.pieces) == {""}


def test_nothing_of_it_is_left_when_the_scope_around_goes_on_and_ends() -> None:
    part = sub(
        "in -> trip -> more -> back -> out", **PLAIN, trip=sub("start3 -> book -> end3", **BOOK), more=trip(),
        back=BACK,
        woken=event_sub("s -> end9", s=start("message", "m")),
    )  # fmt: skip
    story = Story("start -> part -> ask -> end", part=part)
    story.message("s")
    assert story.open == ["ask"]
    story.answer("ask")
    assert set(story.pieces) == {""}


def test_a_handler_that_changes_the_data_may_have_its_own_compensation_interrupted() -> None:
    nodes = {**BOOK, **PAY, "refund": handler(script("true", "gone"))}
    story = Story(
        "start -> book -> pay -> back -> end", **nodes, back=BACK,
        woken=event_sub("s -> ask -> end9", s=start("conditional", "gone")),
    )  # fmt: skip
    assert story.open == ["ask"]
    assert "unbook" not in story.trace
    story.answer("ask")
    assert story.ended == "completed"


# -- handlers that lead on ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interrupting", [True, False])
def test_what_a_handler_led_to_is_awaited_before_its_sub_process_goes(interrupting: bool) -> None:
    late = boundary("refund", "timer", interrupting=interrupting, duration="PT1H")
    story = Story(
        "start -> before -> trip -> back -> end", before=sub("start1 -> book -> end1", **BOOK),
        trip=trip("late -> note -> end7", late=late), back=BACK,
    )  # fmt: skip
    story.ring("late")
    if not interrupting:
        story.answer("refund")
    assert story.open == ["note"]
    assert [step.element for step in story.live.waiting() if step.state == "undoing"] == ["back"]
    assert "unbook" not in story.trace
    story.answer("note")
    assert story.trace[-5:] == ["end7", "undo1 caught", "unbook", "back thrown", "end"]
    assert set(story.pieces) == {""}


def test_what_a_handler_led_to_goes_with_whoever_threw() -> None:
    late = boundary("refund", "timer", duration="PT1H")
    story = Story(
        "start -> trip -> back -> end", trip=trip("late -> note -> end7", late=late), back=BACK,
        woken=event_sub("s -> ask -> end9", s=start("message", "m")),
    )  # fmt: skip
    story.ring("late")
    assert story.open == ["note"]
    story.message("s")
    assert story.open == ["ask"]
    story.answer("ask")
    assert story.ended == "completed"
    assert set(story.pieces) == {""}


def test_a_handler_may_be_a_sub_process_that_undoes_itself() -> None:
    undo = handler(sub("start8 -> pay -> back8 -> end8", **PAY, back8=throw("compensate")))
    story = Story("start -> book -> back -> end", **{**BOOK, "unbook": undo}, back=BACK)
    assert story.open == ["refund"]
    story.answer("refund")
    assert story.trace[-6:] == ["refund", "back8 thrown", "end8", "unbook", "back thrown", "end"]
    assert story.ended == "completed"


@pytest.mark.parametrize("loop", [repeat(maximum=1), many(cardinality="1")])
def test_a_repeated_handler_sees_the_variables_of_what_it_undoes(loop: Any) -> None:
    story = Story(
        "start -> book -> back -> end", data={"rooms": ["a", "b"], "log": []},
        book=script("1", "z", loop=many("rooms", each="room")), undo=undone("book", "unbook"),
        unbook=handler(script("concatenate(log, [room])", "log", loop=loop)), back=BACK,
    )  # fmt: skip
    assert story.data["log"] == ["b", "a"]


def test_a_handler_begins_with_one_token_whatever_it_says() -> None:
    nodes = {**BOOK, "unbook": tokens(handler(script("1", "b")), wants=2)}
    assert Story("start -> book -> back -> end", **nodes, back=BACK).ended == "completed"


def test_handlers_that_fail_are_repaired_one_by_one() -> None:
    nodes = {"book": script("1", "a", loop=many(cardinality="3")), "unbook": handler(service())}
    story = Story("start -> book -> back -> end", **nodes, undo1=undone("book", "unbook"), back=BACK)
    story.break_service("unbook")
    story.retry("unbook")
    story.serve("unbook")
    story.break_service("unbook")
    story.skip("unbook")
    story.serve("unbook")
    assert story.ended == "completed"


def test_whoever_threw_and_finds_no_way_does_not_undo_again() -> None:
    story = Story("start -> book -> back -[ok]-> end", **BOOK, back=BACK)
    story.retry("back", ok=True)
    assert story.ended == "completed"
    assert story.trace.count("unbook") == 1


def test_a_small_budget_changes_nothing_in_what_is_undone() -> None:
    for steps in range(1, 12):
        with mock.patch.object(limits, "STEPS", steps):
            story = Story("start -> trip -> back -> end", trip=sub("start2 -> book -> end2", **BOOK), back=BACK)
            for _ in range(20):
                if not story.ended:
                    story.do(engine.Retry(story.all(engine.Failed)[-1].ref))
        assert story.ended == "completed"
        assert [it for it in story.trace if it in ("undo1 caught", "unbook")] == ["undo1 caught", "unbook"]
        assert set(story.pieces) == {""}


def test_what_cannot_be_said_is_known_before_anything_is_undone() -> None:
    back = several(throw("compensate"), on("message", "m", key="k"))
    story = Story("start -> book -> pay -> back -> end", **BOOK, **PAY, back=back)
    assert story.last(engine.Failed).element == "back"
    assert "undo2 caught" not in story.trace
    story.retry("back", k=1)
    assert story.open == ["refund"]
    story.answer("refund")
    assert story.trace[-3:] == ["unbook", "back thrown", "end"]


# -- what is remembered ------------------------------------------------------------------------------------------------


def test_a_sub_process_that_first_found_no_way_out_is_undone_all_the_same() -> None:
    story = Story(
        "start -> trip -[ok]-> back -> end", trip=sub("start2 -> book -> ask -> end2", **BOOK), back=BACK
    )  # fmt: skip
    story.answer("ask")
    story.retry("trip", ok=True)
    assert "unbook" in story.trace
    assert set(story.pieces) == {""}


def test_calls_in_calls_are_undone() -> None:
    inner = draw("start -> pay -> end", key="inner", **PAY)
    mid = draw("start -> go2 -> end", key="mid", go2=call("inner"))
    story = Story("start -> go -> back -> end", calls=(inner, mid), go=call("mid"), back=BACK)
    story.answer("refund")
    assert story.ended == "completed"
    assert set(story.pieces) == {""}


def test_what_nobody_undid_goes_with_the_case() -> None:
    story = Story(
        "start -> trip -> xor", "xor -[n > 3]-> end", "xor -[else]-> trip", data={"n": 0},
        trip=sub("start2 -> book -> ask -> end2", **{**BOOK, "book": script("n + 1", "n")}),
    )  # fmt: skip
    for _ in range(4):
        story.answer("ask")
    assert story.ended == "completed"
    assert set(story.pieces) == {""}


def test_each_instance_undoes_its_own_when_an_event_takes_over_inside() -> None:
    part = sub(
        "start2 -> pay -> ask -> end2", loop=many(cardinality="2"), ask=service(), **PAY,
        woken=event_sub("s -> back -> end5", s=start("error"), back=BACK),
    )  # fmt: skip
    story = Story("start -> part -> end", part=part)
    story.break_service("ask", "E")
    story.break_service("ask", "E")
    assert story.open == ["refund", "refund"]
    story.answer("refund")
    story.answer("refund")
    assert story.ended == "completed"


@pytest.mark.parametrize("whole", [True, False])
def test_instances_that_yield_something_are_undone_too(whole: bool) -> None:
    nodes = {"whole": handler(script("1", "y")), "undo": undone("trip", "whole")} if whole else {}
    part = sub("start2 -> book -> ask -> end2", loop=many("[1, 2]", each="n", into="all", yields="n"), **BOOK)
    story = Story("start -> trip -> ask2 -> back -> end", trip=part, back=BACK, **nodes)
    story.answer("ask", 1)
    story.answer("ask")
    assert story.data["all"] == [1, 2]
    story.answer("ask2")
    assert story.trace.count("whole" if whole else "unbook") == 2
    assert set(story.pieces) == {""}


def test_an_ad_hoc_sub_process_whose_condition_was_met_is_undone() -> None:
    story = Story("start -> part -> back -> end", part=ad_hoc(until="a = 1", **BOOK), back=BACK)
    assert story.trace[-4:] == ["undo1 caught", "unbook", "back thrown", "end"]


def test_what_undoes_is_no_work_of_an_ad_hoc_sub_process() -> None:
    story = Story(
        "start -> part -> end", part=ad_hoc("book -> back -> ask", until="b = 1", **BOOK, back=BACK)
    )  # fmt: skip
    assert story.open == ["ask"]
    story.answer("ask")
    assert story.ended == "completed"


def test_who_does_not_wait_keeps_no_inclusive_join_waiting() -> None:
    story = Story(
        "start -> pay -> or1", "or1 -> back -> xor", "xor -[false]-> or2", "xor -[else]-> end5", "or1 -> ask -> or2",
        "or2 -> after -> end", **PAY, back=throw("compensate", waits=False),
    )  # fmt: skip
    story.answer("ask")
    assert sorted(story.open) == ["after", "refund"]


# -- transactions ------------------------------------------------------------------------------------------------------


def test_a_transaction_within_needs_no_way_out_for_the_one_around_it() -> None:
    inner = transaction("start2 -> ask -> no", no=end("cancel"))
    outer = transaction("start1 -> inner -> end1", "off -> end3", inner=inner, off=boundary("inner", "cancel"))
    story = Story("start -> outer -> end", outer=outer)
    story.answer("ask")
    assert story.trace[-4:] == ["off caught", "end3", "outer", "end"]


def test_a_transaction_that_is_cancelled_while_it_undoes_goes_on_undoing() -> None:
    part = transaction(
        "start2 -> book -> pay -> and", "and -> back -> end2", "and -> ask -> no", no=end("cancel"), back=BACK,
        **BOOK, **PAY,
    )  # fmt: skip
    story = Story("start -> trip -> end", "off -> end3", trip=part, off=boundary("trip", "cancel"))
    assert sorted(story.open) == ["ask", "refund"]
    story.answer("ask")
    assert story.trace[-6:] == ["undo1 caught", "unbook", "no thrown", "trip cancelled", "off caught", "end3"]
    assert story.ended == "completed"


def test_an_error_of_a_handler_leaves_a_transaction_that_is_being_cancelled() -> None:
    part = transaction("start2 -> pay -> ask -> no", no=end("cancel"), **{**PAY, "refund": handler(service())})
    story = Story(
        "start -> trip -> end", "off -> end3", "oops -> end4", trip=part, off=boundary("trip", "cancel"),
        oops=boundary("trip", "error", "E"),
    )  # fmt: skip
    story.answer("ask")
    story.break_service("refund", "E")
    assert story.trace[-2:] == ["oops caught", "end4"]
    assert story.ended == "completed"


def test_two_cancel_ends_at_once_undo_once() -> None:
    part = transaction("start2 -> book -> and", "and -> no", "and -> no2", no=end("cancel"), no2=end("cancel"), **BOOK)
    story = Story("start -> trip -> end", "off -> end3", trip=part, off=boundary("trip", "cancel"))
    assert story.ended == "completed"
    assert story.trace.count("unbook") == 1
    assert story.trace.count("off caught") == 1


def test_a_cancel_takes_called_processes_away() -> None:
    part = transaction(
        "start2 -> book -> and", "and -> go -> end2", "and -> ask -> no", go=call("inner"), no=end("cancel"), **BOOK
    )  # fmt: skip
    story = Story(
        "start -> trip -> end", "off -> end3", calls=(draw("start -> q -> end", key="inner"),), trip=part,
        off=boundary("trip", "cancel"),
    )  # fmt: skip
    story.answer("ask")
    assert "q cancelled" in story.trace
    assert story.ended == "completed"


def test_one_of_several_transactions_cancels_them_all() -> None:
    part = transaction(
        "start2 -> book -> ask -> xor", "xor -[ok]-> end2", "xor -[else]-> no", no=end("cancel"),
        loop=many(cardinality="3"), **BOOK,
    )  # fmt: skip
    story = Story("start -> trip -> end", "off -> end3", trip=part, off=boundary("trip", "cancel"))
    story.answer("ask", ok=True)
    story.answer("ask", ok=False)
    assert story.trace[-2:] == ["off caught", "end3"]
    assert story.trace.count("unbook") == 1
    assert set(story.pieces) == {""}
