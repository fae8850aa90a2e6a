"""Tree to closures: every node becomes a function of a scope, and no name of the host can be reached from any."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from . import limits, tree
from .arithmetic import calculate, negate
from .functions import FUNCTIONS
from .temporal import part
from .values import (
    KINDS,
    Budget,
    Exhausted,
    Range,
    as_integer,
    covers,
    enter,
    equal,
    is_number,
    ordered,
)

_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DAY = timedelta(days=1)
_MISSING = object()


class Scope:
    """The names that can be seen: those of `data`, then those of the scopes around it."""

    __slots__ = ("budget", "data", "outer")

    def __init__(self, data: Mapping[str, Any], outer: Scope | None, budget: Budget) -> None:
        self.data = data
        self.outer = outer
        self.budget = budget


Run = Callable[[Scope], Any]
Watch = Callable[[tree.Node, Any], None]


def compile_tree(node: tree.Node, watch: Watch | None = None) -> Run:
    """A function that gives the node's value in a scope. `watch` is told of every value (for warnings)."""
    return _Compiler(watch).of(node)


def weight(node: tree.Node) -> int:
    """How many nodes an evaluation visits once: what one round of a loop costs."""
    count, open_nodes = 0, [node]
    while open_nodes:
        count += 1
        open_nodes.extend(tree.children(open_nodes.pop()))
    return count


