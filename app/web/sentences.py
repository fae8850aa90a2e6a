"""History in plain sentences: one sentence per kind of event, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from markupsafe import Markup

from app.core.translations import catalog
from app.instances.story import Event
from app.web import moments
from app.web.language import language, name_of, say, tell


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one day on the organisation's calendar."""

    name: str
    events: list[Event]


def sentence(event: Event) -> Markup:
    """What happened, who did it in bold. A kind without a sentence shows itself."""
    key = f"history.{event.kind}"
    if key not in catalog(language()):
        key = "history.other"
    who = Markup("<b>{}</b>").format(name_of(event.actor, say("history.system")))
    said = {"kind": event.kind, "who": who, "step": name_of(event), "to": name_of(event.person, "–")}
    told = tell(key, **said, **_details(event))
    reason = event.said.get("reason") or event.said.get("message")
    return tell("history.with_reason", said=told, reason=str(reason)) if reason else told


def _details(event: Event) -> dict[str, str]:
    facts = event.facts
    due = facts.get("due")
    return {
        "name": str(facts.get("name") or facts.get("type") or facts.get("decision") or ""),
        "code": str(facts.get("code") or ""),
        "due": moments.soon_or_day(datetime.fromisoformat(due), language()) if isinstance(due, str) else "",
        "fields": say("web.comma").join(str(each) for each in _fields(event)),
        "outcome": say(f"history.outcome.{facts.get('outcome') or 'completed'}"),
    }


def _fields(event: Event) -> Iterable[str]:
    named = event.facts.get("fields") or event.facts.get("names") or ()
    return list(named)


def by_day(events: Iterable[Event]) -> list[Day]:
    """Grouped by day, in the order given."""
    grouped: list[tuple[date, list[Event]]] = [
        (on, list(those)) for on, those in groupby(events, key=lambda event: moments.local(event.at).date())
    ]
    return [Day(moments.day(on, language()), those) for on, those in grouped]


def label_of(labels: Mapping[str, Mapping[str, str]], field: str) -> str:
    """What the forms call a field, else its own name."""
    known = labels.get(field) or {}
    return known.get(language()) or known.get("") or next(iter(known.values()), "") or field
