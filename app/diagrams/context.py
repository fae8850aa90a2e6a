"""What a rule may ask besides the diagram. None means: not known here, do not judge."""

from __future__ import annotations

from typing import Protocol

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
