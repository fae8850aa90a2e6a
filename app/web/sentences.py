"""History in plain sentences: one sentence per kind of event, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from markupsafe import Markup

from app.core.translations import catalog
from app.instances.story import Event
from app.instances.words import Words
from app.web import moments
from app.web.language import language, name_of, say, tell


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one day on the organisation's calendar."""

    name: str
    events: list[Event]


def sentence(event: Event, words: Words) -> Markup:
    """What happened, who did it in bold. A kind without a sentence shows itself."""
    known = catalog(language())
    keys = f"history.{event.kind}.{event.facts.get('kind')}", f"history.{event.kind}"  # a signal is no message
    key = next((each for each in keys if each in known), "history.other")
    who = Markup("<b>{}</b>").format(name_of(event.actor, say("history.system")))
    said = {"kind": event.kind, "who": who, "step": _step(event, words), "to": name_of(event.person, "–")}
    told = tell(key, **said, **_details(event, words))
    reason = event.said.get("reason") or event.said.get("message")
    return tell("history.with_reason", said=told, reason=str(reason)) if reason else told


def _step(event: Event, words: Words) -> str:
    """As the drawing calls it; a step without a name is told by what it is."""
    node = words.nodes.get(event.element)
    if event.task_id is not None or node is None or node.name:
        return name_of(event)
    kind = say(f"studio.kind.{node.kind}")
    return say("history.unnamed", kind=kind, id=node.id) if kind != node.id else kind


def _details(event: Event, words: Words) -> dict[str, str]:
    facts, lang = event.facts, language()
    due = facts.get("due")
    return {
        "name": words.step(event.element, lang) or str(facts.get("name") or ""),
        "store": str(facts.get("store") or ""),
        "code": str(facts.get("code") or ""),
        "version": str(facts.get("version") or ""),
        "was": str(facts.get("was_version") or ""),
        "due": moments.soon_or_day(datetime.fromisoformat(due), lang) if isinstance(due, str) else "",
        "fields": say("web.comma").join(words.label(str(each), lang, event.element) for each in _fields(event)),
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
