"""Which department a lane means: guessed when a diagram is deployed, decided by an administrator, true at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.core.calendars import china
from app.core.clock import FakeClock, running_on
from app.core.database import reading, writing
from app.core.errors import Invalid
from app.people import lanes, moves, queries
from app.people.actor import SYSTEM, Actor
from app.people.calendars import calendar
from app.people.errors import CodeTaken, NotAdministrator, UnknownCalendar, UnknownLane
from app.people.models import DayKind, Lane

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def departments(app: Flask) -> None:
    moves.create_department("CS", "客服部", by=SYSTEM, names={"en": "Customer service"}, short="客服")
    moves.create_department("RC", "风控合规部", by=SYSTEM, names={"en": "Risk and compliance"}, short="风控", seal="风")
    moves.create_account("lin", "林", by=SYSTEM)
    moves.add_member("lin", "CS", by=SYSTEM)


def deployed(*paths: str, names: dict[str, str] | None = None) -> dict[str, int]:
    with writing() as tx:
        return lanes.lane_ids(tx, "onboarding", [(path, path.split("/")[-1], names or {}) for path in paths])


def meant(path: str, names: dict[str, str] | None = None) -> str:
    lane = deployed(path, names=names)[path]
    with reading() as session:
        return lanes.holders(session, [lane])[lane].code


def lin() -> Actor:
    with reading() as session:
        found = queries.find_by_login(session, "lin")
        assert found is not None
        return found


@pytest.mark.parametrize(
    ("path", "department"),
    [
        ("客服部", "CS"),
        ("客服", "CS"),
        ("客服中心", "CS"),
        ("customer service", "CS"),
        ("Customer Service Department", "CS"),
        ("ＣＳ", "CS"),
        ("客", "CS"),
        ("银行/风控合规部", "RC"),
        ("风控合规部/复核岗", "RC"),  # the inner name says nothing, the outer one does
        ("@rc", "RC"),
        ("@客服部", ""),  # a candidate group is a code
        ("客户", ""),
        ("部", ""),
        ("Reviewer", ""),
    ],
)
def test_a_lane_is_guessed_by_its_name(path: str, department: str) -> None:
    assert meant(path) == department


def test_a_lane_is_guessed_by_its_name_in_another_language() -> None:
    assert meant("Lane_1", names={"zh": "风控"}) == "RC"


def test_a_name_of_two_departments_is_not_guessed() -> None:
    moves.create_department("CS2", "第二客服部", by=SYSTEM, short="客服")
    assert meant("客服") == ""
    assert meant("客服 部") == ""


def test_deploying_again_keeps_the_lanes_and_what_was_decided() -> None:
    first = deployed("客服部", "Reviewer")
    moves.map_lane(first["Reviewer"], "RC", by=SYSTEM)
    moves.map_lane(first["客服部"], None, by=SYSTEM)
    second = deployed("客服部", "Reviewer", "风控合规部")
    assert first.items() <= second.items()
    with reading() as session:
        found = {lane.path: lane.department for lane in queries.lanes(session, "onboarding")}
        assert found == {"客服部": "", "Reviewer": "RC", "风控合规部": "RC"}
        assert [lane.path for lane in queries.unmapped_lanes(session)] == ["客服部"]


def test_another_process_has_its_own_lanes() -> None:
    ours = deployed("客服部")
    with writing() as tx:
        theirs = lanes.lane_ids(tx, "complaint", [("客服部", "客服部", {})])
    assert ours != theirs


def test_mapping_a_lane_takes_effect_at_once() -> None:
    lane = deployed("风控合规部")["风控合规部"]
    with reading() as session:
        assert lanes.lanes_of(session, lin()) == frozenset()
        assert not lanes.may_work_in(session, lin().account_id, lane)
    moves.map_lane(lane, "CS", by=SYSTEM)
    with reading() as session:
        assert lanes.lanes_of(session, lin()) == {lane}
        assert lanes.may_work_in(session, lin().account_id, lane)
        assert not lanes.may_work_in(session, lin().account_id, lane, on=date(2020, 1, 1))


def test_lin_maps_no_lane() -> None:
    lane = deployed("客服部")["客服部"]
    with pytest.raises(NotAdministrator):
        moves.map_lane(lane, "RC", by=lin())
    with pytest.raises(UnknownLane):
        moves.map_lane(404, "RC", by=SYSTEM)


def test_a_lane_that_nobody_holds_works_by_the_official_calendar() -> None:
    lane = deployed("Reviewer")["Reviewer"]
    with reading() as session:
        holder = lanes.holders(session, [lane])[lane]
    assert holder.department_id is None
    assert holder.calendar is china()


def test_a_department_on_saturdays_is_due_on_saturdays() -> None:
    hours = ["", *["09:00-17:00"] * 5, ""]
    moves.create_calendar("saturdays", "周六值班", by=SYSTEM, hours=hours)
    moves.set_calendar("CS", "saturdays", by=SYSTEM)
    lane = deployed("客服部")["客服部"]
    friday = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai
    with reading() as session:
        ours = lanes.holders(session, [lane])[lane].calendar
    assert ours.due(friday, "PT2H") == friday + 18 * HOUR
    assert not ours.is_working_day(date(2026, 10, 1))
    assert ours.is_working_day(date(2026, 10, 10))


def test_a_day_set_in_a_calendar_counts_from_then_on() -> None:
    moves.create_calendar("hotline", "热线", by=SYSTEM, hours=["08:00-20:00"] * 7, official_days=False)
    moves.set_calendar("CS", "hotline", by=SYSTEM)
    lane = deployed("客服部")["客服部"]
    day = date(2026, 11, 25)
    with reading() as session:
        before = lanes.holders(session, [lane])[lane].calendar
    moves.set_calendar_day("hotline", day, DayKind.WORK, by=SYSTEM, hours="10:00-12:00", source="搬迁")
    moves.set_calendar_day("hotline", date(2026, 11, 26), DayKind.REST, by=SYSTEM)
    with reading() as session:
        after = lanes.holders(session, [lane])[lane].calendar
    assert before.hours_on(day) == ((480, 1200),)
    assert after.hours_on(day) == ((600, 720),)
    assert not after.is_working_day(date(2026, 11, 26))
    assert before.version != after.version
    assert len({before.version, after.version, china().version}) == 3


def test_a_calendar_has_a_code_of_its_own() -> None:
    with pytest.raises(CodeTaken):
        moves.create_calendar("cn", "官方", by=SYSTEM, hours=["09:00-17:00"] * 7)
    with pytest.raises(UnknownCalendar):
        moves.set_calendar("CS", "moon", by=SYSTEM)


@pytest.mark.parametrize("hours", [["09:00-17:00"] * 6, [""] * 7, ["nine to five"] * 7])
def test_a_calendar_says_its_hours_for_seven_days(hours: list[str]) -> None:
    with pytest.raises(Invalid):
        moves.create_calendar("odd", "奇", by=SYSTEM, hours=hours)


def test_the_official_calendar_needs_no_question() -> None:
    with reading() as session:
        assert calendar(session, None) is china()


def test_members_of_tomorrow_see_nothing_today() -> None:
    lane = deployed("风控合规部")["风控合规部"]
    clock = FakeClock(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    with running_on(clock):
        moves.add_member("lin", "RC", by=SYSTEM, starts_on=date(2026, 11, 25))
        with reading() as session:
            assert lane not in lanes.lanes_of(session, lin())
        clock.at = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
        with reading() as session:
            assert lane in lanes.lanes_of(session, lin())


def test_a_renamed_lane_shows_its_newest_name() -> None:
    with writing() as tx:
        lanes.lane_ids(tx, "onboarding", [("客服部", "客服部", {})])
    with writing() as tx:
        lane = lanes.lane_ids(tx, "onboarding", [("客服部", "客服部", {"en": "Front desk"})])["客服部"]
    with reading() as session:
        assert session.get_one(Lane, lane).names == {"en": "Front desk"}
