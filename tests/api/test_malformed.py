"""What anybody may send is refused in words, never with 500, and nothing of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.calls import CALLS
from app.api.strictjson import MOST_DEPTH, MOST_DIGITS
from app.core.database import reading
from app.definitions.models import DefinitionFile, ProcessDefinition
from app.instances.models import Incident, Message, MoveKey, ProcessInstance
from app.tasks.models import Task
from tests.api.conftest import CallAs, Machine
from tests.api.test_access import BODIES, World, world  # noqa: F401

WRITES = [each for each in CALLS.values() if each.method == "POST"]
NAMES = [each.name for each in WRITES]


def kept() -> Any:
    """Everything that a call may leave behind, besides events of the record."""
    tables = (ProcessInstance, Message, MoveKey, ProcessDefinition, DefinitionFile)
    with reading() as session:
        counted = [session.scalar(sa.select(sa.func.count()).select_from(each)) for each in tables]
        tasks = session.execute(sa.select(Task.id, Task.state, Task.version).order_by(Task.id)).all()
        incidents = session.execute(sa.select(Incident.id, Incident.state).order_by(Incident.id)).all()
        cases = session.execute(sa.select(ProcessInstance.id, ProcessInstance.state).order_by(ProcessInstance.id)).all()
    return counted, tasks, incidents, cases


#: Bodies that are no body for any call, with the status and the code that each of them is answered.
UNREADABLE = [
    (b"", 400, "unreadable_body"),
    (b" \n", 400, "unreadable_body"),
    (b"{", 400, "unreadable_body"),
    (b"{'a': 1}", 400, "unreadable_body"),
    (b'{"a": 1,}', 400, "unreadable_body"),
    (b'{"a": 1} {}', 400, "unreadable_body"),
    (b"[]", 400, "unreadable_body"),
    (b"null", 400, "unreadable_body"),
    (b'"text"', 400, "unreadable_body"),
    (b"7", 400, "unreadable_body"),
    (b'\xef\xbb\xbf{"a": 1}', 400, "unreadable_body"),
    ('{"a": 1}'.encode("utf-16"), 400, "unreadable_body"),
    (b'{"a": "\xff"}', 400, "unreadable_body"),
    (b'{"a": "\xed\xa0\x80"}', 400, "unreadable_body"),  # half a character, in what looks like UTF-8
    (b'{"a": "\n"}', 400, "unreadable_body"),
    (b'{"a": NaN}', 400, "unreadable_body"),
    (b'{"a": Infinity}', 400, "unreadable_body"),
    (b'{"a": -Infinity}', 400, "unreadable_body"),
    (b'{"a": 1, "a": 2}', 400, "unreadable_body"),
    (b'{"data": {"x": {"a": 1, "a": 1}}}', 400, "unreadable_body"),
    (b'{"a": ' + b"1" * 5000 + b"}", 400, "unreadable_body"),
    (b'{"a": 0.' + b"1" * 5000 + b"}", 400, "unreadable_body"),
    (b'{"a": ' + b"1" * (MOST_DIGITS + 1) + b"}", 400, "unreadable_body"),
    (b'{"a": 1e7000}', 400, "unreadable_body"),
    (b'{"a": 1e99999999999999999999}', 400, "unreadable_body"),
    (b'{"a": 1e-99999999999999999999}', 400, "unreadable_body"),
    (b'{"a": ' + b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1) + b"}", 400, "unreadable_body"),
    (b"[" * 100_000 + b"]" * 100_000, 400, "unreadable_body"),
    (b'{"a":' * 100_000, 400, "unreadable_body"),
    (b'{"a": [' + b"0," * 100_000 + b"0]}", 400, "unreadable_body"),
    (b'{"a": "\\ud800"}', 422, "invalid"),
    (b'{"a": "\\udc00\\ud800"}', 422, "invalid"),
    (b'{"a": "x\\u0000"}', 422, "invalid"),
    (b'{"\\u0000": 1}', 422, "invalid"),
    (b'{"\\ud800": 1}', 422, "invalid"),
    (b'{"nothing of this name": 1}', 422, "invalid"),
]


def test_what_is_no_body_is_refused_by_every_call(world: World, machine: CallAs) -> None:  # noqa: F811
    before = kept()
    for each in WRITES:
        who = machine("chen" if each.name == "deploy_definition" else "admin")
        for body, status, code in UNREADABLE:
            if not body and each.optional:
                continue
            said = who.raw("POST", world.path(each.path), data=body, content_type="application/json")
            assert (said.status_code, said.json["error"]["code"]) == (status, code), (each.name, body[:40])
            assert said.json["error"]["message"]
            assert ("fields" in said.json["error"]) == (status == 422), body
    assert kept() == before


def test_what_is_no_json_is_refused_unread(world: World, machine: CallAs) -> None:  # noqa: F811
    before = kept()
    for each in WRITES:
        who = machine("chen" if each.name == "deploy_definition" else "admin")
        for media in ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "/"):
            body = json.dumps(BODIES.get(each.name, {}))
            said = who.raw("POST", world.path(each.path), data=body, content_type=media)
            assert (said.status_code, said.json["error"]["code"]) == (415, "unsupported_media_type"), media
    assert kept() == before


def test_json_in_utf8_may_say_so(relay: Any, machine: CallAs) -> None:
    body = b'{"process": "relay", "data": {}}'
    for media in ("application/json; charset=UTF-8", "Application/JSON"):
        assert machine("lin").raw("POST", "instances", data=body, content_type=media).status_code == 201


#: (call, body, fields that are named)
WRONG: list[tuple[str, Any, list[str]]] = [
    ("start_instance", {}, ["data", "process"]),
    ("start_instance", {"process": "relay"}, ["data"]),
    ("start_instance", {"process": "relay", "data": None}, ["data"]),
    ("start_instance", {"process": "relay", "data": []}, ["data"]),
    ("start_instance", {"process": "relay", "data": "{}"}, ["data"]),
    ("start_instance", {"process": 5, "data": {}}, ["process"]),
    ("start_instance", {"process": "", "data": {}}, ["process"]),
    ("start_instance", {"process": "x" * 201, "data": {}}, ["process"]),
    ("start_instance", {"process": "re\nlay", "data": {}}, ["process"]),
    ("start_instance", {"process": "relay", "data": {}, "business_key": 7}, ["business_key"]),
    ("start_instance", {"process": "relay", "data": {}, "business_key": "中" * 201}, ["business_key"]),
    ("start_instance", {"process": "relay", "data": {}, "customer": "nobody"}, ["customer"]),
    ("start_instance", {"process": "relay", "data": {}, "version": 1}, ["version"]),
    ("suspend_instance", {}, ["reason"]),
    ("suspend_instance", {"reason": ""}, ["reason"]),
    ("suspend_instance", {"reason": "x" * 2001}, ["reason"]),
    ("resume_instance", {"reason": 5}, ["reason"]),
    ("cancel_instance", {"reason": True}, ["reason"]),
    ("claim_task", {"for": "lin"}, ["for"]),
    ("release_task", {"reason": None}, ["reason"]),
    ("assign_task", {}, ["to"]),
    ("assign_task", {"to": ["lin"]}, ["to"]),
    ("assign_task", {"to": "x" * 65}, ["to"]),
    ("complete_task", {}, ["answer"]),
    ("complete_task", {"answer": 5}, ["answer"]),
    ("complete_task", {"answer": {}, "version": 1.9}, ["version"]),
    ("complete_task", {"answer": {}, "version": 2.0}, ["version"]),
    ("complete_task", {"answer": {}, "version": True}, ["version"]),
    ("complete_task", {"answer": {}, "version": "2"}, ["version"]),
    ("complete_task", {"answer": {}, "version": None}, ["version"]),
    ("complete_task", {"answer": {}, "version": 0}, ["version"]),
    ("complete_task", {"answer": {}, "version": 10**30}, ["version"]),
    ("complete_task", {"answer": {}, "by": "wang"}, ["by"]),
    ("send_message", {}, ["id", "name"]),
    ("send_message", {"name": "m", "id": 5}, ["id"]),
    ("send_message", {"name": "m", "id": "x" * 151}, ["id"]),
    ("send_message", {"name": "x" * 201, "id": "1"}, ["name"]),
    ("send_message", {"name": "m", "id": "1", "correlation": "k"}, ["correlation"]),
    ("send_message", {"name": "m", "id": "1", "correlation": {"k": "中" * 400}}, ["correlation"]),
    ("send_message", {"name": "m", "id": "1", "payload": [1]}, ["payload"]),
    ("deploy_definition", {}, ["diagram"]),
    ("deploy_definition", {"diagram": 5}, ["diagram"]),
    ("deploy_definition", {"diagram": "<a/>", "forms": []}, ["forms"]),
    ("deploy_definition", {"diagram": "<a/>", "decisions": {"a": 1}}, ["decisions.a"]),
    ("repair_incident", {"data": "x"}, ["data"]),
    ("repair_incident", {"data": None}, ["data"]),
]


def test_every_wrong_field_is_named(world: World, machine: CallAs) -> None:  # noqa: F811
    before = kept()
    for name, body, fields in WRONG:
        who = machine("chen" if name == "deploy_definition" else "admin")
        for lang in ("en", "zh"):
            path = world.path(CALLS[f"api.{name}"].path)
            said = who.post(path, body, 422, Accept_Language=lang)["error"]
            assert sorted(said["fields"]) == fields, (name, body)
            for text in (said["message"], *(each for texts in said["fields"].values() for each in texts)):
                assert "api." not in text
                assert "{" not in text
                assert text.isascii() == (lang == "en"), text
    assert kept() == before


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("tasks?view=all", ["view"]),
        ("tasks?view=mine&view=late", ["view"]),
        ("tasks?limit=0", ["limit"]),
        ("tasks?limit=201", ["limit"]),
        ("tasks?limit=1.9", ["limit"]),
        ("tasks?limit=-1", ["limit"]),
        ("tasks?limit=" + "9" * 5000, ["limit"]),
        ("tasks?limit=%D9%A1", ["limit"]),  # a digit elsewhere
        ("tasks?process=%00", ["process"]),
        ("tasks?cursor=x", ["cursor"]),
        ("tasks?cursor=0001-01-01T00:00:00%2B14:00~1", ["cursor"]),
        ("tasks?cursor=2026-01-01~1", ["cursor"]),
        ("tasks?cursor=2026-01-01T00:00:00%2B00:00~9223372036854775808", ["cursor"]),
        ("tasks?cursor=%00", ["cursor"]),
        ("tasks?nothing=1", ["nothing"]),
        ("instances?cursor=9223372036854775808", ["cursor"]),
        ("instances?cursor=x", ["cursor"]),
        ("instances?limit=0", ["limit"]),
        ("instances?limit=201", ["limit"]),
        ("instances?nothing=", ["nothing"]),
        ("instances?limit=ten", ["limit"]),
        ("instances?state=gone", ["state"]),
        ("instances?search=%00", ["search"]),
        ("instances?search=" + "x" * 101, ["search"]),
        ("instances?process=%01", ["process"]),
        ("incidents?state=all", ["state"]),
        ("incidents?instance=x", ["instance"]),
        ("incidents?limit=201", ["limit"]),
        ("incidents?cursor=x", ["cursor"]),
    ],
)
def test_a_wrong_query_is_refused_by_name(machine: CallAs, path: str, fields: list[str]) -> None:
    assert sorted(machine("admin").get(path, 422)["error"]["fields"]) == fields


@pytest.mark.parametrize("asked", ["limit=0", "limit=1001", "limit=x", "cursor=-1", "cursor=x", "cursor=2147483648"])
def test_a_wrong_part_of_a_history_is_refused_by_name(relay: Any, machine: CallAs, asked: str) -> None:
    lin = machine("lin")
    case = lin.post("instances", {"process": "relay", "data": {}}, 201)["id"]
    refused = lin.get(f"instances/{case}/history?{asked}", 422)
    assert list(refused["error"]["fields"]) == [asked.partition("=")[0]]


def test_a_call_without_a_query_takes_none(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    assert list(lin.post("instances?mark=demo", {"process": "relay", "data": {}}, 422)["error"]["fields"]) == ["mark"]
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    for path in (f"instances/{begun['id']}?limit=5", f"tasks/{begun['tasks'][0]}?version=1", "definitions?state="):
        assert list(lin.get(path, 422)["error"]["fields"]) == [path.partition("?")[2].partition("=")[0]]
    assert len(lin.get("instances")["instances"]) == 1
    lin.get("/api/v1/openapi.json?whatever=1")


def test_what_is_left_empty_in_an_address_is_not_asked_for(relay: Any, machine: CallAs) -> None:
    """As forms send it, and as docs/api.md writes the calls."""
    lin = machine("lin")
    case = lin.post("instances", {"process": "relay", "data": {}}, 201)["id"]
    assert len(lin.get("instances?search=&state=&process=&cursor=&limit=")["instances"]) == 1
    assert lin.get("tasks?view=&process=&cursor=&limit=") == lin.get("tasks")
    assert lin.get(f"instances/{case}/history?cursor=&limit=") == lin.get(f"instances/{case}/history")
    assert machine("admin").get("incidents?state=&instance=")["incidents"] == []


def test_half_an_escape_in_a_query_is_no_crash(relay: Any, machine: CallAs) -> None:
    for search in ("%25", "_", "%FF", "%ED%A0%80", "'", "%5C", "C-2026", "١"):
        assert machine("admin").get(f"instances?search={search}")["instances"] == []


def test_what_is_larger_than_all_bodies_is_refused(app: Flask, relay: Any, machine: CallAs) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    body = json.dumps({"process": "relay", "data": {"x": "y" * 1000}})
    said = machine("lin").raw("POST", "instances", data=body, content_type="application/json")
    assert (said.status_code, said.json["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("text", ["\\u0000", "a\\ud800", "\\udc00b", "中\\u0000"])
def test_text_that_no_database_keeps_is_refused_wherever_it_stands(relay: Any, machine: CallAs, text: str) -> None:
    lin, before = machine("lin"), kept()
    for data, place in (
        (f'{{"x": "{text}"}}', "data.x"),
        (f'{{"x": [1, {{"y": ["{text}"]}}]}}', "data.x.y"),
        (f'{{"x": {{"{text}": 1}}}}', "data.x"),
    ):
        body = f'{{"process": "relay", "data": {data}}}'.encode()
        said = lin.raw("POST", "instances", data=body, content_type="application/json")
        assert (said.status_code, list(said.json["error"]["fields"])) == (422, [place])
    assert kept() == before


def test_what_is_as_deep_and_precise_as_allowed_is_kept(relay: Any, machine: CallAs) -> None:
    deep: Any = 1
    for _ in range(MOST_DEPTH - 2):
        deep = [deep]
    number = "1" * MOST_DIGITS
    body = f'{{"process": "relay", "data": {{"deep": {json.dumps(deep)}, "number": {number}, "small": 1e-5999}}}}'
    lin = machine("lin")
    begun = lin.raw("POST", "instances", data=body, content_type="application/json")
    assert begun.status_code == 201
    said = lin.raw("GET", f"instances/{begun.json['id']}")
    assert number.encode() in said.data
    assert said.json["data"]["deep"] == deep


@pytest.mark.parametrize("data", [{"k" * 5000: 1}, {"": 1}, {"a.b": 1}, {"中" * 2000: 1}, {"k": "v" * 100_000}])
def test_strange_variables_are_kept_or_refused(relay: Any, machine: CallAs, data: dict[str, Any]) -> None:
    lin = machine("lin")
    said = lin.raw("POST", "instances", json={"process": "relay", "data": data})
    assert said.status_code in (201, 422)
    if said.status_code == 201:
        assert lin.get(f"instances/{said.json['id']}")["data"] == data
        done = lin.raw("POST", f"tasks/{said.json['tasks'][0]}/complete", json={"answer": data})
        assert done.status_code == 200


#: JSON as wide as it gets: whatever a generator can think of, and what looks like the real thing.
_TEXT = st.text(max_size=20) | st.sampled_from(["relay", "", "x" * 300, "\x00", "\ud800", "中" * 600, "1e5", "null"])
_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT | st.integers(min_value=-(10**40), max_value=10**40)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=15,
)
_FIELDS = [
    "process",
    "data",
    "business_key",
    "customer",
    "reason",
    "to",
    "answer",
    "version",
    "name",
    "correlation",
    "payload",
    "id",
    "diagram",
    "forms",
    "decisions",
    "file_name",
    "map",
    "versions",
]
_LIKELY = st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=6)
_BODIES = st.one_of(_LIKELY.map(json.dumps), _VALUES.map(json.dumps), st.text(), st.just("")).map(
    lambda text: text.encode("utf-8", "surrogatepass")
) | st.binary(max_size=200)
_MEDIA = st.sampled_from(["application/json"] * 6 + ["application/xml", "multipart/form-data; boundary=x", "text/csv"])


@pytest.fixture
def people(machine: CallAs) -> dict[str, Machine]:
    return {login: machine(login) for login in ("admin", "lin", "chen")}


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_sent_is_answered_and_what_is_refused_leaves_nothing(
    world: World,  # noqa: F811
    people: dict[str, Machine],
    name: str,
) -> None:
    each = CALLS[f"api.{name}"]
    path = world.path(each.path)

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(body=_BODIES, media=_MEDIA, login=st.sampled_from(["admin", "lin", "chen"]))
    def send(body: bytes, media: str, login: str) -> None:
        before = kept()
        said = people[login].raw("POST", path, data=body, content_type=media)
        assert said.status_code < 500
        if said.status_code >= 400:
            assert kept() == before

    send()


#: Strange, but JSON that says what it means: most of it is taken, and goes all the way down and up again.
_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(-1e300, 1e300) | _NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=15,
)


def test_strange_data_that_is_taken_can_be_read_again(relay: Any, people: dict[str, Machine]) -> None:
    lin, taken = people["lin"], []

    @settings(
        max_examples=30,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(data=st.dictionaries(_NAMES, _STRANGE, max_size=5))
    def send(data: dict[str, Any]) -> None:
        begun = lin.raw("POST", "instances", json={"process": "relay", "data": data})
        message = {"name": "m", "id": f"m{len(taken)}", "payload": data}
        sent = lin.raw("POST", "messages", json=message)
        taken.append(begun.status_code == 201)
        assert (begun.status_code, sent.status_code) in ((201, 202), (400, 400))
        if not taken[-1]:
            return
        work = begun.json["tasks"][0]
        assert lin.get(f"tasks/{work}")["data"].keys() == data.keys()
        assert lin.raw("POST", f"tasks/{work}/complete", json={"answer": data}).status_code == 200
        assert lin.get(f"instances/{begun.json['id']}")["data"].keys() == data.keys()
        lin.get(f"instances/{begun.json['id']}/history")

    send()
    assert taken.count(True) > len(taken) // 2
