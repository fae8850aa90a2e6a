"""The projections are what the record says, row for row: after every journey of every process, and after repairs."""

# ruff: noqa: S608  tables by their names

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.core.database import db, reading
from app.definitions.folder import deploy_folder
from app.history import SYSTEM, FieldChange, HistoryEvent, StepRow
from app.history.verify import verify
from app.instances import moves, rebuild
from app.instances.models import Incident
from app.people.actor import SYSTEM as LANEWAY
from app.tasks.models import Task
from tests.conftest import Cast
from tests.history.conftest import Tamper
from tests.history.through import go
from tests.instances.conftest import END, START, Deploy, deployed, flow, lanes, process, relay, task  # noqa: F401
from tests.processes.journeys import JOURNEYS
from tests.processes.walk import ROOT

Dump = Mapping[str, list[tuple[Any, ...]]]


def dump() -> Dump:
    """Both tables as the driver sees them, nothing converted."""
    tables: list[Any] = [StepRow.__table__, FieldChange.__table__]
    with db.engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.exec_driver_sql(
                    f"SELECT * FROM {table.name} ORDER BY {', '.join(column.name for column in table.primary_key)}"
                )
            ]
            for table in tables
        }


def rebuilt_facts() -> list[Any]:
    found = sa.select(HistoryEvent.facts).where(HistoryEvent.stream_id == SYSTEM)
    with reading() as session:
        return list(session.scalars(found.where(HistoryEvent.kind == "history.rebuilt").order_by(HistoryEvent.seq)))


def wipe(tamper: Tamper) -> None:
    tamper("DELETE FROM step")
    tamper("DELETE FROM field_change")


def assert_rebuilds_exactly(tamper: Tamper) -> Dump:
    """The tables are made again from nothing as the moves wrote them."""
    before = dump()
    assert before["step"]
    looked = rebuild.check()
    assert looked.differences == []
    assert (looked.steps, looked.changes) == (len(before["step"]), len(before["field_change"]))
    wipe(tamper)
    done = rebuild.rebuild(by=LANEWAY)
    assert dump() == before
    assert done.different == looked.steps + looked.changes
    assert rebuild.check().different == 0
    assert verify().is_whole
    return before


def test_every_journey_of_the_shipped_processes_is_rebuilt_row_for_row(
    cast: Cast, morning: FakeClock, tamper: Tamper
) -> None:
    assert [each.error for each in deploy_folder(ROOT / "processes", ROOT / "forms")] == [None] * 5
    cases = [go(journey, morning) for journey in JOURNEYS]
    before = assert_rebuilds_exactly(tamper)
    assert {row[0] for row in before["step"]} == set(cases)
    columns = [column.key for column in StepRow.__table__.columns]
    seen = [dict(zip(columns, row, strict=True)) for row in before["step"]]
    # What has to be made again did occur: hand-overs, rounds, people, outcomes, working time.
    assert {row["process_key"] for row in seen} == {"complaint", "feedback", "identity-check", "onboarding", "review"}
    assert any(row["is_handoff"] for row in seen)
    assert max(row["attempt"] for row in seen) >= 3
    assert {row["outcome"] for row in seen} >= {"completed", "caught", "thrown", "cancelled"}
    assert any(row["wait_working_seconds"] for row in seen)
    assert {row[7] for row in before["field_change"]} >= {"entry", "copy", "import", "correction"}


