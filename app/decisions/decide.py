"""What a decision answers for some data, and why: the inputs it saw and the rules that applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from app.core.errors import Refused
from app.core.translations import translate
from app.expressions import (
    Budget,
    TooLarge,
    YearsMonths,
    compile_expression,
    equal,
    parse_date,
    parse_duration,
    parse_moment,
    parse_time,
    to_json,
)

from .model import Decision, DecisionFile, Input, Literal, Matched, Output, Rule, Table

_DEEPEST = 50  #: decisions in a chain of requirements
_READ_AS: Mapping[str, tuple[Callable[[str], Any], type]] = {
    "date": (parse_date, date),
    "time": (parse_time, time),
    "date and time": (parse_moment, datetime),
    "days and time duration": (parse_duration, timedelta),
    "years and months duration": (parse_duration, YearsMonths),
}


class Undecidable(Refused):
    """This decision cannot be decided."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Why the value is null where one might expect an answer."""

    rule: str  #: sentence in the catalog area `decisions`
    decision: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def explain(self, lang: str) -> str:
        return translate(f"decisions.{self.rule}", lang, **self.values)

    @property
    def message(self) -> str:
        return self.explain("en")


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer and its reasons, all as JSON, so that it can be recorded."""

    decision: str
    value: Any
    inputs: tuple[tuple[str, Any], ...] = ()  #: column label and the value seen
    rules: tuple[Matched, ...] = ()
    warnings: tuple[Warned, ...] = ()  #: those of required decisions included
    required: tuple[Decided, ...] = ()  #: decisions made on the way, in order

    @property
    def outputs(self) -> Any:
        return self.value


def decide(file: DecisionFile, decision: str, context: Mapping[str, Any]) -> Decided:
    """Decide by id or name. Required decisions come first; values in the context never replace theirs.

    Text in the context becomes a date, time or duration where the input's type says so. What the standard calls an
    error (two rules of a UNIQUE table, an input that is not allowed) is a null value with a warning.
    Raises Undecidable when there is no such decision, or it uses what is not supported.
    """
    wanted = file.find(decision)
    if wanted is None:
        raise Undecidable(f"There is no decision {decision[:100]}.", decision=decision)
    run = _Run(file, context)
    run.decide(wanted.id, 0)
    return run.result(wanted.id)


class _Run:
    """One call: every decision is made once."""

    def __init__(self, file: DecisionFile, context: Mapping[str, Any]) -> None:
        self._file = file
        self._context: dict[str, Any] = dict(context)
        for item in file.inputs.values():
            if item.name in self._context:
                self._context[item.name] = _typed(self._context[item.name], item.type)
        self._values: dict[str, Any] = {}
        self._made: list[Decided] = []

    def decide(self, decision_id: str, depth: int) -> Any:
        if decision_id in self._values:
            return self._values[decision_id]
        decision = self._file.decisions.get(decision_id)
        if decision is None or decision.logic is None or depth > _DEEPEST:
            name = decision_id if decision is None else decision.name or decision_id
            raise Undecidable(f"The decision {name[:100]} cannot be decided.", decision=decision_id)
        scope = dict(self._context)
        for required in decision.requires:
            value = self.decide(required, depth + 1)
            scope[self._file.decisions[required].variable] = value
        value, done = _logic(decision, decision.logic, scope)
        self._values[decision_id] = value
        self._made.append(done)
        return value

    def result(self, decision_id: str) -> Decided:
        """The decision itself, with those made on the way."""
        own, before = self._made[-1], tuple(self._made[:-1])
        warnings = tuple(warning for each in self._made for warning in each.warnings)
        return Decided(decision_id, own.value, own.inputs, own.rules, warnings, before)


def _logic(decision: Decision, logic: Table | Literal, scope: Mapping[str, Any]) -> tuple[Any, Decided]:
    if isinstance(logic, Literal):
        value = _typed(logic.expression.evaluate(scope), decision.type)
        return value, Decided(decision.id, _json(value))
    return _TableRun(decision.id, logic, scope).result()


class _TableRun:
    def __init__(self, decision_id: str, table: Table, scope: Mapping[str, Any]) -> None:
        self._id = decision_id
        self._table = table
        self._scope = scope
        self._warnings: list[Warned] = []
        self._inputs = [(each, _typed(each.expression.evaluate(scope), each.type)) for each in table.inputs]

    def _warn(self, rule: str, **values: Any) -> None:
        self._warnings.append(Warned(rule, self._id, values))

    def result(self) -> tuple[Any, Decided]:
        refused = [each for each, value in self._inputs if not self._is_allowed(each, value)]
        matched = [] if refused else self._matched()
        answers = [self._answer(rule) for rule in matched]
        value = self._value(matched, answers) if matched else self._otherwise()
        return value, Decided(
            self._id,
            _json(value),
            tuple((each.label, _json(seen)) for each, seen in self._inputs),
            tuple(Matched(rule.number, rule.id, _json(answer)) for rule, answer in zip(matched, answers, strict=True)),
            tuple(self._warnings),
        )

    def _is_allowed(self, column: Input, value: Any) -> bool:
        if column.allowed is None or column.allowed.evaluate({**self._scope, "?": value}) is True:
            return True
        self._warn("not_allowed", column=column.label, value=_shown(value))
        return False

    def _matched(self) -> list[Rule]:
        scopes = [{**self._scope, "?": value} for _, value in self._inputs]
        only_first = self._table.policy == "FIRST"
        found: list[Rule] = []
        for rule in self._table.rules:
            if all(test.evaluate(scope) for test, scope in zip(rule.tests, scopes, strict=True)):
                found.append(rule)
                if only_first:
                    break
        return found

    def _answer(self, rule: Rule) -> Any:
        cells = [cell.evaluate(self._scope) if cell else None for cell in rule.outputs]
        return self._shaped(
            [_typed(cell, column.type) for cell, column in zip(cells, self._table.outputs, strict=True)]
        )

    def _shaped(self, cells: list[Any]) -> Any:
        """One column answers with its value, several with a context."""
        if len(cells) == 1:
            return cells[0]
        return {column.name: cell for column, cell in zip(self._table.outputs, cells, strict=True)}

    def _otherwise(self) -> Any:
        """No rule applied: the defaults where the table has any, else null."""
        if self._warnings:
            return None
        if any(column.default for column in self._table.outputs):
            return self._shaped(
                [column.default.evaluate(self._scope) if column.default else None for column in self._table.outputs]
            )
        return 0 if self._table.aggregation == "COUNT" else None

    def _value(self, matched: list[Rule], answers: list[Any]) -> Any:
        match self._table.policy:
            case "UNIQUE" if len(answers) > 1:
                self._warn("several_rules", rules=", ".join(str(rule.number) for rule in matched))
                return None
            case "ANY" if not all(equal(answer, answers[0], Budget()) for answer in answers):
                self._warn("different_answers", rules=", ".join(str(rule.number) for rule in matched))
                return None
            case "COLLECT":
                return self._collected(answers)
            case "RULE ORDER":
                return answers
            case "OUTPUT ORDER":
                return sorted(answers, key=self._rank)
            case "PRIORITY":
                return min(answers, key=self._rank)
        return answers[0]

    def _rank(self, answer: Any) -> tuple[int, ...]:
        cells = list(answer.values()) if len(self._table.outputs) > 1 else [answer]
        return tuple(_position(column, cell) for column, cell in zip(self._table.outputs, cells, strict=True))

    def _collected(self, answers: list[Any]) -> Any:
        match self._table.aggregation:
            case "":
                return answers
            case "COUNT":
                return len(answers)
        value = _AGGREGATES[self._table.aggregation].evaluate({"answers": answers})
        if value is None:
            self._warn("cannot_aggregate", aggregation=self._table.aggregation)
        return value


_AGGREGATES = {name: compile_expression(f"{name.lower()}(answers)") for name in ("SUM", "MIN", "MAX")}


def _position(column: Output, value: Any) -> int:
    """Lower is more important; what is not listed comes last."""
    budget = Budget()
    return next((at for at, listed in enumerate(column.values) if equal(value, listed, budget)), len(column.values))


def _typed(value: Any, type_name: str) -> Any:
    """Text as what its declared type says, where it can be read so."""
    if not isinstance(value, str) or type_name not in _READ_AS:
        return value
    parse, kind = _READ_AS[type_name]
    made = parse(value)
    return made if type(made) is kind else None


def _json(value: Any) -> Any:
    try:
        return to_json(value)
    except TooLarge:
        return None


def _shown(value: Any) -> str:
    return str(_json(value))[:60]
