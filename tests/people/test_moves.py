"""What administrators change among people, and what everybody else may not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import FakeClock, running_on
from app.core.database import reading
from app.history import PEOPLE, HistoryEvent, HistoryPayload, HistoryStream
from app.people import moves, queries
from app.people.actor import SYSTEM, Actor, actor
from app.people.errors import (
    AlreadyMember,
    BadCode,
    BadLogin,
    CodeTaken,
    LastAdministrator,
    LoginTaken,
    Missing,
    NotAdministrator,
    NotInRole,
    NotMember,
    TooLong,
    UnknownAccount,
    UnknownDepartment,
    WeakPassword,
    WrongPassword,
)
from app.people.models import Post, Role

pytestmark = pytest.mark.usefixtures("app")

TUESDAY = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def who(login: str, on: date | None = None) -> Actor:
    with reading() as session:
        found = queries.find_by_login(session, login)
        assert found is not None
        return actor(session, found.account_id, on=on)


@pytest.fixture
def admin(app: Flask) -> Actor:
    moves.create_admin("admin", "管理员", "correct horse battery")
    return who("admin")


@pytest.fixture
def departments(admin: Actor) -> None:
    moves.create_department("CS", "客服部", by=admin, names={"en": "Customer service"}, short="客服")
    moves.create_department("OP", "运营部", by=admin, names={"en": "Operations"}, position=1)


@pytest.fixture
def lin(admin: Actor, departments: None) -> Actor:
    moves.create_account("Lin", "林", by=admin, names={"en": "Lin Zhiqiang"}, password="rain on the roof")
    moves.add_member("lin", "CS", by=admin)
    return who("lin")


def department_id(code: str) -> int:
    with reading() as session:
        return next(each.id for each in queries.departments(session) if each.code == code)


def test_lin_works_in_customer_service_from_the_day_of_being_added(lin: Actor) -> None:
    assert dict(lin.departments) == {department_id("CS"): Post.STAFF}
    assert lin.login == "lin"
    assert lin.names == {"en": "Lin Zhiqiang"}
    assert not lin.is_admin


def test_only_an_administrator_changes_people(lin: Actor) -> None:
    with pytest.raises(NotAdministrator):
        moves.create_account("sun", "孙", by=lin)
    with pytest.raises(NotAdministrator):
        moves.grant_role("lin", Role.ADMIN, by=lin)
    with pytest.raises(NotAdministrator):
        moves.add_member("lin", "OP", by=lin)
    with pytest.raises(NotAdministrator):
        moves.set_password("admin", "rain on the roof", by=lin)


def test_a_login_is_one_persons_however_it_is_typed(admin: Actor, lin: Actor) -> None:
    with pytest.raises(LoginTaken) as refusal:
        moves.create_account(" ＬＩＮ", "另一位林", by=admin)
    assert refusal.value.fields == {"login": ["people.login_taken"]}


@pytest.mark.parametrize("login", ["", " ", "林", "a b", "-x", "x" * 65, "lin\n"])
def test_a_strange_login_is_refused(admin: Actor, login: str) -> None:
    if login == "lin\n":
        assert moves.create_account(login, "林", by=admin)  # only the end of a line that was pasted along
        return
    with pytest.raises(BadLogin):
        moves.create_account(login, "谁", by=admin)


def test_a_person_needs_a_name_that_fits(admin: Actor) -> None:
    with pytest.raises(Missing):
        moves.create_account("wang", " \x00\t", by=admin)
    with pytest.raises(TooLong):
        moves.create_account("wang", "王" * 201, by=admin)
    with reading() as session:
        assert queries.find_by_login(session, "wang") is None


@pytest.mark.parametrize("password", ["short", "123456789012", "aaaaaaaaaaaaaaaa", "x" * 201, "wang-of-operations"])
def test_a_password_that_everybody_would_try_is_refused(admin: Actor, password: str) -> None:
    with pytest.raises(WeakPassword):
        moves.create_account("wang-of-operations", "王", by=admin, password=password)


def test_a_department_code_is_used_once(admin: Actor, departments: None) -> None:
    with pytest.raises(CodeTaken):
        moves.create_department("CS", "另一个", by=admin)
    with pytest.raises(BadCode):
        moves.create_department("客服", "客服部", by=admin)


def test_a_department_shows_its_first_character_as_seal(departments: None) -> None:
    with reading() as session:
        shown = queries.departments(session)
    assert [(each.code, each.seal, each.short) for each in shown] == [("CS", "客", "客服"), ("OP", "运", "运营部")]


def test_nobody_joins_a_department_that_does_not_exist(admin: Actor, lin: Actor) -> None:
    with pytest.raises(UnknownDepartment):
        moves.add_member("lin", "XX", by=admin)
    with pytest.raises(UnknownAccount):
        moves.add_member("nobody", "CS", by=admin)


def test_nobody_joins_the_same_department_twice(admin: Actor, lin: Actor) -> None:
    with pytest.raises(AlreadyMember):
        moves.add_member("lin", "CS", by=admin)


def test_a_membership_that_ends_today_ends_at_once(admin: Actor, lin: Actor) -> None:
    moves.end_membership("lin", "CS", by=admin)
    assert not who("lin").departments
    with pytest.raises(NotMember):
        moves.end_membership("lin", "CS", by=admin)


def test_what_lin_was_stays_answerable(admin: Actor, departments: None) -> None:
    clock = FakeClock(TUESDAY)
    with running_on(clock):
        moves.create_account("lin", "林", by=admin)
        moves.add_member("lin", "CS", by=admin)
        clock.at += 10 * DAY
        moves.add_member("lin", "CS", by=admin, role=Post.HEAD)
        clock.at += 10 * DAY
        moves.end_membership("lin", "CS", by=admin)
        moves.add_member("lin", "OP", by=admin)
    cs, op, day = department_id("CS"), department_id("OP"), date(2026, 11, 24)
    assert dict(who("lin", on=day - DAY).departments) == {}
    assert dict(who("lin", on=day + 9 * DAY).departments) == {cs: Post.STAFF}
    assert dict(who("lin", on=day + 10 * DAY).departments) == {cs: Post.HEAD}
    assert dict(who("lin", on=day + 20 * DAY).departments) == {op: Post.STAFF}
    assert who("lin", on=day + 10 * DAY).heads == {cs}


def test_a_help_for_two_weeks_ends_by_itself(admin: Actor, lin: Actor) -> None:
    clock = FakeClock(TUESDAY)
    with running_on(clock):
        moves.add_member("lin", "OP", by=admin, starts_on=date(2026, 11, 30), ends_on=date(2026, 12, 14))
        assert department_id("OP") not in who("lin").departments
        clock.at += 7 * DAY
        assert department_id("OP") in who("lin").departments
        clock.at = datetime(2026, 12, 13, 16, 0, tzinfo=UTC)  # midnight in Shanghai
        assert department_id("OP") not in who("lin").departments


def test_roles_begin_and_end(admin: Actor, lin: Actor) -> None:
    moves.grant_role("lin", Role.ANALYST, by=admin)
    moves.grant_role("lin", Role.ANALYST, by=admin)
    assert who("lin").is_analyst
    moves.revoke_role("lin", Role.ANALYST, by=admin)
    assert not who("lin").is_analyst
    with pytest.raises(NotInRole):
        moves.revoke_role("lin", Role.ANALYST, by=admin)


def test_the_last_administrator_cannot_go(admin: Actor, lin: Actor) -> None:
    with pytest.raises(LastAdministrator):
        moves.revoke_role("admin", Role.ADMIN, by=admin)
    with pytest.raises(LastAdministrator):
        moves.deactivate("admin", by=admin)
    assert who("admin").is_admin
    moves.grant_role("lin", Role.ADMIN, by=admin)
    moves.deactivate("admin", by=admin)
    with reading() as session:
        assert queries.find_by_login(session, "admin") is None


def test_a_person_who_left_is_nobody_until_activated(admin: Actor, lin: Actor) -> None:
    moves.deactivate("lin", by=admin)
    with reading() as session, pytest.raises(UnknownAccount):
        actor(session, lin.account_id)
    moves.activate("lin", by=admin)
    assert department_id("CS") in who("lin").departments


def test_lin_changes_the_own_password_only_with_the_present_one(lin: Actor) -> None:
    with pytest.raises(WrongPassword):
        moves.change_password("not this one", "snow on the roof", by=lin)
    with pytest.raises(WrongPassword):
        moves.change_password("rain on the roof", "rain on the roof", by=lin)
    moves.change_password("rain on the roof", "snow on the roof", by=lin)
    with pytest.raises(WrongPassword):
        moves.change_password("rain on the roof", "hail on the roof", by=lin)


def test_lin_chooses_a_language(lin: Actor) -> None:
    moves.set_preferences(by=lin, language="en", theme="dark")
    assert (who("lin").language, who("lin").theme) == ("en", "dark")


def test_the_list_of_people_says_where_each_works(admin: Actor, lin: Actor) -> None:
    moves.rename("lin", "林志远", by=admin)
    with reading() as session:
        people = {each.login: each for each in queries.people(session)}
        assert [each.name for each in queries.members(session, department_id("CS"))] == ["林志远"]
        assert queries.names_of(session, [lin.account_id, 404]).keys() == {lin.account_id}
    assert people["lin"].posts == {"CS": Post.STAFF}
    assert people["lin"].can_log_in
    assert people["admin"].roles == {Role.ADMIN}


def test_every_change_is_recorded_and_names_nobody_outside_of_what_can_be_erased(admin: Actor, lin: Actor) -> None:
    moves.rename("lin", "林志远", by=admin)
    moves.end_membership("lin", "CS", by=admin)
    moves.deactivate("lin", by=admin)
    with reading() as session:
        events = session.scalars(
            select(HistoryEvent).where(HistoryEvent.stream_id == PEOPLE).order_by(HistoryEvent.seq)
        ).all()
        payloads = " ".join(session.scalars(select(HistoryPayload.body)))
    assert [event.kind for event in events] == [
        "account.created",
        "role.granted",
        "department.created",
        "department.created",
        "account.created",
        "membership.started",
        "account.renamed",
        "membership.ended",
        "account.deactivated",
    ]
    assert {event.actor_id for event in events[2:]} == {admin.account_id}
    assert [event.actor_id for event in events[:2]] == [None, None]
    assert events[-1].facts == {"account": lin.account_id}
    assert "林" in payloads
    assert "林" not in str([event.facts for event in events])


def test_what_is_refused_is_not_recorded(admin: Actor, lin: Actor) -> None:
    with reading() as session:
        before = session.get_one(HistoryStream, PEOPLE).seq
    with pytest.raises(AlreadyMember):
        moves.add_member("lin", "CS", by=admin)
    with reading() as session:
        assert session.get_one(HistoryStream, PEOPLE).seq == before


def test_of_eight_who_take_one_login_at_once_one_gets_it(app: Flask, admin: Actor) -> None:
    def take(number: int) -> str:
        with app.app_context():
            try:
                moves.create_account("wang", f"王{number}", by=admin)
            except LoginTaken:
                return "taken"
            return "created"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(take, range(8)))
    assert outcomes == ["created", *["taken"] * 7]


def test_the_system_is_an_administrator_without_an_account() -> None:
    assert SYSTEM.is_admin
    assert SYSTEM.recorded_id is None
