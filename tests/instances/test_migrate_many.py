"""Many cases at once: the dry run, the order, what becomes of each, and back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.database import reading, writing
from app.core.errors import Invalid
from app.core.queue import Job
from app.definitions.deploy import Deployed
from app.definitions.errors import NotAnalyst
from app.definitions.retire import retire
from app.instances import carrying_out, moves, orders, prospects
from app.instances.errors import AlreadyThere, KeyReused, NoSuchOrder, NotRunning, OutOfUse, StillRunning
from app.instances.models import ProcessInstance
from app.jobs.runner import Runner
from app.people.models import AccountRole
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import events, kinds, one, open_tasks, rows, said
from tests.instances.test_migrate import GIVEN, longer, narrower

__all__ = ["longer", "narrower"]


@pytest.fixture
def three(relay: Deployed, longer: Deployed, cast: Cast) -> list[str]:
    """Cases of the first version: two with lin at `capture`, one with wang at `check`."""
    cases = [moves.start("relay", {}, by=cast.lin, version=1)["id"] for _ in range(3)]
    moves.complete(open_tasks(cases[2])["capture"], {}, by=cast.lin)
    return cases


def plan(version: Deployed, given: Any = None, **how: Any) -> prospects.Plan:
    with reading() as session:
        return prospects.plan(session, version.id, given or {}, **how)


def progress(order: str) -> orders.Progress:
    with reading() as session:
        return orders.progress(session, int(order))


def results(order: str) -> dict[str, tuple[str, list[str], str]]:
    with reading() as session:
        found, _ = orders.results(session, int(order))
    return {str(it.id): (it.state, [each.code for each in it.obstacles], it.fault) for it in found}


def versions() -> list[int]:
    return [row[0] for row in rows(sa.select(ProcessInstance.definition_id).order_by(ProcessInstance.id))]


# -- the dry run -------------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_who_can_go_and_why_others_cannot(three: list[str], longer: Deployed, relay: Deployed) -> None:
    made = plan(longer)
    assert [case.id for case in made.free] == [int(three[2])]
    assert {(it.code, it.element, it.target) for case in made.held_up for it in case.obstacles} == {
        ("no-target", "capture", "capture")
    }
    text = made.held_up[0].obstacles[0].text("en")
    assert text.startswith("The case stands at “capture”, which has no element in the new version.")
    assert "capture" in made.held_up[0].obstacles[0].text("zh")
    places = {place.element: (place.cases, place.target, [node.id for node in place.options]) for place in made.places}
    tasks = ["register", "check", "file"]
    assert places == {"capture": (2, "", tasks), "check": (1, "check", tasks)}
    assert [case.is_free for case in plan(longer, GIVEN).cases] == [True, True, True]
    assert versions() == [relay.id] * 3


def test_a_dry_run_is_turned_page_by_page_and_asks_for_some_versions(three: list[str], longer: Deployed) -> None:
    first = plan(longer, limit=2)
    assert ([str(case.id) for case in first.cases], first.total) == (three[:2], 3)
    rest = plan(longer, limit=2, after=first.next)
    assert ([str(case.id) for case in rest.cases], rest.next) == (three[2:], None)
    assert plan(longer, versions=[2]).total == 0
    with reading() as session:
        assert prospects.elsewhere(session, "relay", longer.id) == {1: 3}


def test_a_dry_run_of_one_case(three: list[str], relay: Deployed, longer: Deployed, cast: Cast) -> None:
    with reading() as session:
        made = prospects.of_case(session, int(three[0]), longer.id, GIVEN)
        assert (len(made.free), [place.element for place in made.places]) == (1, ["capture"])
        with pytest.raises(AlreadyThere):
            prospects.of_case(session, int(three[0]), relay.id, {})
    moves.cancel(int(three[0]), by=cast.admin, reason="no")
    with reading() as session, pytest.raises(NotRunning):
        prospects.of_case(session, int(three[0]), longer.id, {})
    assert plan(longer).total == 2


def test_a_suspended_case_that_would_move_at_once_is_held_up_and_another_is_marked(
    narrower: Deployed, cast: Cast
) -> None:
    cases = [moves.start("fork", {}, by=cast.lin, version=1)["id"] for _ in range(2)]
    for case in cases:
        moves.complete(open_tasks(case)["a"], {}, by=cast.lin)
    moves.suspend(int(cases[1]), by=cast.admin, reason="wait")
    going, held_up = plan(narrower).cases
    assert (going.is_free, going.goes_on) == (True, True)
    assert [it.code for it in held_up.obstacles] == ["suspended"]
    assert "Resume it first" in held_up.obstacles[0].text("en")


# -- the order ---------------------------------------------------------------------------------------------------------


def test_one_order_takes_all_that_can_and_tells_why_others_stayed(
    app: Flask, three: list[str], relay: Deployed, longer: Deployed, cast: Cast
) -> None:
    told = moves.migrate_all(longer.id, by=cast.chen, reason="v2 fixes the order")
    assert told["cases"] == 3
    assert (progress(told["id"]).state, progress(told["id"]).left) == ("running", 3)
    assert versions() == [relay.id] * 3
    Runner(app).drain()
    made = progress(told["id"])
    assert (made.state, dict(made.counts), made.left, made.ordered_by) == (
        "done",
        {"migrated": 1, "refused": 2},
        0,
        cast.chen.name,
    )
    hindered = ("refused", ["no-target"], "")
    assert results(told["id"]) == {three[0]: hindered, three[1]: hindered, three[2]: ("migrated", [], "")}
    assert versions() == [relay.id, relay.id, longer.id]
    (event,) = [it for it in events(three[2]) if it.kind == "case.migrated"]
    assert (event.actor_id, event.facts["order"]) == (cast.chen.account_id, int(told["id"]))
    assert said(three[2], "case.migrated")["reason"] == "v2 fixes the order"
    assert kinds(longer.id) == ["definition.deployed", "definition.migration_ordered"]
    assert rows(sa.select(Job.id)) == []


def test_an_order_is_undone_as_far_as_nothing_moved_since(
    app: Flask, three: list[str], relay: Deployed, longer: Deployed, cast: Cast
) -> None:
    order = moves.migrate_all(longer.id, GIVEN, by=cast.chen)["id"]
    with pytest.raises(StillRunning):
        moves.undo_all(int(order), by=cast.chen)
    Runner(app).drain()
    moves.complete(open_tasks(three[2])["check"], {}, by=cast.wang)
    moves.undo_all(int(order), by=cast.chen)
    assert (progress(order).state, progress(order).left) == ("undoing", 3)
    Runner(app).drain()
    assert results(order) == {
        three[0]: ("undone", [], ""),
        three[1]: ("undone", [], ""),
        three[2]: ("kept", [], "MovedSince"),
    }
    assert progress(order).state == "undone"
    assert versions() == [relay.id, relay.id, longer.id]
    moves.undo_all(int(order), by=cast.chen)
    assert progress(order).state == "undone"


def test_a_case_that_moved_on_meanwhile_does_not_stop_the_others(
    app: Flask, three: list[str], longer: Deployed, cast: Cast
) -> None:
    order = moves.migrate_all(longer.id, GIVEN, by=cast.chen)["id"]
    moves.cancel(int(three[0]), by=cast.admin, reason="no")
    moves.migrate(int(three[1]), longer.id, GIVEN, by=cast.admin)
    Runner(app).drain()
    assert results(order) == {
        three[0]: ("refused", [], "NotRunning"),
        three[1]: ("refused", [], "AlreadyThere"),
        three[2]: ("migrated", [], ""),
    }


def test_a_crash_in_the_middle_is_made_up_for_and_nothing_is_done_twice(
    app: Flask, three: list[str], longer: Deployed, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = moves.migrate_all(longer.id, GIVEN, by=cast.chen)["id"]
    noted = carrying_out._note

    def crash(*_: Any) -> None:
        monkeypatch.setattr(carrying_out, "_note", noted)
        raise SystemError("the machine went down before the result was written")

    monkeypatch.setattr(carrying_out, "_note", crash)
    with pytest.raises(SystemError):
        carrying_out.carry_on(int(order))
    Runner(app).drain()
    assert dict(progress(order).counts) == {"migrated": 3}
    assert [kinds(case).count("case.migrated") for case in three] == [1, 1, 1]


def test_a_fault_that_nobody_foresaw_stops_one_case_only(
    app: Flask, three: list[str], longer: Deployed, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = moves.migrate_all(longer.id, GIVEN, by=cast.chen)["id"]
    migrate = moves.migrate

    def broken(instance_id: int, *args: Any, **how: Any) -> Any:
        if instance_id == int(three[1]):
            raise RuntimeError("this is a bug")
        return migrate(instance_id, *args, **how)

    monkeypatch.setattr(moves, "migrate", broken)
    Runner(app).drain()
    assert [results(order)[case] for case in three] == [
        ("migrated", [], ""),
        ("refused", [], "Unexpected"),
        ("migrated", [], ""),
    ]


def test_whoever_lost_the_right_meanwhile_moves_nothing(
    app: Flask, three: list[str], relay: Deployed, longer: Deployed, cast: Cast
) -> None:
    order = moves.migrate_all(longer.id, GIVEN, by=cast.chen)["id"]
    with writing() as tx:
        tx.session.execute(sa.delete(AccountRole).where(AccountRole.account_id == cast.chen.account_id))
    Runner(app).drain()
    assert list(results(order).values()) == [("refused", [], "NotAnalyst")] * 3
    assert versions() == [relay.id] * 3


def test_what_cannot_be_ordered(three: list[str], relay: Deployed, longer: Deployed, cast: Cast) -> None:
    for who in (cast.lin, cast.zhao, cast.qian):
        with pytest.raises(NotAnalyst):
            moves.migrate_all(longer.id, by=who)
        with pytest.raises(NotAnalyst):
            moves.undo_all(1, by=who)
    with pytest.raises(Invalid) as refused:
        moves.migrate_all(longer.id, {"nowhere": "check", "capture": "gone"}, by=cast.chen)
    assert sorted(refused.value.fields) == ["map.capture", "map.nowhere"]
    with pytest.raises(NoSuchOrder):
        moves.undo_all(1, by=cast.chen)
    with reading() as session, pytest.raises(NoSuchOrder):
        orders.progress(session, 1)
    retire(longer.id, by=cast.chen)
    with pytest.raises(OutOfUse):
        moves.migrate_all(longer.id, by=cast.chen)


def test_the_same_order_again_is_one(three: list[str], longer: Deployed, cast: Cast) -> None:
    told = [moves.migrate_all(longer.id, GIVEN, by=cast.chen, key="once") for _ in range(2)]
    assert told[0] == told[1]
    with pytest.raises(KeyReused):
        moves.migrate_all(longer.id, {}, by=cast.chen, key="once")
    assert one(sa.select(sa.func.count()).where(Job.name == orders.JOB)) == (1,)


def test_a_map_may_name_what_no_running_case_stands_on_any_more(
    app: Flask, three: list[str], longer: Deployed, cast: Cast
) -> None:
    for case in three:
        moves.cancel(int(case), by=cast.admin, reason="no")
    assert moves.migrate_all(longer.id, GIVEN, by=cast.chen)["cases"] == 0


def test_an_order_of_no_case_is_done_at_once(relay: Deployed, cast: Cast) -> None:
    order = moves.migrate_all(relay.id, by=cast.chen)
    assert (order["cases"], progress(order["id"]).state) == (0, "done")
    assert results(order["id"]) == {}


def test_one_map_serves_cases_of_several_versions(
    app: Flask, three: list[str], longer: Deployed, deployed: Deploy, cast: Cast
) -> None:
    moves.migrate(int(three[0]), longer.id, GIVEN, by=cast.chen)
    third = deployed(
        process("relay", lanes(CS="start enter check end"), START, task("enter"), task("check"), END,
                flow("start > enter", "enter > check", "check > end"))
    )  # fmt: skip
    given = {"capture": "enter", "register": "enter"}
    assert [place.element for place in plan(third, given).places] == ["capture", "check", "register"]
    order = moves.migrate_all(third.id, given, by=cast.chen)["id"]
    Runner(app).drain()
    assert dict(progress(order).counts) == {"migrated": 3}
    assert [list(open_tasks(case)) for case in three] == [["enter"], ["enter"], ["check"]]
