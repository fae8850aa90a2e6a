"""Cases go over to another version of their diagram while lin and wang work on them, and back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import engine
from app.core.clock import FakeClock
from app.core.database import reading
from app.core.errors import Invalid, LanewayError
from app.definitions import queries as definitions
from app.definitions.deploy import Deployed
from app.definitions.errors import NoSuchDefinition, NotAnalyst
from app.definitions.retire import restore, retire
from app.engine import codec
from app.history import StepRow
from app.history.verify import verify
from app.instances import live, moves, queries, story
from app.instances.errors import AlreadyThere, KeyReused, MovedSince, NothingToUndo, NotRunning, OutOfUse
from app.instances.models import InstanceState, ProcessInstance, Subscription, Timer
from app.jobs import service_calls
from app.jobs.runner import Runner
from app.tasks import queries as tasks
from app.tasks.errors import FourEyes, TaskChanged
from app.tasks.models import Duty, Task
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import events, incidents, kinds, one, open_tasks, race, rows, said, state, steps, task_row

NAMED: dict[str, Any] = {
    "type": "default",
    "components": [{"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}}],
}
PAID = '<bpmn:message id="m" name="paid"/>'


def late(host: str, name: str = "late", hours: int = 5) -> str:
    return (
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="false"><bpmn:timerEventDefinition>'
        f"<bpmn:timeDuration>PT{hours}H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        f'<bpmn:endEvent id="{name}_end"/>'
    )


def paid(host: str, name: str = "told") -> str:
    return (
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="{host}"><bpmn:messageEventDefinition messageRef="m"/>'
        f'</bpmn:boundaryEvent><bpmn:endEvent id="{name}_end"/>'
    )


def service(name: str) -> str:
    return (
        f'<bpmn:serviceTask id="{name}"><bpmn:extensionElements><zeebe:taskDefinition type="bank"/>'
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )


@pytest.fixture
def longer(relay: Deployed, deployed: Deploy) -> Deployed:
    """The relay as chen draws it anew: what lin captured is registered by OP with a form, and filed at the end."""
    return deployed(
        process(
            "relay",
            lanes(CS="start file end", OP="register check"),
            START,
            task("register", form="named", due="PT1H"),
            task("check"),
            task("file"),
            END,
            flow("start > register", "register > check", "check > file", "file > end"),
        ),
        named=NAMED,
    )


GIVEN = {"capture": "register"}


def everything(case: str) -> dict[str, Any]:
    """What the database holds of a case that runs, in words that can be compared."""
    number = int(case)

    def table(model: Any) -> list[Any]:
        columns = [column for column in model.__table__.columns if column.name != "version"]
        return rows(sa.select(*columns).where(model.instance_id == number).order_by(*model.__table__.primary_key))

    blobs = rows(sa.select(InstanceState.piece, InstanceState.blob).where(InstanceState.instance_id == number))
    pieces = {}
    for path, blob in blobs:
        piece = codec.decode(bytes(blob))
        notes = {at: codec.decode_step(raw) for at, raw in piece.steps.items()}
        piece.steps = {}
        pieces[path] = (piece, notes)
    version = one(sa.select(ProcessInstance.definition_id, ProcessInstance.state).where(ProcessInstance.id == number))
    open_ = [(it.ref, it.element, it.state) for it in incidents(case)]
    return {"pieces": pieces, "version": tuple(version), "incidents": open_} | {
        model.__tablename__: [tuple(row) for row in table(model)] for model in (Task, Timer, Subscription, Duty)
    }


# -- what is kept ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_cold", [False, True])
def test_the_task_that_lin_holds_is_hers_in_the_new_version_with_its_deadline(
    relay: Deployed, longer: Deployed, cast: Cast, morning: FakeClock, is_cold: bool
) -> None:
    case = moves.start("relay", {"x": 1}, by=cast.lin, version=1)["id"]
    capture = open_tasks(case)["capture"]
    moves.claim(capture, by=cast.lin)
    moves.open_form(capture, by=cast.lin)
    before = task_row(capture)
    if is_cold:
        live.clear()
    told = moves.migrate(int(case), longer.id, GIVEN, by=cast.chen, reason="v2 fixes the order")
    assert told == {"id": case, "state": "running", "version": 2}
    after = task_row(capture)
    kept = ("state", "holder_id", "due_at", "priority", "claimed_at", "started_at", "created_at", "from_ref", "ref")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert (after.element, after.name, after.form, after.definition_id) == ("register", "register", "named", longer.id)
    assert after.lane_id != before.lane_id
    if is_cold:
        live.clear()
    # The new version's form is asked for, whoever looked at the old one is told so, and lin still may.
    with pytest.raises(TaskChanged):
        moves.complete(capture, {}, by=cast.lin, version=before.version)
    with pytest.raises(Invalid):
        moves.complete(capture, {}, by=cast.lin)
    moves.complete(capture, {"name": "王芳"}, by=cast.lin)
    moves.complete(open_tasks(case)["check"], {}, by=cast.wang)
    assert moves.complete(open_tasks(case)["file"], {}, by=cast.lin)["state"] == "completed"
    ran = {element: row.definition_id for element, row in steps(case).items()}
    assert ran == {"start": relay.id} | dict.fromkeys(("register", "check", "file", "end"), longer.id)


def test_it_is_recorded_with_who_why_and_both_versions(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = moves.start("relay", {}, by=cast.lin, version=1)["id"]
    moves.migrate(int(case), longer.id, GIVEN, by=cast.chen, reason="v2 fixes the order")
    (event,) = [it for it in events(case) if it.kind == "case.migrated"]
    assert event.actor_id == cast.chen.account_id
    facts = {name: event.facts[name] for name in ("definition", "version", "was", "was_version", "map")}
    assert facts == {"definition": longer.id, "version": 2, "was": relay.id, "was_version": 1, "map": GIVEN}
    assert said(case, "case.migrated")["reason"] == "v2 fixes the order"
    with reading() as session:
        assert verify(session).is_whole
        brief = queries.case(session, int(case), cast.lin)
        told = [it for it in story.events(session, brief, []) if it.kind == "case.migrated"]
    assert (brief.version, told[0].said) == (2, {"reason": "v2 fixes the order"})


def test_the_path_of_a_case_is_drawn_on_its_new_drawing(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = moves.start("relay", {}, by=cast.lin, version=1)["id"]
    moves.complete(open_tasks(case)["capture"], {}, by=cast.lin)

    def path() -> story.Path:
        with reading() as session:
            brief = queries.case(session, int(case), cast.lin)
            drawing = definitions.diagram_of(session, brief.definition_id)
            return story.path(session, brief, drawing, tasks.of_case(session, int(case)))

    was = path()
    moves.migrate(int(case), longer.id, GIVEN, by=cast.chen)
    assert (path().done, path().now) == ({"start", "register"}, {"check"})
    assert path().flows == {"f0_start", "f1_register"}
    moves.undo_migration(int(case), by=cast.chen)
    assert path() == was


def test_timers_keep_their_moment_and_listeners_their_turn(deployed: Deploy, cast: Cast, morning: FakeClock) -> None:
    def drawn(host: str, ring: str, hours: int, *more: str) -> bytes:
        steps_ = flow(f"start > {host}", f"{host} > end", f"{ring} > {ring}_end", "told > told_end")
        return process("watch", lanes(CS=f"start {host} end"), START, task(host), late(host, ring, hours), paid(host),
                       END, steps_, *more, before=PAID)  # fmt: skip

    deployed(drawn("work", "late", 5))
    case = moves.start("watch", {}, by=cast.lin)["id"]
    new = deployed(drawn("labour", "slow", 9))
    due, since = one(sa.select(Timer.due_at))[0], one(sa.select(Subscription.created_at))[0]
    morning.at += (due - morning.at) / 2
    moves.migrate(int(case), new.id, {"work": "labour", "late": "slow"}, by=cast.chen)
    assert one(sa.select(Timer.element, Timer.due_at)) == ("slow", due)
    assert one(sa.select(Subscription.element, Subscription.created_at)) == ("told", since)
    morning.at = due
    assert moves.fire(int(case), one(sa.select(Timer.ref))[0])
    assert {"slow", "slow_end"} <= steps(case).keys()
    moves.deliver(moves.receive("paid", {}, {}, sender_id="1", by=cast.lin))
    assert (state(case), steps(case)["labour"].outcome) == ("completed", "cancelled")


def test_boundary_events_that_are_new_begin_and_those_that_are_gone_are_forgotten(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    def drawn(border: str, name: str) -> bytes:
        steps_ = flow("start > work", "work > end", f"{name} > {name}_end")
        return process("watch", lanes(CS="start work end"), START, task("work"), border, END, steps_, before=PAID)

    deployed(drawn(late("work"), "late"))
    case = moves.start("watch", {}, by=cast.lin)["id"]
    new = deployed(drawn(paid("work"), "told"))
    moves.migrate(int(case), new.id, by=cast.chen)
    assert rows(sa.select(Timer.ref)) == []
    assert one(sa.select(Subscription.element, Subscription.created_at)) == ("told", morning.at)
    assert kinds(case)[-2:] == ["case.migrated", "message.awaited"]
    before = everything(case)
    moves.undo_migration(int(case), by=cast.chen)
    assert one(sa.select(Timer.element)) == ("late",)
    assert rows(sa.select(Subscription.ref)) == []
    assert everything(case) != before


def test_a_condition_that_is_waited_for_is_seen_under_its_new_words(deployed: Deploy, cast: Cast) -> None:
    def drawn(text: str, name: str) -> bytes:
        border = (
            f'<bpmn:boundaryEvent id="{name}" attachedToRef="work"><bpmn:conditionalEventDefinition>'
            f'<bpmn:condition xsi:type="bpmn:tFormalExpression">={text}</bpmn:condition>'
            f'</bpmn:conditionalEventDefinition></bpmn:boundaryEvent><bpmn:endEvent id="{name}_end"/>'
        )
        steps_ = flow("start > work", "work > end", f"{name} > {name}_end")
        return process("condition", lanes(CS="start work end"), START, task("work"), border, END, steps_)

    deployed(drawn("amount &gt; 5", "big"))
    case = moves.start("condition", {"amount": 1}, by=cast.lin)["id"]
    before = everything(case)
    new = deployed(drawn("amount &gt; 3", "large"))
    moves.migrate(int(case), new.id, {"big": "large"}, by=cast.chen)
    listens = sa.select(Subscription.element, Subscription.kind, Subscription.name)
    assert one(listens) == ("large", "conditional", "amount > 3")
    moves.undo_migration(int(case), by=cast.chen)
    assert everything(case) == before
    moves.migrate(int(case), new.id, {"big": "large"}, by=cast.chen)
    live.clear()
    moves.edit(int(case), {"amount": 4}, by=cast.admin, reason="it grew")
    assert (state(case), steps(case)["large"].outcome) == ("completed", "caught")


def test_whoever_made_it_may_not_check_it_in_the_new_version_either(deployed: Deploy, cast: Cast) -> None:
    def drawn(make: str, check: str, group: str) -> bytes:
        steps_ = flow(f"start > {make}", f"{make} > {check}", f"{check} > end")
        eyes = {"fourEyes": group}
        return process("eyes", lanes(CS=f"start {make} {check} end"), START, task(make, **eyes), task(check, **eyes),
                       END, steps_)  # fmt: skip

    deployed(drawn("make", "check", "pair"))
    case = moves.start("eyes", {}, by=cast.lin)["id"]
    moves.complete(open_tasks(case)["make"], {}, by=cast.lin)
    new = deployed(drawn("draft", "approve", "two"))
    before = everything(case)
    moves.migrate(int(case), new.id, {"make": "draft", "check": "approve"}, by=cast.chen)
    with pytest.raises(FourEyes):
        moves.claim(open_tasks(case)["approve"], by=cast.lin)
    duties = sa.select(Duty.group, Duty.role).order_by(Duty.group)
    assert rows(duties) == [("pair", "make"), ("two", "draft")]
    moves.undo_migration(int(case), by=cast.chen)
    assert everything(case) == before
    with pytest.raises(FourEyes):
        moves.claim(open_tasks(case)["check"], by=cast.lin)


def test_a_call_on_its_way_is_answered_in_the_new_version(
    app: Flask, deployed: Deploy, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(ask: str, *more: str) -> bytes:
        ways = ("start", ask, *more, "end")
        steps_ = flow(*[f"{one_} > {other}" for one_, other in pairwise(ways)])
        return process("calls", lanes(CS="start end"), START, service(ask), *map(task, more), END, steps_)

    deployed(drawn("ask"))
    case = moves.start("calls", {}, by=cast.lin)["id"]
    new = deployed(drawn("query", "read"))
    moves.migrate(int(case), new.id, {"ask": "query"}, by=cast.chen)
    with reading() as session:
        assert [wait.element for wait in queries.waits(session, int(case))] == ["query"]
    monkeypatch.setitem(service_calls.connectors, "bank", lambda call: {"rate": 2})
    Runner(app).drain()
    assert list(open_tasks(case)) == ["read"]
    assert [event.element for event in events(case) if event.kind == "service.done"] == ["query"]


def test_an_incident_goes_along_and_is_repaired_by_the_new_version(deployed: Deploy, cast: Cast) -> None:
    def drawn(gate: str, condition: str) -> bytes:
        steps_ = flow(
            "start > work", f"work > {gate}", f"{gate} > end : {condition}", f"{gate} > other : not({condition})"
        )
        gateway = f'<bpmn:exclusiveGateway id="{gate}"/><bpmn:endEvent id="other"/>'
        return process("stuck", lanes(CS="start work end other"), START, task("work"), gateway, END, steps_)

    deployed(drawn("which", "amount > 10"))
    case = moves.start("stuck", {}, by=cast.lin)["id"]
    moves.complete(open_tasks(case)["work"], {}, by=cast.lin)
    (incident,) = incidents(case)
    new = deployed(drawn("choice", "amount = null"))
    moves.migrate(int(case), new.id, {"which": "choice"}, by=cast.chen)
    assert [it.element for it in incidents(case)] == ["choice"]
    moves.retry(incident.id, by=cast.admin)
    assert state(case) == "completed"
    assert steps(case)["choice"].definition_id == new.id


def test_a_called_process_stays_on_its_version(deployed: Deploy, cast: Cast) -> None:
    def inner(*more: str) -> bytes:
        ways = ("start", "deep", *more, "end")
        steps_ = flow(*[f"{one_} > {other}" for one_, other in pairwise(ways)])
        return process("inner", lanes(OP="start deep end"), START, task("deep"), *map(task, more), END, steps_)

    def outer(*more: str) -> bytes:
        ways = ("start", "run", *more, "end")
        steps_ = flow(*[f"{one_} > {other}" for one_, other in pairwise(ways)])
        run = (
            '<bpmn:callActivity id="run"><bpmn:extensionElements><zeebe:calledElement processId="inner"/>'
            "</bpmn:extensionElements></bpmn:callActivity>"
        )
        return process("outer", lanes(CS="start run end"), START, run, *map(task, more), END, steps_)

    old_inner, _ = deployed(inner()), deployed(outer())
    case = moves.start("outer", {}, by=cast.lin)["id"]
    deployed(inner("more"))
    new = deployed(outer("thanks"))
    moves.migrate(int(case), new.id, by=cast.chen)
    live.clear()
    deep = open_tasks(case)["deep"]
    assert task_row(deep).definition_id == old_inner.id
    moves.complete(deep, {}, by=cast.wang)
    assert list(open_tasks(case)) == ["thanks"]


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_a_case_whose_step_has_no_place_stays_as_it_is(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = moves.start("relay", {}, by=cast.lin, version=1)["id"]
    before, told = everything(case), kinds(case)
    with pytest.raises(engine.CannotMigrate) as refused:
        moves.migrate(int(case), longer.id, by=cast.chen)
    assert [(it.code, it.element) for it in refused.value.obstacles] == [("no-target", "capture")]
    assert (everything(case), kinds(case)) == (before, told)
    moves.complete(open_tasks(case)["capture"], {}, by=cast.lin)


def test_only_analysts_and_administrators_may(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = int(moves.start("relay", {}, by=cast.lin, version=1)["id"])
    for who in (cast.lin, cast.zhao, cast.qian):
        with pytest.raises(NotAnalyst):
            moves.migrate(case, longer.id, GIVEN, by=who)
    moves.migrate(case, longer.id, GIVEN, by=cast.admin)
    with pytest.raises(NotAnalyst):
        moves.undo_migration(case, by=cast.zhao)


def test_where_a_case_cannot_go(relay: Deployed, longer: Deployed, deployed: Deploy, cast: Cast) -> None:
    case = int(moves.start("relay", {}, by=cast.lin, version=1)["id"])
    other = deployed(process("other", lanes(CS="start work end"), START, task("work"), END,
                             flow("start > work", "work > end")))  # fmt: skip
    with pytest.raises(NoSuchDefinition):
        moves.migrate(case, other.id, by=cast.chen)
    with pytest.raises(AlreadyThere):
        moves.migrate(case, relay.id, by=cast.chen)
    for given in ({"nowhere": "check"}, {"capture": "nowhere"}):
        with pytest.raises(Invalid) as refused:
            moves.migrate(case, longer.id, given, by=cast.chen)
        assert list(refused.value.fields) == [f"map.{next(iter(given))}"]
    retire(longer.id, by=cast.chen)
    with pytest.raises(OutOfUse):
        moves.migrate(case, longer.id, GIVEN, by=cast.chen)
    restore(longer.id, by=cast.chen)
    moves.cancel(case, by=cast.admin, reason="no")
    with pytest.raises(NotRunning):
        moves.migrate(case, longer.id, GIVEN, by=cast.chen)
    with pytest.raises(NotRunning):
        moves.undo_migration(case, by=cast.chen)


def test_a_suspended_case_goes_over_and_stays_suspended(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = moves.start("relay", {}, by=cast.lin, version=1)["id"]
    moves.suspend(int(case), by=cast.admin, reason="wait")
    assert moves.migrate(int(case), longer.id, GIVEN, by=cast.chen)["state"] == "suspended"
    moves.undo_migration(int(case), by=cast.chen)
    moves.resume(int(case), by=cast.admin)
    assert list(open_tasks(case)) == ["capture"]


FORK = "start > split", "split > a", "split > b", "a > join", "join > after", "after > end"
GATES = '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>'


@pytest.fixture
def narrower(deployed: Deploy) -> Deployed:
    """`b` no longer leads to the join."""
    parts = START, GATES, task("a"), task("b"), task("after"), END
    deployed(process("fork", lanes(CS="start a b after end"), *parts, flow(*FORK, "b > join")))
    aside = '<bpmn:endEvent id="aside"/>'
    return deployed(process("fork", lanes(CS="start a b after end"), *parts, aside, flow(*FORK, "b > aside")))


def test_a_join_that_waits_for_nothing_more_lets_go_at_once(narrower: Deployed, cast: Cast) -> None:
    case = moves.start("fork", {}, by=cast.lin, version=1)["id"]
    moves.complete(open_tasks(case)["a"], {}, by=cast.lin)
    moves.suspend(int(case), by=cast.admin, reason="wait")
    with pytest.raises(engine.CannotMigrate) as refused:
        moves.migrate(int(case), narrower.id, by=cast.chen)
    assert [it.code for it in refused.value.obstacles] == ["suspended"]
    moves.resume(int(case), by=cast.admin)
    moves.migrate(int(case), narrower.id, by=cast.chen)
    assert sorted(open_tasks(case)) == ["after", "b"]
    assert steps(case)["join"].definition_id == narrower.id
    with pytest.raises(MovedSince):
        moves.undo_migration(int(case), by=cast.chen)


# -- and back ----------------------------------------------------------------------------------------------------------


def test_what_is_undone_is_exactly_as_it_was(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = moves.start("relay", {"x": 1}, by=cast.lin, version=1)["id"]
    moves.claim(open_tasks(case)["capture"], by=cast.lin)
    before = everything(case)
    moves.migrate(int(case), longer.id, GIVEN, by=cast.chen)
    live.clear()
    assert everything(case) != before
    told = moves.undo_migration(int(case), by=cast.chen, reason="too early")
    assert told == {"id": case, "state": "running", "version": 1}
    assert everything(case) == before
    assert (kinds(case)[-1], said(case, "case.migration_undone")) == ("case.migration_undone", {"reason": "too early"})
    with pytest.raises(NothingToUndo):
        moves.undo_migration(int(case), by=cast.chen)
    moves.complete(open_tasks(case)["capture"], {}, by=cast.lin)
    moves.complete(open_tasks(case)["check"], {}, by=cast.wang)
    assert state(case) == "completed"


def test_who_claimed_a_task_since_keeps_it(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = moves.start("relay", {}, by=cast.lin, version=1)["id"]
    moves.migrate(int(case), longer.id, GIVEN, by=cast.chen)
    moves.claim(open_tasks(case)["register"], by=cast.wang)
    moves.undo_migration(int(case), by=cast.chen)
    row = task_row(open_tasks(case)["capture"])
    assert (row.holder_id, row.form) == (cast.wang.account_id, "")
    moves.complete(row.id, {}, by=cast.wang)


def test_nothing_is_undone_once_the_case_has_moved(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = moves.start("relay", {}, by=cast.lin, version=1)["id"]
    with pytest.raises(NothingToUndo):
        moves.undo_migration(int(case), by=cast.chen)
    moves.migrate(int(case), longer.id, GIVEN, by=cast.chen)
    moves.complete(open_tasks(case)["register"], {"name": "x"}, by=cast.wang)
    with pytest.raises(MovedSince):
        moves.undo_migration(int(case), by=cast.chen)


def test_two_migrations_are_undone_one_after_the_other(
    relay: Deployed, longer: Deployed, deployed: Deploy, cast: Cast
) -> None:
    third = deployed(
        process("relay", lanes(CS="start enter end"), START, task("enter"), END, flow("start > enter", "enter > end"))
    )
    case = moves.start("relay", {}, by=cast.lin, version=1)["id"]
    seen = [everything(case)]
    moves.migrate(int(case), longer.id, GIVEN, by=cast.chen)
    seen.append(everything(case))
    moves.migrate(int(case), third.id, {"register": "enter"}, by=cast.chen)
    for was in reversed(seen):
        moves.undo_migration(int(case), by=cast.chen)
        assert everything(case) == was
    with pytest.raises(NothingToUndo):
        moves.undo_migration(int(case), by=cast.chen)


# -- the same twice, and two at once -----------------------------------------------------------------------------------


def test_the_same_call_again_is_answered_the_same(relay: Deployed, longer: Deployed, cast: Cast) -> None:
    case = int(moves.start("relay", {}, by=cast.lin, version=1)["id"])
    told = [moves.migrate(case, longer.id, GIVEN, by=cast.chen, key="once") for _ in range(2)]
    assert told[0] == told[1]
    with pytest.raises(KeyReused):
        moves.migrate(case, relay.id, {}, by=cast.chen, key="once")
    back = [moves.undo_migration(case, by=cast.chen, key="back") for _ in range(2)]
    assert back[0] == back[1]
    assert kinds(case).count("case.migrated") == kinds(case).count("case.migration_undone") == 1


def test_lin_completes_while_chen_migrates(app: Flask, relay: Deployed, deployed: Deploy, cast: Cast) -> None:
    new = deployed(
        process("relay", lanes(CS="start capture", OP="check end"), START, task("capture"), task("check"), task("more"),
                END, flow("start > capture", "capture > check", "check > more", "more > end"))
    )  # fmt: skip
    lin, chen = cast.lin, cast.chen
    for _ in range(4):
        case = moves.start("relay", {}, by=lin, version=1)["id"]
        capture = open_tasks(case)["capture"]
        done = race(
            app,
            lambda capture=capture: moves.complete(capture, {}, by=lin),
            lambda case=case: moves.migrate(int(case), new.id, by=chen),
            lambda case=case: moves.migrate(int(case), new.id, by=chen),
        )
        assert [type(it) for it in done if isinstance(it, LanewayError)] == [AlreadyThere], done
        moves.complete(open_tasks(case)["check"], {}, by=cast.wang)
        assert list(open_tasks(case)) == ["more"]
        assert steps(case)["check"].definition_id == new.id
    assert one(sa.select(sa.func.count()).where(StepRow.element == "capture")) == (4,)
