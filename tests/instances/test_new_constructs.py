"""Compensation, conditions, ad-hoc work, several triggers, loops in the database: recorded, stored, taken up again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.database import reading
from app.definitions import queries as definitions
from app.instances import moves, queries, story
from app.instances.models import InstanceState, Message, ProcessInstance, Subscription
from app.jobs.runner import Runner
from app.tasks import queries as tasks
from tests.conftest import Cast
from tests.cpu import spent
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import incidents, kinds, one, open_tasks, rows, state, steps, task_row

HANDLER = '<bpmn:userTask id="{0}" name="{0}" isForCompensation="true"/>'
UNDO = (
    '<bpmn:boundaryEvent id="{0}" attachedToRef="{1}"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
    '<bpmn:association id="a_{0}" sourceRef="{0}" targetRef="{2}"/>'
)


@pytest.fixture
def runner(app: Flask) -> Runner:
    return Runner(app)


def script(name: str, expression: str, result: str) -> str:
    return (
        f'<bpmn:scriptTask id="{name}"><bpmn:extensionElements><zeebe:script expression="={expression}" '
        f'resultVariable="{result}"/></bpmn:extensionElements></bpmn:scriptTask>'
    )


def pieces(instance: str) -> set[str]:
    return {row[0] for row in rows(sa.select(InstanceState.piece).where(InstanceState.instance_id == int(instance)))}


def complete(cast: Cast, instance: str, element: str, **answer: object) -> None:
    moves.complete(open_tasks(instance)[element], answer, by=cast.lin)


def test_lin_undoes_a_loan_that_was_paid_out_and_booked(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "loan",
            lanes(CS="start pay book ask back end unpay unbook"),
            START,
            '<bpmn:subProcess id="pay"><bpmn:startEvent id="s2"/>',
            task("transfer"),
            HANDLER.format("recall"),
            UNDO.format("u1", "transfer", "recall"),
            '<bpmn:endEvent id="e2"/>',
            flow("s2 > transfer", "transfer > e2"),
            "</bpmn:subProcess>",
            script("book", "1", "booked"),
            HANDLER.format("unbook"),
            UNDO.format("u2", "book", "unbook"),
            task("ask"),
            '<bpmn:intermediateThrowEvent id="back"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>',
            END,
            flow("start > pay", "pay > book", "book > ask", "ask > back", "back > end"),
        )
    )
    begun = moves.start("loan", {}, by=cast.lin)["id"]
    complete(cast, begun, "transfer", amount=7)
    assert pieces(begun) == {"", "2"}  # what was paid is kept for as long as it may have to be undone
    complete(cast, begun, "ask")
    assert list(open_tasks(begun)) == ["unbook"]
    complete(cast, begun, "unbook")
    assert list(open_tasks(begun)) == ["recall"]
    complete(cast, begun, "recall")
    assert state(begun) == "completed"
    assert {"u1", "u2", "recall", "unbook"} <= steps(begun).keys()
    assert steps(begun)["u1"].outcome == "caught"


def test_a_condition_takes_work_out_of_the_inbox(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "watch",
            lanes(CS="start split a b end gone out"),
            START,
            '<bpmn:parallelGateway id="split"/>',
            task("a"),
            task("b"),
            '<bpmn:boundaryEvent id="gone" attachedToRef="a"><bpmn:conditionalEventDefinition>'
            "<bpmn:condition>=gone = true</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:boundaryEvent>",
            END,
            '<bpmn:endEvent id="out"/>',
            flow("start > split", "split > a", "split > b", "a > end", "b > end", "gone > out"),
        )
    )
    begun = moves.start("watch", {}, by=cast.lin)["id"]
    assert rows(sa.select(Subscription.kind, Subscription.name)) == [("conditional", "gone = true")]
    complete(cast, begun, "b", gone=True)
    assert open_tasks(begun) == {}
    assert (state(begun), steps(begun)["a"].outcome) == ("completed", "cancelled")


def test_papers_are_collected_in_any_order_until_it_is_enough(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "papers",
            lanes(CS="start collect end"),
            START,
            '<bpmn:adHocSubProcess id="collect">',
            task("passport"),
            task("payslip"),
            task("lease"),
            "<bpmn:completionCondition>=enough = true</bpmn:completionCondition></bpmn:adHocSubProcess>",
            END,
            flow("start > collect", "collect > end"),
        )
    )
    begun = moves.start("papers", {}, by=cast.lin)["id"]
    assert set(open_tasks(begun)) == {"passport", "payslip", "lease"}
    complete(cast, begun, "lease")
    complete(cast, begun, "passport", enough=True)
    assert (state(begun), steps(begun)["payslip"].outcome) == ("completed", "cancelled")


def test_either_of_two_messages_begins_a_case_and_a_receive_task_does(
    deployed: Deploy, cast: Cast, runner: Runner
) -> None:
    named = '<bpmn:message id="m1" name="letter"/><bpmn:message id="m2" name="call"/>'
    named += '<bpmn:message id="m3" name="visit"/>'
    deployed(
        process(
            "either",
            lanes(CS="begin work end"),
            '<bpmn:startEvent id="begin"><bpmn:messageEventDefinition messageRef="m1"/>'
            '<bpmn:messageEventDefinition messageRef="m2"/></bpmn:startEvent>',
            task("work"),
            END,
            flow("begin > work", "work > end"),
            before=named,
        )
    )
    deployed(
        process(
            "received",
            lanes(CS="it work end"),
            '<bpmn:receiveTask id="it" messageRef="m3" instantiate="true"/>',
            task("work"),
            END,
            flow("it > work", "work > end"),
            before=named,
        )
    )
    assert _begun_by("letter", cast, runner) == "either"
    assert _begun_by("call", cast, runner) == "either"  # one receiver a message: the first by its name
    assert _begun_by("visit", cast, runner) == "received"


def test_a_case_that_waits_for_more_stands_at_its_start(deployed: Deploy, cast: Cast, runner: Runner) -> None:
    deployed(
        process(
            "both",
            lanes(CS="begin work end"),
            '<bpmn:startEvent id="begin" parallelMultiple="true"><bpmn:messageEventDefinition messageRef="m1"/>'
            '<bpmn:messageEventDefinition messageRef="m2"/></bpmn:startEvent>',
            task("work"),
            END,
            flow("begin > work", "work > end"),
            before='<bpmn:message id="m1" name="letter"/><bpmn:message id="m2" name="money"/>',
        )
    )
    assert _begun_by("letter", cast, runner) == "both"
    case = one(sa.select(ProcessInstance.id))[0]

    def stands() -> frozenset[str]:
        with reading() as session:
            brief = queries.case(session, case, cast.admin)
            drawing = definitions.diagram_of(session, brief.definition_id)
            return story.path(session, brief, drawing, tasks.of_case(session, case)).now

    assert stands() == {"begin"}
    moves.receive("money", {}, {}, sender_id="money", by=cast.lin)
    runner.drain()
    assert stands() == {"work"}


def _begun_by(name: str, cast: Cast, runner: Runner) -> str:
    moves.receive(name, {}, {"n": 1}, sender_id=name, by=cast.lin)
    runner.drain()
    wanted = sa.select(ProcessInstance.process_key).join(Message, Message.instance_id == ProcessInstance.id)
    return str(one(wanted.where(Message.name == name))[0])


def test_an_endless_loop_is_an_incident_within_a_second_and_the_case_can_be_stopped(
    deployed: Deploy, cast: Cast
) -> None:
    deployed(
        process(
            "round",
            lanes(CS="start s x end"),
            START,
            script("s", "n + 1", "n"),
            '<bpmn:exclusiveGateway id="x"/>',
            END,
            flow("start > s", "s > x", "x > s : n > 0", "x > end : n <= 0"),
        )
    )
    with spent() as used:
        begun = moves.start("round", {"n": 1}, by=cast.lin)["id"]
    assert used.seconds < 1.0
    (incident,) = incidents(begun)
    assert incident.code == "endless-loop"
    moves.cancel(int(begun), by=cast.admin, reason="drawn wrong")
    assert state(begun) == "cancelled"
    assert "instance.cancelled" in kinds(begun)


def test_a_signal_of_a_case_does_not_come_back_to_it(deployed: Deploy, cast: Cast, runner: Runner) -> None:
    deployed(
        process(
            "echo",
            lanes(CS="start say hear end"),
            START,
            '<bpmn:intermediateThrowEvent id="say"><bpmn:signalEventDefinition signalRef="s"/>'
            "</bpmn:intermediateThrowEvent>"
            '<bpmn:intermediateCatchEvent id="hear"><bpmn:signalEventDefinition signalRef="s"/>'
            "</bpmn:intermediateCatchEvent>",
            END,
            flow("start > say", "say > hear", "hear > end"),
            before='<bpmn:signal id="s" name="go"/>',
        )
    )
    first = moves.start("echo", {}, by=cast.lin)["id"]
    runner.drain()
    assert state(first) == "running"
    second = moves.start("echo", {}, by=cast.lin)["id"]
    runner.drain()
    assert (state(first), state(second)) == ("completed", "running")


def test_what_undoes_comes_from_whoever_worked_before(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "returned",
            lanes(CS="start pay ask back end", OP="unpay unask"),
            START,
            task("pay"),
            HANDLER.format("unpay"),
            UNDO.format("u1", "pay", "unpay"),
            task("ask"),
            HANDLER.format("unask"),
            UNDO.format("u2", "ask", "unask"),
            '<bpmn:intermediateThrowEvent id="back"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>',
            END,
            flow("start > pay", "pay > ask", "ask > back", "back > end"),
        )
    )
    begun = moves.start("returned", {}, by=cast.lin)["id"]
    complete(cast, begun, "pay")
    complete(cast, begun, "ask")
    assert task_row(open_tasks(begun)["unask"]).from_element == "ask"
    moves.complete(open_tasks(begun)["unask"], {}, by=cast.wang)
    assert task_row(open_tasks(begun)["unpay"]).from_element == "unask"


@pytest.mark.parametrize("kind", ["subProcess", "transaction", "adHocSubProcess"])
def test_work_in_whatever_holds_it_comes_from_whoever_worked_before(kind: str, deployed: Deploy, cast: Cast) -> None:
    first = "" if kind == "adHocSubProcess" else '<bpmn:startEvent id="s2"/>' + flow("s2 > check")
    deployed(
        process(
            "held",
            lanes(CS="start ask part end", OP="check"),
            START,
            task("ask"),
            f'<bpmn:{kind} id="part">{first}{task("check")}</bpmn:{kind}>',
            END,
            flow("start > ask", "ask > part", "part > end"),
        )
    )
    begun = moves.start("held", {}, by=cast.lin)["id"]
    complete(cast, begun, "ask")
    assert task_row(open_tasks(begun)["check"]).from_element == "ask"
