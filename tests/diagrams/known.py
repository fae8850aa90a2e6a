"""A context that knows a few things, and not the others."""

from __future__ import annotations

from app.diagrams import Expression
from app.expressions import ExpressionError, from_dialect


class Known:
    """The form `register`, the process `other`, the decision `limits`, the connector `mail`; Nobody has none."""

    def has_form(self, form_id: str) -> bool | None:
        return form_id == "register"

    def form_fields(self, form_id: str) -> frozenset[str] | None:
        return frozenset({"amount", "product", "note"}) if form_id == "register" else None

    def department_of(self, process: str, lane_path: str) -> str | None:
        return "" if lane_path == "Nobody" else "CS"

    def has_process(self, key: str) -> bool | None:
        return key == "other"

    def has_decision(self, decision_id: str) -> bool | None:
        return decision_id == "limits"

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
        return {"mail"}
