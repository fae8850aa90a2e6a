"""Questions about people, departments and lanes. Answers are plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.people.accounts import find
from app.people.actor import Actor, as_actor, today
from app.people.models import (
    Account,
    AccountRole,
    ApiToken,
    Department,
    Lane,
    Membership,
    Post,
    Role,
    WorkCalendar,
    holds,
)


@dataclass(frozen=True, slots=True)
class DepartmentFacts:
    """A department as screens show it."""

    id: int
    code: str
    name: str
    names: Mapping[str, str]
    short: str
    shorts: Mapping[str, str]
    seal: str
    calendar: str = ""  #: code; empty: the official one
    people: int = 0  #: members today


@dataclass(frozen=True, slots=True)
class Person:
    """An account as screens show it."""

    id: int
    login: str
    name: str
    names: Mapping[str, str]
    email: str
    active: bool
    can_log_in: bool
    created_at: datetime
    posts: Mapping[str, Post] = field(default_factory=dict)  #: department code -> staff or head, on that day
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Named:
    """A person's id and names, where no more is needed."""

    id: int
    name: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """A lane and the department it means."""

    id: int
    process_key: str
    path: str
    name: str
    names: Mapping[str, str]
    department_id: int | None
    department: str  #: code; empty: nobody yet


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """An API token without its secret."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime


def find_by_login(session: Session, login: str) -> Actor | None:
    account = find(session, login)
    return None if account is None or not account.active else as_actor(session, account)


def departments(session: Session) -> list[DepartmentFacts]:
    """In the organisation's own order."""
    counted = session.execute(
        select(Membership.department_id, func.count(Membership.account_id.distinct()))
        .join(Account, Account.id == Membership.account_id)
        .where(holds(Membership, today()), Account.active)
        .group_by(Membership.department_id)
    )
    members = dict(counted.all())
    rows = session.execute(
        select(Department, WorkCalendar.code)
        .outerjoin(WorkCalendar, WorkCalendar.id == Department.calendar_id)
        .order_by(Department.position, Department.code)
    )
    return [
        DepartmentFacts(
            row.id,
            row.code,
            row.name,
            row.names,
            row.short or row.name,
            row.shorts,
            row.seal,
            calendar or "",
            members.get(row.id, 0),
        )
        for row, calendar in rows
    ]


def people(session: Session, *, on: date | None = None) -> list[Person]:
    """Everybody, by login, with what they were on a day."""
    day = on or today()
    posts: dict[int, dict[str, Post]] = {}
    for account, code, post in session.execute(
        select(Membership.account_id, Department.code, Membership.role)
        .join(Department, Department.id == Membership.department_id)
        .where(holds(Membership, day))
        .order_by(Department.position, Department.code)
    ):
        posts.setdefault(account, {})[code] = Post(post)
    roles: dict[int, set[Role]] = {}
    held = select(AccountRole.account_id, AccountRole.role).where(holds(AccountRole, day))
    for account, role in session.execute(held):
        roles.setdefault(account, set()).add(Role(role))
    return [
        Person(
            id=row.id,
            login=row.login,
            name=row.name,
            names=row.names,
            email=row.email,
            active=row.active,
            can_log_in=row.active and bool(row.password_hash),
            created_at=row.created_at,
            posts=posts.get(row.id, {}),
            roles=frozenset(roles.get(row.id, ())),
        )
        for row in session.scalars(select(Account).order_by(Account.login))
    ]


def members(session: Session, department_id: int, *, on: date | None = None) -> list[Named]:
    """Who can be given work in a department, by login."""
    rows = session.execute(
        select(Account.id, Account.name, Account.names)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.department_id == department_id, Account.active, holds(Membership, on or today()))
        .order_by(Account.login)
    )
    return [Named(*row) for row in rows]


def names_of(session: Session, accounts: Collection[int]) -> dict[int, Named]:
    """For showing who did something; ids without an account are left out."""
    rows = session.execute(select(Account.id, Account.name, Account.names).where(Account.id.in_(set(accounts))))
    return {row[0]: Named(*row) for row in rows}


def lanes(session: Session, process_key: str | None = None) -> list[LaneFacts]:
    """By process and path."""
    wanted = select(Lane, Department.code).outerjoin(Department, Department.id == Lane.department_id)
    if process_key is not None:
        wanted = wanted.where(Lane.process_key == process_key)
    rows = session.execute(wanted.order_by(Lane.process_key, Lane.path))
    return [
        LaneFacts(lane.id, lane.process_key, lane.path, lane.name, lane.names, lane.department_id, code or "")
        for lane, code in rows
    ]


def unmapped_lanes(session: Session) -> list[LaneFacts]:
    """Lanes that mean no department yet: only administrators see their tasks."""
    return [lane for lane in lanes(session) if lane.department_id is None]


def tokens_of(session: Session, account_id: int) -> list[TokenFacts]:
    rows = session.scalars(select(ApiToken).where(ApiToken.account_id == account_id).order_by(ApiToken.created_at))
    return [TokenFacts(row.id, row.name, row.created_at, row.expires_at) for row in rows]


def is_empty(session: Session) -> bool:
    """Whether nobody has an account yet."""
    return session.scalar(select(Account.id).limit(1)) is None