class _Compiler:
    def __init__(self, watch: Watch | None) -> None:
        self._watch = watch
        #: loops, filters and contexts around the node: 0 means that only the data can be seen
        self._inside = 0

    def of(self, node: tree.Node) -> Run:
        run: Run = getattr(self, f"_{type(node).__name__.lower()}")(node)
        return _watched(node, run, self._watch) if self._watch else run

    def _within(self, node: tree.Node) -> Run:
        self._inside += 1
        run = self.of(node)
        self._inside -= 1
        return run

    def _constant(self, node: tree.Constant) -> Run:
        value = node.value
        return lambda scope: value

    def _name(self, node: tree.Name) -> Run:
        name = node.name
        if self._inside:
            return lambda scope: _look_up(scope, name)
        return lambda scope: enter(scope.data.get(name))

    def _listof(self, node: tree.ListOf) -> Run:
        runs = [self.of(item) for item in node.items]
        return lambda scope: [run(scope) for run in runs]

    def _contextof(self, node: tree.ContextOf) -> Run:
        entries = [(key, self._within(value)) for key, value in node.entries]

        def context(scope: Scope) -> dict[str, Any]:
            made: dict[str, Any] = {}
            inner = Scope(made, scope, scope.budget)
            for key, run in entries:
                made[key] = run(inner)
            return made

        return context

    def _rangeof(self, node: tree.RangeOf) -> Run:
        start, end = self.of(node.start), self.of(node.end)

        def span(scope: Scope) -> Range | None:
            low, high = start(scope), end(scope)
            if low is None or high is None or not ordered(operator.le, low, high):
                return None
            return Range(low, high, node.start_included, node.end_included)

        return span

    def _chain(self, node: tree.Chain) -> Run:
        first = self.of(node.first)
        rest = [(symbol, self.of(operand)) for symbol, operand in node.rest]

        def chain(scope: Scope) -> Any:
            value = first(scope)
            for symbol, run in rest:
                value = calculate(symbol, value, run(scope), scope.budget)
            return value

        return chain

    def _negation(self, node: tree.Negation) -> Run:
        operand = self.of(node.operand)
        return lambda scope: negate(operand(scope))

    def _logic(self, node: tree.Logic) -> Run:
        runs = [self.of(operand) for operand in node.operands]
        decisive = node.operator == "or"

        def logic(scope: Scope) -> Any:
            result: bool | None = not decisive
            for run in runs:
                value = run(scope)
                if value is decisive:
                    return decisive
                if value is not (not decisive):
                    result = None
            return result

        return logic

    def _comparison(self, node: tree.Comparison) -> Run:
        left, right = self.of(node.left), self.of(node.right)
        if node.operator == "=":
            return lambda scope: equal(left(scope), right(scope), scope.budget)
        if node.operator == "!=":
            return lambda scope: _negated(equal(left(scope), right(scope), scope.budget))
        compare = _ORDERS[node.operator]
        return lambda scope: ordered(compare, left(scope), right(scope))

    def _between(self, node: tree.Between) -> Run:
        value, low, high = self.of(node.value), self.of(node.low), self.of(node.high)

        def between(scope: Scope) -> bool | None:
            seen = value(scope)
            return covers(Range(low(scope), high(scope)), seen)

        return between

    def _in(self, node: tree.In) -> Run:
        value = self.of(node.value)
        tests = [self.test(test) for test in node.tests]
        return lambda scope: _any_passes(tests, scope, value(scope))

    def _unarytests(self, node: tree.UnaryTests) -> Run:
        tests = [self.test(test) for test in node.tests]
        if not tests:
            return lambda scope: True
        negated = node.negated

        def cell(scope: Scope) -> bool:
            result = _any_passes(tests, scope, enter(scope.data.get("?")))
            return (_negated(result) if negated else result) is True

        return cell

    def test(self, node: tree.Test) -> Callable[[Scope, Any], bool | None]:
        """A function that holds a value against one unary test."""
        operand = self.of(node.operand)
        if node.operator in _ORDERS:
            compare = _ORDERS[node.operator]
            return lambda scope, value: ordered(compare, value, operand(scope))
        if node.operator == "!=":
            return lambda scope, value: _negated(equal(value, operand(scope), scope.budget))
        if node.operator == "=":
            return lambda scope, value: equal(value, operand(scope), scope.budget)
        if _mentions_input(node.operand):
            return lambda scope, value: _truth(operand(scope))
        return lambda scope, value: _passes(value, operand(scope), scope.budget)

    def _condition(self, node: tree.Condition) -> Run:
        test, then, otherwise = self.of(node.test), self.of(node.then), self.of(node.otherwise)
        return lambda scope: then(scope) if test(scope) is True else otherwise(scope)

    def _iteration(self, node: tree.Iteration) -> Run:
        names = [name for name, _ in node.variables]
        sources = [self.of(node.variables[0][1]), *(self._within(source) for _, source in node.variables[1:])]
        body, cost = self._within(node.body), weight(node.body)

        def rounds(scope: Scope, at: int = 0) -> Iterator[Any]:
            if at == len(names):
                scope.budget.spend(cost)
                yield body(scope)
                return
            for value in _elements(sources[at](scope)):
                scope.budget.spend(1)
                yield from rounds(Scope({names[at]: enter(value)}, scope, scope.budget), at + 1)

        if node.kind == "for":
            return lambda scope: _collect(rounds(scope))
        decisive = node.kind == "some"
        return lambda scope: _quantify(rounds(scope), decisive)

    def _span(self, node: tree.Span) -> Run:
        start, end = self.of(node.start), self.of(node.end)
        return lambda scope: _up_or_down(start(scope), end(scope))

    def _path(self, node: tree.Path) -> Run:
        source, name = self.of(node.source), node.name
        return lambda scope: _step(source(scope), name, scope.budget)

    def _filter(self, node: tree.Filter) -> Run:
        source = self.of(node.source)
        position = _fixed_position(node.condition)
        if position is not None:
            return lambda scope: _nth(source(scope), position)
        outside, inside = self.of(node.condition), self._within(node.condition)
        cost = weight(node.condition)
        return lambda scope: _filtered(source(scope), outside, inside, scope, cost)

    def _call(self, node: tree.Call) -> Run:
        function = FUNCTIONS[node.function].run
        runs = [self.of(argument) for argument in node.arguments]
        if len(runs) == 1:
            only = runs[0]
            return lambda scope: function(scope.budget, only(scope))
        return lambda scope: function(scope.budget, *[run(scope) for run in runs])


def _watched(node: tree.Node, run: Run, watch: Watch) -> Run:
    def watched(scope: Scope) -> Any:
        value = run(scope)
        watch(node, value)
        return value

    return watched


def _look_up(scope: Scope, name: str) -> Any:
    at: Scope | None = scope
    while at is not None:
        value = at.data.get(name, _MISSING)
        if value is not _MISSING:
            return enter(value)
        at = at.outer
    return None


def _truth(value: Any) -> bool | None:
    return bool(value) if value is True or value is False else None


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _any_passes(tests: list[Callable[[Scope, Any], bool | None]], scope: Scope, value: Any) -> bool | None:
    result: bool | None = False
    for test in tests:
        passed = test(scope, value)
        if passed:
            return True
        if passed is None:
            result = None
    return result


def _passes(value: Any, expected: Any, budget: Budget) -> bool | None:
    """A test without operator: a range covers, a list contains the value or a range that covers it, others equal."""
    if type(expected) is Range and type(value) is not Range:
        return covers(expected, value)
    if type(expected) is list:
        budget.spend(len(expected))
        if type(value) is list and equal(value, expected, budget):
            return True
        return any(_holds(enter(item), value, budget) for item in expected)
    return equal(value, expected, budget)


