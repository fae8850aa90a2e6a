"""Every page by every reader: who may open it, in which words, and what no request can make it do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import quote

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.translations import catalog
from app.instances import moves
from app.web.access import Who, circle_of
from tests.conftest import Cast
from tests.instances.conftest import END, START, flow, process
from tests.web.conftest import House, Reader, token_of, words_of

#: Each reader and the circles they belong to. sun is staff of a department that the case never reaches.
CIRCLES = {
    "": {Who.ANYONE},
    "lin": {Who.ANYONE, Who.PEOPLE},
    "sun": {Who.ANYONE, Who.PEOPLE},
    "chen": {Who.ANYONE, Who.PEOPLE, Who.ANALYSTS},
    "qian": {Who.ANYONE, Who.PEOPLE, Who.AUDITORS},
    "admin": {Who.ANYONE, Who.PEOPLE, Who.ANALYSTS, Who.AUDITORS, Who.ADMINS},
}
#: These only send on.
SENDERS = {"account.home"}
#: A case or a task of others is answered as if there were none; an analyst needs processes, not people's data.
HIDDEN = {login: {"inbox.task", "cases.case"} for login in ("sun", "chen")}
HEADERS = {
    "Content-Security-Policy": "script-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
AREAS = sorted({key.partition(".")[0] for key in catalog("en")} - {"trace"})
KEY = re.compile(rf"\b(?:{'|'.join(AREAS)})\.[a-z_]+(?:\.[a-z_]+)*\b")


def pages(house: House, method: str) -> Iterator[tuple[str, Who, str]]:
    """Endpoint, circle and address of everything the pages answer to."""
    app: Flask = house.app
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            who = circle_of(app.view_functions[rule.endpoint])
            if who is not None and method in (rule.methods or ()):
                parts = {name: house.parts[name] for name in rule.arguments}
                yield rule.endpoint, who, url_for(rule.endpoint, **parts)


@pytest.mark.parametrize("login", CIRCLES)
def test_a_page_opens_for_its_readers_only(house: House, reader: Reader, login: str) -> None:
    client, seen = reader(login), 0
    for endpoint, who, address in pages(house, "GET"):
        answer, seen = client.get(address), seen + 1
        if who not in CIRCLES[login]:
            expected = 403 if login else 302
        elif endpoint in SENDERS or (endpoint == "account.login" and login):
            expected = 302
        else:
            expected = 404 if endpoint in HIDDEN.get(login, ()) else 200
        assert answer.status_code == expected, f"{login or 'nobody'} at {address}"
        if not login and who is not Who.ANYONE:
            assert answer.location.startswith("/login"), address
    assert seen >= 20


@pytest.mark.parametrize("login", CIRCLES)
def test_a_post_is_refused_to_everybody_but_its_circle(house: House, reader: Reader, login: str) -> None:
    client = reader(login)
    token = token_of(client)
    for _, who, address in pages(house, "POST"):
        if who not in CIRCLES[login]:
            answer = client.post(address, data={"csrf_token": token})
            assert answer.status_code == (403 if login else 401), f"{login or 'nobody'} at {address}"


@pytest.mark.parametrize("login", ["", "admin"])
def test_a_post_without_token_is_refused_everywhere(house: House, reader: Reader, login: str) -> None:
    client = reader(login)
    token_of(client)
    addresses = [address for *_, address in pages(house, "POST")]
    assert {client.post(address).status_code for address in addresses} == {400}
    assert {client.post(address, data={"csrf_token": "guessed"}).status_code for address in addresses} == {400}
    assert client.get("/settings").status_code == (200 if login else 302)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("login", ["lin", "admin"])
def test_no_page_shows_a_key_instead_of_words(house: House, reader: Reader, login: str, lang: str) -> None:
    client = reader(login, lang)
    for endpoint, who, address in pages(house, "GET"):
        if who in CIRCLES[login] and endpoint not in {"studio.source"}:
            assert not KEY.findall(words_of(client.get(address))), address
    assert not KEY.findall(words_of(reader("", lang).get("/login")))
    assert not KEY.findall(words_of(client.get("/nowhere")))


def test_every_answer_tells_the_browser_what_to_refuse(house: House, reader: Reader) -> None:
    lin, nobody = reader("lin"), reader()
    answers = [lin.get(address) for *_, address in pages(house, "GET")]
    answers += [lin.get("/nowhere"), lin.post("/inbox/"), lin.post("/settings"), nobody.get("/inbox/")]
    answers += [nobody.get("/static/laneway.css"), nobody.get("/static/nowhere.css")]
    for answer in answers:
        for name, value in HEADERS.items():
            mild = name == "Content-Security-Policy" and answer.headers[name] == "sandbox; default-src 'none'"
            assert mild or value in answer.headers[name], f"{answer.request.path}: {name}"
        answer.close()


@pytest.mark.parametrize(
    ("login", "begins"),
    [("lin", "/inbox/"), ("zhao", "/inbox/"), ("chen", "/processes/"), ("qian", "/audit/"), ("admin", "/admin/")],
)
def test_a_persons_day_begins_where_their_work_is(house: House, reader: Reader, login: str, begins: str) -> None:
    client = reader(login)
    assert client.get("/").location == begins
    assert client.get(begins).status_code == 200


def test_no_page_of_a_person_is_kept_by_the_browser(house: House, reader: Reader) -> None:
    client = reader("admin")
    for *_, address in pages(house, "GET"):
        assert client.get(address).headers["Cache-Control"] == "no-store", address


def test_sun_does_not_find_a_case_of_others_by_searching(house: House, reader: Reader) -> None:
    page = reader("lin").get("/cases/").get_data(as_text=True)
    reference = re.search(r'data-row\s+href="/cases/\d+">\s*([^<]+?)\s*<', page)
    assert reference
    assert reader("lin").get(f"/cases/?search={reference[1]}").status_code == 302
    found = reader("sun").get(f"/cases/?search={reference[1]}")
    assert found.status_code == 200
    assert f'/cases/{house.parts["instance_id"]}"' not in found.get_data(as_text=True)


# -- whatever is asked -------------------------------------------------------------------------------------------------

#: Text as browsers and attackers send it: any bytes, percent-encoded; also zero bytes, lone surrogates, long runs.
odd = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"\0", b"%00", b"'\"--", b"a" * 20_000, "泳道".encode() * 500, b"\xed\xa0\x80", b"../../etc/passwd"]
    ),
    st.integers(-(2**70), 2**70).map(lambda number: str(number).encode()),
    st.sampled_from([b'{"name": "\\u0000"}', b'{"name": "\\ud800"}', b'{"amount": 1e999}', b"[" * 5000, b"{}"]),
    st.sampled_from([b"NaN", b"1e999", b"9" * 5000, b"-1", b"0x10", "٣".encode(), "²".encode()]),
)
ASKED = [
    ("/inbox/", ("view", "process", "cursor")),
    ("/inbox/{task_id}", ("view", "process", "cursor")),
    ("/cases/", ("search", "state", "process", "before")),
    ("/audit/", ("search", "before")),
    ("/admin/", ("state",)),
    ("/login", ("next",)),
    ("/processes/relay/v1.bpmn", ("download",)),
]
PATHS = [
    "/inbox/{}",
    "/cases/{}",
    "/cases/new/{}",
    "/audit/{}",
    "/admin/incidents/{}",
    "/processes/{}",
    "/processes/relay/v{}",
    "/processes/relay/v{}.bpmn",
    "/language/{}",
    "/static/{}",
]
POSTED = [
    ("/inbox/{task_id}/complete", ("answer", "version", "name", "amount", "on")),
    ("/inbox/{task_id}/release", ("reason",)),
    ("/inbox/{task_id}/assign", ("to", "reason")),
    ("/cases/new/relay", ("answer", "customer", "business_key", "once")),
    ("/admin/incidents/{incident_id}/retry", ("data",)),
    ("/processes/relay/v1/retire", ("reason",)),
    ("/admin/people/members", ("login", "department", "role", "starts_on")),
    ("/admin/people/members/end", ("login", "department")),
    ("/admin/lanes/{lane_id}", ("department",)),
    ("/settings", ("language", "theme")),
    ("/language/en", ("next",)),
    ("/settings/password", ("present", "password")),
    ("/login", ("login", "password", "next")),
]
whatever = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def admin(reader: Reader) -> FlaskClient:
    return reader("admin")


@given(data=st.data())
@whatever
def test_no_question_makes_a_page_fail(house: House, admin: FlaskClient, data: st.DataObject) -> None:
    path, names = data.draw(st.sampled_from(ASKED))
    asked = {name: data.draw(odd) for name in names}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    admin.set_cookie("laneway_language", "en")
    assert admin.get(path.format(**house.parts), query_string=query).status_code < 500


@given(data=st.data())
@whatever
def test_no_address_makes_a_page_fail(house: House, admin: FlaskClient, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(PATHS)).format(quote(data.draw(odd), safe=""))
    answer = admin.get(path)
    assert answer.status_code < 500
    answer.close()


@given(data=st.data())
@whatever
def test_no_post_makes_a_page_fail(house: House, admin: FlaskClient, data: st.DataObject) -> None:
    path, names = data.draw(st.sampled_from(POSTED))
    posted = {name: data.draw(odd) for name in names}
    body = "&".join(f"{name}={quote(value)}" for name, value in (posted | {"csrf_token": b""}).items())
    body += token_of(admin)
    kind = "application/x-www-form-urlencoded"
    assert admin.post(path.format(**house.parts), data=body, content_type=kind).status_code < 500


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 2**64, 10**30])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_number_that_nothing_has_is_not_found(house: House, reader: Reader, method: str, number: int) -> None:
    client = reader("admin")
    token = token_of(client)
    numbered = {name: number for name, value in house.parts.items() if isinstance(value, int)}
    beyond = House(house.app, {**house.parts, **numbered})
    for _, _, address in pages(beyond, method):
        if str(number) in re.findall(r"\d+", address):
            answer = client.open(address, method=method, data={"csrf_token": token} if method == "POST" else None)
            # 422: nobody was named to assign it to.
            assert answer.status_code in {302, 404, 422}, address


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"", b"--x\r\n\r\n", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]
)
def test_a_file_that_is_no_diagram_is_refused_in_words(house: House, reader: Reader, body: bytes) -> None:
    client = reader("chen")
    posted = {"csrf_token": token_of(client), "diagram": (BytesIO(body), "odd\u202e.bpmn")}
    answer = client.post("/processes/deploy", data=posted, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_a_file_that_is_not_marked_as_executable_is_deployed_where_chen_ticks_it(house: House, reader: Reader) -> None:
    client = reader("chen")
    unmarked = process("unmarked", START, END, flow("start > end")).replace(b'"true"', b'"false"')
    sent = {"csrf_token": token_of(client), "diagram": (BytesIO(unmarked), "a.bpmn")}
    refused = client.post("/processes/deploy", data=sent, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert re.search(r'name="executable"\s+value="yes" checked', refused.get_data(as_text=True))
    sent |= {"diagram": (BytesIO(unmarked), "a.bpmn"), "executable": "yes"}
    made = client.post("/processes/deploy", data=sent, content_type="multipart/form-data")
    assert (made.status_code, made.location) == (302, "/processes/unmarked")


def test_a_value_that_an_administrator_corrected_is_not_said_to_be_of_the_start(
    house: House, cast: Cast, reader: Reader
) -> None:
    instance = int(str(house.parts["instance_id"]))
    moves.edit(instance, {"amount": 7}, by=cast.admin, reason="typed wrong")
    assert "Corrected by an administrator" in words_of(reader("lin").get(f"/cases/{instance}"))
