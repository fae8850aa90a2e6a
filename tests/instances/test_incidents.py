"""A step that fails is an incident, never a lost case; an administrator repairs it, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.core.database import reading
from app.instances import moves, queries
from app.instances.errors import AlreadyResolved, NoSuchIncident, NotAllowed, NotRunning
from app.instances.models import Incident, Timer
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import changes, events, incidents, kinds, open_tasks, race, rows, said, state, steps, task_row


def script(name: str, expression: str, result: str) -> str:
    return (
        f'<bpmn:scriptTask id="{name}"><bpmn:extensionElements><zeebe:script expression="={expression}" '
        f'resultVariable="{result}"/></bpmn:extensionElements></bpmn:scriptTask>'
    )


@pytest.fixture
def sums(deployed: Deploy) -> Any:
    """lin says an amount, a gateway needs it to be a number."""
    return deployed(
        process(
            "sums",
            lanes(CS="start work which big small"),
            START,
            task("work"),
            '<bpmn:exclusiveGateway id="which"/><bpmn:endEvent id="big"/><bpmn:endEvent id="small"/>',
            flow("start > work", "work > which", "which > big : amount > 10", "which > small : amount <= 10"),
        )
    )


def fail(cast: Cast, amount: Any = "many") -> tuple[dict[str, Any], Incident]:
    begun = moves.start("sums", {}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {"amount": amount}, by=cast.lin)
    assert done["state"] == "running"
    (incident,) = incidents(begun["id"])
    return begun, incident


def test_the_answer_that_leads_into_a_failing_step_is_kept(sums: Any, cast: Cast) -> None:
    begun, incident = fail(cast)
    assert (incident.element, incident.state) == ("which", "open")
    assert "task.completed" in kinds(begun["id"])
    assert said(begun["id"], "task.completed")["answer"] == {"amount": "many"}
    assert kinds(begun["id"])[-1] == "incident.opened"
    assert steps(begun["id"])["work"].outcome == "completed"


def test_a_retry_without_a_mended_cause_fails_again_as_a_new_incident(sums: Any, cast: Cast) -> None:
    begun, incident = fail(cast)
    moves.retry(incident.id, by=cast.admin)
    (new,) = incidents(begun["id"])
    assert new.id != incident.id
    with pytest.raises(AlreadyResolved):
        moves.retry(incident.id, by=cast.admin)


def test_a_retry_with_data_goes_on_and_says_who_corrected(sums: Any, cast: Cast) -> None:
    begun, incident = fail(cast)
    moves.retry(incident.id, by=cast.admin, data={"amount": 12})
    assert state(begun["id"]) == "completed"
    (resolved,) = incidents(begun["id"], "resolved")
    assert (resolved.resolution, resolved.resolved_by_id) == ("retry", cast.admin.account_id)
    assert changes(begun["id"]) == [("amount", "entry"), ("amount", "correction")]
    (event,) = [each for each in events(begun["id"]) if each.kind == "incident.resolved"]
    assert event.actor_id == cast.admin.account_id


def test_edit_then_retry(sums: Any, cast: Cast) -> None:
    begun, incident = fail(cast)
    moves.edit(int(begun["id"]), {"amount": 3}, by=cast.admin, reason="typing error")
    moves.retry(incident.id, by=cast.admin)
    assert state(begun["id"]) == "completed"
    assert said(begun["id"], "data.edited") == {"reason": "typing error"}
    assert changes(begun["id"])[-1] == ("amount", "correction")


@pytest.fixture
def paused(deployed: Deploy) -> Any:
    """A script copies, a timer waits as long as the data says, then somebody works."""
    pause = (
        '<bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition id="p">'
        "<bpmn:timeDuration>=wait</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    )
    return deployed(
        process(
            "paused",
            lanes(CS="start double pause work end"),
            START,
            script("double", "n * 2", "doubled"),
            pause,
            task("work"),
            END,
            flow("start > double", "double > pause", "pause > work", "work > end"),
        )
    )


def test_a_failing_step_is_an_incident_even_at_the_start(paused: Any, cast: Cast, morning: FakeClock) -> None:
    begun = moves.start("paused", {"n": 2, "wait": "soon"}, by=cast.lin)
    (incident,) = incidents(begun["id"])
    assert (incident.element, begun["state"], begun["tasks"]) == ("pause", "running", [])
    moves.retry(incident.id, by=cast.admin, data={"wait": "PT1H"})
    ((instance, ref),) = rows(sa.select(Timer.instance_id, Timer.ref))
    morning.at += timedelta(hours=1)
    assert moves.fire(instance, ref)
    assert list(open_tasks(begun["id"])) == ["work"]
    assert changes(begun["id"]) == [
        ("n", "entry"),
        ("wait", "entry"),
        ("doubled", "copy"),
        ("wait", "correction"),
    ]


def test_a_skipped_step_leaves_what_the_operator_says(paused: Any, cast: Cast) -> None:
    begun = moves.start("paused", {"n": 2}, by=cast.lin)
    (incident,) = incidents(begun["id"])
    moves.skip(incident.id, by=cast.admin, data={"wait": "none"})
    assert list(open_tasks(begun["id"])) == ["work"]
    assert changes(begun["id"]) == [("n", "entry"), ("doubled", "copy"), ("wait", "correction")]
    assert incidents(begun["id"], "resolved")[0].resolution == "skip"


def test_only_administrators_repair(sums: Any, cast: Cast) -> None:
    begun, incident = fail(cast)
    for by in (cast.lin, cast.he, cast.chen, cast.qian):
        for call in (
            lambda who=by: moves.retry(incident.id, by=who),
            lambda who=by: moves.skip(incident.id, by=who),
            lambda who=by: moves.edit(int(begun["id"]), {}, by=who, reason="x"),
            lambda who=by: moves.suspend(int(begun["id"]), by=who, reason="x"),
            lambda who=by: moves.resume(int(begun["id"]), by=who),
            lambda who=by: moves.cancel(int(begun["id"]), by=who, reason="x"),
        ):
            with pytest.raises(NotAllowed):
                call()
    assert len(incidents(begun["id"])) == 1
    with pytest.raises(NoSuchIncident):
        moves.retry(1, by=cast.admin)


def test_two_administrators_resolve_an_incident_once(app: Flask, sums: Any, cast: Cast) -> None:
    admin = cast.admin
    for _ in range(4):
        begun, incident = fail(cast)
        results = race(
            app,
            lambda i=incident.id: moves.retry(i, by=admin, data={"amount": 1}),
            lambda i=incident.id: moves.skip(i, by=admin, data={"amount": 2}),
            lambda i=incident.id: moves.retry(i, by=admin, data={"amount": 3}),
        )
        assert kinds(begun["id"]).count("incident.resolved") == 1, results
        refused = [each for each in results if each is not None]
        assert {type(each) for each in refused} <= {AlreadyResolved, NotRunning}, results
        assert len(refused) == 2


def test_what_is_withdrawn_needs_no_repair(sums: Any, cast: Cast) -> None:
    begun, incident = fail(cast)
    moves.cancel(int(begun["id"]), by=cast.admin, reason="customer left")
    assert incidents(begun["id"]) == []
    (resolved,) = incidents(begun["id"], "resolved")
    assert (resolved.resolution, resolved.resolved_by_id) == ("withdrawn", None)
    with reading() as session:
        assert queries.open_incidents(session) == 0
    with pytest.raises(NotRunning):
        moves.retry(incident.id, by=cast.admin)
    assert "instance.cancelled" in kinds(begun["id"])


def test_a_branch_that_fails_leaves_the_other_to_go_on(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "fork",
            lanes(CS="start split work which good join end"),
            START,
            '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/><bpmn:exclusiveGateway id="which"/>',
            task("work"),
            task("good"),
            END,
            flow(
                "start > split", "split > work", "split > which", "which > good : amount > 10", "good > join",
                "work > join", "join > end",
            ),
        )
    )  # fmt: skip
    begun = moves.start("fork", {}, by=cast.lin)
    (incident,) = incidents(begun["id"])
    moves.complete(open_tasks(begun["id"])["work"], {}, by=cast.lin)
    moves.retry(incident.id, by=cast.admin, data={"amount": 11})
    moves.complete(open_tasks(begun["id"])["good"], {}, by=cast.lin)
    assert state(begun["id"]) == "completed"


@pytest.fixture
def mapping(deployed: Deploy) -> Any:
    """What follows an answer fails within the task's own step: no outgoing condition is true."""
    return deployed(
        process(
            "ways",
            lanes(CS="start work good end"),
            START,
            task("work"),
            task("good"),
            END,
            flow("start > work", "work > good : amount > 10", "work > end : amount < 5", "good > end"),
        )
    )


