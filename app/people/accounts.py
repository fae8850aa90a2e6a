"""Accounts: create, rename, change the password, deactivate. Called inside a move's transaction."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.clock import now
from app.people.actor import as_actor
from app.people.change import Change
from app.people.errors import LoginTaken, UnknownAccount
from app.people.fields import fold_login, login_field, names_field, text_field
from app.people.memberships import keep_an_administrator
from app.people.models import Account, ApiToken, LoginSession


def create(
    change: Change,
    login: str,
    name: str,
    *,
    names: Mapping[str, str] | None = None,
    email: str = "",
    language: str = "",
    password_hash: str = "",
    must_change_password: bool = False,
) -> Account:
    """Without a password nobody can log in to it yet. Raises LoginTaken, BadLogin, Missing, TooLong."""
    login = login_field(login)
    if find(change.session, login) is not None:
        raise LoginTaken(fields={"login": ["people.login_taken"]}, login=login)
    account = Account(
        login=login,
        name=text_field("name", name, 200, required=True),
        names=names_field(names),
        email=text_field("email", email, 254),
        language=text_field("language", language, 8),
        password_hash=password_hash,
        must_change_password=must_change_password,
        created_at=now(),
    )
    change.session.add(account)
    change.session.flush()
    change.record("account.created", {"login": login, "name": account.name}, account=account.id)
    return account


def rename(change: Change, account: Account, name: str, *, names: Mapping[str, str] | None = None) -> None:
    before, account.name = account.name, text_field("name", name, 200, required=True)
    if names is not None:
        account.names = names_field(names)
    change.record("account.renamed", {"before": before, "name": account.name}, account=account.id)


def set_password(change: Change, account: Account, password_hash: str, *, must_change: bool) -> None:
    """Logs the person out everywhere: whoever knew the old password is out as well."""
    account.password_hash = password_hash
    account.must_change_password = must_change
    log_out_everywhere(change, account.id)
    change.record("account.password_set", account=account.id)


def deactivate(change: Change, account: Account) -> None:
    """Ends logins and tokens at once; memberships stay as they were. Raises LastAdministrator."""
    if not account.active:
        return
    was_admin = as_actor(change.session, account).is_admin
    account.active = False
    change.session.flush()
    if was_admin:
        keep_an_administrator(change.session)
    log_out_everywhere(change, account.id)
    change.session.execute(delete(ApiToken).where(ApiToken.account_id == account.id))
    change.record("account.deactivated", account=account.id)


def activate(change: Change, account: Account) -> None:
    if not account.active:
        account.active = True
        change.record("account.activated", account=account.id)


def log_out_everywhere(change: Change, account_id: int) -> None:
    change.session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))


def find(session: Session, login: str) -> Account | None:
    return session.scalar(select(Account).where(Account.login == fold_login(login)))


def get(session: Session, login: str) -> Account:
    """Raises UnknownAccount (login)."""
    account = find(session, login)
    if account is None:
        raise UnknownAccount(login=login)
    return account
