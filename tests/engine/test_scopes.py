"""Sub-processes and called processes: whose variables are whose, what goes when they do (BPMN 2.0.2, 10.3.5)."""

from __future__ import annotations

import pytest

from app import engine
from app.engine import limits
from tests.engine.drawing import boundary, call, draw, receive, script, service, start, sub, task, user
from tests.engine.story import Story

OTHER = draw("start2 -> inner -> end2", key="other")


# -- sub-processes -----------------------------------------------------------------------------------------------------


def test_a_sub_process_is_over_when_its_last_token_is() -> None:
    story = Story("start -> part -> after -> end", part=sub("start2 -> and1 -> a -> end2", "and1 -> b -> end3"))
    story.answer("a")
    assert story.open == ["b"]
    story.answer("b")
    assert story.open == ["after"]
    assert story.trace == ["start", "start2", "and1", "a", "end2", "b", "end3", "part"]


def test_a_sub_process_may_have_neither_start_nor_end() -> None:
    story = Story("start -> part -> after -> end", part=sub("a -> b"))
    story.answer("a")
    story.answer("b")
    assert story.open == ["after"]


def test_a_sub_process_without_mappings_writes_where_the_process_does() -> None:
    story = Story("start -> part -> after -> end", part=sub("start2 -> a -> end2"), data={"x": 1})
    story.answer("a", x=2, y=3)
    assert story.data == {"x": 2, "y": 3}


def test_the_inputs_of_a_sub_process_are_its_own_variables() -> None:
    story = Story(
        "start -> part -> after -> end", data={"x": 1, "total": 0},
        part=sub("start2 -> a -> end2", inputs={"x": "x + 10"}, outputs={"total": "x"}),
    )  # fmt: skip
    assert story.last(engine.TaskReached).data == {"x": 11, "total": 0}
    story.answer("a", x=50)
    assert story.data == {"x": 1, "total": 50}, "x outside stays"


def test_variables_are_found_outward_through_every_level() -> None:
    story = Story(
        "start -> part -> end", data={"a": 1, "b": 1, "c": 1},
        part=sub("start2 -> deeper -> end2", inputs={"b": "2", "c": "2"},
                 deeper=sub("start3 -> work -> end3", inputs={"c": "3"})),
    )  # fmt: skip
    assert story.last(engine.TaskReached).data == {"a": 1, "b": 2, "c": 3}
    story.answer("work", a=9, b=9, c=9, new=9)
    assert story.data == {"a": 9, "b": 1, "c": 1, "new": 9}


def test_an_interrupted_sub_process_takes_away_everything_in_it_once() -> None:
    inside = sub(
        "start2 -> and1 -> a -> end2", "and1 -> got -> end2", "and1 -> scoring -> end2", "and1 -> deeper -> end2",
        "and1 -> go -> end2", got=receive("m"), scoring=service(), late=boundary("a", "timer", duration="PT9H"),
        deeper=sub("start3 -> b -> end3"), go=call("other"),
    )  # fmt: skip
    story = Story(
        "start -> part -> after -> end", "stop -> note -> end4", part=inside,
        stop=boundary("part", "message", "stop"), calls=(OTHER,),
    )  # fmt: skip
    story.message("stop")
    assert story.open == ["note"]
    assert sorted(it.element for it in story.all(engine.TaskWithdrawn)) == ["a", "b", "inner"]
    assert len(story.all(engine.ServiceWithdrawn)) == 1
    assert len(story.all(engine.MessageForgotten)) == 2
    assert len(story.all(engine.TimerCleared)) == 1
    assert list(story.pieces) == [""]


def test_cancelling_a_case_takes_away_everything_once() -> None:
    story = Story(
        "start -> and1 -> a -> end", "and1 -> part -> end", "late -> b -> end2", "told -> c -> end3",
        part=sub("start2 -> go -> end4", go=call("other")), calls=(OTHER,),
        late=boundary("part", "timer", duration="PT1H"), told=boundary("a", "message", "m", interrupting=False),
    )  # fmt: skip
    story.message("told")
    told = story.cancel()
    assert story.ended == "cancelled"
    assert told[-1] == engine.Ended("cancelled", "", "", {})
    assert sorted(it.element for it in told if isinstance(it, engine.TaskWithdrawn)) == ["a", "c", "inner"]
    with pytest.raises(engine.UnknownStep):
        story.cancel()


def test_a_case_that_is_over_moves_no_more() -> None:
    story = Story("start -> a -> end")
    story.answer("a")
    for event in (engine.TaskDone("2"), engine.Edit({"x": 1}), engine.SignalArrived("s"), engine.Cancel()):
        with pytest.raises(engine.UnknownStep):
            engine.advance(story.live, event, at=story.at)


# -- called processes --------------------------------------------------------------------------------------------------


def test_a_called_process_sees_a_copy_of_the_variables_and_gives_all_back() -> None:
    story = Story("start -> go -> after -> end", go=call("other"), calls=(OTHER,), data={"x": 1, "y": 1})
    task_ = story.last(engine.TaskReached)
    assert (task_.process, task_.data) == ("other", {"x": 1, "y": 1})
    story.answer("inner", x=2, z=3)
    assert story.data == {"x": 2, "y": 1, "z": 3}


