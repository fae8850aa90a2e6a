"""What arrives from outside or from another case: kept, correlated, delivered once, never lost."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.core.errors import Invalid
from app.instances import moves
from app.instances.errors import KeyReused
from app.instances.limits import UnusableValue
from app.instances.models import Message, ProcessInstance, Subscription
from app.jobs.runner import Runner
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import events, incidents, kinds, one, open_tasks, race, rows, said, state

PAID = (
    '<bpmn:message id="paid" name="paid"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=order"/></bpmn:extensionElements></bpmn:message>'
)
GO = '<bpmn:signal id="go" name="go"/>'
WAIT = (
    '<bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition id="w" messageRef="paid"/>'
    "</bpmn:intermediateCatchEvent>"
)


@pytest.fixture
def shop(deployed: Deploy) -> Any:
    """Ask for an order, wait until it is paid, then work."""
    return deployed(
        process(
            "shop",
            lanes(CS="start wait work end"),
            START,
            WAIT,
            task("work"),
            END,
            flow("start > wait", "wait > work", "work > end"),
            before=PAID,
        )
    )


@pytest.fixture
def runner(app: Flask) -> Runner:
    return Runner(app)


def pay(cast: Cast, order: Any, sender: str, **payload: Any) -> int:
    return moves.receive("paid", {"order": order} if order else {}, payload, sender_id=sender, by=cast.lin)


def messages() -> dict[str, str]:
    """State by sender's id."""
    return {sender.split(":", 1)[1]: state for sender, state in rows(sa.select(Message.sender_id, Message.state))}


def test_a_message_reaches_the_case_with_its_key_and_no_other(shop: Any, cast: Cast, runner: Runner) -> None:
    one_case, other = (moves.start("shop", {"order": order}, by=cast.lin) for order in ("A1", "A2"))
    pay(cast, "A2", "m1", amount=30)
    runner.drain()
    assert open_tasks(one_case["id"]) == {}
    assert list(open_tasks(other["id"])) == ["work"]
    assert said(other["id"], "message.received") == {"amount": 30}
    assert messages() == {"m1": "delivered"}


@pytest.mark.parametrize("order", ["A1", 17, True])
def test_a_key_is_compared_by_value_and_kind(shop: Any, cast: Cast, runner: Runner, order: Any) -> None:
    begun = moves.start("shop", {"order": order}, by=cast.lin)
    pay(cast, str(order) + " ", "wrong")
    runner.drain()
    assert open_tasks(begun["id"]) == {}
    pay(cast, order, "right")
    runner.drain()
    assert list(open_tasks(begun["id"])) == ["work"]


def test_a_key_that_no_index_takes_is_an_incident_and_no_lost_case(shop: Any, cast: Cast) -> None:
    long = "".join(sha256(str(part).encode()).hexdigest() for part in range(64))  # nothing to compress
    begun = moves.start("shop", {"order": long}, by=cast.lin)
    (stuck,) = incidents(begun["id"])
    assert (stuck.element, stuck.code) == ("wait", "long-correlation")
    moves.retry(stuck.id, by=cast.admin, data={"order": long[:998]})
    assert one(sa.select(Subscription.correlation)) == (f'"{long[:998]}"',)


