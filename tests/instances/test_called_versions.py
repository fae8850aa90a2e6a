"""A case that calls a process twice while a new version of it is deployed: each call stays on its own version."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.errors import Invalid
from app.definitions.retire import restore, retire
from app.history import StepRow
from app.instances import live, moves
from app.instances.errors import CannotStart
from app.jobs import service_calls
from app.jobs.runner import Runner
from app.tasks.models import Task
from tests.conftest import Cast
from tests.instances.conftest import END, HEAD, START, Deploy, flow, lanes, process, task
from tests.instances.seen import changes, incidents, one, open_tasks, rows, state, task_row
from tests.instances.test_incidents import script

NAMED: dict[str, Any] = {
    "type": "default",
    "components": [{"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}}],
}
CALL = (
    '<bpmn:callActivity id="{0}"><bpmn:extensionElements>'
    '<zeebe:calledElement processId="{1}" propagateAllChildVariables="false"/>'
    "</bpmn:extensionElements></bpmn:callActivity>"
)
ASK = (
    '<bpmn:serviceTask id="note"><bpmn:extensionElements><zeebe:taskDefinition type="bank"/></bpmn:extensionElements>'
    "</bpmn:serviceTask>"
)


@pytest.fixture
def old(deployed: Deploy) -> Any:
    """OP checks, a script notes, OP signs with a form."""
    steps = flow("start > check", "check > note", "note > sign", "sign > end")
    parts = START, task("check"), script("note", "1", "noted"), task("sign", form="sign"), END
    return deployed(process("inner", lanes(OP="start check note sign end"), *parts, steps), sign=NAMED)


@pytest.fixture
def outer(deployed: Deploy, old: Any) -> Any:
    """Two calls of the inner process, the second when lin has captured."""
    fork = '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>'
    steps = flow(
        "start > split", "split > first", "split > capture", "capture > second", "first > join", "second > join",
        "join > end",
    )  # fmt: skip
    inside = lanes(CS="start split first capture second join end")
    parts = START, fork, task("capture"), CALL.format("first", "inner"), CALL.format("second", "inner"), END
    return deployed(process("outer", inside, *parts, steps))


def new_version(deployed: Deploy) -> Any:
    """CS checks, a service notes, CS signs without a form, and files."""
    steps = flow("start > check", "check > note", "note > sign", "sign > file", "file > end")
    parts = START, task("check"), ASK, task("sign"), task("file"), END
    return deployed(process("inner", lanes(CS="start check note sign file end"), *parts, steps))


def tasks_of(case: str, version: Any) -> dict[str, int]:
    """Live tasks of one version, by element."""
    live_ones = sa.select(Task.element, Task.id).where(
        Task.instance_id == int(case), Task.definition_id == version.id, Task.state.in_(("open", "claimed"))
    )
    return dict(rows(live_ones))


@pytest.mark.parametrize("restarts", [0, 1, 3])
def test_each_call_stays_on_the_version_it_began_with(
    app: Flask, old: Any, outer: Any, deployed: Deploy, cast: Cast, monkeypatch: pytest.MonkeyPatch, restarts: int
) -> None:
    case = moves.start("outer", {}, by=cast.lin)["id"]
    new = new_version(deployed)
    moves.complete(open_tasks(case)["capture"], {}, by=cast.lin)
    if restarts:
        live.clear()
    # The old call goes on after the new one began: OP, a script, and a form that asks for a name.
    assert (list(tasks_of(case, old)), list(tasks_of(case, new))) == (["check"], ["check"])
    moves.complete(tasks_of(case, old)["check"], {}, by=cast.wang)
    assert changes(case) == [("noted", "copy")]
    sign = tasks_of(case, old)["sign"]
    with pytest.raises(Invalid) as refused:
        moves.complete(sign, {}, by=cast.wang)
    assert list(refused.value.fields) == ["name"]
    if restarts > 1:
        live.clear()
    # The new one: CS, a service, no form.
    moves.complete(tasks_of(case, new)["check"], {}, by=cast.lin)
    monkeypatch.setitem(service_calls.connectors, "bank", lambda call: {"noted": 2})
    Runner(app).drain()
    assert changes(case) == [("noted", "copy"), ("noted", "import")]
    moves.complete(tasks_of(case, new)["sign"], {}, by=cast.lin)
    if restarts > 1:
        live.clear()
    moves.complete(sign, {"name": "王芳"}, by=cast.wang)
    assert moves.complete(tasks_of(case, new)["file"], {}, by=cast.lin)["state"] == "completed"
    versions = sa.select(StepRow.definition_id, StepRow.element).where(StepRow.process_key == "inner")
    ran = {version.id: {element for at, element in rows(versions) if at == version.id} for version in (old, new)}
    assert ran[old.id] == {"start", "check", "note", "sign", "end"}
    assert ran[new.id] == {"start", "check", "note", "sign", "file", "end"}


def test_a_process_that_calls_itself_may_have_changed_meanwhile(deployed: Deploy, cast: Cast) -> None:
    def own(inside: str, *steps: str, call: str = "") -> bytes:
        return process("own", lanes(CS=inside), START, task("work"), call, END, flow("start > work", *steps))

    first = deployed(own("start work again end", "work > again", "again > end", call=CALL.format("again", "own")))
    case = moves.start("own", {}, by=cast.lin)["id"]
    second = deployed(own("start work end", "work > end"))
    moves.complete(open_tasks(case)["work"], {}, by=cast.lin)
    live.clear()
    inner = open_tasks(case)["work"]
    assert task_row(inner).definition_id == second.id
    assert moves.complete(inner, {}, by=cast.lin)["state"] == "completed"
    kept = sa.select(StepRow.definition_id).where(StepRow.element == "work").order_by(StepRow.seq)
    assert rows(kept) == [(first.id,), (second.id,)]
    assert one(sa.select(sa.func.count()).where(StepRow.element == "again", StepRow.definition_id == first.id)) == (1,)


def test_what_is_remembered_of_the_newest_version_is_forgotten_when_another_comes_into_use(
    old: Any, outer: Any, deployed: Deploy, cast: Cast
) -> None:
    """Deployed, retired and restored between the calls of cases that are all warm."""
    cases = [moves.start("outer", {}, by=cast.lin)["id"] for _ in range(6)]

    def called(case: str) -> set[int]:
        """The version that the second call runs on; the first one's stays the old."""
        moves.complete(open_tasks(case)["capture"], {}, by=cast.lin)
        found = sa.select(Task.definition_id).where(Task.instance_id == int(case), Task.element == "check")
        first, second = rows(found.order_by(Task.id))
        assert first == (old.id,)
        return set(second)

    assert called(cases[0]) == called(cases[1]) == {old.id}
    new = new_version(deployed)
    assert called(cases[2]) == {new.id}
    retire(new.id, by=cast.chen)
    assert called(cases[3]) == {old.id}
    restore(new.id, by=cast.chen)
    assert called(cases[4]) == called(cases[5]) == {new.id}


