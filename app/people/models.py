"""Who works here, where, and since when; what a lane on a drawing means; who is logged in.

Memberships and roles are never deleted, only ended: what somebody was allowed on a day stays answerable.
An `ends_on` is the first day on which something no longer holds, so that ending it today takes effect at once.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Id, JsonText, Model, UtcDateTime
from app.core.ids import new_id


class Post(StrEnum):
    """What somebody is within a department."""

    STAFF = "staff"
    HEAD = "head"


class Role(StrEnum):
    """What somebody is for the whole organisation."""

    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMIN = "admin"


class DayKind(StrEnum):
    WORK = "work"
    REST = "rest"
    MAKE_UP = "make_up"  #: a weekend day that is worked in exchange for a holiday


def holds(row: type[Membership] | type[AccountRole], day: date | BindParameter[date]) -> ColumnElement[bool]:
    """The condition that a membership or role holds on a day."""
    return and_(row.starts_on <= day, or_(row.ends_on.is_(None), row.ends_on > day))


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class WorkCalendar(Model):
    """Working time that differs from the official calendar; it starts from that and changes hours or days."""

    __tablename__ = "calendar"

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    names: Mapped[dict[str, str]] = mapped_column(JsonText, default=dict)
    zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    hours: Mapped[list[str]] = mapped_column(JsonText)  #: seven texts, Monday first: "09:00-12:00,13:30-18:00"
    official_days: Mapped[bool] = mapped_column(default=True)  #: whether the official holidays and make-up days apply
    revision: Mapped[int] = mapped_column(default=1)  #: counts changes, days included; what caches look at


class CalendarDay(Model):
    """One date on which a calendar differs from its week and from the official days."""

    __tablename__ = "calendar_day"
    __table_args__ = (CheckConstraint(_one_of("kind", DayKind), name="kind"),)

    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id", ondelete="CASCADE"), primary_key=True)
    day_on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    hours: Mapped[str] = mapped_column(String(200), default="")  #: empty on a working day: the ordinary hours
    source: Mapped[str] = mapped_column(String(200), default="")  #: the notice or decision that says so


class Department(Model):
    """Who a lane means in this company."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    names: Mapped[dict[str, str]] = mapped_column(JsonText, default=dict)  #: by language
    short: Mapped[str] = mapped_column(String(40), default="")  #: for narrow places
    shorts: Mapped[dict[str, str]] = mapped_column(JsonText, default=dict)
    seal: Mapped[str] = mapped_column(String(4), default="")  #: the one character on its stamp
    position: Mapped[int] = mapped_column(default=0)  #: order in lists
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"))  #: None: the official calendar


class Account(Model):
    """One person who can log in. Never deleted: history names them."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(64), unique=True)  #: lower case
    name: Mapped[str] = mapped_column(String(200))
    names: Mapped[dict[str, str]] = mapped_column(JsonText, default=dict)
    email: Mapped[str] = mapped_column(String(254), default="")
    password_hash: Mapped[str] = mapped_column(String(200), default="")  #: argon2id; empty: cannot log in
    must_change_password: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8), default="")  #: zh, en, or empty: as the browser says
    theme: Mapped[str] = mapped_column(String(8), default="")  #: light, dark, or empty: as the system says
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(Model):
    """Somebody works in a department from one day to another."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(_one_of("role", Post), name="role"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
        # At most one open membership of a person in a department; ended ones may repeat.
        Index(
            "uq_membership_open",
            "account_id",
            "department_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True)
    role: Mapped[str] = mapped_column(String(10), default=Post.STAFF)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  #: first day on which it no longer holds


class AccountRole(Model):
    """Somebody is analyst, auditor or administrator from one day to another."""

    __tablename__ = "account_role"
    __table_args__ = (
        CheckConstraint(_one_of("role", Role), name="role"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
        Index(
            "uq_account_role_open",
            "account_id",
            "role",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  #: first day on which it no longer holds


class Lane(Model):
    """Which department a lane means. All versions of a process share the row: a change takes effect at once."""

    __tablename__ = "lane"
    __table_args__ = (UniqueConstraint("process_key", "path"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    process_key: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(500))  #: names joined by "/", outermost first; "@RC" is a candidate group
    name: Mapped[str] = mapped_column(String(200))
    names: Mapped[dict[str, str]] = mapped_column(JsonText, default=dict)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)  #: None: nobody yet


class LoginSession(Model):
    """A browser in which somebody is logged in. Only the digest of its secret is kept."""

    __tablename__ = "login_session"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)  #: to within a few minutes
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(120), default="")


class ApiToken(Model):
    """A secret with which a machine acts for an account."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginAttempts(Model):
    """Failed logins lately, by login and address. The key is a digest: people type passwords into the wrong field."""

    __tablename__ = "login_attempts"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