def test_a_message_waits_for_a_listener_that_comes_later(
    shop: Any, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    pay(cast, "A1", "m1")
    runner.drain()
    morning.at += timedelta(hours=23)
    begun = moves.start("shop", {"order": "A1"}, by=cast.lin)
    runner.drain()
    assert list(open_tasks(begun["id"])) == ["work"]
    assert messages() == {"m1": "delivered"}


def test_a_message_that_nobody_wanted_for_a_day_is_not_delivered(
    shop: Any, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    kept = pay(cast, "A1", "m1", secret="x")
    runner.drain()
    morning.at += timedelta(hours=24)
    begun = moves.start("shop", {"order": "A1"}, by=cast.lin)
    runner.drain()
    assert not moves.deliver(kept)
    assert open_tasks(begun["id"]) == {}
    morning.at += timedelta(seconds=1)
    runner.sweep()
    assert messages() == {"m1": "expired"}
    assert one(sa.select(Message.payload)) == (None,)
    morning.at += timedelta(days=31)
    runner.sweep()
    assert messages() == {}


def test_the_same_message_again_is_the_same_and_another_content_is_refused(
    shop: Any, cast: Cast, runner: Runner
) -> None:
    begun = moves.start("shop", {"order": "A1"}, by=cast.lin)
    first = pay(cast, "A1", "m1", amount=1)
    assert pay(cast, "A1", "m1", amount=1) == first
    runner.drain()
    assert pay(cast, "A1", "m1", amount=1) == first
    runner.drain()
    assert kinds(begun["id"]).count("message.received") == 1
    for change in ({"amount": 2}, {}):
        with pytest.raises(KeyReused):
            pay(cast, "A1", "m1", **change)
    with pytest.raises(KeyReused):
        pay(cast, "A2", "m1", amount=1)


def test_two_senders_may_use_the_same_id(shop: Any, cast: Cast, runner: Runner) -> None:
    first = moves.receive("paid", {"order": "A1"}, {}, sender_id="1", by=cast.lin)
    second = moves.receive("paid", {"order": "A2"}, {}, sender_id="1", by=cast.wang)
    assert first != second


def test_a_message_delivered_by_two_runners_at_once_arrives_once(app: Flask, shop: Any, cast: Cast) -> None:
    for number in range(4):
        begun = moves.start("shop", {"order": f"B{number}"}, by=cast.lin)
        kept = pay(cast, f"B{number}", f"b{number}")
        results = race(app, lambda m=kept: moves.deliver(m), lambda m=kept: moves.deliver(m))
        assert sorted(results) == [False, True], results
        assert kinds(begun["id"]).count("message.received") == 1


def test_one_message_reaches_only_the_case_that_waited_longest(
    shop: Any, cast: Cast, runner: Runner, morning: FakeClock
) -> None:
    first = moves.start("shop", {"order": "A1"}, by=cast.lin)
    morning.at += timedelta(minutes=1)
    second = moves.start("shop", {"order": "A1"}, by=cast.lin)
    pay(cast, "A1", "m1")
    runner.drain()
    assert list(open_tasks(first["id"])) == ["work"]
    assert open_tasks(second["id"]) == {}
    pay(cast, "A1", "m2")
    runner.drain()
    assert list(open_tasks(second["id"])) == ["work"]


def test_a_suspended_case_gets_its_message_when_it_goes_on(shop: Any, cast: Cast, runner: Runner) -> None:
    begun = moves.start("shop", {"order": "A1"}, by=cast.lin)
    moves.suspend(int(begun["id"]), by=cast.admin, reason="fraud check")
    kept = pay(cast, "A1", "m1")
    runner.drain()
    assert not moves.deliver(kept)
    assert messages() == {"m1": "waiting"}
    moves.resume(int(begun["id"]), by=cast.admin)
    runner.drain()
    assert list(open_tasks(begun["id"])) == ["work"]


def test_a_case_suspended_while_its_message_is_on_the_way_loses_nothing(
    shop: Any, cast: Cast, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = moves.start("shop", {"order": "A1"}, by=cast.lin)
    kept = pay(cast, "A1", "m1")
    find = moves.messages.find_listener

    def find_and_be_overtaken(message: int) -> Any:
        found = find(message)
        moves.suspend(int(begun["id"]), by=cast.admin, reason="fraud check")
        return found

    monkeypatch.setattr(moves.messages, "find_listener", find_and_be_overtaken)
    assert not moves.deliver(kept)
    monkeypatch.undo()
    assert messages() == {"m1": "waiting"}
    moves.resume(int(begun["id"]), by=cast.admin)
    runner.drain()
    assert list(open_tasks(begun["id"])) == ["work"]


def test_many_messages_for_suspended_cases_do_not_keep_others_waiting(
    shop: Any, cast: Cast, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.jobs.runner.SHARE", 2)
    for number in range(3):
        begun = moves.start("shop", {"order": f"S{number}"}, by=cast.lin)
        moves.suspend(int(begun["id"]), by=cast.admin, reason="fraud check")
        pay(cast, f"S{number}", f"s{number}")
    pay(cast, "A1", "m1")
    runner.drain()
    begun = moves.start("shop", {"order": "A1"}, by=cast.lin)
    runner.drain()
    assert list(open_tasks(begun["id"])) == ["work"]


@pytest.fixture
def orders(deployed: Deploy) -> Any:
    """A message begins a case."""
    start = '<bpmn:startEvent id="ordered"><bpmn:messageEventDefinition id="o" messageRef="order"/></bpmn:startEvent>'
    return deployed(
        process(
            "orders",
            lanes(CS="ordered work end"),
            start,
            task("work"),
            END,
            flow("ordered > work", "work > end"),
            before='<bpmn:message id="order" name="order"/>',
        )
    )


def test_a_message_begins_one_case_however_often_it_is_delivered(
    app: Flask, orders: Any, cast: Cast, runner: Runner
) -> None:
    kept = moves.receive("order", {}, {"item": "book"}, sender_id="o1", by=cast.lin)
    results = race(app, *[lambda: moves.deliver(kept)] * 3)
    assert not [each for each in results if isinstance(each, Exception)], results
    runner.drain()
    ((instance, starter),) = rows(sa.select(ProcessInstance.id, ProcessInstance.started_by_id))
    assert starter is None
    assert list(open_tasks(str(instance))) == ["work"]
    assert one(sa.select(Message.state, Message.instance_id)) == ("delivered", instance)


def test_the_newest_version_is_begun_and_a_retired_one_is_not(
    orders: Any, deployed: Deploy, cast: Cast, runner: Runner
) -> None:
    from app.definitions.retire import retire

    retire(orders.id, by=cast.chen)
    moves.receive("order", {}, {}, sender_id="o1", by=cast.lin)
    runner.drain()
    assert rows(sa.select(ProcessInstance.id)) == []
    assert messages() == {"o1": "waiting"}


def on_signal(key: str, *, start: bool = False) -> bytes:
    """Waits for the signal "go", or begins with it."""
    event = '<bpmn:signalEventDefinition id="s" signalRef="go"/>'
    parts = (
        [f'<bpmn:startEvent id="wait">{event}</bpmn:startEvent>', flow("wait > work", "work > end")]
        if start
        else [
            START,
            f'<bpmn:intermediateCatchEvent id="wait">{event}</bpmn:intermediateCatchEvent>',
            flow("start > wait", "wait > work", "work > end"),
        ]
    )
    inside = "wait work end" if start else "start wait work end"
    return process(key, lanes(CS=inside), *parts, task("work"), END, before=GO)


def test_a_signal_reaches_everybody_who_listens_and_begins_all_that_start_with_it(
    deployed: Deploy, cast: Cast, runner: Runner
) -> None:
    deployed(on_signal("waiting"))
    deployed(on_signal("first", start=True))
    deployed(on_signal("second", start=True))
    waiting = [moves.start("waiting", {}, by=cast.lin) for _ in range(3)]
    still = moves.start("waiting", {}, by=cast.lin)
    moves.suspend(int(still["id"]), by=cast.admin, reason="fraud check")
    kept = moves.receive("go", {}, {"n": 1}, sender_id="g1", by=cast.lin, kind="signal")
    runner.drain()
    moves.deliver(kept)
    runner.drain()
    assert [list(open_tasks(each["id"])) for each in waiting] == [["work"]] * 3
    assert open_tasks(still["id"]) == {}
    begun = [key for (key,) in rows(sa.select(ProcessInstance.process_key)) if key != "waiting"]
    assert sorted(begun) == ["first", "second"]
    assert [kinds(each["id"]).count("signal.received") for each in waiting] == [1, 1, 1]
    # A signal does not wait: who listens later has missed it.
    late = moves.start("waiting", {}, by=cast.lin)
    runner.drain()
    assert open_tasks(late["id"]) == {}


def test_a_case_hears_what_another_case_sends(shop: Any, deployed: Deploy, cast: Cast, runner: Runner) -> None:
    send = (
        '<bpmn:intermediateThrowEvent id="send"><bpmn:extensionElements><zeebe:ioMapping>'
        '<zeebe:input source="=order" target="order"/></zeebe:ioMapping></bpmn:extensionElements>'
        '<bpmn:messageEventDefinition id="m" messageRef="paid"/></bpmn:intermediateThrowEvent>'
    )
    steps = flow("start > send", "send > end")
    deployed(process("bank", lanes(OP="start send end"), START, send, END, steps, before=PAID))
    waiting = moves.start("shop", {"order": "A1"}, by=cast.lin)
    sender = moves.start("bank", {"order": "A1"}, by=cast.wang)
    runner.drain()
    assert state(sender["id"]) == "completed"
    assert list(open_tasks(waiting["id"])) == ["work"]
    assert [event.actor_id for event in events(waiting["id"]) if event.kind == "message.received"] == [None]


@pytest.fixture(params=["message", "signal"])
def chain(request: pytest.FixtureRequest, deployed: Deploy) -> str:
    """What the first process says begins the second, and what that one says begins the third."""
    kind = request.param

    def event(tag: str, name: str) -> str:
        return f'<bpmn:{tag} id="{name}"><bpmn:{kind}EventDefinition id="e_{name}" {kind}Ref="w_{name}"/></bpmn:{tag}>'

    words = "".join(f'<bpmn:{kind} id="w_{name}" name="{name}"/>' for name in ("one", "two"))
    for key, begin, end, nodes in (
        ("first", "start", "one", START + event("endEvent", "one")),
        ("second", "one", "two", event("startEvent", "one") + event("endEvent", "two")),
        ("third", "two", "end", event("startEvent", "two") + END),
    ):
        deployed(process(key, lanes(CS=f"{begin} {end}"), nodes, flow(f"{begin} > {end}"), before=words))
    return str(kind)


def marks() -> dict[str, str]:
    return dict(rows(sa.select(ProcessInstance.process_key, ProcessInstance.mark)))


@pytest.mark.parametrize("mark", ["demo", "test", "real"])
def test_what_a_demonstration_sets_going_is_one_too(chain: str, cast: Cast, runner: Runner, mark: str) -> None:
    begun = moves.start("first", {}, by=cast.lin, mark=mark)
    runner.drain()
    assert marks() == {"first": mark, "second": mark, "third": mark}
    assert events(begun["id"])[0].facts["mark"] == mark


def test_what_comes_from_outside_is_real(chain: str, cast: Cast, runner: Runner) -> None:
    demonstration = moves.start("first", {}, by=cast.lin, mark="demo")["id"]
    # Whoever takes a case's number for an id of their own is no case.
    moves.receive("two", {}, {}, sender_id=f"{demonstration}:1:1", by=cast.lin, kind=chain)
    moves.deliver(one(sa.select(Message.id))[0])
    assert marks() == {"first": "demo", "third": "real"}


def test_nobody_outside_can_take_the_place_of_a_message_between_cases(cast: Cast) -> None:
    sent = {"kind": "message", "name": "paid", "correlation": None, "payload": {}, "sender": "1:2:3"}
    moves.receive("paid", {}, {"forged": True}, sender_id="1:2:3", by=cast.lin)
    moves.pass_on(sent)
    assert moves.pass_on(sent) == moves.pass_on(sent)
    assert one(sa.select(sa.func.count()).select_from(Message)) == (2,)


def test_a_wait_that_is_over_listens_no_more(shop: Any, cast: Cast, runner: Runner) -> None:
    begun = moves.start("shop", {"order": "A1"}, by=cast.lin)
    assert len(rows(sa.select(Subscription.ref))) == 1
    moves.cancel(int(begun["id"]), by=cast.admin, reason="customer left")
    assert rows(sa.select(Subscription.ref)) == []
    pay(cast, "A1", "m1")
    runner.drain()
    assert messages() == {"m1": "waiting"}


@pytest.mark.parametrize(("name", "sender"), [("x" * 501, "m"), ("a\x00", "m"), ("paid", "y" * 151), ("paid", "\x00")])
def test_a_message_that_cannot_be_kept_is_refused_by_name(cast: Cast, name: str, sender: str) -> None:
    with pytest.raises(Invalid) as refused:
        moves.receive(name, {}, {}, sender_id=sender, by=cast.lin)
    assert list(refused.value.fields) == ["name" if sender == "m" else "sender_id"]
    assert messages() == {}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("field", "values", "places"),
    [
        ("payload", {"fine": 1, "deep": nested(130)}, ["payload.deep"]),
        ("payload", {"endless": nested(5000), "list": [nested(5000)]}, ["payload.endless", "payload.list"]),
        ("payload", {"wide": list(range(400_001))}, ["payload.wide"]),
        ("payload", {"text": {"in": ["a\x00"]}}, ["payload.text"]),
        ("payload", {"half": "\ud800"}, ["payload.half"]),
        ("payload", {"key": {"a\x00": 1}}, ["payload.key"]),
        ("payload", {"n" * 501: 1}, [f"payload.{'n' * 492}"]),
        ("correlation", {"order": nested(130)}, ["correlation.order"]),
        ("correlation", {"order": "\ud800"}, ["correlation.order"]),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_what_no_case_could_take_is_refused_on_receipt_by_name(
    cast: Cast, field: str, values: Any, places: list[str]
) -> None:
    content = {"correlation": {}, "payload": {}} | {field: values}
    with pytest.raises(UnusableValue) as refused:
        moves.receive("paid", **content, sender_id="m1", by=cast.lin)
    assert list(refused.value.fields) == places
    assert messages() == {}


def test_whatever_is_kept_can_be_delivered(orders: Any, cast: Cast, runner: Runner) -> None:
    payload = {"deep": nested(110), "n" * 500: 1, "中" * 500: "\t…\n", "": None, "many": [0] * 50_000}
    moves.receive("order", {}, payload, sender_id="m1", by=cast.lin)
    runner.drain()
    assert messages() == {"m1": "delivered"}
    ((instance, state),) = rows(sa.select(ProcessInstance.id, ProcessInstance.state))
    assert (state, list(open_tasks(instance))) == ("running", ["work"])
