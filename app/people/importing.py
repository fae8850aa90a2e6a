"""People and departments from CSV files: all of it, or, when anything is wrong, nothing.

Rows add and correct; nobody is removed for not being in a file. The same file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from app.core.database import again, reading
from app.core.errors import Invalid, LanewayError
from app.people import accounts, departments, memberships, passwords
from app.people.actor import Actor, require_admin
from app.people.change import Change, changing
from app.people.csvfiles import PEOPLE, ImportRefused, Problem, Row, Table
from app.people.errors import AlreadyMember, Missing
from app.people.fields import fold_login, text_field
from app.people.models import Account, Department, Post, Role

#: More are not told: who has fifty mistakes has one.
MOST_PROBLEMS = 50

_POSTS = {"": Post.STAFF, "staff": Post.STAFF, "head": Post.HEAD, "员工": Post.STAFF, "负责人": Post.HEAD}
_ROLES = {
    "analyst": Role.ANALYST,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMIN,
    "流程分析师": Role.ANALYST,
    "审计员": Role.AUDITOR,
    "管理员": Role.ADMIN,
}


class UnknownRole(Invalid):
    """A role is staff, head, analyst, auditor or admin."""


class NotADay(Invalid):
    """A day is written as 2026-11-24."""


class EndsBeforeItStarts(Invalid):
    """The end lies before the start."""


class NotAPosition(Invalid):
    """A position is a whole number."""


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    departments: int = 0  #: created
    people: int = 0  #: created
    changed: int = 0  #: people and departments corrected
    memberships: int = 0  #: begun
    roles: int = 0  #: granted
    #: login -> one-time password of people created; kept nowhere else, empty after a dry run
    passwords: dict[str, str] = field(default_factory=dict)


class _DryRun(Exception):
    """How a trial ends its transaction: everything went well, and is not to stay."""


def load(
    tables: Sequence[Table], *, by: Actor, dry_run: bool = False, with_passwords: bool = False, password: str = ""
) -> Report:
    """Load tables in their order, in one transaction. Raises ImportRefused with every problem found.

    `with_passwords` gives each new person a one-time password to be changed at the first login; `password` gives all
    the same one (for a demo). Otherwise new people cannot log in until an administrator sets one.
    """
    require_admin(by)
    hashes = _Hashes(tables, with_passwords and not dry_run, password)
    try:
        return _load(tables, by, hashes, dry_run)
    except _DryRun as done:
        report: Report = done.args[0]
        return report


@again
def _load(tables: Sequence[Table], by: Actor, hashes: _Hashes, dry_run: bool) -> Report:
    report = Report()
    problems: list[Problem] = []
    with changing(by) as change:
        for table in tables:
            step = _person if table.columns is PEOPLE else _department
            for row in table.rows:
                problems += _try(partial(step, change, row, report, hashes), row)
                if len(problems) >= MOST_PROBLEMS:
                    break
        if problems:
            raise ImportRefused(problems)
        if dry_run:
            raise _DryRun(report)
    report.passwords = hashes.one_time
    return report


def _try(step: Callable[[], None], row: Row) -> list[Problem]:
    try:
        step()
    except LanewayError as error:
        return [row.problem(_column(error), error)]
    return []


#: Errors of lookups, which know no field, and the column they are about.
_COLUMNS = {"UnknownDepartment": "department", "UnknownCalendar": "calendar"}


def _column(error: LanewayError) -> str:
    named = next(iter(error.fields), "") if isinstance(error, Invalid) else ""
    return named or _COLUMNS.get(type(error).__name__, "")


def _department(change: Change, row: Row, report: Report, hashes: _Hashes) -> None:
    names, shorts = {"en": row["name_en"]}, {"en": row["short_en"]}
    known = departments.find(change.session, row["code"])
    if known is None:
        departments.create(
            change,
            row["code"],
            row["name"],
            names=names,
            short=row["short"],
            shorts=shorts,
            seal=row["seal"],
            position=_position(row["position"]),
            calendar=row["calendar"],
        )
        report.departments += 1
    elif (known.name, known.names.get("en", "")) != (row["name"], row["name_en"]):
        departments.rename(change, known, row["name"], names=known.names | names)
        report.changed += 1


def _person(change: Change, row: Row, report: Report, hashes: _Hashes) -> None:
    role = row["role"].lower()
    if role not in _POSTS and role not in _ROLES:
        raise UnknownRole(fields={"role": ["people.unknown_role"]}, role=row["role"])
    if role in ("head", "负责人") and not row["department"]:
        raise Missing(fields={"department": ["people.missing"]}, field="department")
    starts_on, ends_on = _day(row, "starts_on"), _day(row, "ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        raise EndsBeforeItStarts(fields={"ends_on": ["people.ends_before_it_starts"]})
    place = departments.get(change.session, row["department"]) if row["department"] else None
    account = _account(change, row, report, hashes)
    if place is not None:
        _join(change, account, place, _POSTS.get(role, Post.STAFF), starts_on, ends_on, report)
    if role in _ROLES:
        before = len(change.facts)
        memberships.grant(change, account, _ROLES[role], starts_on=starts_on, ends_on=ends_on)
        report.roles += len(change.facts) - before


def _account(change: Change, row: Row, report: Report, hashes: _Hashes) -> Account:
    known = accounts.find(change.session, row["login"])
    names = {"en": row["name_en"]}
    if known is None:
        report.people += 1
        return accounts.create(
            change,
            row["login"],
            row["name"],
            names=names,
            email=row["email"],
            language=row["language"],
            password_hash=hashes.of(row["login"]),
            must_change_password=bool(hashes.one_time),
        )
    before = len(change.facts)
    if row["name"] != known.name or (row["name_en"] and row["name_en"] != known.names.get("en")):
        accounts.rename(change, known, row["name"], names=known.names | names if row["name_en"] else None)
    if row["email"] and row["email"] != known.email:
        known.email = text_field("email", row["email"], 254)
        change.record("account.email_set", {"email": known.email}, account=known.id)
    report.changed += len(change.facts) > before
    return known


def _join(
    change: Change,
    account: Account,
    place: Department,
    post: Post,
    starts_on: date | None,
    ends_on: date | None,
    report: Report,
) -> None:
    try:
        memberships.add(change, account, place, role=post, starts_on=starts_on, ends_on=ends_on)
    except AlreadyMember:
        return
    report.memberships += 1


def _day(row: Row, column: str) -> date | None:
    if not row[column]:
        return None
    try:
        return date.fromisoformat(row[column])
    except ValueError as fault:
        raise NotADay(fields={column: ["people.not_a_day"]}, text=row[column]) from fault


def _position(text: str) -> int:
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 6:
        raise NotAPosition(fields={"position": ["people.not_a_position"]}, text=text)
    return int(text)


class _Hashes:
    """Password hashes of the people in the files, made before the transaction: each takes 50 ms."""

    def __init__(self, tables: Sequence[Table], with_passwords: bool, password: str) -> None:
        self.one_time: dict[str, str] = {}
        self._hashes: dict[str, str] = {}
        if not (with_passwords or password):
            return
        logins = {fold_login(row["login"]) for table in tables if table.columns is PEOPLE for row in table.rows}
        with reading() as session:
            new = sorted(login for login in logins if login and accounts.find(session, login) is None)
        if password:
            self._hashes = dict.fromkeys(new, passwords.hash_password(password, login=""))
            return
        for login in new:
            self.one_time[login] = passwords.one_time_password()
            self._hashes[login] = passwords.hash_password(self.one_time[login], login=login)

    def of(self, login: str) -> str:
        return self._hashes.get(fold_login(login), "")
