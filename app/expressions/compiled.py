"""An expression that is ready to be evaluated, and what its values become as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any

from app.core.translations import translate

from . import limits, tree
from .compiler import Run, Scope, compile_tree
from .errors import ExpressionError
from .parser import parse
from .temporal import show
from .values import Budget, Exhausted, Range, YearsMonths, enter, simplest

_BUILDERS = (tree.ListOf, tree.ContextOf, tree.Iteration, tree.Filter, tree.Call, tree.Path)


class TooLarge(ValueError):
    """This value is too large or too deep to be kept."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Why something became null: `key` is a sentence of the catalog area `expressions`."""

    key: str
    column: int
    found: str

    def explain(self, lang: str) -> str:
        return translate(f"expressions.{self.key}", lang, column=self.column, found=self.found)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A parsed expression. It can be shared between threads and kept for ever."""

    text: str
    #: top-level names that it may read; inside a filter a name may also be one of the element's own
    names: frozenset[str]
    _tree: tree.Node = field(repr=False)
    _run: Run = field(repr=False)
    _builds: bool = field(repr=False)

    @property
    def sure_names(self) -> frozenset[str]:
        """The names that can only be read from the data: those inside a filter may be the element's own."""
        return frozenset(_free(self._tree, frozenset(), filters=False))

    def evaluate(self, context: Mapping[str, Any]) -> Any:
        """The value for this data: None, bool, str, int (every integral number), Decimal, list, dict, or a date, time,
        datetime, timedelta, YearsMonths or Range.

        Nothing in the data makes it raise: nonsense, missing names and too much work are null. Lists and contexts may
        be parts of the data itself: read them only, or take `to_json`, which copies.
        """
        try:
            value = self._run(Scope(context, None, Budget()))
            if self._builds:
                _measure(value, Budget(), 0)
            return simplest(value)
        except (Exhausted, RecursionError):
            return None

    def evaluate_json(self, context: Mapping[str, Any]) -> Any:
        """The value as JSON, a copy; see `to_json`."""
        return to_json(self.evaluate(context))

    def explain(self, context: Mapping[str, Any]) -> tuple[Any, list[Warned]]:
        """The value, and why it or a part of it is null. Slower; for `laneway feel` and the studio."""
        warnings: list[Warned] = []
        run = compile_tree(self._tree, _watcher(warnings))
        try:
            value = run(Scope(context, None, Budget()))
            _measure(value, Budget(), 0)
            return simplest(value), warnings
        except (Exhausted, RecursionError):
            return None, [*warnings, Warned("warning.exhausted", 1, "")]


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Compiled:
    """An expression of our FEEL subset (docs/feel.md). Raises ExpressionError with the column."""
    return _compiled(text, unary=False)


@lru_cache(maxsize=4096)
def compile_unary(text: str) -> Compiled:
    """The unary tests of a cell in a decision table; the input is `?` in the context, the value True or False."""
    return _compiled(text, unary=True)


def constant(value: Any, text: str = "") -> Compiled:
    """An expression that always has this value."""
    node = tree.Constant(1, enter(value))
    return Compiled(text, frozenset(), node, compile_tree(node), _builds=False)


def reference(name: str) -> Compiled:
    """An expression that is just this name, blanks and signs included (`Monthly income`)."""
    node = tree.Name(1, name)
    return Compiled(name, frozenset((name,)), node, compile_tree(node), _builds=False)


def _compiled(text: str, *, unary: bool) -> Compiled:
    if not text.strip():
        raise ExpressionError("empty")
    node = parse(text, unary=unary)
    return Compiled(text, frozenset(_free(node, frozenset())), node, compile_tree(node), _is_builder(node))


def _is_builder(node: tree.Node) -> bool:
    return any(isinstance(at, _BUILDERS) for at in _all(node))


def _all(node: tree.Node) -> list[tree.Node]:
    found = [node]
    for at in found:
        found.extend(tree.children(at))
    return found


def _free(node: tree.Node, bound: frozenset[str], *, filters: bool = True) -> set[str]:
    match node:
        case tree.Name(name=name):
            return set() if name in bound else {name}
        case tree.Iteration(variables=variables, body=body):
            names: set[str] = set()
            for name, source in variables:
                names |= _free(source, bound, filters=filters)
                bound |= {name}
            return names | _free(body, bound, filters=filters)
        case tree.Filter(source=source, condition=condition):
            inside = _free(condition, bound | {"item"}) if filters else set()
            return _free(source, bound, filters=filters) | inside
        case tree.ContextOf(entries=entries):
            found: set[str] = set()
            for key, value in entries:
                found |= _free(value, bound, filters=filters)
                bound |= {key}
            return found
    return set().union(*(_free(child, bound, filters=filters) for child in tree.children(node)))


def _watcher(warnings: list[Warned]) -> Any:
    """Tells the innermost nulls: names that are missing, and operations that have no value."""
    seen: set[tree.Node] = set()

    def watch(node: tree.Node, value: Any) -> None:
        if value is not None or node in seen or len(seen) > 50:
            return
        if isinstance(node, tree.Name):
            warnings.append(Warned("warning.missing", node.column, f"“{node.name}”"))
        elif isinstance(node, tree.Call | tree.Comparison | tree.Chain | tree.Negation | tree.Filter | tree.Path):
            warnings.append(Warned("warning.null", node.column, _shown(node)))
        else:
            return
        seen.add(node)

    return watch


def _shown(node: tree.Node) -> str:
    match node:
        case tree.Call(function=name) | tree.Path(name=name):
            return f"“{name}”"
        case tree.Comparison(operator=symbol):
            return f"“{symbol}”"
        case tree.Chain(rest=rest):
            return f"“{rest[0][0]}”"
        case tree.Filter():
            return "“[ ]”"
    return "“-”"


def _measure(value: Any, budget: Budget, depth: int) -> None:
    """Lists can hold each other many times over: what is small in memory may be endless when written down."""
    if depth > limits.NESTING:
        raise Exhausted
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        budget.spend(len(value) + 1)
        for item in value:
            _measure(item, budget, depth + 1)
    elif type(value) is str:
        budget.text(len(value))


def to_json(value: Any) -> Any:
    """A copy as JSON: integral numbers are int, other numbers Decimal; moments, durations and ranges become their text.

    Raises TooLarge for what no expression can make but a caller might pass.
    """
    try:
        return _json(value, Budget(), 0)
    except Exhausted as fault:
        raise TooLarge from fault


def _json(value: Any, budget: Budget, depth: int) -> Any:
    budget.spend(1)
    if depth > 2 * limits.NESTING:
        raise Exhausted
    value = enter(value)
    if type(value) is list:
        return [_json(item, budget, depth + 1) for item in value]
    if type(value) is dict:
        return {str(key): _json(item, budget, depth + 1) for key, item in value.items()}
    if isinstance(value, date | time | timedelta | YearsMonths):
        return show(value)
    if isinstance(value, Range):
        return {
            "start": _json(value.start, budget, depth + 1),
            "end": _json(value.end, budget, depth + 1),
            "start included": value.start_included,
            "end included": value.end_included,
        }
    return simplest(value)
