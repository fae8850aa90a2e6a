"""Timer start events: planned when a version comes into use, taken back when another takes its place.

The plan is a job for each start event, with the moment it is due and what is left of its cycle. Only the newest
deployed version of a process has plans; one that a race left behind finds out when its moment comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app import diagrams, engine
from app.core import clock, queue
from app.core.database import Statement, Tx
from app.definitions import library
from app.definitions.models import DefinitionStart, ProcessDefinition
from app.diagrams.graph import title

JOB = "case.begin"


@dataclass(frozen=True, slots=True)
class Plan:
    """A case that the clock will begin."""

    definition: int
    process: str
    version: int
    element: str  #: the timer start event
    when: engine.Appointment

    @property
    def key(self) -> str:
        """One case for each moment of a start event of a version, however often somebody tries."""
        element = hashlib.sha256(self.element.encode()).hexdigest()[:32]  # an id may be longer than a key
        return f"{_prefix(self.definition)}{element}:{self.when.due_at.isoformat()}"

    def args(self) -> dict[str, Any]:
        """As a job keeps it."""
        when = {
            "due": self.when.due_at.isoformat(),
            "every": self.when.every,
            "cron": self.when.cron,
            "left": self.when.left,
            "until": _said(self.when.until),
            "counted_from": _said(self.when.counted_from),
        }
        return {
            "definition": self.definition,
            "process": self.process,
            "version": self.version,
            "element": self.element,
            "when": when,
        }

    @classmethod
    def read(cls, args: Mapping[str, Any]) -> Plan:
        """From what a job kept."""
        said = args["when"]
        until, counted_from = _moment(said["until"]), _moment(said["counted_from"])
        due_at = datetime.fromisoformat(said["due"])
        # A plan of before there were cron lines has none.
        when = engine.Appointment(due_at, said["every"], said.get("cron", ""), said["left"], until, counted_from)
        return cls(args["definition"], args["process"], args["version"], args["element"], when)


def _prefix(definition_id: int) -> str:
    return f"{JOB}:{definition_id}:"


def _said(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


_with_timers = Statement(
    sa.select(DefinitionStart.definition_id)
    .join(ProcessDefinition, ProcessDefinition.id == DefinitionStart.definition_id)
    .where(ProcessDefinition.key == sa.bindparam("process"), DefinitionStart.kind == "timer")
    .distinct()
)


def arrange(tx: Tx, definition_id: int, program: engine.Program, version: int) -> None:
    """This version came into use: its timers are set now, those of all others are over."""
    retract(tx, program.key)
    now = clock.now()
    for element in engine.timer_starts(program):
        when = engine.first(program, element, now)
        if when is not None:
            plan(tx, Plan(definition_id, program.key, version, element, when))


def retract(tx: Tx, process: str) -> None:
    """The clock begins no case of this process any more."""
    for (definition,) in tx.run(_with_timers, {"process": process}):
        queue.withdraw_under(tx, _prefix(definition))


def plan(tx: Tx, wanted: Plan) -> None:
    """Have the case begun when its moment comes. Planning it again changes nothing."""
    if not queue.is_known(tx, wanted.key):
        queue.defer(tx, JOB, wanted.args(), run_at=wanted.when.due_at, key=wanted.key)


def plan_next(tx: Tx, done: Plan) -> None:
    """The next moment of the cycle, if there is one. What was slept through happened once and is not made up for."""
    when = engine.following(done.when, clock.now())
    if when is not None:
        plan(tx, Plan(done.definition, done.process, done.version, done.element, when))


def is_in_force(tx: Tx, wanted: Plan) -> bool:
    """Whether the plan is of the version that new cases begin on."""
    return library.find_newest(tx.run, wanted.process) == wanted.definition


def findings(diagram: diagrams.Diagram, processes: Iterable[diagrams.Process]) -> list[diagrams.Finding]:
    """Timer start events that say no time, and those whose last moment has passed."""
    found: list[diagrams.Finding] = []
    now = clock.now()
    for process in processes:
        program = engine.compile(diagram, process.id)
        for element in engine.timer_starts(program):
            try:
                fault = "" if engine.first(program, element, now) is not None else "past"
            except engine.NoStart:
                fault = "no-time"
            if fault:
                found.append(_finding(process.nodes[element], fault))
    return found


def _finding(node: diagrams.Node, fault: str) -> diagrams.Finding:
    event = node.events[0]
    text = "" if event.expression is None else " ".join(event.expression.text.split())[:80]
    values = {"node": title(node.id, node.name), "text": text}
    line, key = event.line or node.line, f"rules.timer-start.{fault}"
    return diagrams.Finding("timer-start", "warning" if fault == "past" else "error", node.id, line, key, values)
