"""A whole case through the API, from its diagram to its last event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.clock import FakeClock
from app.instances import moves, story
from app.jobs import service_calls
from app.jobs.runner import Runner
from tests.api.conftest import CallAs, Machine
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task

FORM = {
    "type": "default",
    "id": "amount",
    "components": [
        {
            "type": "number",
            "key": "amount",
            "label": {"en": "Amount", "zh": "金额"},
            "validate": {"required": True, "min": 1},
        }
    ],
}


def test_a_case_goes_from_lin_to_wang_and_ends(relay: Any, machine: CallAs, morning: FakeClock) -> None:
    lin, wang = machine("lin"), machine("wang")
    order = {"process": "relay", "data": {"customer": "李"}, "business_key": "B-7"}
    begun = lin.post("instances", order, 201)
    assert begun["reference"] == "C-2026-00001"
    (capture,) = begun["tasks"]
    (listed,) = lin.get("tasks?view=lanes")["tasks"]
    assert (listed["id"], listed["instance"], listed["state"]) == (capture, begun["id"], "open")
    assert listed["lane"]["department"] == "CS"
    assert lin.post(f"tasks/{capture}/claim") == {"task": capture, "state": "claimed"}
    held = lin.get(f"tasks/{capture}")
    assert (held["is_mine"], held["version"], held["data"]) == (True, 2, {"customer": "李"})
    morning.at += timedelta(minutes=5)
    done = lin.post(f"tasks/{capture}/complete", {"answer": {"amount": 5.50}, "version": 2})
    assert (done["instance"], done["state"]) == (begun["id"], "running")
    standing = lin.get(f"instances/{begun['id']}")
    assert standing["data"] == {"customer": "李", "amount": 5.5}
    assert [(each["element"], each["state"]) for each in standing["tasks"]] == [
        ("check", "open"),
        ("capture", "completed"),
    ]
    (check,) = done["tasks"]
    ended = wang.post(f"tasks/{check}/complete", {"answer": {}})
    assert (ended["state"], ended["tasks"]) == ("completed", [])
    over = wang.get(f"instances/{begun['id']}")
    assert (over["state"], over["data"], over["business_key"]) == ("completed", None, "B-7")
    assert wang.get("tasks?view=lanes")["tasks"] == []


def test_work_starts_when_its_holder_opens_the_form(relay: Any, machine: CallAs, morning: FakeClock) -> None:
    lin, he = machine("lin"), machine("he")
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    work = f"tasks/{begun['tasks'][0]}"
    assert lin.post(f"{work}/start", status=403)["error"]["code"] == "not_held"
    lin.post(f"{work}/claim")
    morning.at += timedelta(minutes=2)
    assert lin.get(work)["started_at"] is None
    started = lin.post(f"{work}/start")
    assert (started["started_at"], started["version"], started["is_mine"]) == (morning.at.isoformat(), 3, True)
    assert he.post(f"{work}/start", status=403)["error"]["code"] == "not_held"
    morning.at += timedelta(minutes=7)
    assert lin.post(f"{work}/start", {}) == started  # once is enough
    done = lin.post(f"{work}/complete", {"answer": {}, "version": started["version"]})
    assert lin.post(f"{work}/start", status=409)["error"]["code"] == "task_is_over"
    events = lin.get(f"instances/{done['instance']}/history")["events"]
    at = [each["at"] for each in events if each["kind"] == "task.started"]
    assert at == [started["started_at"]]


def test_giving_back_what_nobody_holds_is_refused_in_both_languages(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    for language in ("en", "zh"):
        refused = lin.post(f"tasks/{begun['tasks'][0]}/release", status=403, Accept_Language=language)["error"]
        assert refused["message"].isascii() == (language == "en")


def test_no_work_starts_in_a_suspended_case(relay: Any, machine: CallAs) -> None:
    lin, admin = machine("lin"), machine("admin")
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    work = f"tasks/{begun['tasks'][0]}"
    lin.post(f"{work}/claim")
    admin.post(f"instances/{begun['id']}/suspend", {"reason": "fraud check"})
    assert lin.post(f"{work}/start", status=403)["error"]["code"] == "not_running"
    assert lin.get(work)["started_at"] is None


def test_the_history_says_who_did_what(relay: Any, machine: CallAs, cast: Cast) -> None:
    lin = machine("lin")
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    lin.post(f"tasks/{begun['tasks'][0]}/complete", {"answer": {"amount": 5}})
    events = lin.get(f"instances/{begun['id']}/history")["events"]
    (completed,) = [each for each in events if each["kind"] == "task.completed"]
    assert completed["actor"]["name"] == cast.lin.name
    assert completed["task"] == begun["tasks"][0]
    assert completed["changes"] == [{"field": "amount", "before": None, "after": 5}]
    assert [each["seq"] for each in events] == list(range(1, len(events) + 1))


def test_a_long_history_comes_in_pages(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    whole = lin.get(f"instances/{begun['id']}/history")
    assert whole["next"] is None
    pages, cursor = [], "0"
    while cursor is not None:
        page = lin.get(f"instances/{begun['id']}/history?limit=2&cursor={cursor}")
        assert len(page["events"]) <= 2
        pages += page["events"]
        cursor = page["next"]
    assert pages == whole["events"]


def test_a_page_of_a_history_is_cut_by_the_database(
    relay: Any, machine: CallAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case may have thousands of events: what is not shown is not read."""
    lin, told = machine("lin"), story._event
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    lin.post(f"tasks/{begun['tasks'][0]}/complete", {"answer": {}})
    seen: list[int] = []
    monkeypatch.setattr(story, "_event", lambda row, *rest: seen.append(row.seq) or told(row, *rest))
    whole = lin.get(f"instances/{begun['id']}/history")["events"]
    seen.clear()
    page = lin.get(f"instances/{begun['id']}/history?limit=2&cursor=2")
    assert page == {"events": whole[2:4], "next": "4"}
    assert seen == [3, 4]


