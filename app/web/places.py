"""The places of the top bar, as far as they stand and a person may go there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from app.people.actor import Actor
from app.web.access import Who, may_open


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the top bar."""

    key: str  #: its words, and its shortcut after "g"
    url: str
    shortcut: str
    is_here: bool


#: blueprint and first page, its shortcut letter, its circle
_PLACES = (
    ("inbox", "inbox.show", "i", Who.PEOPLE),
    ("cases", "cases.every", "c", Who.PEOPLE),
    ("studio", "studio.processes", "p", Who.PEOPLE),
    ("audit", "audit.every", "a", Who.AUDITORS),
    ("admin", "admin.incidents", "m", Who.ADMINS),
)


#: blueprints whose pages belong to the place of another
_WITHIN = {"migrating": "studio"}


def first(actor: Actor) -> str:
    """Where a person's day begins: at the inbox of their department, else at what their role looks after."""
    if actor.departments:
        return url_for("inbox.show")
    roles = (
        ("audit.every", actor.is_auditor),
        ("studio.processes", actor.is_analyst),
        ("admin.incidents", actor.is_admin),
    )
    return url_for(next((endpoint for endpoint, holds in roles if holds), "inbox.show"))


def of(actor: Actor) -> list[Place]:
    here = _WITHIN.get(request.blueprint or "", request.blueprint)
    return [
        Place(key, url_for(endpoint), shortcut, here == key)
        for key, endpoint, shortcut, who in _PLACES
        if may_open(who, actor)
    ]