def _holds(item: Any, value: Any, budget: Budget) -> bool | None:
    return covers(item, value) if type(item) is Range and type(value) is not Range else equal(item, value, budget)


def _mentions_input(node: tree.Node) -> bool:
    open_nodes = [node]
    while open_nodes:
        at = open_nodes.pop()
        if isinstance(at, tree.Name) and at.name == "?":
            return True
        open_nodes.extend(tree.children(at))
    return False


def _elements(value: Any) -> Any:
    """What a loop goes over. Raises _Nothing for what has no elements."""
    if type(value) is list or type(value) is range:
        return _limited(value)
    if type(value) is Range:
        return _counted(value)
    raise _Nothing


class _Nothing(Exception):
    """There is nothing to iterate over; the value is null."""


def _up_or_down(start: Any, end: Any) -> Any:
    """`a..b` of a for: integers counted up, or down where b is smaller; days upwards."""
    low, high = as_integer(start), as_integer(end)
    if low is not None and high is not None and low > high:
        return range(low, high - 1, -1)
    return Range(start, end)


def _counted(span: Range) -> Any:
    low, high = as_integer(span.start), as_integer(span.end)
    if low is not None and high is not None:
        return _limited(range(low + (not span.start_included), high + span.end_included))
    if type(span.start) is date and type(span.end) is date:
        days = (span.end - span.start).days
        return (span.start + _DAY * n for n in _limited(range(not span.start_included, days + span.end_included)))
    raise _Nothing


def _limited(items: Any) -> Any:
    if len(items) > limits.ITEMS:
        raise Exhausted
    return items


def _collect(values: Iterator[Any]) -> list[Any] | None:
    made: list[Any] = []
    try:
        for value in values:
            if len(made) >= limits.ITEMS:
                raise Exhausted
            made.append(value)
    except _Nothing:
        return None
    return made


def _quantify(values: Iterator[Any], decisive: bool) -> Any:
    result: bool | None = not decisive
    try:
        for value in values:
            if value is decisive:
                return decisive
            if value is not (not decisive):
                result = None
    except _Nothing:
        return None
    return result


def _step(value: Any, name: str, budget: Budget) -> Any:
    """`value.name`; of a list, that of each element."""
    kind = type(value)
    if kind is dict:
        return enter(value.get(name))
    if kind is list:
        budget.items(len(value))
        return [_own(enter(item), name) for item in value]
    return _own(value, name)


def _own(value: Any, name: str) -> Any:
    kind = type(value)
    if kind is dict:
        return enter(value.get(name))
    if kind is Range:
        shown = name.replace(" ", "_")
        return getattr(value, shown) if shown in Range.__slots__ else None
    return part(value, name) if kind in KINDS else None


def _fixed_position(node: tree.Node) -> int | None:
    if isinstance(node, tree.Negation) and isinstance(node.operand, tree.Constant):
        at = as_integer(node.operand.value)
        return None if at is None else -at
    return as_integer(node.value) if isinstance(node, tree.Constant) else None


def _nth(value: Any, position: int) -> Any:
    """Counted from 1, or from the end with a negative position. One value is a list of one."""
    if type(value) is not list:
        return value if position in (1, -1) else None
    if not 1 <= abs(position) <= len(value):
        return None
    return enter(value[position - 1 if position > 0 else position])


def _filtered(value: Any, outside: Run, inside: Run, scope: Scope, cost: int) -> Any:
    """`list[condition]`: the elements for which it is true, or the element at the number it gives."""
    if value is None:
        return None
    items = value if type(value) is list else [value]
    found: list[Any] = []
    for item in items:
        scope.budget.spend(cost + 1)
        element = enter(item)
        verdict = inside(_item_scope(element, scope))
        if is_number(verdict):
            return _at_outside(items, outside, scope)
        if verdict is True:
            found.append(element)
    if not items and is_number(outside(scope)):
        return None
    return found


def _at_outside(items: list[Any], outside: Run, scope: Scope) -> Any:
    position = as_integer(outside(scope))
    return None if position is None else _nth(items, position)


def _item_scope(element: Any, scope: Scope) -> Scope:
    inner = Scope({"item": element}, scope, scope.budget)
    return Scope(element, inner, scope.budget) if type(element) is dict else inner
