"""What the parser makes of an expression: small immutable nodes that know their column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""

    column: int


@dataclass(frozen=True, slots=True)
class Constant(Node):
    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class Span(Node):
    """`a..b` in a for: counted up or down, both ends included."""

    start: Node
    end: Node


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """A run of operators of one precedence, from the left: `a + b - c`. Flat, so that long sums nest nothing."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    operator: str  #: and, or
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str  #: = != < <= > >=
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One positive unary test: `operator` "" means that a list contains, a range covers, any other value equals."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of a decision table; no tests at all is "-"."""

    tests: tuple[Test, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Condition(Node):
    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """for, some or every; `body` is evaluated for each combination of the variables."""

    kind: str
    variables: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Path(Node):
    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: str
    arguments: tuple[Node, ...]


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order they are written."""
    match node:
        case ListOf(items=items):
            return items
        case ContextOf(entries=pairs) | Chain(rest=pairs) | Iteration(variables=pairs):
            inner = tuple(child for _, child in pairs)
            if isinstance(node, Chain):
                return (node.first, *inner)
            return (*inner, node.body) if isinstance(node, Iteration) else inner
        case (
            RangeOf(start=a, end=b) | Span(start=a, end=b) | Comparison(left=a, right=b) | Filter(source=a, condition=b)
        ):
            return (a, b)
        case Negation(operand=a) | Test(operand=a) | Path(source=a):
            return (a,)
        case Logic(operands=many) | Call(arguments=many):
            return many
        case Between(value=a, low=b, high=c) | Condition(test=a, then=b, otherwise=c):
            return (a, b, c)
        case In(value=a, tests=tests):
            return (a, *tests)
        case UnaryTests(tests=tests):
            return tests
    return ()