def looks(who: Machine, case: str) -> int:
    """How often an auditor looked, as the record has it."""
    events = who.get(f"instances/{case}/history?limit=1000")["events"]
    return len([each for each in events if each["kind"] == "instance.read"])


def test_an_auditor_comes_to_the_end_of_a_history_and_looked_once(
    relay: Any, machine: CallAs, morning: FakeClock
) -> None:
    """Looking is an event of the same history: each page would make one more."""
    lin, qian = machine("lin"), machine("qian")
    case = lin.post("instances", {"process": "relay", "data": {}}, 201)["id"]
    cursor, pages = "0", 0
    while cursor is not None:
        cursor = qian.get(f"instances/{case}/history?limit=1&cursor={cursor}")["next"]
        pages += 1
        assert pages < 20
    assert looks(lin, case) == 1
    morning.at += timedelta(minutes=11)
    qian.get(f"instances/{case}/history?cursor=1")
    assert looks(lin, case) == 2
    qian.get(f"instances/{case}/history")
    assert looks(lin, case) == 3


def test_whoever_begins_in_the_middle_looked_as_well(relay: Any, machine: CallAs) -> None:
    lin, qian = machine("lin"), machine("qian")
    case = lin.post("instances", {"process": "relay", "data": {}}, 201)["id"]
    qian.get(f"instances/{case}/history?cursor=1")
    assert looks(lin, case) == 1


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (200, [3])])
def test_cases_come_in_pages_of_the_size_asked_for(relay: Any, machine: CallAs, limit: int, sizes: list[int]) -> None:
    lin = machine("lin")
    begun = [lin.post("instances", {"process": "relay", "data": {}}, 201)["id"] for _ in range(3)]
    pages, cursor = [], "0"
    while cursor is not None:
        page = lin.get(f"instances?limit={limit}&cursor={cursor}")
        pages.append([each["id"] for each in page["instances"]])
        cursor = page["next"]
        if len(pages) == 1:
            lin.post("instances", {"process": "relay", "data": {}}, 201)  # a newer one moves no page
    assert [len(each) for each in pages] == sizes
    assert [each for page in pages for each in page] == begun[::-1]


def test_ids_are_text_wherever_they_stand(relay: Any, machine: CallAs, cast: Cast) -> None:
    he = machine("he")
    begun = he.post("instances", {"process": "relay", "data": {}}, 201)
    he.post(f"tasks/{begun['tasks'][0]}/assign", {"to": "lin", "reason": "busy"})
    for path in (f"instances/{begun['id']}", f"instances/{begun['id']}/history", "tasks?view=lanes", "instances"):
        assert largest(he.get(path)) < 2**53, path


def largest(value: Any) -> int:
    if isinstance(value, dict):
        return max((largest(each) for each in value.values()), default=0)
    if isinstance(value, list):
        return max((largest(each) for each in value), default=0)
    return value if isinstance(value, int) else 0


def test_an_auditors_look_is_recorded(relay: Any, machine: CallAs) -> None:
    begun = machine("lin").post("instances", {"process": "relay", "data": {}}, 201)
    machine("qian").get(f"instances/{begun['id']}")
    machine("qian").get(f"instances/{begun['id']}/history")
    events = machine("lin").get(f"instances/{begun['id']}/history")["events"]
    assert [each["kind"] for each in events].count("instance.read") == 2


