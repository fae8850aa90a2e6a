"""Who is acting, with what they are allowed to be on that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Date, bindparam, cast, null, select, union_all
from sqlalchemy.orm import Session

from app.core.calendars import china
from app.core.clock import now
from app.core.database import Id
from app.people.errors import NotAdministrator, UnknownAccount
from app.people.models import Account, AccountRole, Membership, Post, Role, holds

#: The account id of the system itself: the command line, jobs, timers. There is no such row.
SYSTEM_ID = 0


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or the system, as a move sees them. The `by=` of every move."""

    account_id: int
    login: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    language: str = ""  #: chosen; empty: as the browser says
    theme: str = ""
    must_change_password: bool = False
    roles: frozenset[Role] = frozenset()
    departments: Mapping[int, Post] = field(default_factory=dict)  #: department id -> staff or head, on that day

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    @property
    def is_auditor(self) -> bool:
        return Role.AUDITOR in self.roles

    @property
    def is_analyst(self) -> bool:
        return Role.ANALYST in self.roles

    @property
    def is_system(self) -> bool:
        return self.account_id == SYSTEM_ID

    @property
    def recorded_id(self) -> int | None:
        """How history names the actor: None is the system."""
        return None if self.is_system else self.account_id

    @property
    def heads(self) -> frozenset[int]:
        """Ids of the departments that this person leads."""
        return frozenset(each for each, post in self.departments.items() if post is Post.HEAD)

    def is_in(self, department_id: int | None) -> bool:
        return department_id in self.departments


_DAY = bindparam("day", type_=Date)
_HELD = union_all(
    select(Membership.department_id, Membership.role).where(
        Membership.account_id == bindparam("account"), holds(Membership, _DAY)
    ),
    select(cast(null(), Id), AccountRole.role).where(
        AccountRole.account_id == bindparam("account"), holds(AccountRole, _DAY)
    ),
)

SYSTEM = Actor(SYSTEM_ID, "system", "Laneway", {"zh": "系统", "en": "System"}, roles=frozenset({Role.ADMIN}))


def today() -> date:
    """The calendar day where the organisation is."""
    return china().local(now()).date()


def actor(session: Session, account_id: int, *, on: date | None = None) -> Actor:
    """Raises UnknownAccount, also when the account is no longer active."""
    account = session.get(Account, account_id)
    if account is None or not account.active:
        raise UnknownAccount(account_id=account_id)
    return as_actor(session, account, on=on)


def as_actor(session: Session, account: Account, *, on: date | None = None) -> Actor:
    """The actor for an account row, with the departments and roles of a day (today's by default)."""
    held = session.execute(_HELD, {"account": account.id, "day": on or today()}).all()
    return Actor(
        account_id=account.id,
        login=account.login,
        name=account.name,
        names=account.names,
        language=account.language,
        theme=account.theme,
        must_change_password=account.must_change_password,
        roles=frozenset(Role(what) for department, what in held if department is None),
        departments={department: Post(what) for department, what in held if department is not None},
    )


def require_admin(by: Actor) -> None:
    if not by.is_admin:
        raise NotAdministrator
