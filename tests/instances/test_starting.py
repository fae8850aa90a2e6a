"""How a case begins: who may, with what, under which reference, and marked as what."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.core.database import Base, reading
from app.core.errors import Invalid
from app.definitions.errors import NoSuchDefinition
from app.history import StepRow
from app.instances import moves
from app.instances.errors import CannotStart, NotAllowed
from app.instances.models import ProcessInstance
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import changes, events, open_tasks, race, rows, said, task_row


def stored() -> dict[str, int]:
    """How many rows each table has."""
    with reading() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def row(begun: dict[str, Any]) -> ProcessInstance:
    with reading() as session:
        return session.get_one(ProcessInstance, int(begun["id"]))


ASK = {
    "type": "default",
    "id": "ask",
    "components": [
        {"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}},
        {"type": "number", "key": "amount", "label": "Amount"},
    ],
}


@pytest.fixture
def asked(deployed: Deploy) -> Any:
    """A process whose start asks for a name."""
    start = (
        '<bpmn:startEvent id="start"><bpmn:extensionElements><zeebe:formDefinition formId="ask"/>'
        "</bpmn:extensionElements></bpmn:startEvent>"
    )
    return deployed(
        process("asked", lanes(CS="start work end"), start, task("work"), END, flow("start > work", "work > end")),
        ask=ASK,
    )


def test_what_cannot_start_is_refused_and_leaves_nothing(relay: Any, asked: Any, cast: Cast) -> None:
    before = stored()
    for wanted, call in (
        (NoSuchDefinition, lambda: moves.start("nothing", {}, by=cast.lin)),
        (NoSuchDefinition, lambda: moves.start("relay", {}, by=cast.lin, version=2)),
        (CannotStart, lambda: moves.start("relay", {}, by=cast.lin, element="capture")),
        (NotAllowed, lambda: moves.start("relay", {}, by=cast.chen)),  # of no department
        (NotAllowed, lambda: moves.start("relay", {}, by=cast.qian)),
        (Invalid, lambda: moves.start("asked", {"amount": 1}, by=cast.lin, key="k")),
        (Invalid, lambda: moves.start("asked", {"name": "Li", "amount": "many"}, by=cast.lin)),
        (Invalid, lambda: moves.start("relay", {}, by=cast.lin, business_key="x\x00")),
    ):
        with pytest.raises(wanted):
            call()
    assert stored() == before


def test_a_start_form_names_the_fields_that_are_wrong(asked: Any, cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        moves.start("asked", {"amount": "many"}, by=cast.lin)
    assert set(refused.value.fields) == {"name", "amount"}


def test_references_count_per_year_as_it_is_in_shanghai(relay: Any, cast: Cast, morning: FakeClock) -> None:
    references = []
    for moment in ("2026-12-31T23:59:59+08:00", "2027-01-01T00:00:00+08:00", "2027-06-01T12:00:00+08:00"):
        morning.at = datetime.fromisoformat(moment)
        references.append(moves.start("relay", {}, by=cast.lin)["reference"])
    assert references == ["C-2026-00001", "C-2027-00001", "C-2027-00002"]


def test_starts_at_the_same_moment_get_numbers_without_gap_or_double(app: Flask, relay: Any, cast: Cast) -> None:
    lin = cast.lin
    results = race(app, *[lambda: [moves.start("relay", {}, by=lin)["reference"] for _ in range(5)]] * 4)
    numbers = sorted(int(reference[-5:]) for each in results for reference in each)
    assert numbers == list(range(1, 21))


def test_a_refused_start_uses_up_no_number(asked: Any, cast: Cast, morning: FakeClock) -> None:
    moves.start("asked", {"name": "Li"}, by=cast.lin)
    with pytest.raises(Invalid):
        moves.start("asked", {}, by=cast.lin)
    assert moves.start("asked", {"name": "Wu"}, by=cast.lin)["reference"] == "C-2026-00002"


def test_a_case_that_ends_at_once_is_recorded_whole(deployed: Deploy, cast: Cast) -> None:
    deployed(process("short", lanes(CS="start end"), START, END, flow("start > end")))
    begun = moves.start("short", {}, by=cast.lin)
    assert (begun["state"], begun["tasks"]) == ("completed", [])
    ended = row(begun)
    assert (ended.state, ended.end_element) == ("completed", "end")
    assert ended.ended_at is not None
    assert [event.kind for event in events(begun["id"])][-1] == "instance.completed"


def test_customer_key_and_mark_stand_in_the_row(relay: Any, cast: Cast) -> None:
    begun = row(moves.start("relay", {}, by=cast.lin, business_key="K-7", mark="test"))
    assert (begun.business_key, begun.mark, begun.root_id) == ("K-7", "test", begun.id)
    assert begun.started_by_id == cast.lin.account_id
    assert row(moves.start("relay", {}, by=cast.lin)).mark == "real"


@pytest.mark.parametrize(
    ("data", "segment", "channel"),
    [
        ({"segment": "private", "channel": "branch"}, "private", "branch"),
        ({}, None, None),
        ({"segment": 3, "channel": {"x": 1}}, "3", None),
        ({"segment": "x" * 80, "channel": "a\x00b"}, "x" * 40, "a\ufffdb"),
    ],
)
def test_segment_and_channel_come_from_the_data(
    relay: Any, cast: Cast, data: dict[str, Any], segment: str | None, channel: str | None
) -> None:
    begun = row(moves.start("relay", data, by=cast.lin))
    assert (begun.segment, begun.channel) == (segment, channel)


def test_segment_and_channel_are_what_the_process_says(deployed: Deploy, cast: Cast) -> None:
    says = (
        '<bpmn:extensionElements><zeebe:properties><zeebe:property name="laneway.channel" value="counter"/>'
        '<zeebe:property name="laneway.segment" value="=if amount &gt; 100 then &quot;big&quot; else &quot;low&quot;"/>'
        "</zeebe:properties></bpmn:extensionElements>"
    )
    steps = flow("start > work", "work > end")
    deployed(process("said", says, lanes(CS="start work end"), START, task("work"), END, steps))
    begun = moves.start("said", {"amount": Decimal("100.5"), "channel": "ignored"}, by=cast.lin)
    assert (row(begun).segment, row(begun).channel) == ("big", "counter")
    # What cannot be computed is unknown, and no reason to turn a customer away.
    assert row(moves.start("said", {"amount": "a lot"}, by=cast.lin)).segment in (None, "low")
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    found = sa.select(StepRow.segment, StepRow.channel).where(StepRow.instance_id == int(begun["id"])).distinct()
    assert rows(found) == [("big", "counter")]


def test_what_a_case_begins_with_is_entered_and_what_changes_it_is_a_correction(asked: Any, cast: Cast) -> None:
    begun = moves.start("asked", {"name": "Li", "amount": 5}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {"name": "Lee", "note": "x", "amount": 5}, by=cast.lin)
    assert changes(begun["id"]) == [
        ("amount", "entry"),
        ("name", "entry"),
        ("name", "correction"),
        ("note", "entry"),
    ]
    assert said(begun["id"], "instance.started")["data"] == {"name": "Li", "amount": 5}
    assert said(begun["id"], "task.completed")["before"] == {"name": "Li"}


def test_a_customers_data_is_in_no_fact_of_the_chain(asked: Any, cast: Cast) -> None:
    begun = moves.start("asked", {"name": "Geheim"}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {"name": "Sehr Geheim"}, by=cast.lin)
    assert "Geheim" not in str([event.facts for event in events(begun["id"])])
    assert "Geheim" in str(said(begun["id"], "task.completed"))


def test_whoever_begins_a_case_is_the_initiator_that_camunda_7_names(deployed: Deploy, cast: Cast) -> None:
    begins = '<bpmn:startEvent id="start" xmlns:c="http://camunda.org/schema/1.0/bpmn" c:initiator="who"/>'
    assigned = '<zeebe:assignmentDefinition assignee="=who"/>'
    work = f'<bpmn:userTask id="work"><bpmn:extensionElements>{assigned}</bpmn:extensionElements></bpmn:userTask>'
    parts = lanes(CS="start work end"), begins, work, END, flow("start > work", "work > end")
    deployed(process("own", *parts))
    case = moves.start("own", {"who": "somebody else"}, by=cast.lin)
    assert said(case["id"], "instance.started")["data"] == {"who": "lin"}
    assert task_row(open_tasks(case["id"])["work"]).assignee_id == cast.lin.recorded_id
