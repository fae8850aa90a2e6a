"""Who may call what: every cell of the table is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.api.calls import CALLS
from app.core.clock import FakeClock
from app.core.database import reading, writing
from app.definitions import queries
from app.people.logins import create_token, log_in
from app.people.models import Account
from app.people.moves import set_password
from tests.api.conftest import CallAs, Machine
from tests.api.document import Document
from tests.api.test_cases import stuck
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task

PEOPLE = ("lin", "wang", "zhao", "chen", "qian", "sun", "admin", "")

#: What everybody is answered, in the order of PEOPLE. The case is one of 客服部 (lin) and 运营部 (wang, zhao leads);
#: lin holds the task `capture`. Without a token every call but the document is refused.
TABLE = {
    #                     lin  wang zhao chen qian sun  admin none
    "start_instance":    (201, 201, 201, 403, 403, 201, 201, 401),
    "list_instances":    (200, 200, 200, 200, 200, 200, 200, 401),
    "get_instance":      (200, 200, 200, 404, 200, 404, 200, 401),
    "get_history":       (200, 200, 200, 404, 200, 404, 200, 401),
    "suspend_instance":  (403, 403, 403, 403, 403, 403, 200, 401),
    "resume_instance":   (403, 403, 403, 403, 403, 403, 200, 401),
    "cancel_instance":   (403, 403, 403, 403, 403, 403, 200, 401),
    "list_tasks":        (200, 200, 200, 200, 200, 200, 200, 401),
    "get_task":          (200, 404, 404, 404, 200, 404, 200, 401),
    "claim_task":        (200, 409, 409, 409, 409, 409, 409, 401),
    "start_task":        (200, 404, 404, 404, 403, 404, 403, 401),
    "release_task":      (200, 403, 403, 403, 403, 403, 200, 401),
    "assign_task":       (403, 403, 403, 403, 403, 403, 200, 401),
    "complete_task":     (200, 409, 409, 409, 409, 409, 409, 401),
    "send_message":      (202, 202, 202, 403, 403, 202, 202, 401),
    "deploy_definition": (403, 403, 403, 201, 403, 403, 201, 401),
    "list_definitions":  (200, 200, 200, 200, 200, 200, 200, 401),
    "get_definition":    (200, 200, 200, 200, 200, 200, 200, 401),
    "get_diagram":       (200, 200, 200, 200, 200, 200, 200, 401),
    "retire_definition": (403, 403, 403, 200, 403, 403, 200, 401),
    "plan_migration":    (403, 403, 403, 200, 403, 403, 200, 401),
    "migrate_instances": (403, 403, 403, 201, 403, 403, 201, 401),
    "get_migration":     (403, 403, 403, 200, 403, 403, 200, 401),
    "undo_migration":    (403, 403, 403, 200, 403, 403, 200, 401),
    "plan_instance_migration":
                         (403, 403, 403, 200, 403, 403, 200, 401),
    "migrate_instance":  (403, 403, 403, 200, 403, 403, 200, 401),
    "undo_instance_migration":
                         (403, 403, 403, 200, 403, 403, 200, 401),
    "list_incidents":    (403, 403, 403, 403, 200, 403, 200, 401),
    "repair_incident":   (403, 403, 403, 403, 403, 403, 200, 401),
    "openapi":           (200, 200, 200, 200, 200, 200, 200, 200),
}  # fmt: skip

OTHER = process("other", lanes(CS="start work end"), START, task("work"), END, flow("start > work", "work > end"))

BODIES: dict[str, Any] = {
    "start_instance": {"process": "relay", "data": {}},
    "suspend_instance": {"reason": "why"},
    "resume_instance": {"reason": "why"},
    "cancel_instance": {"reason": "why"},
    "assign_task": {"to": "he"},
    "complete_task": {"answer": {}},
    "send_message": {"name": "m", "id": "1"},
    "deploy_definition": {"diagram": OTHER.decode()},
    "plan_instance_migration": {"version": 2},
    "migrate_instance": {"version": 2},
}


@dataclass
class World:
    """A case whose first task lin holds, and one that cannot move."""

    instance: str
    task: str
    incident: str
    order: str  #: a migration of no case at all

    def path(self, rule: str) -> str:
        places = {"<id:instance_id>": self.instance, "<id:task_id>": self.task, "<id:incident_id>": self.incident}
        places |= {"<word:key>": "relay", "<id:version>": "1", "<any(retry,skip):how>": "retry"}
        places |= {"<any(retire,restore):how>": "retire", "<word:process>": "relay", "<id:migration_id>": self.order}
        for place, value in places.items():
            rule = rule.replace(place, value)
        return rule[1:]


@pytest.fixture
def world(relay: Any, deployed: Deploy, machine: CallAs) -> World:
    deployed(stuck())
    lin = machine("lin")
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    lin.post(f"tasks/{begun['tasks'][0]}/claim")
    broken = lin.post("instances", {"process": "choice", "data": {}}, 201)
    lin.post(f"tasks/{broken['tasks'][0]}/complete", {"answer": {}})
    (incident,) = machine("admin").get("incidents")["incidents"]
    deployed(again(relay))
    order = machine("admin").post("definitions/choice/1/migrations", status=201)["id"]
    return World(begun["id"], begun["tasks"][0], incident["id"], order)


def again(made: Any) -> bytes:
    """The same drawing once more, for another version."""
    with reading() as session:
        return queries.source_of(session, queries.versions(session, made.key)[0]) + b"\n"


def test_the_table_has_every_call() -> None:
    assert TABLE.keys() == {each.name for each in CALLS.values()}


@pytest.mark.parametrize("name", TABLE)
def test_each_call_answers_each_person_as_the_table_says(world: World, machine: CallAs, name: str) -> None:
    each = CALLS[f"api.{name}"]
    how = {"json": BODIES[name]} if name in BODIES else {}
    # Who is refused comes first: nothing may have changed for those who may.
    for status, login in sorted(zip(TABLE[name], PEOPLE, strict=True), reverse=True):
        if name == "undo_instance_migration" and status == 200:
            machine("admin").post(f"instances/{world.instance}/migrate", {"version": 2})
        said = machine(login).raw(each.method, world.path(each.path), **how)
        assert said.status_code == status, (login, said.data)
        if status == 401:
            assert said.headers["WWW-Authenticate"].startswith("Bearer ")
        if name == "release_task" and status == 200:
            machine("lin").post(f"tasks/{world.task}/claim")
        if name == "migrate_instance" and status == 200:
            machine("admin").post(f"instances/{world.instance}/undo-migration")


@pytest.mark.parametrize("name", [each for each in TABLE if "<id:" in CALLS[f"api.{each}"].path])
def test_what_is_not_there_is_not_found(world: World, machine: CallAs, name: str) -> None:
    each = CALLS[f"api.{name}"]
    how = {"json": BODIES[name]} if name in BODIES else {}
    for number in ("5", str(2**63 - 1), str(2**63), "9" * 19, "9" * 20, "9" * 5000, "0", "-1", "x", "%00", "1.5"):
        missing = World(number, number, number, number)
        path = missing.path(each.path.replace("<id:version>", number))
        assert machine("admin").raw(each.method, path, **how).status_code == 404, number


def test_processes_that_are_not_there_are_not_found(machine: CallAs) -> None:
    for key in ("nothing", "%00", "a%0Ab", "x" * 600, "%FF%FE", "..%2F..%2Fetc"):
        machine("chen").get(f"definitions/{key}", 404)
        machine("chen").get(f"definitions/{key}/1/diagram", 404)


def test_sun_cannot_work_on_a_task_of_another_department(relay: Any, machine: CallAs) -> None:
    work = machine("lin").post("instances", {"process": "relay", "data": {}}, 201)["tasks"][0]
    for call, body in (("claim", None), ("complete", {"answer": {}})):
        refused = machine("sun").post(f"tasks/{work}/{call}", body, 403)["error"]
        assert refused["code"] == "not_in_department"
    assert machine("sun").get("tasks?view=lanes")["tasks"] == []
    assert machine("sun").get("instances")["instances"] == []


def test_a_head_assigns_to_somebody_of_the_department_only(relay: Any, machine: CallAs) -> None:
    work = machine("lin").post("instances", {"process": "relay", "data": {}}, 201)["tasks"][0]
    assert machine("he").post(f"tasks/{work}/assign", {"to": "sun"}, 403)["error"]["code"] == "not_in_department"
    nobody = machine("he").post(f"tasks/{work}/assign", {"to": "nobody"}, 422)["error"]
    assert list(nobody["fields"]) == ["to"]
    machine("he").post(f"tasks/{work}/assign", {"to": "lin"})
    assert machine("lin").get("tasks?view=mine")["tasks"][0]["id"] == work


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic bGluOng=", "Token x", "\u00e9", "Bearer " + "x" * 5000]
)
def test_what_is_no_token_is_refused(app: Flask, document: Document, cast: Cast, header: str) -> None:
    said = Machine(app, document).raw("GET", "tasks", {"Authorization": header})
    assert said.status_code == 401
    assert said.headers["WWW-Authenticate"].startswith('Bearer realm="laneway"')


def test_a_token_ends(app: Flask, document: Document, cast: Cast, morning: FakeClock) -> None:
    lin = Machine(app, document, create_token("t", by=cast.lin, lasting=timedelta(days=1)))
    lin.get("tasks")
    morning.at += timedelta(days=1)
    refused = lin.raw("GET", "tasks")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert refused.json["error"]["code"] == "bad_token"


def test_who_has_to_change_the_password_is_refused_until_then(
    app: Flask, document: Document, machine: CallAs, cast: Cast
) -> None:
    lin = machine("lin")
    change_needed(True)
    assert lin.get("tasks", 403)["error"]["code"] == "password_change_needed"
    change_needed(False)
    lin.get("tasks")


def change_needed(needed: bool) -> None:
    with writing() as tx:
        tx.session.execute(sa.update(Account).where(Account.login == "lin").values(must_change_password=needed))


@pytest.fixture
def browser(app: Flask, document: Document, cast: Cast) -> Machine:
    """lin, logged in with a cookie."""
    set_password("lin", "correct horse battery", by=cast.admin, must_change=False)
    secret = log_in("lin", "correct horse battery").secret
    made = Machine(app, document)
    made.client.set_cookie("laneway_login", secret)
    return made


def test_a_browser_that_is_logged_in_may_read(relay: Any, browser: Machine) -> None:
    assert browser.get("tasks")["tasks"] == []


def test_a_post_with_a_cookie_needs_the_token_of_a_page(relay: Any, browser: Machine) -> None:
    order = {"process": "relay", "data": {}}
    refused = browser.post("instances", order, 400)
    assert refused["error"]["code"] == "csrf"
    assert browser.post("instances", order, 400, X_CSRFToken="forged")["error"]["code"] == "csrf"
    page = browser.client.get("/inbox/").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert token
    browser.post("instances", order, 201, X_CSRFToken=token)


def test_beside_a_token_a_cookie_counts_for_nothing(relay: Any, browser: Machine, machine: CallAs) -> None:
    """Else any word in the Authorization header would let a forged post through."""
    order = {"process": "relay", "data": {}}
    for header in ("", "Bearer wrong", "Basic x"):
        browser.post("instances", order, 401, Authorization=header)
    sun = machine("sun").headers["Authorization"]
    browser.post("instances", order, 201, Authorization=sun)
    with reading() as session:
        starter = session.scalar(
            sa.text("select account.login from process_instance join account on account.id = started_by_id")
        )
    assert starter == "sun"
