"""Who works where, and who is analyst, auditor or administrator: begin and end. Called inside a move's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.people.actor import today
from app.people.change import Change
from app.people.errors import AlreadyMember, LastAdministrator, NotInRole, NotMember
from app.people.models import Account, AccountRole, Department, Membership, Post, Role, holds


def add(
    change: Change,
    account: Account,
    department: Department,
    *,
    role: Post = Post.STAFF,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> None:
    """From today if not said. Another role in the same department ends the one before. Raises AlreadyMember."""
    starts_on = starts_on or today()
    for present in _from(change.session, account, department, starts_on):
        if present.role == role:
            raise AlreadyMember(login=account.login, department=department.code)
        present.ends_on = max(starts_on, present.starts_on)
    change.session.flush()
    change.session.add(
        Membership(account_id=account.id, department_id=department.id, role=role, starts_on=starts_on, ends_on=ends_on)
    )
    change.record(
        "membership.started",
        account=account.id,
        department=department.id,
        role=role,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on and ends_on.isoformat(),
    )


def end(change: Change, account: Account, department: Department, *, on: date | None = None) -> None:
    """`on` is the first day on which it no longer holds: today, if not said. Raises NotMember."""
    on = on or today()
    ending = _from(change.session, account, department, on)
    if not ending:
        raise NotMember(login=account.login, department=department.code)
    for present in ending:
        present.ends_on = max(on, present.starts_on)
    change.record("membership.ended", account=account.id, department=department.id, ends_on=on.isoformat())


def grant(
    change: Change, account: Account, role: Role, *, starts_on: date | None = None, ends_on: date | None = None
) -> None:
    """From today, if not said. Granting a role that is held changes nothing."""
    if _open_role(change.session, account, role) is None:
        starts_on = starts_on or today()
        change.session.add(AccountRole(account_id=account.id, role=role, starts_on=starts_on, ends_on=ends_on))
        change.record(
            "role.granted",
            account=account.id,
            role=role,
            starts_on=starts_on.isoformat(),
            ends_on=ends_on and ends_on.isoformat(),
        )


def revoke(change: Change, account: Account, role: Role) -> None:
    """From today. Raises NotInRole and LastAdministrator."""
    present = _open_role(change.session, account, role)
    if present is None:
        raise NotInRole(login=account.login, role=role)
    present.ends_on = today()
    change.session.flush()
    if role is Role.ADMIN:
        keep_an_administrator(change.session)
    change.record("role.revoked", account=account.id, role=role)


def keep_an_administrator(session: Session) -> None:
    """Raises LastAdministrator when nobody active would be one."""
    left = (
        select(func.count())
        .select_from(AccountRole)
        .join(Account, Account.id == AccountRole.account_id)
        .where(AccountRole.role == Role.ADMIN, Account.active, holds(AccountRole, today()))
    )
    if not session.scalar(left):
        raise LastAdministrator


def _from(session: Session, account: Account, department: Department, day: date) -> Sequence[Membership]:
    """Memberships that hold on that day or will later."""
    return session.scalars(
        select(Membership).where(
            Membership.account_id == account.id,
            Membership.department_id == department.id,
            or_(Membership.ends_on.is_(None), Membership.ends_on > day),
        )
    ).all()


def _open_role(session: Session, account: Account, role: Role) -> AccountRole | None:
    return session.scalar(
        select(AccountRole).where(
            AccountRole.account_id == account.id, AccountRole.role == role, AccountRole.ends_on.is_(None)
        )
    )
