"""Who may open which page. Every view says it with `@allow`; a view that says nothing is not served."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from app.core.errors import Refused
from app.people.actor import Actor

V = TypeVar("V", bound=Callable[..., Any])


class Who(Enum):
    """The circles of readers. What a person may do with one case or task is for the moves and questions to say."""

    ANYONE = "anyone"  #: without logging in
    PEOPLE = "people"  #: everybody with an account
    ANALYSTS = "analysts"
    AUDITORS = "auditors"
    ADMINS = "admins"


class NotYourPage(Refused):
    """This page is for others."""


class LoginNeeded(Refused):
    """Log in first."""


def allow(who: Who) -> Callable[[V], V]:
    """Mark a view with its circle."""

    def mark(view: V) -> V:
        view.laneway_who = who  # type: ignore[attr-defined]
        return view

    return mark


def circle_of(view: Callable[..., Any]) -> Who | None:
    """The circle of a view, None when it has none."""
    who: Who | None = getattr(view, "laneway_who", None)
    return who


def may_open(who: Who, actor: Actor | None) -> bool:
    """Administrators see every page: they help where others are stuck."""
    if who is Who.ANYONE:
        return True
    if actor is None:
        return False
    return {
        Who.PEOPLE: True,
        Who.ANALYSTS: actor.is_analyst or actor.is_admin,
        Who.AUDITORS: actor.is_auditor or actor.is_admin,
        Who.ADMINS: actor.is_admin,
    }[who]


def require(who: Who, actor: Actor | None) -> None:
    """Raises LoginNeeded and NotYourPage."""
    if not may_open(who, actor):
        raise LoginNeeded if actor is None else NotYourPage(who=who.value)