def test_the_rounds_of_one_large_move_are_counted_once_each(deployed: Deploy, cast: Cast, tamper: Tamper) -> None:  # noqa: F811
    deployed(
        process(
            "many",
            lanes(CS="start work each end"),
            START,
            task("work"),
            '<bpmn:scriptTask id="each"><bpmn:extensionElements><zeebe:script expression="=item" resultVariable="x"/>'
            "</bpmn:extensionElements><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
            '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item"/></bpmn:extensionElements>'
            "</bpmn:multiInstanceLoopCharacteristics></bpmn:scriptTask>",
            END,
            flow("start > work", "work > each", "each > end"),
        )
    )
    begun = moves.start("many", {"items": list(range(90))}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    with reading() as session:
        rounds = session.scalars(sa.select(StepRow.attempt).where(StepRow.element == "each").order_by(StepRow.seq))
        assert list(rounds) == list(range(1, len(dump()["step"]) - 2))
    assert_rebuilds_exactly(tamper)


def test_what_people_do_before_a_task_ends_is_rebuilt(
    relay: Any,  # noqa: F811
    cast: Cast,
    morning: FakeClock,
    tamper: Tamper,
) -> None:
    capture = int(moves.start("relay", {"amount": 1}, by=cast.lin)["tasks"][0])

    def later() -> None:
        morning.at += timedelta(minutes=11)

    for act in (
        lambda: moves.claim(capture, by=cast.lin),
        lambda: moves.open_form(capture, by=cast.lin),
        lambda: moves.release(capture, by=cast.lin, reason="zu tun"),
        lambda: moves.assign(capture, cast.lin, by=cast.he, reason="bitte"),
        lambda: moves.complete(capture, {"amount": 2, "note": "neu"}, by=cast.lin),
    ):
        later()
        act()
    second = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    later()
    moves.claim(second, by=cast.lin)
    later()
    with reading() as session:
        case = session.get_one(Task, second).instance_id
    moves.cancel(case, by=cast.admin, reason="Irrtum")
    assert_rebuilds_exactly(tamper)


@pytest.mark.parametrize("repair", ["retry", "skip"])
def test_an_answer_whose_step_failed_is_rebuilt_after_its_repair(
    deployed: Deploy,  # noqa: F811
    cast: Cast,
    morning: FakeClock,
    tamper: Tamper,
    repair: str,
) -> None:
    deployed(
        process(
            "stuck",
            lanes(CS="start work end", OP="check"),
            START,
            task("work"),
            task("check"),
            END,
            # With 9 there is no way on from the task itself.
            flow("start > work", "work > check : n < 5", "work > end : n > 10", "check > end"),
        )
    )
    begun = moves.start("stuck", {}, by=cast.lin)
    morning.at += timedelta(minutes=3)
    moves.complete(int(begun["tasks"][0]), {"n": 9}, by=cast.lin)
    with reading() as session:
        incident = session.scalars(sa.select(Incident)).one()
    assert incident.element == "work"
    assert rebuild.check().different == 0
    morning.at += timedelta(minutes=3)
    (moves.retry if repair == "retry" else moves.skip)(incident.id, by=cast.admin, data={"n": 3})
    assert rebuild.check().different == 0
    morning.at += timedelta(minutes=3)
    _finish(int(begun["id"]), cast)
    assert_rebuilds_exactly(tamper)


def _finish(case: int, cast: Cast) -> None:
    for _ in range(3):
        with reading() as session:
            found = sa.select(Task).where(Task.instance_id == case, Task.state.in_(("open", "claimed")))
            left = session.scalars(found).first()
        if left is None:
            return
        moves.complete(left.id, {"n": 3}, by=cast.lin if left.element == "work" else cast.wang)


def test_where_work_inside_a_step_comes_from_is_rebuilt(
    deployed: Deploy,  # noqa: F811
    cast: Cast,
    morning: FakeClock,
    tamper: Tamper,
) -> None:
    inside = (
        '<bpmn:subProcess id="inside"><bpmn:startEvent id="in"/><bpmn:userTask id="check"/><bpmn:endEvent id="out"/>'
        '<bpmn:sequenceFlow id="i1" sourceRef="in" targetRef="check"/>'
        '<bpmn:sequenceFlow id="i2" sourceRef="check" targetRef="out"/></bpmn:subProcess>'
    )
    deployed(
        process(
            "nested",
            lanes(CS="start work end", OP="inside check in out"),
            START,
            task("work"),
            inside,
            END,
            flow("start > work", "work > inside", "inside > end"),
        )
    )
    begun = moves.start("nested", {}, by=cast.lin)
    morning.at += timedelta(minutes=3)
    done = moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    # The step that holds the others is not over yet: what it knows of its origin is no row.
    assert rebuild.check().different == 0
    morning.at += timedelta(minutes=3)
    moves.complete(int(done["tasks"][0]), {}, by=cast.wang)
    assert_rebuilds_exactly(tamper)
    with reading() as session:
        steps = {row.element: row for row in session.scalars(sa.select(StepRow))}
    assert steps["in"].from_element == "work"
    assert steps["check"].is_handoff


def test_branches_that_end_at_one_moment_are_rebuilt_alike(
    deployed: Deploy,  # noqa: F811
    cast: Cast,
    morning: FakeClock,
    tamper: Tamper,
) -> None:
    deployed(
        process(
            "fork",
            lanes(CS="start split a", OP="b join check end"),
            START,
            '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>',
            task("a"),
            task("b"),
            task("check"),
            END,
            flow("start > split", "split > a", "split > b", "a > join", "b > join", "join > check", "check > end"),
        )
    )
    # The clock stands still: every hand-over is at the same moment.
    for first, second in ((cast.lin, cast.wang), (cast.wang, cast.lin)):
        begun = moves.start("fork", {}, by=cast.lin)
        by = {"a": cast.lin, "b": cast.wang}
        with reading() as session:
            found = sa.select(Task.element, Task.id).where(Task.instance_id == int(begun["id"]))
            tasks = {by[element].login: task for element, task in session.execute(found)}
        for person in (first, second):
            moves.complete(tasks[person.login], {}, by=person)
    assert_rebuilds_exactly(tamper)


# -- what is found and put right -----------------------------------------------------------------------------------


@pytest.fixture
def case(cast: Cast, relay: Any) -> int:  # noqa: F811
    """A finished case."""
    begun = moves.start("relay", {"amount": 5}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {"amount": 6}, by=cast.lin)
    moves.complete(int(done["tasks"][0]), {}, by=cast.wang)
    return int(begun["id"])


def test_a_changed_a_lost_and_an_invented_row_are_named_and_put_right(case: int, tamper: Tamper) -> None:
    before = dump()
    tamper("UPDATE step SET work_seconds = 1, outcome = 'error' WHERE element = 'check'")
    tamper("DELETE FROM step WHERE element = 'end'")
    tamper("UPDATE field_change SET instance_id = 7")
    with reading() as session:
        refs = dict(session.execute(sa.select(StepRow.element, StepRow.ref)).all())
    found = rebuild.check()
    told = {(each.instance_id, each.table, each.key, each.what, tuple(each.columns)) for each in found.differences}
    changes = {f"{row[1]} {row[2]}" for row in before["field_change"]}
    [lost] = [row[1] for row in before["step"] if row[1] not in refs.values()]
    assert told == {
        (case, "step", refs["check"], "changed", ("outcome", "work_seconds")),
        (case, "step", lost, "missing", ()),
        *((case, "field_change", key, "missing", ()) for key in changes),
        *((7, "field_change", key, "extra", ()) for key in changes),
    }
    assert dump() != before
    rebuild.rebuild(by=LANEWAY)
    assert dump() == before


def test_a_check_writes_nothing(case: int, tamper: Tamper) -> None:
    wipe(tamper)
    assert rebuild.check().different > 0
    assert dump() == {"step": [], "field_change": []}
    assert rebuilt_facts() == []


def test_a_rebuild_is_an_event_of_the_system(case: int, cast: Cast, tamper: Tamper) -> None:
    rows = dump()
    rebuild.rebuild(by=cast.admin)
    tamper("DELETE FROM field_change")
    rebuild.rebuild(by=LANEWAY)
    counts = {"steps": len(rows["step"]), "changes": len(rows["field_change"])}
    assert rebuilt_facts() == [counts | {"different": 0}, counts | {"different": counts["changes"]}]
    assert verify().is_whole


def test_nothing_is_made_from_a_record_that_is_broken(case: int, tamper: Tamper) -> None:
    wipe(tamper)
    tamper("UPDATE history_event SET actor_id = 1 WHERE kind = 'task.completed'")
    for act in (rebuild.check, lambda: rebuild.rebuild(by=LANEWAY)):
        with pytest.raises(rebuild.RecordBroken) as refused:
            act()
        assert refused.value.stream == case
    assert dump() == {"step": [], "field_change": []}


def test_an_empty_database_has_nothing_to_rebuild(app: Flask) -> None:
    assert rebuild.check().cases == 0
    assert rebuild.rebuild(by=LANEWAY).different == 0


def test_many_differences_are_counted_and_some_are_kept(
    case: int, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "MOST_DIFFERENCES", 2)
    wipe(tamper)
    found = rebuild.check()
    assert len(found.differences) == 2
    assert found.different == found.steps + found.changes


def test_many_cases_are_read_some_at_a_time(
    cast: Cast,
    relay: Any,  # noqa: F811
    tamper: Tamper,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuild, "BATCH", 2)
    for _ in range(5):
        moves.start("relay", {"amount": 5}, by=cast.lin)
    assert rebuild.check().cases == 5
    assert_rebuilds_exactly(tamper)
