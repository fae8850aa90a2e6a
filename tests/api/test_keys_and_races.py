"""The same call twice is done once; of two callers one wins, and the other learns who."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.database import reading
from app.history import HistoryEvent
from app.instances.limits import KEY_LENGTH
from app.instances.models import ProcessInstance
from tests.api.conftest import CallAs
from tests.api.test_cases import stuck
from tests.conftest import Cast
from tests.instances.conftest import Deploy

NEW = {"process": "relay", "data": {"n": 1}}
ANSWER = {"answer": {"by": 1}}


def count(model: Any, *conditions: Any) -> int:
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0


def test_the_same_start_with_the_same_key_is_one_case(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    begun = lin.post("instances", NEW, 201, Idempotency_Key="a")
    assert lin.post("instances", NEW, 201, Idempotency_Key="a") == begun
    assert count(ProcessInstance) == 1
    other = lin.post("instances", NEW | {"data": {"n": 2}}, 422, Idempotency_Key="a")
    assert other["error"]["code"] == "key_reused"
    assert count(ProcessInstance) == 1


def test_a_key_belongs_to_its_caller(relay: Any, machine: CallAs) -> None:
    begun = machine("lin").post("instances", NEW, 201, Idempotency_Key="a")
    assert machine("he").post("instances", NEW, 201, Idempotency_Key="a") != begun


def test_a_repeated_completion_answers_the_same(relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    work = lin.post("instances", NEW, 201)["tasks"][0]
    done = lin.post(f"tasks/{work}/complete", {"answer": {"x": 1}}, Idempotency_Key="b")
    assert lin.post(f"tasks/{work}/complete", {"answer": {"x": 1}}, Idempotency_Key="b") == done
    assert lin.post(f"tasks/{work}/complete", {"answer": {"x": 2}}, 422, Idempotency_Key="b")["error"]["code"] == (
        "key_reused"
    )
    assert count(HistoryEvent, HistoryEvent.kind == "task.completed") == 1


def test_claim_release_and_assign_are_repeated_without_effect(relay: Any, machine: CallAs) -> None:
    lin, he = machine("lin"), machine("he")
    work = lin.post("instances", NEW, 201)["tasks"][0]
    claimed = lin.post(f"tasks/{work}/claim", Idempotency_Key="c")
    released = lin.post(f"tasks/{work}/release", {"reason": "lunch"}, Idempotency_Key="c")
    # Repeated after the release: still the same answers, and lin does not hold it again.
    assert lin.post(f"tasks/{work}/claim", Idempotency_Key="c") == claimed
    assert lin.post(f"tasks/{work}/release", {"reason": "lunch"}, Idempotency_Key="c") == released
    assert lin.get(f"tasks/{work}")["state"] == "open"
    assigned = he.post(f"tasks/{work}/assign", {"to": "lin"}, Idempotency_Key="c")
    lin.post(f"tasks/{work}/release")
    assert he.post(f"tasks/{work}/assign", {"to": "lin"}, Idempotency_Key="c") == assigned
    assert lin.get(f"tasks/{work}")["state"] == "open"


def test_an_operators_calls_are_repeated_without_effect(deployed: Deploy, machine: CallAs) -> None:
    deployed(stuck())
    lin, admin = machine("lin"), machine("admin")
    begun = lin.post("instances", {"process": "choice", "data": {}}, 201)
    case = f"instances/{begun['id']}"
    for call, body in (("suspend", {"reason": "why"}), ("resume", {"reason": "done"})):
        said = admin.post(f"{case}/{call}", body, Idempotency_Key="o")
        assert admin.post(f"{case}/{call}", body, Idempotency_Key="o") == said
        assert admin.post(f"{case}/{call}", {"reason": "other"}, 422, Idempotency_Key="o")["error"]["code"] == (
            "key_reused"
        )
    assert lin.get(case)["state"] == "running"
    assert admin.post(f"{case}/suspend", {"reason": "why"}, Idempotency_Key="o")["state"] == "suspended"
    assert lin.get(case)["state"] == "running"
    lin.post(f"tasks/{begun['tasks'][0]}/complete", {"answer": {}})
    (incident,) = admin.get("incidents")["incidents"]
    repair = f"incidents/{incident['id']}/retry"
    said = admin.post(repair, {"data": {"still": "wrong"}}, Idempotency_Key="o")
    assert admin.post(repair, {"data": {"still": "wrong"}}, Idempotency_Key="o") == said
    (second,) = admin.get("incidents")["incidents"]
    skip = f"incidents/{second['id']}/skip"
    said = admin.post(skip, {"data": {"a": 1}}, Idempotency_Key="o")
    assert admin.post(skip, {"data": {"a": 1}}, Idempotency_Key="o") == said
    (third,) = admin.get("incidents")["incidents"]
    assert len({each["id"] for each in (incident, second, third)}) == 3
    cancelled = admin.post(f"{case}/cancel", {"reason": "over"}, Idempotency_Key="o")
    assert admin.post(f"{case}/cancel", {"reason": "over"}, Idempotency_Key="o") == cancelled


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * (KEY_LENGTH + 1), "\u00e9", "\t"])
def test_a_key_is_short_and_plain(relay: Any, machine: CallAs, key: str) -> None:
    refused = machine("lin").post("instances", NEW, 422, Idempotency_Key=key)["error"]
    assert refused["code"] == "bad_key"
    assert list(refused["fields"]) == ["Idempotency-Key"]
    assert count(ProcessInstance) == 0


def test_the_longest_key_is_taken(relay: Any, machine: CallAs) -> None:
    machine("lin").post("instances", NEW, 201, Idempotency_Key="~" * KEY_LENGTH)


def test_a_held_task_says_who_holds_it(relay: Any, machine: CallAs, cast: Cast) -> None:
    work = machine("lin").post("instances", NEW, 201)["tasks"][0]
    machine("lin").post(f"tasks/{work}/claim")
    refused = machine("he").post(f"tasks/{work}/claim", status=409)["error"]
    assert (refused["code"], refused["first"]) == ("already_claimed", {"name": cast.lin.name})
    assert cast.lin.name in refused["message"]


def test_an_outdated_version_is_refused(relay: Any, machine: CallAs, cast: Cast) -> None:
    lin = machine("lin")
    work = lin.post("instances", NEW, 201)["tasks"][0]
    lin.post(f"tasks/{work}/claim")
    refused = lin.post(f"tasks/{work}/complete", {"answer": {}, "version": 1}, 409)["error"]
    assert (refused["code"], refused["first"]["name"]) == ("task_changed", cast.lin.name)
    lin.post(f"tasks/{work}/complete", {"answer": {}, "version": 2})


def race(app: Flask, *calls: Any) -> list[Any]:
    """Run calls at the same moment, each in a thread of its own."""
    barrier, results = Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Any) -> None:
        barrier.wait()
        results[place] = call()

    threads = [Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_completing_one_task_one_wins_and_the_other_learns_who(
    app: Flask, relay: Any, machine: CallAs, cast: Cast
) -> None:
    names = {"lin": cast.lin.name, "he": cast.he.name}
    lin, he = machine("lin"), machine("he")
    for _ in range(5):
        work = lin.post("instances", NEW, 201)["tasks"][0]
        path = f"tasks/{work}/complete"
        results = race(
            app, lambda p=path: lin.raw("POST", p, json=ANSWER), lambda p=path: he.raw("POST", p, json=ANSWER)
        )
        assert sorted(each.status_code for each in results) == [200, 409]
        winner = "lin" if results[0].status_code == 200 else "he"
        (lost,) = [each.json["error"] for each in results if each.status_code == 409]
        assert (lost["code"], lost["first"]["name"]) == ("task_is_over", names[winner])


def test_one_key_sent_twice_at_the_same_moment_is_done_once(app: Flask, relay: Any, machine: CallAs) -> None:
    lin = machine("lin")
    for number in range(5):
        key = {"Idempotency-Key": f"k{number}"}
        results = race(app, *[lambda k=key: lin.raw("POST", "instances", k, json=NEW)] * 3)
        assert [each.status_code for each in results] == [201] * 3
        assert len({each.json["id"] for each in results}) == 1
    assert count(ProcessInstance) == 5
