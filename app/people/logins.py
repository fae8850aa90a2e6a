"""Getting in and out: logins with a growing pause after failures, sessions of browsers, tokens of machines.

Secrets are random; only their SHA-256 is stored, so that a stolen database opens nothing.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.clock import now
from app.core.database import Tx, again, reading, writing
from app.people import accounts, passwords
from app.people.actor import Actor, as_actor
from app.people.change import changing, changing_own
from app.people.errors import TooManyAttempts, UnknownToken, WrongLogin
from app.people.fields import fold_login, text_field
from app.people.models import Account, ApiToken, LoginAttempts, LoginSession

LASTING = timedelta(hours=24)  #: a session ends after this, whatever happens in it
IDLE = timedelta(hours=8)  #: and after this without a click
#: `last_seen_at` is written when it is older than this, not at every click.
SEEN_EVERY = timedelta(minutes=5)

FREE_FAILURES = 5  #: then the pause doubles from one second
LONGEST_PAUSE = timedelta(minutes=15)
FORGET_FAILURES = timedelta(hours=1)

_TOKEN_PREFIX = "lw_"  # noqa: S105  so that a token is recognised wherever it leaks
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session. The secret goes into the cookie and is kept nowhere else."""

    secret: str
    actor: Actor
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a cookie belongs to."""

    actor: Actor
    is_stale: bool  #: whether `seen` should be called


def log_in(login: str, password: str, *, address: str = "", agent: str = "", lasting: timedelta = LASTING) -> LoggedIn:
    """Raises WrongLogin and TooManyAttempts (until, seconds).

    The attempt is counted before the password is looked at: a crash or a parallel guess counts as well.
    """
    key = _attempts_key(login, address)
    _count_attempt(key)
    with reading() as session:
        account = accounts.find(session, login)
    known = account.password_hash if account is not None and account.active else ""
    # Hashing takes 50 ms on purpose, and happens outside of any transaction.
    if not passwords.matches(known, password) or account is None:
        _log.warning("failed login from %s", address or "unknown address")
        raise WrongLogin
    renewed = passwords.renewed(password) if passwords.is_outdated(known) else ""
    return _open_session(account.id, key, known, renewed, address, agent, lasting)


@again
def _count_attempt(key: str) -> None:
    with writing() as tx:
        attempts = tx.session.get(LoginAttempts, key, with_for_update=True)
        if attempts is None or attempts.last_at + FORGET_FAILURES < now():
            # Here, not only when somebody gets in: whoever guesses names for days must not fill the table.
            tx.session.execute(delete(LoginAttempts).where(LoginAttempts.last_at < now() - FORGET_FAILURES))
            attempts = tx.session.merge(LoginAttempts(key=key, failures=0, last_at=now(), blocked_until=None))
        if attempts.blocked_until is not None and attempts.blocked_until > now():
            seconds = (attempts.blocked_until - now()).total_seconds()
            raise TooManyAttempts(until=attempts.blocked_until, seconds=int(seconds) + 1)
        attempts.failures += 1
        attempts.last_at = now()
        attempts.blocked_until = now() + _pause(attempts.failures)


def _pause(failures: int) -> timedelta:
    over = failures - FREE_FAILURES
    return timedelta(0) if over < 0 else min(timedelta(seconds=2 ** min(over, 10)), LONGEST_PAUSE)


@again
def _open_session(
    account_id: int, key: str, checked: str, renewed: str, address: str, agent: str, lasting: timedelta
) -> LoggedIn:
    secret, expires_at = secrets.token_urlsafe(32), now() + lasting
    with writing() as tx:
        account = tx.session.get_one(Account, account_id)
        if not account.active or account.password_hash != checked:
            raise WrongLogin  # changed while we were hashing
        account.password_hash = renewed or checked
        _sweep(tx, key)
        tx.session.add(
            LoginSession(
                secret_hash=_digest(secret),
                account_id=account_id,
                created_at=now(),
                last_seen_at=now(),
                expires_at=expires_at,
                address=address[:64],
                agent=agent[:120],
            )
        )
        return LoggedIn(secret, as_actor(tx.session, account), expires_at)


def _sweep(tx: Tx, key: str) -> None:
    """Forget the failures of who got in, and what is over anyway."""
    over = now() - FORGET_FAILURES
    tx.session.execute(delete(LoginAttempts).where((LoginAttempts.key == key) | (LoginAttempts.last_at < over)))
    tx.session.execute(delete(LoginSession).where(LoginSession.expires_at < now()))


@again
def log_out(secret: str) -> None:
    """Ends the session on the server; the cookie is worth nothing afterwards."""
    with writing() as tx:
        tx.session.execute(delete(LoginSession).where(LoginSession.secret_hash == _digest(secret)))


def find_visitor(session: Session, secret: str, *, idle: timedelta = IDLE) -> Visitor | None:
    """Who is logged in with this secret; None when the session is over or never was."""
    found = session.execute(
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(LoginSession.secret_hash == _digest(secret), Account.active)
    ).one_or_none()
    if found is None:
        return None
    login, account = found
    if now() >= min(login.expires_at, login.last_seen_at + idle):
        return None
    return Visitor(as_actor(session, account), is_stale=now() - login.last_seen_at > SEEN_EVERY)


@again
def seen(secret: str) -> None:
    """Note that the session is in use."""
    with writing() as tx:
        login = tx.session.get(LoginSession, _digest(secret))
        if login is not None:
            login.last_seen_at = now()


@again
def create_token(
    name: str, *, by: Actor, account_id: int | None = None, lasting: timedelta = timedelta(days=90)
) -> str:
    """A secret for a machine that acts as this person, or, made by an administrator, as another. Shown only once."""
    account_id = account_id or by.account_id
    secret = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    with changing_own(by) if account_id == by.account_id else changing(by) as change:
        token = ApiToken(
            secret_hash=_digest(secret),
            account_id=account_id,
            name=text_field("name", name, 100, required=True),
            created_at=now(),
            expires_at=now() + lasting,
        )
        change.session.add(token)
        change.session.flush()
        change.record("token.created", account=account_id, token=token.id)
    return secret


@again
def revoke_token(token_id: int, *, by: Actor) -> None:
    """One's own; an administrator may revoke anybody's. Raises UnknownToken."""
    with changing_own(by) as change:
        token = change.session.get(ApiToken, token_id)
        if token is None or not (by.is_admin or token.account_id == by.account_id):
            raise UnknownToken(token_id=token_id)
        change.session.delete(token)
        change.record("token.revoked", account=token.account_id, token=token_id)


def find_by_token(session: Session, secret: str) -> Actor | None:
    """Who a bearer token acts for; None when it is unknown or expired."""
    account = session.scalar(
        select(Account)
        .join(ApiToken, ApiToken.account_id == Account.id)
        .where(ApiToken.secret_hash == _digest(secret), ApiToken.expires_at > now(), Account.active)
    )
    return None if account is None else as_actor(session, account)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _attempts_key(login: str, address: str) -> str:
    return _digest(f"{fold_login(login)}\n{address}")
