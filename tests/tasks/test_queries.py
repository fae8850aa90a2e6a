"""The inbox: what is mine, what is in my lanes, what is late; in order, page by page, everything once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import FakeClock
from app.core.database import reading
from app.instances import moves
from app.people.actor import Actor
from app.tasks import inbox as inboxes
from app.tasks import queries
from app.tasks.errors import NoSuchTask
from app.tasks.inbox import BadCursor, Counts, View
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.tasks.test_held import named


def inbox(actor: Actor, view: View = "mine", **asked: Any) -> list[int]:
    """The tasks of one page."""
    with reading() as session:
        return [each.id for each in inboxes.inbox(session, actor, view, **asked).work]


def counts(actor: Actor) -> Counts:
    with reading() as session:
        return inboxes.counts(session, actor)


def begin(process: str, by: Actor, **data: Any) -> int:
    return int(moves.start(process, data, by=by)["tasks"][0])


@pytest.fixture
def timed(deployed: Deploy) -> Any:
    """One task of CS that is due when the case says."""
    work = task("work", due="=due")
    return deployed(process("timed", lanes(CS="start work end"), START, work, END, flow("start > work", "work > end")))


def test_each_view_shows_what_it_says(relay: Any, cast: Cast, morning: FakeClock) -> None:
    mine, his, free = (begin("relay", cast.lin) for _ in range(3))
    moves.claim(mine, by=cast.lin)
    moves.claim(his, by=cast.he)
    assert inbox(cast.lin) == [mine]
    assert set(inbox(cast.lin, "lanes")) == {mine, his, free}
    assert inbox(cast.lin, "late") == []
    assert inbox(cast.sun, "lanes") == inbox(cast.wang, "lanes") == []
    morning.at += timedelta(days=2)
    assert set(inbox(cast.lin, "late")) == {mine, his, free}
    assert counts(cast.lin) == Counts(mine=1, lanes=3, late=3)
    moves.complete(mine, {}, by=cast.lin)
    assert counts(cast.lin) == Counts(mine=0, lanes=2, late=2)
    assert counts(cast.wang) == Counts(mine=0, lanes=1, late=0)


def test_an_assignees_task_is_mine_before_it_is_claimed_wherever_its_lane_is(deployed: Deploy, cast: Cast) -> None:
    work = named("work", assignee="wang")
    deployed(process("single", lanes(CS="start work end"), START, work, END, flow("start > work", "work > end")))
    task_id = begin("single", cast.lin)
    assert inbox(cast.wang) == [task_id]
    assert inbox(cast.wang, "lanes") == []
    assert inbox(cast.lin, "lanes") == [task_id]  # the department sees all work of its lane, whoever is named
    moves.claim(task_id, by=cast.wang)
    assert inbox(cast.wang) == [task_id]
    assert counts(cast.wang).mine == 1


def test_a_task_shows_once_however_many_ways_lead_to_it(deployed: Deploy, cast: Cast, morning: FakeClock) -> None:
    work = named("work", candidateGroups="CS,OP", candidateUsers="lin,wang,sun", assignee="lin")
    work = work.replace("</bpmn:extensionElements>", '<zeebe:taskSchedule dueDate="PT1H"/></bpmn:extensionElements>')
    deployed(process("single", lanes(CS="start work end"), START, work, END, flow("start > work", "work > end")))
    task_id = begin("single", cast.lin)
    morning.at += timedelta(days=1)
    for login in ("lin", "wang", "sun", "he", "zhao"):
        actor = getattr(cast, login)
        assert inbox(actor, "lanes") == inbox(actor, "late") == [task_id], login
        assert (counts(actor).lanes, counts(actor).late) == (1, 1), login
    assert inbox(cast.wu, "lanes") == []
    moves.claim(task_id, by=cast.lin)
    assert inbox(cast.lin, "late") == [task_id]


def test_what_is_due_first_stands_first_and_what_is_never_due_last(timed: Any, cast: Cast, morning: FakeClock) -> None:
    never = begin("timed", cast.lin)
    soon = begin("timed", cast.lin, due="2026-05-07T10:00:00+08:00")
    later = begin("timed", cast.lin, due="2026-05-07T02:30:00Z")
    now = begin("timed", cast.lin, due="PT0S")
    assert inbox(cast.lin, "lanes") == [now, soon, later, never]


def walk(actor: Actor, view: View, limit: int, between: Any = None) -> list[int]:
    """All pages, one after the other."""
    seen, cursor = [], ""
    for _ in range(200):
        with reading() as session:
            page = inboxes.inbox(session, actor, view, cursor, limit)
        assert len(page.work) <= limit
        seen += [each.id for each in page.work]
        if page.next is None:
            return seen
        cursor = page.next
        if between is not None:
            between()
    raise AssertionError("the pages do not end")


def test_all_pages_together_are_everything_once_and_in_order(
    timed: Any, relay: Any, cast: Cast, morning: FakeClock
) -> None:
    dues = ["PT1H", "PT1H", "PT2H", None, None, "PT1H", "2026-05-06T10:00:00+08:00"]
    tasks = {begin("timed", cast.lin, due=due) for due in dues} | {begin("relay", cast.lin) for _ in range(4)}
    for view, wanted in (("lanes", tasks), ("late", set())):
        whole = inbox(cast.lin, view)
        assert set(whole) == wanted
        assert all(walk(cast.lin, view, limit) == whole for limit in (1, 2, 3, len(tasks), 50))
    with reading() as session:
        assert inboxes.inbox(session, cast.lin, "lanes", limit=len(tasks)).next is None


def test_rows_that_appear_and_go_between_two_pages_neither_hide_nor_repeat_others(
    timed: Any, cast: Cast, morning: FakeClock
) -> None:
    lin = cast.lin
    old = [begin("timed", lin, due=f"PT{n}H") for n in range(1, 9)]
    new: list[int] = []

    def change() -> None:
        # One before what is shown by now, one after it, and one already shown is done.
        new.extend((begin("timed", lin, due="PT0S"), begin("timed", lin)))
        moves.complete(old[len(new) // 2 - 1], {}, by=lin)

    seen = walk(lin, "lanes", 3, change)
    assert [each for each in seen if each in old] == old
    assert len(seen) == len(set(seen))


def test_counts_stop_at_a_hundred_so_that_screens_show_99_plus(
    deployed: Deploy, cast: Cast, morning: FakeClock
) -> None:
    many = task("work", due="PT1H").replace(
        "</bpmn:userTask>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=for i in 1..104 return i" inputElement="i"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>",
    )
    deployed(process("many", lanes(CS="start work end"), START, many, END, flow("start > work", "work > end")))
    tasks = moves.start("many", {}, by=cast.lin)["tasks"]
    assert len(tasks) == 104
    morning.at += timedelta(days=1)
    assert counts(cast.lin) == Counts(mine=0, lanes=inboxes.MOST_COUNTED, late=inboxes.MOST_COUNTED)
    assert inboxes.MOST_COUNTED == 100
    assert len(inbox(cast.lin, "lanes", limit=200)) == 104
    assert len(walk(cast.lin, "lanes", 50)) == 104


def test_the_process_filter_leaves_one_process(relay: Any, timed: Any, cast: Cast) -> None:
    one, other = begin("relay", cast.lin), begin("timed", cast.lin)
    moves.claim(one, by=cast.lin)
    assert inbox(cast.lin, "lanes", process="relay") == inbox(cast.lin, process="relay") == [one]
    assert inbox(cast.lin, "lanes", process="timed") == [other]
    assert inbox(cast.lin, "mine", process="timed") == []
    assert inbox(cast.lin, "lanes", process="'; drop table task; --") == []


def test_a_task_is_not_there_for_those_who_may_not_see_it(relay: Any, cast: Cast) -> None:
    capture = begin("relay", cast.lin)
    with reading() as session:
        for login in ("sun", "wang", "chen"):
            with pytest.raises(NoSuchTask):
                queries.task(session, capture, getattr(cast, login))
        assert not queries.task(session, capture, cast.qian).can_claim
        assert not queries.task(session, capture, cast.admin).can_claim
        assert queries.task(session, capture, cast.admin).can_assign
        assert not queries.task(session, capture, cast.lin).can_assign
        assert queries.task(session, capture, cast.he).can_assign
        with pytest.raises(NoSuchTask):
            queries.task(session, 1, cast.admin)


def test_whoever_did_it_still_sees_a_finished_task(deployed: Deploy, cast: Cast) -> None:
    work = named("work", candidateUsers="sun")
    deployed(process("single", lanes(CS="start work end"), START, work, END, flow("start > work", "work > end")))
    task_id = begin("single", cast.lin)
    moves.complete(task_id, {}, by=cast.sun)
    with reading() as session:
        detail = queries.task(session, task_id, cast.sun)
    assert (detail.work.state, detail.can_claim, detail.is_mine) == ("completed", False, False)
    assert detail.ended_by is not None
    assert detail.ended_by.id == cast.sun.account_id


def test_the_tasks_of_a_case_show_live_ones_first(relay: Any, cast: Cast) -> None:
    begun = moves.start("relay", {}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    with reading() as session:
        work = queries.of_case(session, int(begun["id"]))
        live = queries.live_of(session, [int(begun["id"])])
    assert [each.element for each in work] == ["check", "capture"]
    assert [each.id for each in live[int(begun["id"])]] == [int(done["tasks"][0])]
    assert work[0].lane is not None
    assert (work[0].lane.code, work[0].is_live, work[1].is_live) == ("OP", True, False)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "~",
        "2026-05-06T02:00:00~1",
        "2026-05-06T02:00:00+00:00~-1",
        "2026-05-06T02:00:00+00:00~9223372036854775808",
        "0001-01-01T00:00:00+14:00~1",
        "9999-12-31T23:59:59-14:00~1",
        "2026-05-06T02:00:00+00:00~" + "9" * 5000,
    ],
)
def test_a_cursor_that_is_none_is_refused_by_name(cast: Cast, cursor: str) -> None:
    with reading() as session, pytest.raises(BadCursor) as refused:
        inboxes.inbox(session, cast.lin, "lanes", cursor)
    assert "cursor" in refused.value.fields


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    try:
        moment, number = inboxes._read_cursor(text)
    except BadCursor:
        return
    assert moment.tzinfo is not None
    assert 0 <= number < 2**63
