"""What a deployment knows when it judges a diagram: forms, decisions, departments, other processes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import decisions, diagrams, engine, forms
from app.definitions.models import ProcessDefinition
from app.definitions.sources import Sources
from app.diagrams.graph import title
from app.diagrams.model import Expression
from app.expressions import ExpressionError, from_dialect
from app.people.lanes import guess
from app.people.models import Department, Lane

#: (form or decision, id) -> the file
Parts: TypeAlias = dict[tuple[str, str], bytes]


@dataclass(slots=True)
class DeploymentContext:
    """Answers what diagram rules ask (`diagrams.Context`), from the database and the files at hand."""

    session: Session
    sources: Sources
    known: Collection[str]  #: processes deployed together with this one
    #: names by language of the lanes of the drawing: what a lane that is new will be guessed by
    lane_names: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)

    def has_form(self, form_id: str) -> bool | None:
        return self.sources.form(form_id) is not None

    def form_fields(self, form_id: str) -> frozenset[str] | None:
        body = self.sources.form(form_id)
        try:
            return None if body is None else forms.read(body, form_id).names
        except forms.UnreadableForm:
            return None

    def has_decision(self, decision_id: str) -> bool | None:
        return self.sources.decision(decision_id) is not None

    def has_process(self, key: str) -> bool | None:
        found = sa.select(ProcessDefinition.id).where(
            ProcessDefinition.key == key, ProcessDefinition.state == "deployed"
        )
        return key in self.known or self.session.scalar(found.limit(1)) is not None

    def department_of(self, process: str, lane_path: str) -> str | None:
        found = (
            sa.select(Department.code)
            .select_from(Lane)
            .outerjoin(Department, Department.id == Lane.department_id)
            .where(Lane.process_key == process, Lane.path == lane_path)
        )
        row = self.session.execute(found).first()
        if row is not None:
            return row[0] or ""
        return guess(self.session, lane_path, self.lane_names.get((process, lane_path), {}))

    def expression_fault(self, expression: Expression) -> tuple[int, str] | None:
        try:
            from_dialect(expression)
        except ExpressionError as fault:
            return fault.column, fault.message
        return None

    def names_read(self, expression: Expression) -> frozenset[str] | None:
        try:
            return from_dialect(expression).sure_names
        except ExpressionError:
            return None

    def service_types(self) -> set[str] | None:
        return None


def lane_names(diagram: diagrams.Diagram) -> dict[tuple[str, str], Mapping[str, str]]:
    """What the lanes of a drawing are called, by (process, path)."""
    return {
        (process.id, lane.path): lane.names for process in diagram.processes.values() for lane in process.lanes.values()
    }


def find_parts(process: diagrams.Process, sources: Sources) -> Parts:
    """The forms and decisions a process uses, as far as they are found."""
    parts: Parts = {}
    for node in process.nodes.values():
        for kind, part in _uses(node):
            body = sources.form(part) if kind == "form" else sources.decision(part)
            if body is not None:
                parts[kind, part] = body
    return parts


def part_faults(process: diagrams.Process, parts: Parts) -> list[diagrams.Finding]:
    """Forms that could not be filled in and decisions that could not be made, at the first node that uses each."""
    findings: list[diagrams.Finding] = []
    for (kind, part), body in parts.items():
        node = next(each for each in process.nodes.values() if (kind, part) in _uses(each))
        for reason in _form_faults(body, part) if kind == "form" else _decision_faults(body, part):
            values = {"node": title(node.id, node.name), kind: part[:60], "reason": reason}
            findings.append(diagrams.Finding(kind, "error", node.id, node.line, f"rules.{kind}.faulty", values))
    return findings


def _uses(node: diagrams.Node) -> list[tuple[str, str]]:
    """The forms and decisions that a node names."""
    uses = [("form", node.form)] if node.form else []
    if node.kind == "businessRuleTask" and node.called is not None:
        uses.append(("decision", node.called.target.text))
    return uses


def _form_faults(body: bytes, form_id: str) -> list[str]:
    try:
        return [problem.message for problem in forms.check(forms.read(body, form_id))]
    except forms.UnreadableForm as fault:
        return [fault.message]


def _decision_faults(body: bytes, decision_id: str) -> list[str]:
    try:
        file = decisions.read(body)
    except decisions.UnreadableDecision as fault:
        return [fault.message]
    found = [f"{each.element}: {each.message}" for each in decisions.check(file) if each.severity == "error"]
    return found if decision_id in file.decisions else [*found, f"the file has no decision {decision_id}"]


def unrunnable(diagram: diagrams.Diagram, processes: Iterable[diagrams.Process]) -> list[diagrams.Finding]:
    """What the engine itself will not run, should a rule have missed it."""
    findings: list[diagrams.Finding] = []
    for process in processes:
        try:
            engine.compile(diagram, process.id)
        except engine.NotRunnable as fault:
            findings += [
                diagrams.Finding("not-run", "error", element, line, "rules.not-run", {"reason": message})
                for element, line, message in fault.findings
            ]
    return findings
