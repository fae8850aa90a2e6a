"""Taking a version out of use on its page, and back: who may, what it means, and what people then see."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.definitions.deploy import deploy
from app.instances import moves
from tests.conftest import Cast
from tests.instances.conftest import END, Files, flow, lanes, process, task
from tests.web.conftest import Reader, token_of


def relay(label: str) -> tuple[bytes, Files]:
    """A version of the process, told from others by the label of its start form."""
    start = (
        '<bpmn:startEvent id="start"><bpmn:extensionElements><zeebe:formDefinition formId="ask"/>'
        "</bpmn:extensionElements></bpmn:startEvent>"
    )
    xml = process("relay", lanes(CS="start work end"), start, task("work"), END, flow("start > work", "work > end"))
    asked = {"type": "textfield", "key": "name", "label": {"en": label, "zh": label}}
    return xml, Files({"ask": {"type": "default", "components": [asked]}})


@pytest.fixture
def chen(app: Flask, cast: Cast, client_of: Reader) -> FlaskClient:
    """The analyst's browser. Two versions stand, and one case runs on the first."""
    for label in ("Old label", "New label"):
        xml, sources = relay(label)
        deploy(xml, by=cast.chen, sources=sources, file_name="relay.bpmn")
        if label == "Old label":
            moves.start("relay", {}, by=cast.lin)
    return client_of("chen")


def see(client: FlaskClient, address: str) -> str:
    page = client.get(address, follow_redirects=True).get_data(as_text=True)
    return " ".join(re.sub(r"<(script|dialog).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def press(client: FlaskClient, address: str, reason: str = "") -> str:
    answer = client.post(address, data={"csrf_token": token_of(client), "reason": reason})
    assert answer.status_code == 302, answer.status_code
    return see(client, answer.location)


def test_the_page_tells_what_retiring_means_before_it_is_done(chen: FlaskClient) -> None:
    newest, oldest = see(chen, "/processes/relay/v2"), see(chen, "/processes/relay/v1")
    assert "New cases begin on v1 instead of v2. No case runs on it." in newest
    assert "New cases begin on v2 already; v1 goes out of use. 1 case runs on it and goes on to its end." in oldest


def test_chen_retires_the_newest_version_and_new_cases_begin_on_the_one_before(chen: FlaskClient) -> None:
    said = press(chen, "/processes/relay/v2/retire", "wrong limit")
    assert "v2 retired." in said
    assert re.search(r"Retired 20\d\d-\d\d-\d\d \d\d:\d\d by Chen Hao\. Reason: wrong limit\.", said)
    assert "Old label" in see(chen, "/cases/new/relay")
    assert "Start a case" in see(chen, "/processes/relay/v1")
    assert "Start a case" not in see(chen, "/processes/relay/v2")
    assert "relay v1 Deployed" in see(chen, "/processes/")


def test_a_process_without_a_version_in_use_cannot_be_started_until_one_is_restored(chen: FlaskClient) -> None:
    press(chen, "/processes/relay/v2/retire")
    assert "nobody can start this process" in see(chen, "/processes/relay/v1")
    press(chen, "/processes/relay/v1/retire")
    assert chen.get("/cases/new/relay").status_code == 404
    assert "New cases begin on v2 again." in see(chen, "/processes/relay/v2")
    assert "v2 restored." in press(chen, "/processes/relay/v2/restore")
    assert "New label" in see(chen, "/cases/new/relay")
    assert "New cases go on beginning on v2" in see(chen, "/processes/relay/v1")


def test_a_running_case_goes_on_after_its_version_was_retired(chen: FlaskClient, client_of: Reader, cast: Cast) -> None:
    press(chen, "/processes/relay/v1/retire")
    listed = re.search(r'href="/inbox/(\d+)\?', client_of("lin").get("/inbox/?view=lanes").get_data(as_text=True))
    assert listed
    assert moves.complete(int(listed[1]), {}, by=cast.lin)["state"] == "completed"
    assert "No case runs on it." in see(chen, "/processes/relay/v1")


@pytest.mark.parametrize("login", ["lin", "qian"])
def test_others_see_neither_the_button_nor_do_it(chen: FlaskClient, client_of: Reader, login: str) -> None:
    client = client_of(login)
    assert "Retire" not in see(client, "/processes/relay/v2")
    posted = client.post("/processes/relay/v2/retire", data={"csrf_token": token_of(client)})
    assert posted.status_code == 403
    assert "Retire" in see(chen, "/processes/relay/v2")
