"""Who can be tried out: the demo organisation's logins, shown on the login page of a demo and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import current_app

from app.core.database import reading
from app.people import demo, queries
from app.people.queries import Person
from app.web.language import name_of, say


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One person to log in as, and what they are there for."""

    login: str
    name: str
    names: Mapping[str, str]
    what: str


@dataclass(frozen=True, slots=True)
class DemoLogins:
    """The cast and the password they share."""

    password: str
    people: Sequence[DemoLogin]


def demo_logins() -> DemoLogins | None:
    """None outside a demo, and where nobody of the cast has an account."""
    if not current_app.config["DEMO"]:
        return None
    cast = {login for login, *_ in demo.cast()}
    with reading() as session:
        names = {each.code: name_of(each) for each in queries.departments(session)}
        known = [each for each in queries.people(session) if each.login in cast and each.can_log_in]
    found = [DemoLogin(each.login, each.name, each.names, _what(each, names)) for each in known]
    return DemoLogins(demo.PASSWORD, found) if found else None


def _what(person: Person, departments: Mapping[str, str]) -> str:
    roles = [say(f"people.role.{role}") for role in sorted(person.roles)]
    posts = [say(f"web.post.{post}", department=departments.get(code, code)) for code, post in person.posts.items()]
    return say("web.comma").join(posts + roles)
