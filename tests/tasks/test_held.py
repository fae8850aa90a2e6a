"""Who may do a task, who may give it to whom, and that a second pair of eyes is a second person's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import FakeClock
from app.core.database import reading, writing
from app.instances import moves
from app.people import moves as people
from app.people.models import Department, Lane, Post
from app.tasks import inbox, queries
from app.tasks.errors import AlreadyClaimed, FourEyes, NoSuchTask, NotHead, NotHeld, NotInDepartment, TaskChanged
from app.tasks.models import Duty
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import events, kinds, one, open_tasks, race, rows, state, task_row


def named(name: str, **assignment: str) -> str:
    """A user task with an assignment of its own."""
    inside = " ".join(f'{key}="{value}"' for key, value in assignment.items())
    return task(name).replace(
        "<bpmn:extensionElements>", f"<bpmn:extensionElements><zeebe:assignmentDefinition {inside}/>"
    )


def begin(deployed: Deploy, work: str, cast: Cast, data: dict[str, Any] | None = None) -> int:
    """A case with one task in the lane of CS."""
    deployed(process("single", lanes(CS="start work end"), START, work, END, flow("start > work", "work > end")))
    return int(moves.start("single", data or {}, by=cast.lin)["tasks"][0])


def may(cast: Cast, task_id: int, *logins: str) -> list[str]:
    """Who of these may claim the task: what the page offers, and what the move says."""
    able = []
    for login in logins:
        actor = getattr(cast, login)
        with reading() as session:
            try:
                offered = queries.task(session, task_id, actor).can_claim
            except NoSuchTask:
                offered = False
        try:
            moves.claim(task_id, by=actor)
        except NotInDepartment:
            claimed = False
        else:
            claimed = True
            moves.release(task_id, by=actor)
        assert offered is claimed, login
        able += [login] if claimed else []
    return able


def lane(key: str, path: str) -> int:
    return int(one(sa.select(Lane.id).where(Lane.process_key == key, Lane.path == path))[0])


def department(code: str) -> int:
    return int(one(sa.select(Department.id).where(Department.code == code))[0])


def test_the_lanes_department_works_and_nobody_else(relay: Any, cast: Cast) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    assert may(cast, capture, "lin", "he", "wang", "sun", "qian", "chen", "admin") == ["lin", "he"]


def test_an_assignee_comes_before_the_lane(deployed: Deploy, cast: Cast) -> None:
    work = begin(deployed, named("work", assignee="wang"), cast)
    assert may(cast, work, "wang", "lin", "he", "admin") == ["wang"]


def test_named_candidates_come_before_the_lane(deployed: Deploy, cast: Cast) -> None:
    work = begin(deployed, named("work", candidateUsers="wang, sun"), cast)
    assert may(cast, work, "wang", "sun", "lin", "zhao") == ["wang", "sun"]


def test_candidate_groups_come_before_the_lane_and_each_of_them_counts(deployed: Deploy, cast: Cast) -> None:
    work = begin(deployed, named("work", candidateGroups="OP,RC"), cast)
    assert may(cast, work, "wang", "wu", "lin", "sun") == ["wang", "wu"]


def test_people_and_groups_may_be_named_together(deployed: Deploy, cast: Cast) -> None:
    work = begin(deployed, named("work", candidateGroups="OP", candidateUsers="sun"), cast)
    assert may(cast, work, "wang", "sun", "lin") == ["wang", "sun"]


def test_names_that_nobody_has_leave_the_task_to_its_lane(deployed: Deploy, cast: Cast) -> None:
    work = begin(deployed, named("work", assignee="nobody", candidateUsers="=who"), cast, {"who": "ghost\x00"})
    assert may(cast, work, "lin", "wang") == ["lin"]


def test_a_group_that_is_no_department_leaves_the_task_to_administrators(deployed: Deploy, cast: Cast) -> None:
    work = begin(deployed, named("work", candidateGroups="XX"), cast)
    assert may(cast, work, "admin", "lin") == ["admin"]
    with reading() as session:
        assert [each.id for each in inbox.inbox(session, cast.admin, "lanes").work] == [work]


def test_an_administrator_of_no_department_sees_and_does_what_no_lane_holds(deployed: Deploy, cast: Cast) -> None:
    deployed(process("bare", START, task("work", due="PT4H"), END, flow("start > work", "work > end")))
    work = int(moves.start("bare", {}, by=cast.lin)["tasks"][0])
    assert may(cast, work, "admin", "lin", "zhao") == ["admin"]
    with reading() as session:
        assert [each.id for each in inbox.inbox(session, cast.admin, "lanes").work] == [work]


def test_without_a_lane_a_due_date_counts_official_working_time(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    deployed(process("bare", START, task("work", due="PT4H"), END, flow("start > work", "work > end")))
    work = task_row(moves.start("bare", {}, by=cast.lin)["tasks"][0])
    assert work.due_at == morning.at + timedelta(hours=5, minutes=30)


def test_a_due_date_steps_over_the_national_holiday(relay: Any, cast: Cast, morning: FakeClock) -> None:
    # Wednesday 30 September 2026, 17:00 in Shanghai; the holiday lasts until Wednesday 7 October.
    morning.at = datetime.fromisoformat("2026-09-30T17:00+08:00")
    capture = task_row(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    assert capture.due_at == datetime.fromisoformat("2026-10-08T12:00+08:00")


def test_whoever_joins_tomorrow_may_work_tomorrow_and_whoever_leaves_may_not(
    relay: Any, cast: Cast, morning: FakeClock
) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    tomorrow = date(2026, 5, 7)
    people.add_member("sun", "CS", by=cast.admin, role=Post.STAFF, starts_on=tomorrow)
    people.end_membership("lin", "CS", by=cast.admin, on=tomorrow)
    assert may(cast, capture, "lin", "sun") == ["lin"]
    morning.at = datetime.fromisoformat("2026-05-07T00:00+08:00")
    assert may(cast, capture, "lin", "sun") == ["sun"]


def test_a_further_groups_member_counts_from_the_day_of_joining(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    work = begin(deployed, named("work", candidateGroups="OP,RC"), cast)
    people.add_member("sun", "RC", by=cast.admin, role=Post.STAFF, starts_on=date(2026, 5, 7))
    assert may(cast, work, "sun") == []
    morning.at += timedelta(days=1)
    assert may(cast, work, "sun") == ["sun"]


def test_a_lane_mapped_anew_moves_its_open_tasks_at_once(relay: Any, cast: Cast) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    people.map_lane(lane("relay", "CS"), "MK", by=cast.admin)
    assert may(cast, capture, "lin", "sun") == ["sun"]
    with reading() as session:
        assert [each.id for each in inbox.inbox(session, cast.sun, "lanes").work] == [capture]
        assert inbox.inbox(session, cast.lin, "lanes").work == []
    people.map_lane(lane("relay", "CS"), None, by=cast.admin)
    assert may(cast, capture, "lin", "sun", "admin") == ["admin"]


def test_the_record_keeps_the_department_as_of_then(relay: Any, cast: Cast) -> None:
    first = moves.start("relay", {}, by=cast.lin)
    moves.complete(int(first["tasks"][0]), {}, by=cast.lin)
    people.map_lane(lane("relay", "CS"), "MK", by=cast.admin)
    second = moves.start("relay", {}, by=cast.lin)
    moves.complete(int(second["tasks"][0]), {}, by=cast.sun)
    departments = [
        event.facts["department"]
        for begun in (first, second)
        for event in events(begun["id"])
        if event.kind == "task.completed"
    ]
    assert departments == [department("CS"), department("MK")]


def test_priority_is_the_diagrams_and_50_without(deployed: Deploy, cast: Cast) -> None:
    urgent = task("work").replace(
        "<bpmn:extensionElements>", '<bpmn:extensionElements><zeebe:priorityDefinition priority="=level"/>'
    )
    high = begin(deployed, urgent, cast, {"level": 90})
    assert task_row(high).priority == 90
    odd = int(moves.start("single", {"level": "soon"}, by=cast.lin)["tasks"][0])
    assert task_row(odd).priority == 50
    over = int(moves.start("single", {"level": 10**12}, by=cast.lin)["tasks"][0])
    assert 0 <= task_row(over).priority <= 100


def test_claiming_what_one_holds_changes_nothing(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    capture = int(begun["tasks"][0])
    moves.claim(capture, by=cast.lin)
    before = task_row(capture).version
    moves.claim(capture, by=cast.lin)
    assert task_row(capture).version == before
    assert kinds(begun["id"]).count("task.claimed") == 1


def test_of_two_claims_at_once_one_wins_and_the_other_learns_who(app: Flask, relay: Any, cast: Cast) -> None:
    lin, he = cast.lin, cast.he
    for _ in range(5):
        capture = int(moves.start("relay", {}, by=lin)["tasks"][0])
        results = race(app, lambda t=capture: moves.claim(t, by=lin), lambda t=capture: moves.claim(t, by=he))
        (lost,) = [each for each in results if each is not None]
        assert isinstance(lost, AlreadyClaimed), results
        assert lost.first == (lin.name if results[0] is None else he.name)


def test_release_is_for_the_holder_and_a_head(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    capture = int(begun["tasks"][0])
    with pytest.raises(NotHeld):
        moves.release(capture, by=cast.lin)
    moves.claim(capture, by=cast.he)
    with pytest.raises(NotHeld) as refused:
        moves.release(capture, by=cast.lin)
    assert refused.value.first == cast.he.name
    with pytest.raises(NotHeld):
        moves.release(capture, by=cast.zhao)  # head of another department
    moves.release(capture, by=cast.he, reason="off to a meeting")
    assert task_row(capture).holder_id is None
    assert kinds(begun["id"])[-1] == "task.released"


def test_assigning_is_for_the_departments_head_and_goes_to_the_department(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    capture = int(begun["tasks"][0])
    with pytest.raises(NotHead):
        moves.assign(capture, cast.lin, by=cast.lin)
    with pytest.raises(NotHead):
        moves.assign(capture, cast.lin, by=cast.zhao)
    with pytest.raises(NotInDepartment):
        moves.assign(capture, cast.sun, by=cast.he)
    with pytest.raises(NotInDepartment):
        moves.assign(capture, cast.sun, by=cast.admin)
    moves.assign(capture, cast.lin, by=cast.he, reason="knows the customer")
    moves.assign(capture, cast.lin, by=cast.he)
    assert task_row(capture).holder_id == cast.lin.account_id
    reassigned = [event for event in events(begun["id"]) if event.kind == "task.reassigned"]
    assert [event.facts for event in reassigned] == [{"from": None, "to": cast.lin.account_id}]
    assert reassigned[0].actor_id == cast.he.account_id
    moves.assign(capture, cast.he, by=cast.admin)
    assert task_row(capture).holder_id == cast.he.account_id


def test_a_head_gives_an_absent_assignees_task_to_somebody_of_the_department(deployed: Deploy, cast: Cast) -> None:
    work = begin(deployed, named("work", assignee="wang"), cast)
    moves.assign(work, cast.lin, by=cast.he, reason="wang is ill")
    assert moves.complete(work, {}, by=cast.lin)["state"] == "completed"


def test_a_stale_version_is_told_who_changed_the_task(relay: Any, cast: Cast) -> None:
    capture = int(moves.start("relay", {}, by=cast.lin)["tasks"][0])
    seen = task_row(capture).version
    moves.claim(capture, by=cast.lin)
    with pytest.raises(TaskChanged) as changed:
        moves.complete(capture, {}, by=cast.lin, version=seen)
    assert (changed.value.first, changed.value.version) == (cast.lin.name, seen + 1)
    moves.complete(capture, {}, by=cast.lin, version=seen + 1)


@pytest.fixture
def eyes(deployed: Deploy) -> Any:
    """CS makes, CS checks; both in one group of four eyes."""
    return deployed(
        process(
            "eyes",
            lanes(CS="start make check end"),
            START,
            task("make", fourEyes="approval"),
            task("check", fourEyes="approval"),
            END,
            flow("start > make", "make > check", "check > end"),
        )
    )


def test_a_task_is_not_assigned_to_the_one_who_made_what_it_checks(eyes: Any, cast: Cast) -> None:
    begun = moves.start("eyes", {}, by=cast.lin)
    check = int(moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)["tasks"][0])
    for head in (cast.he, cast.admin):
        with pytest.raises(FourEyes):
            moves.assign(check, cast.lin, by=head)
    # The head's own part is no reason against somebody else.
    moves.assign(check, cast.he, by=cast.he)
    assert moves.complete(check, {}, by=cast.he)["state"] == "completed"


def test_a_head_who_made_may_give_the_check_to_another_but_not_keep_it(eyes: Any, cast: Cast) -> None:
    begun = moves.start("eyes", {}, by=cast.lin)
    check = int(moves.complete(int(begun["tasks"][0]), {}, by=cast.he)["tasks"][0])
    with pytest.raises(FourEyes):
        moves.assign(check, cast.he, by=cast.he)
    moves.assign(check, cast.lin, by=cast.he)
    assert task_row(check).holder_id == cast.lin.account_id


def test_four_eyes_hold_for_administrators_too(deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "orphans",
            lanes(Nobody="start make check end"),
            START,
            task("make", fourEyes="approval"),
            task("check", fourEyes="approval"),
            END,
            flow("start > make", "make > check", "check > end"),
        )
    )
    begun = moves.start("orphans", {}, by=cast.admin)
    check = int(moves.complete(int(begun["tasks"][0]), {}, by=cast.admin)["tasks"][0])
    with pytest.raises(FourEyes):
        moves.claim(check, by=cast.admin)
    with pytest.raises(FourEyes):
        moves.complete(check, {}, by=cast.admin)
    assert open_tasks(begun["id"]) == {"check": check}


def test_one_person_cannot_take_both_parts_at_the_same_moment(app: Flask, deployed: Deploy, cast: Cast) -> None:
    deployed(
        process(
            "both",
            lanes(CS="start split make check join end"),
            START,
            '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>',
            task("make", fourEyes="approval"),
            task("check", fourEyes="approval"),
            END,
            flow("start > split", "split > make", "split > check", "make > join", "check > join", "join > end"),
        )
    )
    lin = cast.lin
    for _ in range(4):
        begun = moves.start("both", {}, by=lin)
        tasks = open_tasks(begun["id"])
        results = race(
            app,
            lambda t=tasks: moves.complete(t["make"], {}, by=lin),
            lambda t=tasks: moves.complete(t["check"], {}, by=lin),
        )
        assert sorted(type(each).__name__ for each in results) == ["FourEyes", "dict"], results
        assert len(open_tasks(begun["id"])) == 1
        assert state(begun["id"]) == "running"


def test_the_database_itself_refuses_a_second_part(eyes: Any, cast: Cast) -> None:
    begun = moves.start("eyes", {}, by=cast.lin)
    moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    row = {"instance_id": int(begun["id"]), "group": "approval", "account_id": cast.lin.account_id, "role": "check"}
    with pytest.raises(Exception, match=r"(?i)unique"), writing() as tx:
        tx.add(Duty.__table__, row)
    assert rows(sa.select(Duty.role)) == [("make",)]
