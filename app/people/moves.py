"""Everything that changes people, departments and lanes. Each move is one transaction and is recorded in it.

All are for administrators, but for what is one's own: one's password, language and theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from app.core.database import again, reading
from app.people import accounts, calendars, departments, lanes, memberships, passwords
from app.people.actor import SYSTEM, Actor, require_admin
from app.people.change import changing, changing_own
from app.people.errors import WrongPassword
from app.people.fields import fold_login, text_field
from app.people.models import Account, DayKind, Post, Role


def create_account(
    login: str,
    name: str,
    *,
    by: Actor,
    names: Mapping[str, str] | None = None,
    email: str = "",
    language: str = "",
    password: str | None = None,
    must_change_password: bool = False,
) -> int:
    """The account's id. Without a password nobody can log in to it yet.

    Raises LoginTaken, BadLogin, Missing, TooLong and WeakPassword.
    """
    require_admin(by)
    password_hash = _hash(password, login) if password is not None else ""
    return _create_account(login, name, by, names, email, language, password_hash, must_change_password)


@again
def _create_account(
    login: str,
    name: str,
    by: Actor,
    names: Mapping[str, str] | None,
    email: str,
    language: str,
    password_hash: str,
    must_change_password: bool,
) -> int:
    with changing(by) as change:
        account = accounts.create(
            change,
            login,
            name,
            names=names,
            email=email,
            language=language,
            password_hash=password_hash,
            must_change_password=must_change_password,
        )
        return account.id


def create_admin(login: str, name: str, password: str, *, must_change_password: bool = False) -> int:
    """From the command line only: the first administrator is never made by an open page."""
    password_hash = _hash(password, login)
    return _create_admin(login, name, password_hash, must_change_password)


@again
def _create_admin(login: str, name: str, password_hash: str, must_change_password: bool) -> int:
    with changing(SYSTEM) as change:
        account = accounts.create(
            change, login, name, password_hash=password_hash, must_change_password=must_change_password
        )
        memberships.grant(change, account, Role.ADMIN)
        return account.id


def set_password(login: str, password: str, *, by: Actor, must_change: bool = True) -> None:
    """For somebody else: logs them out everywhere, and by default they choose their own at the next login."""
    require_admin(by)
    _set_password(login, _hash(password, login), by, must_change)


@again
def _set_password(login: str, password_hash: str, by: Actor, must_change: bool) -> None:
    with changing(by) as change:
        accounts.set_password(change, accounts.get(change.session, login), password_hash, must_change=must_change)


def change_password(present: str, password: str, *, by: Actor) -> None:
    """One's own. Ends all one's sessions, this one too. Raises WrongPassword and WeakPassword."""
    with reading() as session:
        known = session.get_one(Account, by.account_id).password_hash
    if not passwords.matches(known, present):
        raise WrongPassword(fields={"present": ["people.wrong_password"]})
    if present == password:
        raise WrongPassword(fields={"password": ["people.same_password"]})
    _change_password(known, _hash(password, by.login), by)


@again
def _change_password(known: str, password_hash: str, by: Actor) -> None:
    with changing_own(by) as change:
        account = change.session.get_one(Account, by.account_id)
        if account.password_hash != known:
            raise WrongPassword(fields={"present": ["people.wrong_password"]})
        accounts.set_password(change, account, password_hash, must_change=False)


@again
def set_preferences(*, by: Actor, language: str | None = None, theme: str | None = None) -> None:
    """What one's own screen looks like. Not recorded."""
    with changing_own(by) as change:
        account = change.session.get_one(Account, by.account_id)
        account.language = account.language if language is None else text_field("language", language, 8)
        account.theme = account.theme if theme is None else text_field("theme", theme, 8)


@again
def deactivate(login: str, *, by: Actor) -> None:
    """Nobody can log in as them any more, from this moment. Raises LastAdministrator."""
    with changing(by) as change:
        accounts.deactivate(change, accounts.get(change.session, login))


