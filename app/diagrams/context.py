"""What a rule may ask besides the diagram. None means: not known here, do not judge."""

from __future__ import annotations

from typing import Any, Protocol

from app.diagrams.model import Expression


class Context(Protocol):
    """Answers from wherever the caller stands: a folder, the database, nowhere."""

    def has_form(self, form_id: str) -> bool | None: ...

    def form_fields(self, form_id: str) -> frozenset[str] | None:
        """The variables that an answer to this form may write; None when the form is not known."""

    def department_of(self, process: str, lane_path: str) -> str | None:
        """The department's code; "" when the lane certainly has none; None when unknown."""

    def has_process(self, key: str) -> bool | None: ...

    def has_decision(self, decision_id: str) -> bool | None: ...

    def expression_fault(self, expression: Expression) -> tuple[int, str] | None:
        """Column and reason when the expression cannot be used; None when it can, or is not judged."""

    def names_read(self, expression: Expression) -> frozenset[str] | None:
        """Names of data that the expression surely reads; None when it cannot be read, or is not judged."""

    def service_types(self) -> set[str] | None: ...


class Nothing:
    """A context that knows nothing."""

    def has_form(self, form_id: str) -> bool | None:
        return None

    def form_fields(self, form_id: str) -> frozenset[str] | None:
        return None

    def department_of(self, process: str, lane_path: str) -> str | None:
        return None

    def has_process(self, key: str) -> bool | None:
        return None

    def has_decision(self, decision_id: str) -> bool | None:
        return None

    def expression_fault(self, expression: Expression) -> tuple[int, str] | None:
        return None

    def names_read(self, expression: Expression) -> frozenset[str] | None:
        return None

    def service_types(self) -> set[str] | None:
        return None


class Once:
    """Another context, asked each question that takes long once: several rules ask about one expression or form."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._faults: dict[Expression, tuple[int, str] | None] = {}
        self._names: dict[Expression, frozenset[str] | None] = {}
        self._forms: dict[str, bool | None] = {}
        self._fields: dict[str, frozenset[str] | None] = {}

    def __getattr__(self, question: str) -> Any:
        return getattr(self._context, question)

    def has_form(self, form_id: str) -> bool | None:
        if form_id not in self._forms:
            self._forms[form_id] = self._context.has_form(form_id)
        return self._forms[form_id]

    def form_fields(self, form_id: str) -> frozenset[str] | None:
        if form_id not in self._fields:
            self._fields[form_id] = self._context.form_fields(form_id)
        return self._fields[form_id]

    def expression_fault(self, expression: Expression) -> tuple[int, str] | None:
        if expression not in self._faults:
            self._faults[expression] = self._context.expression_fault(expression)
        return self._faults[expression]

    def names_read(self, expression: Expression) -> frozenset[str] | None:
        if self._faults.get(expression) is not None:
            return None
        if expression not in self._names:
            self._names[expression] = self._context.names_read(expression)
        return self._names[expression]
