"""Deploying through the API: a file in any of three ways, refused with findings, stored whole or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.database import reading
from app.definitions.models import DefinitionFile, ProcessDefinition
from app.history import HistoryPayload, HistoryStream
from app.people.models import Lane
from tests.api.conftest import CallAs, Machine
from tests.api.test_cases import FORM
from tests.instances.conftest import END, HEAD, START, flow, lanes, process, task

ROOT = Path(__file__).resolve().parents[2]
LINE = flow("start > work", "work > end")
SMALL = process("small", lanes(CS="start work end"), START, task("work"), END, LINE)
WITH_FORM = process("small", lanes(CS="start work end"), START, task("work", form="amount"), END, LINE)
#: The flow leads to a node that is not there.
BROKEN = process("broken", lanes(CS="start work end"), START, task("work"), END, flow("start > work", "work > gone"))
DECIDING = process(
    "deciding",
    lanes(CS="start which end"),
    START,
    '<bpmn:businessRuleTask id="which" name="which"><bpmn:extensionElements>'
    '<zeebe:calledDecision decisionId="risk" resultVariable="risk"/></bpmn:extensionElements></bpmn:businessRuleTask>',
    END,
    flow("start > which", "which > end"),
)
RISK = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="risks" name="risks" namespace="laneway">
<decision id="risk" name="risk"><literalExpression><text>"low"</text></literalExpression></decision></definitions>"""


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= each <= "\u9fff" for each in text)


def stored() -> list[int]:
    with reading() as session:
        return [
            session.scalar(sa.select(sa.func.count()).select_from(each)) or 0
            for each in (ProcessDefinition, DefinitionFile, Lane, HistoryStream)
        ]


@pytest.mark.parametrize("media", ["application/xml", "text/xml; charset=utf-8", "application/octet-stream"])
def test_chen_deploys_a_file_as_it_is(machine: CallAs, media: str) -> None:
    said = machine("chen").raw("POST", "definitions", data=SMALL, content_type=media)
    assert said.status_code == 201
    assert (said.json["key"], said.json["version"], said.json["is_new"]) == ("small", 1, True)
    assert said.json["definitions"] == [{"key": "small", "version": 1, "is_new": True}]
    assert machine("lin").raw("GET", "definitions/small/1/diagram").data == SMALL


def test_the_same_file_again_is_the_same_version(machine: CallAs) -> None:
    chen = machine("chen")
    for is_new in (True, False):
        said = chen.raw("POST", "definitions", data=SMALL, content_type="application/xml")
        assert (said.status_code, said.json["version"], said.json["is_new"]) == (201, 1, is_new)
    changed = SMALL.replace(b'name="work"', b'name="Work"')
    assert chen.raw("POST", "definitions", data=changed, content_type="text/xml").json["version"] == 2
    versions = chen.get("definitions/small")["versions"]
    assert [each["version"] for each in versions] == [2, 1]
    (newest,) = chen.get("definitions")["definitions"]
    assert (newest["version"], newest["source"], newest["startable"]) == (2, "api", True)


def test_chen_takes_a_version_out_of_use_and_back(machine: CallAs) -> None:
    chen, lin = machine("chen"), machine("lin")
    chen.raw("POST", "definitions", data=SMALL, content_type="application/xml")
    old = lin.post("instances", {"process": "small", "data": {}}, 201)
    changed = SMALL.replace(b'name="work"', b'name="Work"')
    chen.raw("POST", "definitions", data=changed, content_type="application/xml")
    retired = chen.post("definitions/small/2/retire", {"reason": "a lane is missing"})
    assert retired == {"key": "small", "version": 2, "state": "retired"}
    assert chen.post("definitions/small/2/retire") == retired  # nothing more to do
    assert [each["state"] for each in lin.get("definitions/small")["versions"]] == ["retired", "deployed"]
    assert began_on(lin) == 1
    chen.post("definitions/small/1/retire")
    assert lin.post("instances", {"process": "small", "data": {}}, 404)["error"]["code"] == "no_such_definition"
    assert lin.post(f"tasks/{old['tasks'][0]}/complete", {"answer": {}})["state"] == "completed"
    assert chen.post("definitions/small/2/restore")["state"] == "deployed"
    assert began_on(lin) == 2


def began_on(who: Machine) -> int:
    """The version on which a case begins now."""
    begun = who.post("instances", {"process": "small", "data": {}}, 201)
    version: int = who.get(f"instances/{begun['id']}")["version"]
    return version


def test_why_a_version_was_retired_is_in_the_record(machine: CallAs) -> None:
    chen = machine("chen")
    chen.raw("POST", "definitions", data=SMALL, content_type="application/xml")
    chen.post("definitions/small/1/retire", {"reason": "换新版"})
    with reading() as session:
        said = sa.select(HistoryPayload.body).join(ProcessDefinition, ProcessDefinition.id == HistoryPayload.stream_id)
        assert [json.loads(body)["reason"] for body in session.scalars(said) if "reason" in body] == ["换新版"]


