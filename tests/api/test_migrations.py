"""Migrating running cases by machine: plan, one, many, undo; every answer is held against the document."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.jobs.runner import Runner
from tests.api.conftest import CallAs
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task

GIVEN = {"capture": "register"}


@pytest.fixture
def case(relay: Any, deployed: Deploy, machine: CallAs) -> str:
    """A case of the first version at `capture`; the second calls that `register`."""
    begun = machine("lin").post("instances", {"process": "relay", "data": {}}, 201)
    parts = START, task("register"), task("check"), END
    steps = flow("start > register", "register > check", "check > end")
    deployed(process("relay", lanes(CS="start register", OP="check end"), *parts, steps))
    return str(begun["id"])


def test_chen_sees_what_would_become_of_the_cases(case: str, machine: CallAs) -> None:
    chen = machine("chen")
    made = chen.post("definitions/relay/2/migration-plan", {})
    assert (made["key"], made["version"], made["total"], made["next"]) == ("relay", 2, 1, None)
    (shown,) = made["cases"]
    assert {name: shown[name] for name in ("id", "version", "state", "ready", "goes_on")} == {
        "id": case, "version": 1, "state": "running", "ready": False, "goes_on": False,
    }  # fmt: skip
    (obstacle,) = shown["obstacles"]
    assert (obstacle["code"], obstacle["element"]) == ("no-target", "capture")
    assert "no element in the new version" in obstacle["message"]
    chinese = chen.post("definitions/relay/2/migration-plan", {}, Accept_Language="zh")
    assert "新版本" in chinese["cases"][0]["obstacles"][0]["message"]
    assert made["places"] == [
        {"element": "capture", "kind": "userTask", "cases": 1, "target": "", "options": ["register", "check"]}
    ]
    one = chen.post(f"instances/{case}/migration-plan", {"version": 2, "map": GIVEN})
    assert [each["ready"] for each in one["cases"]] == [True]
    assert machine("lin").get(f"instances/{case}")["version"] == 1


def test_one_case_goes_over_and_back(case: str, machine: CallAs) -> None:
    chen, lin = machine("chen"), machine("lin")
    refused = chen.post(f"instances/{case}/migrate", {"version": 2}, 422)
    assert refused["error"]["code"] == "cannot_migrate"
    assert [each["code"] for each in refused["obstacles"]] == ["no-target"]
    body = {"version": 2, "map": GIVEN, "reason": "the order was wrong"}
    moved = chen.post(f"instances/{case}/migrate", body, idempotency_key="k")
    assert moved == {"id": case, "state": "running", "version": 2}
    assert chen.post(f"instances/{case}/migrate", body, idempotency_key="k") == moved
    assert chen.post(f"instances/{case}/migrate", body, 409)["error"]["code"] == "already_there"
    assert [each["element"] for each in lin.get(f"instances/{case}")["tasks"]] == ["register"]
    (event,) = [it for it in lin.get(f"instances/{case}/history")["events"] if it["kind"] == "case.migrated"]
    assert event["said"] == {"reason": "the order was wrong"}
    assert all(isinstance(event["facts"][name], str) for name in ("definition", "was"))
    assert chen.post(f"instances/{case}/undo-migration") == {"id": case, "state": "running", "version": 1}
    assert chen.post(f"instances/{case}/undo-migration", {}, 403)["error"]["code"] == "nothing_to_undo"
    chen.post(f"instances/{case}/migrate", body)
    (work,) = lin.get(f"instances/{case}")["tasks"]
    lin.post(f"tasks/{work['id']}/complete", {"answer": {}})
    assert chen.post(f"instances/{case}/undo-migration", {}, 409)["error"]["code"] == "moved_since"


def test_many_go_over_in_the_background_and_back(app: Flask, case: str, machine: CallAs) -> None:
    chen = machine("chen")
    body = {"map": GIVEN, "versions": [1], "reason": "again"}
    order = chen.post("definitions/relay/2/migrations", body, 201, idempotency_key="k")
    assert chen.post("definitions/relay/2/migrations", body, 201, idempotency_key="k") == order
    assert order["cases"] == 1
    assert chen.post(f"migrations/{order['id']}/undo", {}, 403)["error"]["code"] == "still_running"
    Runner(app).drain()
    made = chen.get(f"migrations/{order['id']}")
    assert (made["key"], made["version"], made["state"]) == ("relay", 2, "done")
    assert made["counts"] == {"waiting": 0, "migrated": 1, "refused": 0, "undone": 0, "kept": 0}
    assert [(it["id"], it["state"], it["fault"]) for it in made["results"]] == [(case, "migrated", "")]
    (work,) = machine("lin").get(f"instances/{case}")["tasks"]
    machine("lin").post(f"tasks/{work['id']}/complete", {"answer": {}})
    chen.post(f"migrations/{order['id']}/undo")
    Runner(app).drain()
    made = chen.get(f"migrations/{order['id']}")
    assert [(it["state"], it["fault"]) for it in made["results"]] == [("kept", "moved_since")]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"map": {"nowhere": "check"}}, ["map.nowhere"]),
        ({"map": {"capture": "gone"}}, ["map.capture"]),
        ({"map": {"capture": 1}}, ["map.capture"]),
        ({"map": [], "versions": 1}, ["map", "versions"]),
        ({"versions": ["1"]}, ["versions.0"]),
        ({"versions": [1] * 2000}, ["versions"]),
        ({"from": 1}, ["from"]),
    ],
)
def test_what_is_not_right_is_named(case: str, machine: CallAs, body: Any, fields: list[str]) -> None:
    for path in ("migration-plan", "migrations"):
        said = machine("chen").post(f"definitions/relay/2/{path}", body, 422)["error"]
        assert sorted(said["fields"]) == fields


def test_where_there_is_nothing_to_go_to(case: str, machine: CallAs) -> None:
    chen = machine("chen")
    assert chen.post(f"instances/{case}/migrate", {"version": 9}, 404)["error"]["code"] == "no_such_definition"
    assert chen.post("definitions/relay/9/migrations", {}, 404)["error"]["code"] == "no_such_definition"
    chen.post("definitions/relay/2/retire")
    assert chen.post(f"instances/{case}/migrate", {"version": 2, "map": GIVEN}, 403)["error"]["code"] == "out_of_use"
    assert chen.post("definitions/relay/2/migrations", {}, 403)["error"]["code"] == "out_of_use"
