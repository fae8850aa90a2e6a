"""Errors: thrown at ends, by services and decisions, and who catches them (BPMN 2.0.2, 10.5.1, 10.5.6 and 13.5.3)."""

from __future__ import annotations

import pytest

from app import engine
from tests.engine.drawing import boundary, call, decision, draw, end, event_sub, script, service, start, sub, task
from tests.engine.story import Story


def failing(code: str = "E") -> object:
    return sub("start2 -> and1 -> a -> bad", "and1 -> b -> end2", bad=end("error", code))


# -- error ends --------------------------------------------------------------------------------------------------------


def test_an_error_end_is_caught_at_the_border_and_everything_inside_goes() -> None:
    story = Story(
        "start -> part -> after -> end", "oops -> note -> end3", part=failing(),
        oops=boundary("part", "error", "E", variable="why"),
    )  # fmt: skip
    story.answer("a")
    assert story.open == ["note"]
    assert story.data == {"why": "E"}
    assert story.last(engine.TaskWithdrawn).element == "b"
    assert "after" not in story.trace


def test_an_error_nobody_catches_ends_the_case_and_says_where() -> None:
    story = Story("start -> part -> after -> end", part=failing("E7"), data={"x": 1})
    story.answer("a")
    assert story.last(engine.Ended) == engine.Ended("error", "bad", "E7", {"x": 1})


def test_an_error_of_another_code_passes_by() -> None:
    story = Story(
        "start -> part -> end", "oops -> note -> end3", part=failing("E"), oops=boundary("part", "error", "F")
    )
    story.answer("a")
    assert (story.ended, story.last(engine.Ended).code) == ("error", "E")


@pytest.mark.parametrize(("code", "way"), [("E", "exact"), ("F", "any_")])
def test_the_code_itself_comes_before_whoever_catches_all(code: str, way: str) -> None:
    story = Story(
        "start -> part -> end", "all_ -> any_ -> end4", "one -> exact -> end3", part=failing(code),
        all_=boundary("part", "error"), one=boundary("part", "error", "E"),
    )  # fmt: skip
    story.answer("a")
    assert story.open == [way]


def test_the_nearest_catches() -> None:
    inner = failing()
    outer = sub("start5 -> inner -> end5", "near -> there -> end6", inner=inner, near=boundary("inner", "error", "E"))
    story = Story("start -> part -> end", "far -> here -> end4", part=outer, far=boundary("part", "error", "E"))
    story.answer("a")
    assert story.open == ["there"]


def test_an_error_climbs_through_sub_processes_and_called_processes() -> None:
    other = draw("start5 -> deep -> end5", key="other", deep=failing())
    story = Story(
        "start -> part -> end", "oops -> note -> end4", part=sub("start6 -> go -> end6", go=call("other")),
        calls=(other,), oops=boundary("part", "error", "E"),
    )  # fmt: skip
    story.answer("a")
    assert story.open == ["note"]
    assert list(story.pieces) == [""]


def test_an_error_that_the_called_process_catches_itself_stays_there() -> None:
    other = draw(
        "start5 -> deep -> end5", "mine -> inside -> end6", key="other", deep=failing(),
        mine=boundary("deep", "error"),
    )  # fmt: skip
    story = Story("start -> go -> end", "oops -> note -> end4", go=call("other"), calls=(other,),
                  oops=boundary("go", "error"))  # fmt: skip
    story.answer("a")
    assert story.open == ["inside"]


# -- event sub-processes -----------------------------------------------------------------------------------------------


def test_an_error_event_sub_process_does_not_run_without_an_error() -> None:
    story = Story("start -> a -> end", on_it=event_sub("start9 -> handle -> end9", start9=start("error")))
    assert story.open == ["a"]
    assert story.watched() == []


def test_an_error_event_sub_process_takes_the_place_of_its_scope() -> None:
    story = Story(
        "start -> and1 -> a -> bad", "and1 -> b -> end2", bad=end("error", "E"),
        on_it=event_sub("start9 -> handle -> end9", start9=start("error", "E", variable="why")),
    )  # fmt: skip
    story.answer("a")
    assert story.open == ["handle"]
    assert story.data == {"why": "E"}
    assert story.last(engine.TaskWithdrawn).element == "b"
    story.answer("handle")
    assert story.ended == "completed"


def test_the_event_sub_process_inside_comes_before_the_boundary_around() -> None:
    part = sub(
        "start2 -> a -> bad", bad=end("error", "E"),
        on_it=event_sub("start9 -> handle -> end9", start9=start("error")),
    )  # fmt: skip
    story = Story(
        "start -> part -> after -> end", "oops -> note -> end3", part=part, oops=boundary("part", "error", "E")
    )
    story.answer("a")
    assert story.open == ["handle"]
    story.answer("handle")
    assert story.open == ["after"], "the sub-process ends as if nothing had happened"


