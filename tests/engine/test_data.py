"""Variables: nobody outside ever holds a part of the live ones, and nothing outside is refused half-way."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from app import engine
from app.engine import data
from tests.engine.drawing import boundary, call, catch, decision, draw, many, receive, script, send, service, user
from tests.engine.story import Story


def nested() -> dict[str, Any]:
    return {"customer": {"names": ["Li", {"first": "Wei"}], "limit": 5}}


def spoil(value: Any) -> None:
    """Change everything that can be changed in a value."""
    if isinstance(value, Mapping):
        for part in value.values():
            spoil(part)
    if isinstance(value, dict):
        value["spoilt"] = True
    elif isinstance(value, list):
        for part in value:
            spoil(part)
        value.append("spoilt")


# -- what comes in and goes out is a copy ------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [False, True])
def test_what_is_given_at_the_start_is_copied(stored: bool) -> None:
    given = nested()
    story = Story("start -> a -> end", data=given, stored=stored)
    spoil(given)
    assert story.data == nested()


@pytest.mark.parametrize("event", ["answer", "message", "signal", "serve", "edit", "retry", "skip"])
def test_what_an_event_brings_is_copied(event: str) -> None:
    given = nested()
    nodes = {"message": receive("m"), "signal": catch("signal", "m"), "serve": service()}
    nodes |= {"retry": service("=type"), "skip": service("=type")}
    story = Story("start -> it -> a -> end", stored=False, it=nodes.get(event, user()))
    ref = story.ref("it") if event in ("answer", "serve") else ""
    match event:
        case "answer":
            story.do(engine.TaskDone(ref, given))
        case "serve":
            story.do(engine.ServiceDone(ref, given))
        case "message":
            story.do(engine.MessageArrived(story.listener("it"), given))
        case "signal":
            story.do(engine.SignalArrived("m", given))
        case "edit":
            story.do(engine.Edit(given))
        case "retry":
            story.do(engine.Retry(story.failed("it"), given))
        case "skip":
            story.do(engine.Skip(story.failed("it"), given))
    spoil(given)
    assert story.data == nested()


def test_nothing_that_is_told_is_part_of_the_case() -> None:
    """Every happening that carries data is spoilt as soon as it is told."""
    other = draw("start2 -> inner -> end2", key="other")
    story = Story(
        "start -> a -> scoring -> rate -> say -> go -> each -> end", data=nested(), stored=False, calls=(other,),
        scoring=service(outputs={"score": "customer"}), rate=decision("risk", "level"), go=call("other"),
        say=send("m", inputs={"who": "customer"}), each=user(loop=many("customer.names", each="name")),
        decisions={"risk": lambda context: context["customer"]},
    )  # fmt: skip

    def spoil_all() -> None:
        for it in story.news:
            for name in ("data", "inputs", "outputs", "payload", "before", "after", "item"):
                spoil(getattr(it, name, None))
        spoil(story.data)
        for step in story.live.waiting():
            spoil(story.live.visible(step.ref))

    expected = nested()
    spoil_all()
    story.answer("a", customer=nested()["customer"] | {"limit": 6})
    expected["customer"]["limit"] = 6
    spoil_all()
    assert story.data == expected
    story.serve("scoring", customer=story.data["customer"])
    expected |= {"score": expected["customer"], "level": expected["customer"]}
    spoil_all()
    assert story.data == expected
    assert story.live.visible(story.ref("inner")) == expected
    story.answer("inner")
    spoil_all()
    for _ in range(2):
        story.answer("each")
        spoil_all()
    assert story.last(engine.Ended).outcome == "completed"


def test_what_a_decision_is_given_is_a_copy() -> None:
    story = Story("start -> rate -> a -> end", data=nested(), rate=decision("risk", "level"),
                  decisions={"risk": lambda context: spoil(dict(context)) or 1})  # fmt: skip
    assert story.data == {**nested(), "level": 1}


def test_branches_do_not_share_what_they_read() -> None:
    story = Story("start -> and1 -> a -> and2 -> end", "and1 -> b -> and2", data=nested(), stored=False)
    first, second = story.all(engine.TaskReached)
    spoil(first.data)
    assert second.data == nested()


def test_a_waiting_step_cannot_be_changed_by_who_looks_at_it() -> None:
    story = Story("start -> wait -> end", wait=catch("timer", duration="PT1H"), stored=False)
    wait = story.live.waiting()[0].wait
    with pytest.raises(AttributeError):
        wait.due = None  # type: ignore[union-attr]


def test_writing_a_part_of_a_variable_leaves_what_others_hold_of_it() -> None:
    story = Story(
        "start -> s -> t -> a -> end", data=nested(), stored=False, s=script("customer", "before"),
        t=script("7", "n", outputs={"customer.limit": "n"}),
    )  # fmt: skip
    assert story.data["customer"]["limit"] == 7
    assert story.data["before"]["limit"] == 5


# -- kinds of values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**63, -(2**64) - 1, 10**33, Decimal("0.1"), Decimal("1E-20"), Decimal("1.5E+300"),
        "", "中文 \u0000 \U0001f600 \\ \" \n", [], {}, [[], [None]], {"": {"a b": [1, {"c": Decimal("2.50")}]}},
    ],
)  # fmt: skip
def test_every_value_comes_back_from_the_store_as_it_was(value: Any) -> None:
    story = Story("start -> a -> b -> end", data={"v": value})
    warm = story.data
    story.reload()
    assert data.same(story.data, warm)
    told = len(story.all(engine.DataWritten))
    story.answer("a", v=value)
    assert len(story.all(engine.DataWritten)) == told, "the same again is no change"


@pytest.mark.parametrize(("given", "kept"), [(1.5, "1.5"), (0.1, "0.1"), (2.0, "2"), (float("nan"), "None")])
def test_numbers_are_decimal(given: float, kept: str) -> None:
    assert str(Story("start -> a -> end", data={"v": given}).data["v"]) == kept


def test_what_is_no_json_becomes_nothing() -> None:
    assert Story("start -> a -> end", data={"v": object(), "w": [object()]}).data == {"v": None, "w": [None]}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, True, False), (1, 1, True), ("1", 1, False), ([1], [True], False), ({"a": [0]}, {"a": [False]}, False),
        ({"a": 1}, {"a": 1, "b": None}, False), (None, False, False), ([1, 2], [1], False),
    ],
)  # fmt: skip
def test_sameness_minds_the_kind(one: Any, other: Any, equal: bool) -> None:
    assert data.same(one, other) is equal


# -- too much ----------------------------------------------------------------------------------------------------------


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [deep(500), [0] * 400_001], ids=["deep", "long"])
def test_too_large_a_value_from_outside_is_refused_and_the_case_stays(value: Any) -> None:
    with pytest.raises(engine.TooLargeData):
        Story("start -> a -> end", data={"v": value})
    story = Story("start -> a -> end", "m -> end2", m=boundary("a", "message", "m", interrupting=False))
    for event in (
        engine.TaskDone(story.ref("a"), {"v": value}),
        engine.MessageArrived(story.listener("m"), {"v": value}),
        engine.Edit({"v": value}),
    ):
        with pytest.raises(engine.TooLargeData):
            story.do(event)
        story.reload()
        assert story.open == ["a"]
        assert story.data == {}


def test_too_large_a_signal_is_refused() -> None:
    story = Story("start -> a -> end", a=catch("signal", "s"))
    with pytest.raises(engine.TooLargeData):
        story.signal("s", v=deep(500))


def test_a_service_that_answers_too_much_is_an_incident() -> None:
    story = Story("start -> it -> a -> end", it=service())
    story.serve("it", v=deep(500))
    assert story.last(engine.Failed).code == "too-large"
    story.retry("it")
    story.serve("it", v=1)
    assert story.open == ["a"]


def test_a_task_was_told_the_variables_of_its_moment() -> None:
    story = Story("start -> and1 -> a -> and2 -> end", "and1 -> b -> and2", data=nested(), stored=False)
    shown = story.all(engine.TaskReached)[1].data
    story.answer("a", customer=1, more=2)
    assert shown == nested()
    assert (len(shown), "more" in shown) == (1, False)
