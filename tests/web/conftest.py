"""Readers of the pages through Flask's client; a case that lin works on, and one that cannot move."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.database import reading
from app.definitions import queries as definitions
from app.definitions.deploy import deploy
from app.instances import moves
from app.instances.models import Incident
from app.people import demo, logins
from app.people.models import Lane
from app.web.security import COOKIE
from tests.conftest import Cast
from tests.instances.conftest import END, START, Files, deployed, flow, lanes, process, task  # noqa: F401  a fixture

FORM = {
    "type": "default",
    "components": [
        {"type": "textfield", "key": "name", "label": {"zh": "姓名", "en": "Name"}, "validate": {"required": True}},
        {"type": "number", "key": "amount", "label": {"zh": "金额", "en": "Amount"}},
        {"type": "datetime", "key": "on", "subtype": "date", "dateLabel": {"zh": "日期", "en": "Day"}},
    ],
}
RELAY = process(
    "relay",
    lanes(CS="start capture which", OP="check end"),
    START,
    task("capture", form="capture", due="PT4H"),
    '<bpmn:exclusiveGateway id="which"/>',
    task("check"),
    END,
    flow("start > capture", "capture > which", "which > check : amount > 10", "which > end : amount <= 10"),
)


@dataclass(frozen=True)
class House:
    """What there is to look at; `parts` are what addresses are made of."""

    app: Flask
    parts: Mapping[str, object]


@pytest.fixture
def house(app: Flask, cast: Cast) -> House:
    """One case in which lin has claimed her task, another that cannot move."""
    deploy(RELAY, by=cast.chen, sources=Files({"capture": FORM}), file_name="relay.bpmn")
    stuck = moves.start("relay", {}, by=cast.lin)
    moves.complete(int(stuck["tasks"][0]), {"name": "王芳"}, by=cast.lin)
    begun = moves.start("relay", {}, by=cast.lin)
    claimed = int(begun["tasks"][0])
    moves.claim(claimed, by=cast.lin)
    with reading() as session:
        incident = session.scalars(sa.select(Incident.id)).one()
        lane = session.scalars(sa.select(Lane.id)).first()
    parts = {"task_id": claimed, "instance_id": int(begun["id"]), "incident_id": incident, "lane_id": lane}
    with reading() as session:
        version = definitions.version(session, "relay")
    parts["order_id"] = int(moves.migrate_all(version.id, by=cast.chen)["id"])
    return House(app, {**parts, "key": "relay", "number": 1, "code": "en"})


Reader = Callable[..., FlaskClient]


@pytest.fixture
def client_of(app: Flask) -> Reader:
    """A client in which somebody of the cast is logged in; nobody for ""."""

    def sit_down(login: str = "", lang: str = "en") -> FlaskClient:
        client = app.test_client()
        client.set_cookie("laneway_language", lang)
        if login:
            client.set_cookie(COOKIE, logins.log_in(login, demo.PASSWORD).secret)
        return client

    return sit_down


@pytest.fixture
def reader(house: House, client_of: Reader) -> Reader:
    """The same, with something to look at."""
    return client_of


def token_of(client: FlaskClient) -> str:
    """The token that the pages of this client post."""
    page = client.get("/settings", follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return found[1]


def words_of(answer: TestResponse) -> str:
    """What a page says, without its scripts and addresses."""
    html = re.sub(r"<script.*?</script>", "", answer.get_data(as_text=True), flags=re.DOTALL)
    return re.sub(r'\b(?:href|src|action|name|id|for|class)="[^"]*"', "", html)