def test_cases_are_found_and_listed_in_pages(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    for number in range(53):
        order = {"process": "relay", "data": {}, "business_key": f"B-{number}"}
        lin.post("instances", order, 201)
    first = lin.get("instances")
    rest = lin.get(f"instances?cursor={first['next']}")
    found = [each["business_key"] for each in first["instances"] + rest["instances"]]
    assert found == [f"B-{number}" for number in reversed(range(53))]
    assert rest["next"] is None
    (one,) = lin.get("instances?search=B-7")["instances"]
    assert one["business_key"] == "B-7"
    assert lin.get("instances?state=completed")["instances"] == []
    assert lin.get("instances?process=nothing")["instances"] == []


def test_tasks_come_in_pages_and_by_process(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    begun = [lin.post("instances", {"process": "relay", "data": {}}, 201)["tasks"][0] for _ in range(5)]
    pages, cursor = [], ""
    while cursor is not None:
        page = lin.get(f"tasks?view=lanes&limit=2&cursor={cursor.replace('+', '%2B')}&process=relay")
        pages.append([each["id"] for each in page["tasks"]])
        cursor = page["next"]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(each for page in pages for each in page) == sorted(begun)
    assert lin.get("tasks?view=lanes&process=other")["tasks"] == []


def test_a_task_shows_its_form_in_the_callers_language_and_refuses_by_field(deployed: Deploy, machine: CallAs) -> None:
    deployed(
        process(
            "form",
            lanes(CS="start work end"),
            START,
            task("work", form="amount"),
            END,
            flow("start > work", "work > end"),
        ),
        amount=FORM,
    )
    lin = machine("lin")
    begun = lin.post("instances", {"process": "form", "data": {}}, 201)
    work = begun["tasks"][0]
    chinese = lin.get(f"tasks/{work}", Accept_Language="zh-CN,zh;q=0.9")
    assert chinese["form"] == "amount"
    assert chinese["form_schema"]["components"][0]["label"] == "金额"
    assert lin.get(f"tasks/{work}")["form_schema"]["components"][0]["label"] == "Amount"
    english = lin.post(f"tasks/{work}/complete", {"answer": {"amount": 0, "other": 1}}, 422)["error"]
    assert english["code"] == "invalid"
    assert sorted(english["fields"]) == ["amount", "other"]
    refused = lin.post(f"tasks/{work}/complete", {"answer": {}}, 422, Accept_Language="zh")["error"]
    assert refused["message"] == "有些内容不符合要求。" or not refused["message"].isascii()
    assert not refused["fields"]["amount"][0].isascii()
    lin.post(f"tasks/{work}/complete", {"answer": {"amount": 7}})


def test_a_number_comes_back_as_it_was_written(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    body = '{"process": "relay", "data": {"amount": 1234567890123456.10, "count": 900719925474099312}}'
    begun = lin.raw("POST", "instances", data=body, content_type="application/json").json
    said = lin.raw("GET", f"instances/{begun['id']}").data
    assert b"1234567890123456.1" in said
    assert b"900719925474099312" in said


def test_a_message_reaches_the_case_that_waits_for_it_once(app: Flask, deployed: Deploy, machine: CallAs) -> None:
    deployed(waiting())
    lin = machine("lin")
    begun = lin.post("instances", {"process": "waits", "data": {"order": "A-1"}}, 201)
    (wait,) = lin.get(f"instances/{begun['id']}")["waits"]
    assert (wait["kind"], wait["element"], wait["name"]) == ("message", "paid", "payment")
    message = {"name": "payment", "correlation": {"order": "A-1"}, "payload": {"paid": 10}, "id": "bank-1"}
    kept = lin.post("messages", message, 202)
    assert lin.post("messages", message, 202) == kept
    reused = lin.post("messages", message | {"payload": {"paid": 11}}, 422)
    assert reused["error"]["code"] == "key_reused"
    Runner(app).drain()
    standing = lin.get(f"instances/{begun['id']}")
    assert standing["data"] == {"order": "A-1", "paid": 10}
    assert [each["element"] for each in standing["tasks"]] == ["work"]


def test_a_message_that_no_case_could_take_is_refused_when_it_comes(machine: CallAs) -> None:
    message = {"name": "payment", "payload": {"paid": 1, "n" * 501: 1}, "id": "bank-1"}
    refused = machine("lin").post("messages", message, 422)["error"]
    assert (refused["code"], list(refused["fields"])) == ("unusable_value", [f"payload.{'n' * 192}"])
    machine("lin").post("messages", message | {"payload": {"paid": 1}}, 202)


def waiting() -> bytes:
    catch = (
        '<bpmn:intermediateCatchEvent id="paid"><bpmn:messageEventDefinition id="m" messageRef="payment"/>'
        "</bpmn:intermediateCatchEvent>"
    )
    message = (
        '<bpmn:message id="payment" name="payment"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="=order"/></bpmn:extensionElements></bpmn:message>'
    )
    return process(
        "waits",
        lanes(CS="start paid work end"),
        START,
        catch,
        task("work"),
        END,
        flow("start > paid", "paid > work", "work > end"),
        before=message,
    )


def test_an_administrator_holds_a_case_up_lets_it_go_on_and_ends_it(relay: Any, machine: CallAs) -> None:
    lin, admin = machine("lin"), machine("admin")
    begun = lin.post("instances", {"process": "relay", "data": {}}, 201)
    case, work = begun["id"], begun["tasks"][0]
    assert admin.post(f"instances/{case}/suspend", {"reason": "fraud check"})["state"] == "suspended"
    assert lin.post(f"tasks/{work}/complete", {"answer": {}}, 403)["error"]["code"] == "not_running"
    assert admin.post(f"instances/{case}/resume")["state"] == "running"
    assert admin.post(f"instances/{case}/cancel", {"reason": "customer left"})["state"] == "cancelled"
    over = lin.post(f"tasks/{work}/complete", {"answer": {}}, 409)["error"]
    assert over["code"] == "task_is_over"
    assert "None" not in over["message"]


def test_an_administrator_repairs_a_case_that_cannot_move(deployed: Deploy, machine: CallAs) -> None:
    deployed(stuck())
    lin, admin = machine("lin"), machine("admin")
    begun = lin.post("instances", {"process": "choice", "data": {}}, 201)
    lin.post(f"tasks/{begun['tasks'][0]}/complete", {"answer": {}})
    (incident,) = admin.get("incidents")["incidents"]
    assert (incident["instance"], incident["element"]) == (begun["id"], "which")
    assert lin.get(f"instances/{begun['id']}")["incidents"] == [incident]
    admin.post(f"incidents/{incident['id']}/retry", {"data": {"amount": 11}})
    assert lin.get(f"instances/{begun['id']}")["state"] == "completed"
    again = admin.post(f"incidents/{incident['id']}/retry", {"data": {"amount": 11}}, 403)
    assert again["error"]["code"] == "not_running"
    (resolved,) = admin.get(f"incidents?state=resolved&instance={begun['id']}")["incidents"]
    assert resolved["resolution"] == "retry"
    assert admin.get("incidents?instance=5")["incidents"] == []


def test_an_error_of_a_service_that_nothing_catches_comes_with_its_code(
    app: Flask, deployed: Deploy, machine: CallAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say_no(call: service_calls.Call) -> None:
        raise service_calls.BusinessError("not creditworthy", code="NO")

    monkeypatch.setitem(service_calls.connectors, "bank", say_no)
    ask = (
        '<bpmn:serviceTask id="ask"><bpmn:extensionElements><zeebe:taskDefinition type="bank"/>'
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )
    deployed(process("asks", lanes(CS="start ask end"), START, ask, END, flow("start > ask", "ask > end")))
    machine("lin").post("instances", {"process": "asks", "data": {}}, 201)
    Runner(app).drain()
    (incident,) = machine("admin").get("incidents")["incidents"]
    assert (incident["kind"], incident["code"], incident["message"]) == ("service", "NO", "not creditworthy")


def test_incidents_come_in_pages(deployed: Deploy, machine: CallAs, cast: Cast) -> None:
    deployed(stuck())
    for _ in range(3):
        begun = machine("lin").post("instances", {"process": "choice", "data": {}}, 201)
        moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    admin = machine("admin")
    whole = admin.get("incidents")
    assert (len(whole["incidents"]), whole["next"]) == (3, None)
    first = admin.get("incidents?limit=2")
    rest = admin.get(f"incidents?limit=2&cursor={first['next']}")
    assert [len(each["incidents"]) for each in (first, rest)] == [2, 1]
    assert first["incidents"] + rest["incidents"] == whole["incidents"]
    assert rest["next"] is None


def test_an_administrator_skips_a_step_that_fails(deployed: Deploy, machine: CallAs, cast: Cast) -> None:
    deployed(stuck())
    begun = machine("lin").post("instances", {"process": "choice", "data": {}}, 201)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    (incident,) = machine("admin").get("incidents")["incidents"]
    assert machine("admin").post(f"incidents/{incident['id']}/skip", {"data": {"amount": 3}})["state"] == "resolved"


def stuck() -> bytes:
    return process(
        "choice",
        lanes(CS="start work which end other"),
        START,
        task("work"),
        '<bpmn:exclusiveGateway id="which"/><bpmn:endEvent id="other"/>',
        END,
        flow("start > work", "work > which", "which > end : amount > 10", "which > other : amount <= 10"),
    )
