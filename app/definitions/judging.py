"""What a deployment knows when it judges a diagram: forms, decisions, departments, other processes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import diagrams, engine, forms
from app.definitions.models import ProcessDefinition
from app.definitions.sources import Sources
from app.diagrams.model import Expression
from app.expressions import ExpressionError, from_dialect
from app.people.models import Department, Lane

#: (form or decision, id) -> the file
Parts: TypeAlias = dict[tuple[str, str], bytes]


@dataclass(slots=True)
class DeploymentContext:
    """Answers what diagram rules ask (`diagrams.Context`), from the database and the files at hand."""

    session: Session
    sources: Sources
    known: Collection[str]  #: processes deployed together with this one

    def has_form(self, form_id: str) -> bool | None:
        return self.sources.form(form_id) is not None

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
            .join(Lane, Lane.department_id == Department.id)
            .where(Lane.process_key == process, Lane.path == lane_path)
        )
        return self.session.scalar(found)

    def expression_fault(self, expression: Expression) -> tuple[int, str] | None:
        try:
            from_dialect(expression)
        except ExpressionError as fault:
            return fault.column, fault.message
        return None

    def service_types(self) -> set[str] | None:
        return None


def find_parts(process: diagrams.Process, sources: Sources) -> Parts:
    """The forms and decisions a process uses, as far as they are found."""
    parts: Parts = {}
    for node in process.nodes.values():
        if node.form:
            body = sources.form(node.form)
            if body is not None:
                parts["form", node.form] = body
        if node.kind == "businessRuleTask" and node.called is not None:
            body = sources.decision(node.called.target.text)
            if body is not None:
                parts["decision", node.called.target.text] = body
    return parts


def form_faults(parts: Parts) -> list[tuple[str, str]]:
    """(form id, what is wrong) of forms that could not be filled in."""
    faults: list[tuple[str, str]] = []
    for (kind, part), body in parts.items():
        if kind == "form":
            try:
                problems = forms.check(forms.read(body))
            except forms.UnreadableForm as fault:
                faults.append((part, fault.message))
            else:
                faults += [(part, f"{problem.path}: {problem.message}") for problem in problems]
    return faults


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