def test_a_global_task_is_deployed_with_its_file_and_begins_no_case(deployed: Deploy, cast: Cast) -> None:
    call = '<bpmn:callActivity id="ask" calledElement="check"/>'
    way = flow("start > ask", "ask > end")
    whole = process("shop", START, call, END, way, before='<bpmn:globalUserTask id="check" name="Check"/>')
    assert deployed(whole).key == "shop"
    case = moves.start("shop", {}, by=cast.lin)
    moves.complete(open_tasks(case["id"])["check"], {"fine": True}, by=cast.admin)
    assert state(case["id"]) == "completed"
    with pytest.raises(CannotStart):
        moves.start("check", {}, by=cast.lin)


def test_a_call_by_version_tag_and_one_by_deployment_stay_with_theirs(deployed: Deploy, cast: Cast) -> None:
    """The newest version is another one by then."""

    def inner(key: str, element: str, tag: str) -> str:
        tags = f'<bpmn:extensionElements><zeebe:versionTag value="{tag}"/></bpmn:extensionElements>'
        parts = f"{START}{task(element)}{END}{flow(f'start > {element}', f'{element} > end')}"
        return f'<bpmn:process id="{key}" isExecutable="true">{tags}{parts}</bpmn:process>'

    def caller(key: str, binding: str, called: str) -> str:
        extension = f'<zeebe:calledElement processId="{called}" {binding}/>'
        call = f'<bpmn:callActivity id="call_{key}"><bpmn:extensionElements>{extension}</bpmn:extensionElements>'
        way = flow(f"start > call_{key}", f"call_{key} > end")
        return (
            f'<bpmn:process id="{key}" isExecutable="true">{START}{call}</bpmn:callActivity>{END}{way}</bpmn:process>'
        )

    def renamed(body: str, number: int) -> str:
        return body.replace('"start"', f'"start{number}"').replace('"end"', f'"end{number}"').replace(
            'id="f', f'id="x{number}f'
        )  # fmt: skip

    def one_file(*bodies: str) -> bytes:
        body = "".join(renamed(each, number) for number, each in enumerate(bodies))
        return f"{HEAD}{body}</bpmn:definitions>".encode()

    deployed(one_file(caller("beside", 'bindingType="deployment"', "part"), inner("part", "old_work", "v1")))
    deployed(one_file(inner("part", "new_work", "v2")))
    deployed(one_file(caller("tagged", 'bindingType="versionTag" versionTag="v1"', "part")))
    deployed(one_file(caller("newest", 'bindingType="latest"', "part")))
    deployed(one_file(caller("wrong", 'bindingType="versionTag" versionTag="v3"', "part")))
    for process_key, expected in (("beside", "old_work"), ("tagged", "old_work"), ("newest", "new_work")):
        assert list(open_tasks(moves.start(process_key, {}, by=cast.lin)["id"])) == [expected]
    case = moves.start("wrong", {}, by=cast.lin)["id"]
    assert [it.code for it in incidents(case)] == ["no-program"]