def test_only_a_version_that_is_there_can_be_retired(machine: CallAs) -> None:
    chen = machine("chen")
    chen.raw("POST", "definitions", data=SMALL, content_type="application/xml")
    for path in ("small/2/retire", "nothing/1/retire", "small/1/forget", "small/0/restore"):
        chen.post(f"definitions/{path}", status=404)
    assert list(chen.post("definitions/small/1/retire", {"why": "x"}, 422)["error"]["fields"]) == ["why"]


def test_forms_come_in_json_beside_the_diagram(machine: CallAs) -> None:
    body = {"diagram": WITH_FORM.decode(), "forms": {"amount": FORM}, "file_name": "small.bpmn"}
    assert machine("chen").post("definitions", body, 201)["version"] == 1
    begun = machine("lin").post("instances", {"process": "small", "data": {}}, 201)
    assert machine("lin").get(f"tasks/{begun['tasks'][0]}")["form_schema"]["id"] == "amount"


def parts(*files: tuple[str, str, bytes]) -> dict[str, Any]:
    """A multipart form: (part, file name, content)."""
    data: dict[str, list[Any]] = {}
    for part, name, content in files:
        data.setdefault(part, []).append((io.BytesIO(content), name))
    return {"data": data, "content_type": "multipart/form-data"}


def test_a_file_that_is_not_marked_as_executable_is_marked_where_chen_says_so(machine: CallAs) -> None:
    unmarked = SMALL.replace(b'isExecutable="true"', b'isExecutable="false"')
    body = {"diagram": unmarked.decode()}
    refused = machine("chen").post("definitions", body, status=422)
    assert [each["rule"] for each in refused["findings"]] == ["not-executable"]
    machine("chen").post("definitions", body | {"executable": "yes"}, status=422)
    assert machine("chen").post("definitions", body | {"executable": True}, status=201)["version"] == 1
    assert machine("lin").raw("GET", "definitions/small/1/diagram").data == SMALL
    files = {"diagram": (io.BytesIO(unmarked), "small.bpmn"), "executable": "true"}
    again = machine("chen").raw("POST", "definitions", data=files, content_type="multipart/form-data")
    assert (again.status_code, again.json["is_new"]) == (201, False)


def test_forms_and_decisions_come_as_files(machine: CallAs) -> None:
    form = ("forms", "amount.json", json.dumps(FORM).encode())
    said = machine("chen").raw("POST", "definitions", **parts(("diagram", "work/small.bpmn", WITH_FORM), form))
    assert said.status_code == 201, said.json
    assert machine("chen").get("definitions/small")["versions"][0]["file_name"] == "small.bpmn"
    decided = machine("chen").raw(
        "POST", "definitions", **parts(("diagram", "d.bpmn", DECIDING), ("decisions", "any.dmn", RISK))
    )
    assert decided.status_code == 201, decided.json
    begun = machine("lin").post("instances", {"process": "deciding", "data": {}}, 201)
    assert begun["state"] == "completed"


def test_several_processes_of_a_file_are_all_named(machine: CallAs) -> None:
    other = SMALL.replace(b"small", b"second").replace(b'"start"', b'"s2"').replace(b'"end"', b'"e2"')
    other = other.replace(b'"work"', b'"w2"').replace(b'id="f', b'id="g').replace(b"L_CS", b"L_2")
    other = other.replace(b"lanes", b"lanes2").replace(b">start<", b">s2<").replace(b">end<", b">e2<")
    other = other.replace(b">work<", b">w2<")
    inner = other.partition(b"<bpmn:process")[2].partition(b"</bpmn:definitions>")[0]
    both = SMALL.replace(b"</bpmn:definitions>", b"<bpmn:process" + inner + b"</bpmn:definitions>")
    said = machine("chen").raw("POST", "definitions", data=both, content_type="application/xml")
    assert said.status_code == 201, said.json
    assert [each["key"] for each in said.json["definitions"]] == ["small", "second"]
    assert said.json["key"] == "small"


def test_a_diagram_with_mistakes_is_refused_with_findings_and_nothing_is_stored(machine: CallAs) -> None:
    chen, before = machine("chen"), stored()
    said = chen.raw("POST", "definitions", data=BROKEN, content_type="application/xml")
    assert said.status_code == 422
    assert said.json["error"]["code"] == "diagram_refused"
    errors = [each for each in said.json["findings"] if each["severity"] == "error"]
    assert errors
    assert all(each["rule"] and each["line"] for each in errors)
    assert not any(is_chinese(each["message"]) for each in errors)
    chinese = chen.raw("POST", "definitions", {"Accept-Language": "zh"}, data=BROKEN, content_type="text/xml").json
    assert all(is_chinese(each["message"]) for each in chinese["findings"])
    assert stored() == before


