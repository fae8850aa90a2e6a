"""chen takes running cases to another version on the pages, without script: looks, maps, orders, undoes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.core.database import reading
from app.definitions.deploy import deploy
from app.definitions.models import ProcessDefinition
from app.instances import moves
from app.instances.models import MigrationOrder, ProcessInstance
from app.jobs.runner import Runner
from tests.conftest import Cast
from tests.instances.conftest import END, START, Files, flow, lanes, process, task
from tests.instances.seen import events, open_tasks, rows, said
from tests.web.conftest import Reader, token_of

PLAN = "/processes/relay/v2/migrate"
ORDER = "/processes/relay/v2/migrations"


def relay(first: str) -> bytes:
    steps = flow(f"start > {first}", f"{first} > check", "check > end")
    return process("relay", lanes(CS=f"start {first}", OP="check end"), START, task(first), task("check"), END, steps)


@pytest.fixture
def cases(app: Flask, cast: Cast) -> list[str]:
    """Two on the first version; the second calls its first step otherwise."""
    deploy(relay("capture"), by=cast.chen, sources=Files(), file_name="relay.bpmn")
    begun = [str(moves.start("relay", {}, by=cast.lin)["id"]) for _ in range(2)]
    moves.complete(open_tasks(begun[1])["capture"], {}, by=cast.lin)
    deploy(relay("register"), by=cast.chen, sources=Files(), file_name="relay.bpmn")
    return begun


@pytest.fixture
def chen(cases: list[str], client_of: Reader) -> FlaskClient:
    return client_of("chen")


def words(answer: Any) -> str:
    page = answer.get_data(as_text=True)
    return " ".join(re.sub(r"<(script|dialog).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def on_versions() -> list[int]:
    with reading() as session:
        found = sa.select(ProcessDefinition.version).join(
            ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id
        )
        return list(session.scalars(found.order_by(ProcessInstance.id)))


def post(client: FlaskClient, address: str, **fields: str) -> Any:
    return client.post(address, data={"csrf_token": token_of(client), **fields})


def test_the_page_of_a_version_leads_to_the_plan(chen: FlaskClient, client_of: Reader) -> None:
    shown = chen.get("/processes/relay/v2")
    assert "2 cases run on other versions." in words(shown)
    assert PLAN in shown.get_data(as_text=True)
    assert PLAN not in client_of("lin").get("/processes/relay/v2").get_data(as_text=True)
    assert client_of("lin").get(PLAN).status_code == 403


def test_the_plan_names_what_is_in_the_way_and_a_map_clears_it(chen: FlaskClient, cases: list[str]) -> None:
    seen = words(chen.get(PLAN))
    assert "1 can go" in seen
    assert "1 stays as it is" in seen
    assert "The case stands at “capture”, which has no element in the new version." in seen
    fields = {"map.capture": "register", "map.check": "check"}
    again = post(chen, ORDER, act="check", **fields)
    assert (again.status_code, again.location) == (302, f"{PLAN}?map.capture=register")
    seen = words(chen.get(again.location))
    assert "2 can go" in seen
    assert on_versions() == [1, 1]


def test_chen_orders_looks_and_takes_it_back(
    app: Flask, chen: FlaskClient, cases: list[str], cast: Cast, client_of: Reader
) -> None:
    fields = {"act": "go", "once": "k", "reason": "the order was wrong", "map.capture": "register"}
    ordered = post(chen, ORDER, **fields)
    assert ordered.status_code == 302
    assert post(chen, ORDER, **fields).location == ordered.location
    assert "2 of 2 cases are left." in words(chen.get(ordered.location))
    Runner(app).drain()
    seen = words(chen.get(ordered.location))
    assert "Done" in seen
    assert "2 migrated" in seen
    assert on_versions() == [2, 2]
    assert said(cases[0], "case.migrated")["reason"] == "the order was wrong"
    moves.complete(open_tasks(cases[0])["register"], {}, by=cast.lin)
    post(chen, f"{ordered.location}/undo", once="u")
    Runner(app).drain()
    seen = words(chen.get(ordered.location))
    assert "1 taken back" in seen
    assert "has moved since it was migrated" in seen
    assert on_versions() == [2, 1]
    assert "took the case back from v2 of the diagram to v1" in words(client_of("lin").get(f"/cases/{cases[1]}"))


def test_only_cases_that_a_reader_may_see_are_links(chen: FlaskClient, cases: list[str], client_of: Reader) -> None:
    assert f"/cases/{cases[0]}" not in chen.get(PLAN).get_data(as_text=True)
    assert f"/cases/{cases[0]}" in client_of("admin").get(PLAN).get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{PLAN}?map.nowhere=check", 422),
        (f"{PLAN}?map.capture=gone", 422),
        (f"{PLAN}?from=9", 200),
        (f"{PLAN}?from=x&map=1&map.", 200),
        ("/processes/relay/v9/migrate", 404),
        ("/processes/nothing/v1/migrate", 404),
        ("/processes/relay/migrations/5", 404),
    ],
)
def test_whatever_the_address_says_is_answered(chen: FlaskClient, address: str, status: int) -> None:
    assert chen.get(address).status_code == status


def test_a_migration_belongs_to_its_process(chen: FlaskClient, cast: Cast) -> None:
    post(chen, ORDER, act="go")
    order = rows(sa.select(MigrationOrder.id))[0][0]
    assert chen.get(f"/processes/other/migrations/{order}").status_code == 404
    assert post(chen, f"/processes/other/migrations/{order}/undo").status_code == 404
    assert [it.kind for it in events(order)] == []