def test_an_answer_after_which_the_tasks_own_step_fails_is_recorded_all_the_same(mapping: Any, cast: Cast) -> None:
    begun = moves.start("ways", {}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {"amount": 7}, by=cast.lin)
    assert done["state"] == "running"
    assert said(begun["id"], "task.completed")["answer"] == {"amount": 7}
    assert changes(begun["id"]) == [("amount", "entry")]
    assert task_row(begun["tasks"][0]).state == "completed"
    (incident,) = incidents(begun["id"])
    assert incident.element == "work"
    moves.retry(incident.id, by=cast.admin, data={"amount": 11})
    assert list(open_tasks(begun["id"])) == ["good"]
    step = steps(begun["id"])["work"]
    assert (step.outcome, step.account_id, step.task_id) == ("completed", cast.lin.account_id, int(begun["tasks"][0]))
    good = task_row(open_tasks(begun["id"])["good"])
    assert good.from_element == "work"
    assert good.from_department_id is not None


def test_such_a_step_may_be_skipped_or_cancelled_too(mapping: Any, cast: Cast) -> None:
    for repair in ("skip", "cancel"):
        begun = moves.start("ways", {}, by=cast.lin)
        moves.complete(int(begun["tasks"][0]), {"amount": 7}, by=cast.lin)
        (incident,) = incidents(begun["id"])
        if repair == "cancel":
            moves.cancel(int(begun["id"]), by=cast.admin, reason="left")
            assert state(begun["id"]) == "cancelled"
        else:
            moves.edit(int(begun["id"]), {"amount": 1}, by=cast.admin, reason="typing error")
            moves.skip(incident.id, by=cast.admin)
            assert state(begun["id"]) == "completed"
        assert incidents(begun["id"]) == []


