"""What the things of a case are called where people read: steps by the drawings, fields and options by the forms.

Drawings and forms are those of the versions that the case runs on, called processes included. What nobody named keeps
the name it has in the data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import ask
from app.definitions import library
from app.diagrams.model import Node
from app.forms import Component
from app.forms.model import in_language
from app.history import StepRow
from app.instances.queries import Brief
from app.tasks.models import Task


@dataclass(frozen=True, slots=True)
class Words:
    """The names of one case. A field is looked for in the form of its step first: two forms may say it differently."""

    nodes: Mapping[str, Node] = field(default_factory=dict)  #: by id; the case's own drawing goes first
    fields: Mapping[tuple[str, str], list[Component]] = field(default_factory=dict)  #: by (step or "", key)
    results: Mapping[str, Node] = field(default_factory=dict)  #: decisions, scripts, loops by the variable they fill

    def step(self, element: str, lang: str) -> str:
        """Empty where the drawing has no name for it."""
        node = self.nodes.get(element)
        return (node.names.get(lang) or node.name) if node else ""

    def label(self, key: str, lang: str, element: str = "") -> str:
        """What forms call a field, else the step whose result it is, else its own name."""
        labels = (in_language(it.labels, lang) for it in self._components(key, element))
        source = self.results.get(key)
        return next(filter(None, labels), "") or (self.step(source.id, lang) if source else "") or key

    def option(self, key: str, value: Any, lang: str, element: str = "") -> str:
        """What forms call a chosen value; empty where it is none of theirs."""
        options = (option for it in self._components(key, element) for option in it.options)
        labels = (in_language(it.labels, lang) for it in options if _is_same(it.value, value))
        return next(filter(None, labels), "")

    def is_moment(self, key: str, element: str = "") -> bool:
        """Whether forms ask for a date with a time."""
        return any(it.subtype == "datetime" for it in self._components(key, element))

    def _components(self, key: str, element: str) -> Iterator[Component]:
        yield from self.fields.get((element, key), ())
        yield from self.fields.get(("", key), ())


def words(session: Session, case: Brief) -> Words:
    """All names of a case."""
    run = partial(ask, session)
    nodes: dict[str, Node] = {}
    results: dict[str, Node] = {}
    fields: defaultdict[tuple[str, str], list[Component]] = defaultdict(list)
    for definition in definitions(session, [case])[case.id]:
        for node in library.version(run, definition).process.nodes.values():
            nodes.setdefault(node.id, node)
            results.setdefault(_result(node), node)
            form = library.form(run, definition, node.form) if node.form else None
            for component in form.components if form else ():
                fields[node.id, component.key].append(component)
                fields["", component.key].append(component)
    return Words(nodes, dict(fields), results)


def steps(session: Session, cases: Iterable[Brief]) -> dict[int, Words]:
    """The names of steps alone, for lists of cases."""
    run = partial(ask, session)
    found: dict[int, Words] = {}
    for case_id, versions in definitions(session, list(cases)).items():
        nodes: dict[str, Node] = {}
        for definition in versions:
            nodes = {**library.version(run, definition).process.nodes, **nodes}
        found[case_id] = Words(nodes)
    return found


def definitions(session: Session, cases: Iterable[Brief]) -> dict[int, list[int]]:
    """The versions that cases run on: each case's own first, then those of the processes it called."""
    found = {case.id: [case.definition_id] for case in cases}
    called = sa.union(
        sa.select(StepRow.instance_id, StepRow.definition_id).where(StepRow.instance_id.in_(found)),
        sa.select(Task.instance_id, Task.definition_id).where(Task.instance_id.in_(found)),
    )
    for case_id, definition in session.execute(called.order_by("instance_id", "definition_id")):
        if definition not in found[case_id]:
            found[case_id].append(definition)
    return found


def _result(node: Node) -> str:
    """The variable that takes what a step came to; empty where it has none of its own."""
    names = (
        node.called.result if node.called else "",
        node.script.result if node.script else "",
        node.loop.output_collection if node.loop else "",
    )
    return next(filter(None, names), "")


def _is_same(one: Any, other: Any) -> bool:
    """Equal, and both or neither yes-or-no: 1 is not "yes"."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