def test_a_missing_form_is_a_finding(machine: CallAs) -> None:
    said = machine("chen").post("definitions", {"diagram": WITH_FORM.decode()}, 422)
    assert [(each["rule"], each["element"]) for each in said["findings"]] == [("form", "work")]


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'


@pytest.mark.parametrize(
    "body",
    [
        b"no xml",
        b"<a/>",
        b"\x00\xff",
        b"<" * 1000,
        BOMB,
        HEAD.encode(),
        SMALL[:-30],
        b"<a>" * 3000,
        SMALL.replace(b'id="small"', b'id="' + b"x" * 3000 + b'"'),
    ],
    ids=range(9),
)
def test_what_is_no_diagram_is_refused_with_the_line(machine: CallAs, body: bytes) -> None:
    before = stored()
    said = machine("chen").raw("POST", "definitions", data=body, content_type="application/xml")
    assert (said.status_code, said.json["error"]["code"]) == (422, "unreadable_diagram")
    (finding,) = said.json["findings"]
    assert (finding["rule"], finding["severity"]) == ("unreadable", "error")
    assert finding["line"] >= 1
    assert stored() == before


@pytest.mark.parametrize("length", [100, 300, 900, 1900])
def test_names_of_any_length_are_stored_or_refused(machine: CallAs, length: int) -> None:
    """An index of PostgreSQL holds about 2,700 bytes: 900 Chinese characters."""
    before = stored()
    key = "流" * length
    for body in (SMALL.replace(b"small", key.encode()), SMALL.replace(b"L_CS", key.encode())):
        said = machine("chen").raw("POST", "definitions", data=body, content_type="application/xml")
        assert said.status_code in (201, 422)
        assert said.status_code == 201 or stored() == before
        before = stored()


def test_a_form_or_decision_that_is_none_is_refused_by_name(machine: CallAs) -> None:
    chen, before = machine("chen"), stored()
    for body, name in (
        ({"diagram": SMALL.decode(), "forms": {"odd": [1, 2]}}, "odd"),
        ({"diagram": SMALL.decode(), "decisions": {"risk.dmn": "<a/>"}}, "risk.dmn"),
    ):
        (finding,) = chen.post("definitions", body, 422)["findings"]
        assert (finding["rule"], finding["element"]) == ("unreadable", name)
    assert stored() == before


def test_who_may_not_deploy_is_told_before_anything_is_read(machine: CallAs) -> None:
    for body in (b"no xml", BOMB, SMALL):
        said = machine("lin").raw("POST", "definitions", data=body, content_type="application/xml")
        assert (said.status_code, said.json["error"]["code"]) == (403, "not_analyst")
    machine("lin").post("definitions", {"diagram": SMALL.decode(), "forms": {"odd": []}}, 403)


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ([], "diagram"),
        ([("diagram", "a.bpmn", SMALL), ("diagram", "b.bpmn", SMALL)], "diagram"),
        ([("diagram", "a.bpmn", SMALL), ("other", "b.bpmn", SMALL)], "other"),
        ([("forms", "b.json", b"{}")], "diagram"),
    ],
)
def test_a_form_without_exactly_one_diagram_is_refused(machine: CallAs, files: Any, field: str) -> None:
    said = machine("chen").raw("POST", "definitions", **parts(*files))
    assert said.status_code == 422
    assert list(said.json["error"]["fields"]) == [field]


def test_strange_file_names_are_cleaned(machine: CallAs) -> None:
    boundary = b"b"
    for name in (b"a\x00b.bpmn", b"../../etc/passwd", b"\xff\xfe", b"x" * 5000, b""):
        head = b'Content-Disposition: form-data; name="diagram"; filename="' + name + b'"'
        body = b"--" + boundary + b"\r\n" + head + b"\r\n\r\n" + SMALL + b"\r\n--" + boundary + b"--\r\n"
        said = machine("chen").raw("POST", "definitions", data=body, content_type="multipart/form-data; boundary=b")
        assert said.status_code in (201, 422), name
    names = [each["file_name"] for each in machine("chen").get("definitions/small")["versions"]]
    assert all("/" not in each and each.isprintable() and len(each) <= 200 for each in names)


def test_multipart_that_is_none_is_refused(machine: CallAs) -> None:
    for body, media in (
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=b"),
        (b"--b\r\n" * 2000, "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="diagram"\r\n\r\n<a/>\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
    ):
        said = machine("chen").raw("POST", "definitions", data=body, content_type=media)
        assert said.status_code in (400, 413, 422)


def test_the_shipped_processes_deploy_through_the_api(machine: CallAs) -> None:
    for name in ("identity-check", "review"):
        body = (ROOT / "processes" / f"{name}.bpmn").read_bytes()
        said = machine("chen").raw("POST", "definitions", data=body, content_type="application/xml")
        assert said.status_code == 201, said.json
        assert not [each for each in said.json["findings"] if each["severity"] == "error"]