@again
def activate(login: str, *, by: Actor) -> None:
    with changing(by) as change:
        accounts.activate(change, accounts.get(change.session, login))


@again
def rename(login: str, name: str, *, by: Actor, names: Mapping[str, str] | None = None) -> None:
    with changing(by) as change:
        accounts.rename(change, accounts.get(change.session, login), name, names=names)


@again
def add_member(
    login: str,
    department: str,
    *,
    by: Actor,
    role: Post = Post.STAFF,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> None:
    """From today if not said; `ends_on` is the first day on which it no longer holds. Raises AlreadyMember."""
    with changing(by) as change:
        account, place = accounts.get(change.session, login), departments.get(change.session, department)
        memberships.add(change, account, place, role=role, starts_on=starts_on, ends_on=ends_on)


@again
def end_membership(login: str, department: str, *, by: Actor, on: date | None = None) -> None:
    """`on` is the first day on which it no longer holds; today, if not said: at once. Raises NotMember."""
    with changing(by) as change:
        account, place = accounts.get(change.session, login), departments.get(change.session, department)
        memberships.end(change, account, place, on=on)


@again
def grant_role(login: str, role: Role, *, by: Actor) -> None:
    with changing(by) as change:
        memberships.grant(change, accounts.get(change.session, login), role)


@again
def revoke_role(login: str, role: Role, *, by: Actor) -> None:
    """At once. Raises NotInRole and LastAdministrator."""
    with changing(by) as change:
        memberships.revoke(change, accounts.get(change.session, login), role)


@again
def create_department(
    code: str,
    name: str,
    *,
    by: Actor,
    names: Mapping[str, str] | None = None,
    short: str = "",
    shorts: Mapping[str, str] | None = None,
    seal: str = "",
    position: int = 0,
    calendar: str = "",
) -> int:
    """The department's id. Raises CodeTaken, BadCode, UnknownCalendar."""
    with changing(by) as change:
        department = departments.create(
            change,
            code,
            name,
            names=names,
            short=short,
            shorts=shorts,
            seal=seal,
            position=position,
            calendar=calendar,
        )
        return department.id


@again
def rename_department(code: str, name: str, *, by: Actor, names: Mapping[str, str] | None = None) -> None:
    with changing(by) as change:
        departments.rename(change, departments.get(change.session, code), name, names=names)


@again
def set_calendar(department: str, calendar: str, *, by: Actor) -> None:
    """Due dates set from now on count in this calendar; empty is the official one. Raises UnknownCalendar."""
    with changing(by) as change:
        departments.set_calendar(change, departments.get(change.session, department), calendar)


@again
def create_calendar(
    code: str,
    name: str,
    *,
    by: Actor,
    hours: Sequence[str],
    names: Mapping[str, str] | None = None,
    official_days: bool = True,
) -> int:
    """`hours` are seven texts such as "09:00-12:00,13:30-18:00", Monday first. Raises CodeTaken, NotHours."""
    with changing(by) as change:
        return calendars.create(change, code, name, hours=hours, names=names, official_days=official_days).id


@again
def set_calendar_day(calendar: str, day: date, kind: DayKind, *, by: Actor, hours: str = "", source: str = "") -> None:
    """One date on which a calendar differs. Raises UnknownCalendar and NotHours."""
    with changing(by) as change:
        calendars.set_day(change, calendar, day, kind, hours=hours, source=source)


@again
def map_lane(lane_id: int, department: str | None, *, by: Actor) -> None:
    """The lane means this department from now on, for open tasks too. Raises UnknownLane, UnknownDepartment."""
    with changing(by) as change:
        place = departments.get(change.session, department) if department else None
        lanes.map_lane(change, lane_id, place)


def _hash(password: str, login: str) -> str:
    return passwords.hash_password(password, login=fold_login(login))
