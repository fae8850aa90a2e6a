"""Getting in, staying in, getting out - and what happens to those who guess."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.clock import FakeClock, running_on
from app.core.database import reading
from app.people import logins, moves, passwords, queries
from app.people.actor import Actor
from app.people.errors import NotAdministrator, TooManyAttempts, UnknownToken, WrongLogin
from app.people.models import Account, ApiToken, LoginAttempts, LoginSession

PASSWORD = "rain on the roof"
HERE = "203.0.113.7"


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    clock = FakeClock(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    with running_on(clock):
        yield clock


@pytest.fixture
def admin(app: Flask, clock: FakeClock) -> Actor:
    moves.create_admin("admin", "管理员", "correct horse battery")
    return who("admin")


@pytest.fixture
def lin(admin: Actor) -> Actor:
    moves.create_account("lin", "林", by=admin, password=PASSWORD)
    return who("lin")


def who(login: str) -> Actor:
    with reading() as session:
        found = queries.find_by_login(session, login)
        assert found is not None
        return found


def visitor(secret: str) -> logins.Visitor | None:
    with reading() as session:
        return logins.find_visitor(session, secret)


def fail(times: int, login: str = "lin", address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(WrongLogin):
            logins.log_in(login, "a guess at random", address=address)


def test_lin_logs_in_and_out(lin: Actor) -> None:
    login = logins.log_in(" Lin ", PASSWORD, address=HERE, agent="Firefox" * 100)
    found = visitor(login.secret)
    assert found is not None
    assert found.actor == login.actor == lin
    logins.log_out(login.secret)
    assert visitor(login.secret) is None


def test_a_stolen_database_opens_no_session(lin: Actor) -> None:
    login = logins.log_in("lin", PASSWORD)
    token = logins.create_token("nightly report", by=lin)
    with reading() as session:
        kept = [
            *session.scalars(select(LoginSession.secret_hash)),
            *session.scalars(select(ApiToken.secret_hash)),
            *session.scalars(select(Account.password_hash)),
            *session.scalars(select(LoginAttempts.key)),
        ]
    assert not {login.secret, token, PASSWORD, "lin"} & set(kept)
    for secret in kept:
        assert visitor(secret) is None


@pytest.mark.parametrize("password", ["", "rain on the  roof", "RAIN ON THE ROOF", "x" * 100_000, "\ud800"])
def test_a_wrong_password_does_not_get_in(lin: Actor, password: str) -> None:
    with pytest.raises(WrongLogin):
        logins.log_in("lin", password)


def test_an_unknown_login_is_answered_like_a_wrong_password(lin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    verify = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda known, given: hashed.append(given) or verify(known, given))
    for login in ("lin", "nobody"):
        with pytest.raises(WrongLogin) as refusal:
            logins.log_in(login, "a guess at random")
        assert refusal.value.details == {}
    assert hashed == ["a guess at random"] * 2


def test_an_account_without_a_password_is_open_to_nobody(admin: Actor) -> None:
    moves.create_account("wang", "王", by=admin)
    for password in ("", "wang", "a guess at random"):
        with pytest.raises(WrongLogin):
            logins.log_in("wang", password)


def test_after_five_failures_the_pause_doubles(lin: Actor, clock: FakeClock) -> None:
    fail(5)
    with pytest.raises(TooManyAttempts) as refusal:
        logins.log_in("lin", PASSWORD, address=HERE)
    assert refusal.value.until == clock.at + timedelta(seconds=1)
    assert refusal.value.seconds == 2
    clock.at += timedelta(seconds=1)
    fail(1)
    clock.at += timedelta(seconds=1)
    with pytest.raises(TooManyAttempts):
        logins.log_in("lin", PASSWORD, address=HERE)
    clock.at += timedelta(seconds=1)
    assert logins.log_in("lin", PASSWORD, address=HERE)


def test_the_pause_ends_at_a_quarter_of_an_hour(lin: Actor, clock: FakeClock) -> None:
    for _ in range(30):
        fail(1)
        clock.at += timedelta(minutes=15)
    fail(1)
    clock.at += timedelta(minutes=14)
    with pytest.raises(TooManyAttempts):
        logins.log_in("lin", PASSWORD, address=HERE)


def test_getting_in_forgives_the_failures_before(lin: Actor) -> None:
    fail(4)
    logins.log_in("lin", PASSWORD, address=HERE)
    fail(5)


def test_somebody_elsewhere_cannot_lock_lin_out(lin: Actor) -> None:
    fail(5, address="198.51.100.1")
    assert logins.log_in("lin", PASSWORD, address=HERE)


def test_failures_of_long_ago_are_forgotten_when_new_ones_come(lin: Actor, clock: FakeClock) -> None:
    """Nobody ever gets in, and yet the table does not grow for ever."""
    for number in range(3):
        with pytest.raises(WrongLogin):
            logins.log_in(f"guess{number}", "a guess at random", address=HERE)
    clock.at += timedelta(hours=1, seconds=1)
    with pytest.raises(WrongLogin):
        logins.log_in("lin", "a guess at random", address=HERE)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(LoginAttempts)) == 1


def test_an_attempt_counts_even_when_the_process_dies_in_it(lin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(known: str, given: str) -> bool:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "matches", die)
        for _ in range(5):
            with pytest.raises(SystemExit):
                logins.log_in("lin", "a guess at random", address=HERE)
    with pytest.raises(TooManyAttempts):
        logins.log_in("lin", PASSWORD, address=HERE)


def test_a_session_ends_after_eight_idle_hours(lin: Actor, clock: FakeClock) -> None:
    secret = logins.log_in("lin", PASSWORD).secret
    clock.at += timedelta(hours=7)
    found = visitor(secret)
    assert found is not None
    assert found.is_stale
    logins.seen(secret)
    clock.at += timedelta(hours=7)
    assert visitor(secret) is not None
    clock.at += timedelta(hours=1)
    assert visitor(secret) is None


def test_a_session_ends_after_a_day_however_busy_it_is(lin: Actor, clock: FakeClock) -> None:
    secret = logins.log_in("lin", PASSWORD).secret
    for _ in range(23):
        clock.at += timedelta(hours=1)
        logins.seen(secret)
        assert visitor(secret) is not None
    clock.at += timedelta(hours=1)
    assert visitor(secret) is None


def test_a_new_password_ends_every_session(lin: Actor, admin: Actor) -> None:
    first = logins.log_in("lin", PASSWORD).secret
    moves.change_password(PASSWORD, "snow on the roof", by=lin)
    assert visitor(first) is None
    second = logins.log_in("lin", "snow on the roof").secret
    moves.set_password("lin", "hail on the roof", by=admin)
    assert visitor(second) is None
    login = logins.log_in("lin", "hail on the roof")
    assert login.actor.must_change_password


def test_who_left_is_out_at_once(lin: Actor, admin: Actor) -> None:
    secret, token = logins.log_in("lin", PASSWORD).secret, logins.create_token("report", by=lin)
    moves.deactivate("lin", by=admin)
    assert visitor(secret) is None
    with reading() as session:
        assert logins.find_by_token(session, token) is None
    with pytest.raises(WrongLogin):
        logins.log_in("lin", PASSWORD)


def test_a_password_changed_while_it_was_checked_does_not_get_in(
    lin: Actor, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = passwords.matches

    def slowly(known: str, given: str) -> bool:
        result = verify(known, given)
        moves.set_password("lin", "hail on the roof", by=admin)
        return result

    monkeypatch.setattr(passwords, "matches", slowly)
    with pytest.raises(WrongLogin):
        logins.log_in("lin", PASSWORD)


def test_a_token_acts_for_lin_until_it_expires(lin: Actor, clock: FakeClock) -> None:
    token = logins.create_token("report", by=lin, lasting=timedelta(days=1))
    with reading() as session:
        assert logins.find_by_token(session, token) == lin
        assert logins.find_by_token(session, token[:-1]) is None
        clock.at += timedelta(days=1)
        assert logins.find_by_token(session, token) is None


def test_only_lin_and_administrators_revoke_the_token_of_lin(lin: Actor, admin: Actor) -> None:
    token = logins.create_token("report", by=lin)
    moves.create_account("sun", "孙", by=admin)
    with reading() as session:
        [facts] = queries.tokens_of(session, lin.account_id)
    with pytest.raises(UnknownToken):
        logins.revoke_token(facts.id, by=who("sun"))
    with pytest.raises(NotAdministrator):
        logins.create_token("theirs", by=who("sun"), account_id=lin.account_id)
    logins.revoke_token(facts.id, by=admin)
    with reading() as session:
        assert logins.find_by_token(session, token) is None