def test_a_called_process_that_is_not_there_is_an_incident(deployed: Deploy, cast: Cast) -> None:
    from app.definitions.retire import restore, retire

    inner = deployed(
        process("inner", lanes(OP="start check end"), START, task("check"), END, flow("start > check", "check > end"))
    )
    call = (
        '<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="inner"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    deployed(process("outer", lanes(CS="start call end"), START, call, END, flow("start > call", "call > end")))
    retire(inner.id, by=cast.chen)
    begun = moves.start("outer", {}, by=cast.lin)
    (incident,) = incidents(begun["id"])
    restore(inner.id, by=cast.chen)
    moves.retry(incident.id, by=cast.admin)
    assert list(open_tasks(begun["id"])) == ["check"]


def test_incidents_are_found_by_case_and_state(sums: Any, cast: Cast) -> None:
    begun, incident = fail(cast)
    fail(cast)
    with reading() as session:
        assert queries.open_incidents(session) == 2
        (mine,) = queries.incidents(session, instance_id=int(begun["id"]))
        assert (mine.id, mine.case.reference) == (incident.id, begun["reference"])
        assert queries.incident(session, incident.id).element == "which"
        with pytest.raises(NoSuchIncident):
            queries.incident(session, 1)
    assert len(rows(sa.select(Incident.id))) == 2


def test_work_that_failed_after_its_answer_is_told_when_an_event_takes_it_away(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    late = (
        '<bpmn:boundaryEvent id="late" attachedToRef="check"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    ways = flow("start > check", "check > end : ok", "late > end")
    deployed(process("strict", lanes(CS="start check late end"), START, task("check"), late, END, ways))
    begun = moves.start("strict", {}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {"ok": False}, by=cast.lin)
    morning.at += timedelta(hours=2)
    [timer] = rows(sa.select(Timer.ref).where(Timer.instance_id == int(begun["id"])))
    assert moves.fire(int(begun["id"]), timer[0])
    check = steps(begun["id"])["check"]
    assert (check.outcome, check.account_id) == ("cancelled", cast.lin.account_id)
    assert state(begun["id"]) == "completed"
