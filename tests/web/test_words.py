"""Pages of a case speak its forms' and drawings' words: labels of fields and options, names of steps, yes and no."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.database import reading
from app.definitions.deploy import deploy
from app.definitions.sources import Folders
from app.instances import moves, services
from app.jobs.runner import Runner
from app.people import demo, logins
from app.people.actor import SYSTEM
from app.tasks import queries as tasks
from app.web.security import COOKIE
from tests.conftest import Cast
from tests.instances.conftest import END, START, Files, flow, lanes, process, task
from tests.web.conftest import House, Reader, words_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = {
    "type": "default",
    "components": [
        {
            "type": "select",
            "key": "idType",
            "label": {"zh": "证件类型", "en": "Kind of document"},
            "values": [
                {"value": "id_card", "label": {"zh": "居民身份证", "en": "Identity card"}},
                {"value": "passport", "label": {"zh": "护照", "en": "Passport"}},
            ],
        },
        {
            "type": "checklist",
            "key": "seen",
            "label": {"zh": "已见材料", "en": "Papers seen"},
            "values": [{"value": "bill", "label": {"zh": "账单", "en": "Utility bill"}}],
        },
        {"type": "checkbox", "key": "present", "label": {"zh": "本人到场", "en": "Customer present"}},
        {"type": "datetime", "key": "met", "subtype": "datetime", "dateLabel": {"zh": "面见", "en": "Met"}},
    ],
}
#: Another form that calls the same value by another name.
CHECK = {
    "type": "default",
    "components": [
        {
            "type": "radio",
            "key": "idType",
            "label": {"zh": "复核证件", "en": "Document again"},
            "values": [{"value": "id_card", "label": {"zh": "身份证（复核）", "en": "Card, checked"}}],
        }
    ],
}
NAMED = (
    '<bpmn:serviceTask id="verify" name="联网核查"><bpmn:extensionElements>'
    '<i18n:translation xmlns:i18n="http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0" xml:lang="en">'
    'Ask the registry</i18n:translation><zeebe:taskDefinition type="nobody.answers" retries="1"/>'
    "</bpmn:extensionElements></bpmn:serviceTask>"
)
CHILD = process("registry", START, NAMED, END, flow("start > verify", "verify > end"))
PARENT = process(
    "identity",
    lanes(CS="start capture call check end"),
    START,
    task("capture", form="document"),
    '<bpmn:callActivity id="call" name="call"><bpmn:extensionElements>'
    '<zeebe:calledElement processId="registry"/></bpmn:extensionElements></bpmn:callActivity>',
    task("check", form="check"),
    END,
    flow("start > capture", "capture > call", "call > check", "check > end"),
)
ANSWER: dict[str, Any] = {
    "idType": "id_card",
    "seen": ["bill"],
    "present": True,
    "met": "2026-05-06T02:30:00.000Z",
}


@pytest.fixture
def house(app: Flask, cast: Cast) -> House:
    """A case whose called process waits for a service; the raw values of the world outside stand in its data."""
    files = Files({"document": DOCUMENT, "check": CHECK})
    for xml in (CHILD, PARENT):
        deploy(xml, by=cast.chen, sources=files, file_name="test.bpmn")
    begun = moves.start("identity", {"riskFlag": False, "holders": [{"idType": "passport"}]}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), ANSWER, by=cast.lin)
    return House(app, {"case": int(begun["id"])})


def calling(house: House) -> tuple[int, str]:
    """The case and its one service call on the way."""
    with reading() as session:
        (call,) = services.of_case(session, house.parts["case"])
    return house.parts["case"], call["ref"]


def rows(page: str) -> dict[str, str]:
    """What the table of case data says, by field."""
    table = page.partition('id="values-title"')[2].partition("</section>")[0] or page
    cells = re.findall(r"<tr>\s*<td[^>]*>(.*?)</td>\s*<td>(.*?)</td>", table, flags=re.DOTALL)
    return {plain(name): plain(value) for name, value in cells}


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        (
            "en",
            {
                "Kind of document": "Identity card",
                "Papers seen": "Utility bill",
                "Customer present": "Yes",
                "Met": "2026-05-06 10:30",
                "riskFlag": "No",
                "holders": "Kind of document Passport",
            },
        ),
        (
            "zh",
            {
                "证件类型": "居民身份证",
                "已见材料": "账单",
                "本人到场": "是",
                "面见": "2026-05-06 10:30",
                "riskFlag": "否",
                "holders": "证件类型 护照",
            },
        ),
    ],
)
def test_the_data_of_a_case_is_said_in_the_words_of_its_forms(
    house: House, reader: Reader, lang: str, expected: dict[str, str]
) -> None:
    page = reader("lin", lang).get(f"/cases/{house.parts['case']}").get_data(as_text=True)
    assert rows(page) == expected


@pytest.mark.parametrize("path", ["/cases/{case}", "/audit/{case}"])
def test_no_page_of_a_case_shows_what_only_the_file_knows(house: House, reader: Reader, path: str) -> None:
    said = words_of(reader("admin", "en").get(path.format(**house.parts)))
    assert "Ask the registry" in said
    assert "Identity card" in said
    assert "Kind of document" in said
    assert not re.findall(r"id_card|idType|\bverify\b|nobody\.answers", re.sub(r'data-element="\w+"', "", said))


def test_a_value_is_said_in_the_words_of_the_form_that_wrote_it(house: House, reader: Reader, cast: Cast) -> None:
    moves.finish_call(*calling(house), {})
    with reading() as session:
        (check,) = tasks.of_case(session, int(str(house.parts["case"])))[:1]
    moves.complete(check.id, {"idType": "id_card"}, by=cast.lin)
    page = reader("lin", "en").get(f"/cases/{house.parts['case']}").get_data(as_text=True)
    assert rows(page)["Document again"] == "Card, checked"
    assert "Kind of document + Identity card" in plain(page.replace("<ins>", "+ "))


def test_an_incident_in_a_called_process_names_the_step_of_its_drawing(
    house: House, reader: Reader, cast: Cast
) -> None:
    moves.fail_call(*calling(house), "unreachable")
    admin = reader("admin", "en")
    listed = admin.get("/admin/").get_data(as_text=True)
    assert "Ask the registry" in plain(listed)
    address = re.search(r'href="(/admin/incidents/\d+)"', listed)
    assert address
    page = admin.get(address[1]).get_data(as_text=True)
    assert "<h1>Ask the registry</h1>" in page
    assert "Kind of document" in plain(page)
    assert "Stuck at “Ask the registry”" in plain(admin.get(f"/cases/{house.parts['case']}").get_data(as_text=True))


def test_an_error_of_a_service_that_nothing_catches_is_shown_as_the_service_said_it(
    house: House, reader: Reader
) -> None:
    moves.fail_call(*calling(house), "nobody is registered there", code="NOT_FOUND")
    admin = reader("admin", "en")
    listed = admin.get("/admin/").get_data(as_text=True)
    address = re.search(r'href="(/admin/incidents/\d+)"', listed)
    assert address
    for page in (listed, admin.get(address[1]).get_data(as_text=True)):
        assert "NOT_FOUND" in plain(page)
        assert "nobody is registered there" in plain(page)


def test_a_message_is_called_as_the_drawing_calls_it(app: Flask, cast: Cast) -> None:
    paid = '<bpmn:message id="paid" name="payment.received"/>'
    wait = (
        '<bpmn:intermediateCatchEvent id="wait" name="Customer has paid">'
        '<bpmn:messageEventDefinition id="w" messageRef="paid"/></bpmn:intermediateCatchEvent>'
    )
    xml = process(
        "paying", lanes(CS="start wait end"), START, wait, END, flow("start > wait", "wait > end"), before=paid
    )
    deploy(xml, by=cast.chen, sources=Files(), file_name="test.bpmn")
    begun = moves.start("paying", {}, by=cast.lin)
    moves.receive("payment.received", {}, {}, sender_id="bank-1", by=SYSTEM)
    Runner(app).drain()
    client = app.test_client()
    client.set_cookie(COOKIE, logins.log_in("lin", demo.PASSWORD).secret)
    page = client.get(f"/cases/{begun['id']}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Received the message “Customer has paid”" in plain(page)
    assert "payment.received" not in plain(page)


@pytest.mark.parametrize(
    ("lang", "told"), [("zh", "从各渠道登记投诉"), ("en", "Complaints from all channels are registered")]
)
@pytest.mark.parametrize("path", ["/cases/new", "/cases/new/complaint", "/processes/complaint"])
def test_what_a_process_is_for_is_told_before_one_begins_it(
    app: Flask, cast: Cast, client_of: Reader, path: str, lang: str, told: str
) -> None:
    sources = Folders(ROOT / "processes", ROOT / "forms")
    deploy((ROOT / "processes" / "complaint.bpmn").read_bytes(), by=cast.chen, sources=sources, file_name="c.bpmn")
    assert told in words_of(client_of("lin", lang).get(path))


def test_a_step_of_a_sub_process_stands_in_its_lane(app: Flask, cast: Cast, client_of: Reader) -> None:
    sources = Folders(ROOT / "processes", ROOT / "forms")
    deploy((ROOT / "processes" / "complaint.bpmn").read_bytes(), by=cast.chen, sources=sources, file_name="c.bpmn")
    outline = client_of("lin").get("/processes/complaint").get_data(as_text=True).partition('id="outline-title"')[2]
    lanes = [plain(heading) for heading in re.findall(r"<h3>(.*?)</h3>", outline)]
    assert lanes == ["Risk and compliance", "Customer service"]
    assert "Draft the answer" in plain(outline.partition("Customer service")[2])


def test_a_file_without_a_drawing_says_so_and_keeps_its_steps_in_words(house: House, client_of: Reader) -> None:
    for path in ("/processes/identity", f"/cases/{house.parts['case']}", f"/audit/{house.parts['case']}"):
        page = client_of("admin").get(path).get_data(as_text=True)
        assert "This file has no drawing." in page
        assert 'data-island="viewer"' not in page
        assert "capture" in plain(page.partition('id="outline-title"')[2])


def test_what_a_step_came_to_is_called_as_the_step(app: Flask, cast: Cast, client_of: Reader) -> None:
    count = (
        '<bpmn:scriptTask id="count" name="Times reopened"><bpmn:extensionElements>'
        '<zeebe:script expression="=1 + 1" resultVariable="reopenings"/></bpmn:extensionElements></bpmn:scriptTask>'
    )
    steps = lanes(CS="start count work end"), START, count, task("work"), END
    xml = process("again", *steps, flow("start > count", "count > work", "work > end"))
    deploy(xml, by=cast.chen, sources=Files(), file_name="test.bpmn")
    case = moves.start("again", {"other": 1}, by=cast.lin)["id"]
    page = client_of("lin").get(f"/cases/{case}").get_data(as_text=True)
    assert rows(page) == {"other": "1", "Times reopened": "2"}


def test_a_step_without_a_name_is_told_by_what_it_is(app: Flask, cast: Cast, client_of: Reader) -> None:
    split = '<bpmn:parallelGateway id="g1"/>'
    flows = flow("start > g1", "g1 > work", "work > end")
    deploy(
        process("split", lanes(CS="start g1 work end"), START, split, task("work"), END, flows),
        by=cast.chen,
        sources=Files(),
        file_name="test.bpmn",
    )
    case = moves.start("split", {}, by=cast.lin)["id"]
    said = plain(client_of("qian").get(f"/audit/{case}").get_data(as_text=True))
    assert "“parallel: g1” done" in said
    assert "“start” done" in said