def test_a_called_process_gives_back_only_what_it_wrote() -> None:
    """It was given a copy of everything; what another branch changed meanwhile is not undone by that copy."""
    story = Story(
        "start -> and1 -> go -> and2 -> end", "and1 -> beside -> and2", go=call("other"), calls=(OTHER,),
        data={"x": 1, "y": 1},
    )  # fmt: skip
    story.answer("beside", x=2)
    story.answer("inner", y=3, z=4)
    assert story.data == {"x": 2, "y": 3, "z": 4}


def test_nothing_is_written_through_before_the_called_process_is_over() -> None:
    other = draw("start2 -> one -> two -> end2", key="other")
    story = Story("start -> go -> end", go=call("other"), calls=(other,), data={"x": 1})
    story.answer("one", x=2)
    assert story.data == {"x": 1}


def test_mappings_say_what_a_called_process_is_given_and_gives() -> None:
    story = Story(
        "start -> go -> after -> end", calls=(OTHER,), data={"x": 1, "secret": 1},
        go=call("other", all_in=False, inputs={"amount": "x + 1"}, outputs={"answer.value": "amount * 10"}),
    )  # fmt: skip
    assert story.last(engine.TaskReached).data == {"amount": 2}
    story.answer("inner", amount=5, more=1)
    assert story.data == {"x": 1, "secret": 1, "answer": {"value": 50}}


def test_a_call_that_propagates_nothing_gives_nothing_back() -> None:
    story = Story("start -> go -> after -> end", go=call("other", all_out=False), calls=(OTHER,), data={"x": 1})
    story.answer("inner", x=2, y=3)
    assert story.data == {"x": 1}


def test_the_called_process_may_be_chosen_by_an_expression() -> None:
    story = Story("start -> go -> end", go=call("=kind"), calls=(OTHER,), data={"kind": "other"})
    assert story.open == ["inner"]


def test_a_call_of_a_process_that_is_not_there_is_an_incident_that_a_deployment_repairs() -> None:
    story = Story("start -> go -> end", go=call("other"))
    assert story.last(engine.Failed).code == "no-program"
    story.host.programs["other"] = engine.compile(OTHER, "other")
    story.retry("go")
    assert story.open == ["inner"]


@pytest.mark.parametrize("target", ["=missing", "=5", '=""'])
def test_a_call_of_what_is_no_name_is_an_incident(target: str) -> None:
    assert Story("start -> go -> end", go=call(target)).last(engine.Failed).code == "bad-call"


def test_a_process_that_only_a_message_starts_cannot_be_called() -> None:
    other = draw("start2 -> inner -> end2", key="other", start2=start("message", "m"))
    assert Story("start -> go -> end", go=call("other"), calls=(other,)).last(engine.Failed).code == "no-program"


def test_a_running_call_stays_with_the_version_it_was_started_with() -> None:
    story = Story("start -> go -> end", go=call("other"), calls=(OTHER,))
    newer = draw("start2 -> elsewhere -> end2", key="other")
    story.host.programs["other"] = engine.compile(newer, "other")
    with pytest.raises(engine.UnreadableState):
        story.answer("inner")  # this host only knows the newer one, and nothing is run on a wrong drawing


def test_a_process_that_calls_itself_for_ever_is_an_incident() -> None:
    story = Story("start -> more -> end", more=call("story"))
    failed = story.last(engine.Failed)
    assert failed.code == "too-deep"
    assert len(failed.ref) <= 80, "what is stored has room for it"
    assert len(story.live.below("")) <= limits.CALLS
    story.cancel()
    assert story.ended == "cancelled"


def test_called_processes_in_called_processes_end_inside_out() -> None:
    middle = draw("start3 -> deeper -> end3", key="middle", deeper=call("other"))
    story = Story("start -> go -> after -> end", go=call("middle"), calls=(middle, OTHER))
    story.answer("inner", x=1)
    assert story.trace == ["start", "start3", "start2", "inner", "end2", "deeper", "end3", "go"]
    assert story.data == {"x": 1}


# -- one step waits for a sub-process and its border -------------------------------------------------------------------


def test_a_reminder_on_a_sub_process_lets_it_go_on() -> None:
    story = Story(
        "start -> part -> after -> end", "late -> remind -> end2", part=sub("start2 -> a -> b -> end3"),
        late=boundary("part", "timer", cycle="R/PT1H", interrupting=False), remind=task(),
    )  # fmt: skip
    story.ring("late")
    story.answer("a")
    story.ring("late")
    story.answer("b")
    assert story.open == ["after"]
    assert story.trace.count("remind") == 2
    assert story.watched() == []


def test_a_script_in_a_sub_process_computes_with_its_own() -> None:
    story = Story(
        "start -> part -> end", data={"x": 1},
        part=sub("start2 -> s -> end2", inputs={"n": "x * 2"}, outputs={"y": "n"}, s=script("n + 1", "n")),
    )  # fmt: skip
    assert story.data == {"x": 1, "y": 3}


def test_a_task_with_local_names_asks_about_its_own_item() -> None:
    story = Story(
        "start -> part -> end", data={"item": {"n": 1}},
        part=sub("start2 -> a -> end2", a=user(inputs={"n": "item.n"}, outputs={"item.n": "n + 1"})),
    )  # fmt: skip
    story.answer("a", n=5)
    assert story.data == {"item": {"n": 6}}


def test_a_sub_process_with_nothing_inside_is_over_at_once() -> None:
    story = Story("start -> part -> end", part=sub())
    assert story.trace == ["start", "part", "end"]
