"""Every shipped diagram is walked on each of its paths."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from app import engine
from tests.processes.journeys import ANSWERS, COMPLAINT, FEEDBACK, JOURNEYS, ONBOARDING, SERVICES
from tests.processes.walk import MONDAY, Do, Journey, Shelf, Walk


@cache
def shelf() -> Shelf:
    return Shelf()


def walked(journey: Journey) -> Walk:
    return Walk(journey, shelf(), ANSWERS, SERVICES).go()


@pytest.mark.parametrize("journey", JOURNEYS, ids=str)
def test_a_journey_leads_where_it_says(journey: Journey) -> None:
    walked(journey)


def test_every_node_and_every_flow_lies_on_some_journey() -> None:
    told = [it for journey in JOURNEYS for it in walked(journey).all(engine.StepLeft)]
    gone = {(it.process, flow) for it in told for flow in it.flows}
    done = {(it.process, it.element) for it in told if it.outcome != "cancelled"}
    processes = [program.process for program in shelf().programs.values()]
    assert {(process.id, node) for process in processes for node in process.nodes} - done == set()
    assert {(process.id, flow) for process in processes for flow in process.flows} - gone == set()


def test_a_finished_service_tells_feedback_whom_to_ask() -> None:
    sent = walked(ONBOARDING[0]).all(engine.MessageSent)[-1]
    assert sent.name == "service.completed"
    assert sent.payload == {"customerName": "李晓明", "mobile": "13800138000", "service": "onboarding"}
    assert FEEDBACK[0].payload == sent.payload


def test_each_responsible_department_is_asked_by_its_group() -> None:
    journey = next(it for it in COMPLAINT if it.data.get("departments") == ["IT", "MK"])
    asked = [it for it in walked(journey).all(engine.TaskReached) if it.element == "investigate"]
    assert [it.groups for it in asked] == [("IT",), ("MK",)]
    assert [it.item for it in asked] == ["IT", "MK"]


def test_the_head_is_told_when_the_time_limit_of_the_level_has_passed() -> None:
    journey = next(it for it in COMPLAINT if it.end == "chased")
    [timer] = [it for it in walked(journey).all(engine.TimerSet) if it.element == "overdue"]
    assert timer.due_at == MONDAY + timedelta(days=15)


def test_the_customer_is_told_what_was_decided() -> None:
    journey = next(it for it in ONBOARDING if it.data.get("decisionReason"))
    told = [it for it in walked(journey).all(engine.ServiceCalled) if it.type == "notify.customer"]
    assert [(it.element, it.headers["template"]) for it in told] == [("decline", "account-declined")]
    assert told[0].inputs["decisionReason"] == "用途不明。"


def test_only_what_a_service_needs_leaves_the_case() -> None:
    called = {it.element: set(it.inputs) for it in walked(ONBOARDING[0]).all(engine.ServiceCalled)}
    assert called["verify"] == {"customerName", "idType", "idNumber"}
    assert called["welcome"] == {"customerName", "mobile", "accountNumber"}


def test_the_second_pair_of_eyes_finds_nothing_decided_for_it() -> None:
    journey = next(it for it in ONBOARDING if Do("approve-second") in it.steps or "approve-second" in it.steps)
    [task] = [it for it in walked(journey).all(engine.TaskReached) if it.element == "approve-second"]
    assert "secondDecision" not in task.data