def test_an_error_in_a_handler_is_for_whoever_is_outside() -> None:
    """It must not be caught by its own event sub-process, over and over."""
    part = sub(
        "start2 -> a -> bad", bad=end("error", "E"),
        on_it=event_sub("start9 -> handle -> worse", start9=start("error"), worse=end("error", "E")),
    )  # fmt: skip
    story = Story(
        "start -> part -> after -> end", "oops -> note -> end3", part=part, oops=boundary("part", "error", "E")
    )
    story.answer("a")
    story.answer("handle")
    assert story.open == ["note"]


def test_a_handler_may_have_handlers() -> None:
    inner = event_sub("start8 -> rescue -> end8", start8=start("error"))
    story = Story(
        "start -> a -> bad", bad=end("error", "E"),
        on_it=event_sub("start9 -> b -> worse", start9=start("error"), worse=end("error", "F"), inner=inner),
    )  # fmt: skip
    story.answer("a")
    story.answer("b")
    assert story.open == ["rescue"]
    story.answer("rescue")
    assert story.ended == "completed"


# -- services and decisions --------------------------------------------------------------------------------------------


def test_a_service_that_answers_an_error_is_caught_by_its_code() -> None:
    story = Story(
        "start -> scoring -> end", "no -> note -> end2", "all_ -> other -> end3", scoring=service(),
        no=boundary("scoring", "error", "NO_SUCH_CUSTOMER", variable="code"), all_=boundary("scoring", "error"),
    )  # fmt: skip
    story.break_service("scoring", "NO_SUCH_CUSTOMER")
    assert (story.open, story.data) == (["note"], {"code": "NO_SUCH_CUSTOMER"})
    assert story.trace == ["start", "scoring error", "no caught"]
    assert story.all(engine.ServiceWithdrawn) == [], "the call is over, nobody needs to take it back"


def test_a_service_that_is_down_is_caught_only_by_whoever_catches_all() -> None:
    story = Story(
        "start -> scoring -> end", "all_ -> other -> end3", scoring=service(), all_=boundary("scoring", "error")
    )  # fmt: skip
    story.break_service("scoring")
    assert story.open == ["other"]


@pytest.mark.parametrize("code", ["", "UNKNOWN"])
def test_a_service_error_nobody_catches_is_an_incident_not_the_end(code: str) -> None:
    story = Story(
        "start -> and1 -> scoring -> end", "and1 -> a -> end", "no -> note -> end2", scoring=service(),
        no=boundary("scoring", "error", "OTHER"),
    )  # fmt: skip
    story.break_service("scoring", code, "connection refused")
    failed = story.last(engine.Failed)
    assert (failed.element, failed.message) == ("scoring", "connection refused")
    assert story.open == ["a"]
    story.retry("scoring")
    assert len(story.all(engine.ServiceCalled)) == 2
    story.serve("scoring")
    story.answer("a")
    assert story.ended == "completed"


def test_a_service_error_is_caught_around_the_sub_process_it_is_in() -> None:
    story = Story(
        "start -> part -> end", "oops -> note -> end2", part=sub("start2 -> scoring -> end3", scoring=service()),
        oops=boundary("part", "error", "E"),
    )  # fmt: skip
    story.break_service("scoring", "E")
    assert story.open == ["note"]


def test_a_service_error_is_caught_by_an_event_sub_process() -> None:
    story = Story(
        "start -> and1 -> scoring -> end", "and1 -> a -> end2", scoring=service(),
        on_it=event_sub("start9 -> handle -> end9", start9=start("error", "E")),
    )  # fmt: skip
    story.break_service("scoring", "E")
    assert story.open == ["handle"]


def test_a_decision_that_cannot_be_taken_is_caught_too() -> None:
    story = Story(
        "start -> rate -> end", "oops -> note -> end2", rate=decision("nowhere"), oops=boundary("rate", "error")
    )
    assert story.open == ["note"]


def test_an_error_boundary_leaves_the_rest_of_the_case_alone() -> None:
    story = Story(
        "start -> and1 -> scoring -> and2 -> after -> end", "and1 -> a -> and2", "oops -> fix -> and2",
        scoring=service(), oops=boundary("scoring", "error"), fix=task(),
    )  # fmt: skip
    story.break_service("scoring", "E")
    assert story.open == ["a"]
    assert [step.state for step in story.live.waiting()] == ["waiting", "joining"]


def test_an_error_clears_the_timers_of_the_step_it_takes_away() -> None:
    story = Story(
        "start -> scoring -> end", "oops -> note -> end2", "late -> call -> end3", scoring=service(),
        oops=boundary("scoring", "error"), late=boundary("scoring", "timer", duration="PT1H"),
    )  # fmt: skip
    story.break_service("scoring")
    assert len(story.all(engine.TimerCleared)) == 1
    assert story.watched() == []


def test_of_two_errors_at_once_the_second_finds_its_sub_process_gone() -> None:
    part = sub(
        "start2 -> a -> and1 -> s -> bad", "and1 -> t -> worse", s=script("1", "x"), t=script("1", "y"),
        bad=end("error", "E"), worse=end("error", "E"),
    )  # fmt: skip
    story = Story(
        "start -> part -> after -> end", "oops -> note -> end3", part=part, oops=boundary("part", "error", "E")
    )
    story.answer("a")
    assert story.open == ["note"]
