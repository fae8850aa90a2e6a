"""What a DMN file is once it has been read: immutable, every cell compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.translations import translate
from app.expressions import Compiled

#: DMN's hit policies, and how many rules may answer
POLICIES = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("SUM", "COUNT", "MIN", "MAX")


@dataclass(frozen=True, slots=True)
class Input:
    """A column that asks. `allowed` are the unary tests of its inputValues."""

    id: str
    label: str
    expression: Compiled
    type: str = ""
    allowed: Compiled | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """A column that answers. `values` are its outputValues in order of priority, highest first."""

    id: str
    name: str
    type: str = ""
    values: tuple[Any, ...] = ()
    default: Compiled | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A row. An input cell gives true or false for `?`; an empty output cell is null."""

    id: str
    number: int  #: counted from 1, as modelers show it
    tests: tuple[Compiled, ...]
    outputs: tuple[Compiled | None, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    policy: str = "UNIQUE"
    aggregation: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Literal:
    """A decision that is one expression."""

    expression: Compiled
    line: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a file. `logic` is None where the file has none, or one that cannot be decided (see problems)."""

    id: str
    name: str
    variable: str  #: the name under which other decisions see its value
    type: str = ""
    logic: Table | Literal | None = None
    requires: tuple[str, ...] = ()  #: ids of decisions whose values it needs
    inputs: tuple[str, ...] = ()  #: ids of input data
    line: int = 0


@dataclass(frozen=True, slots=True)
class InputData:
    """Something a decision is given: its name, and the type that text in it is read as."""

    id: str
    name: str
    type: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or doubtful, in a decision file; like a diagram's findings."""

    rule: str  #: sentence in the catalog area `decisions`
    severity: str  #: error or warning
    element: str  #: id of the decision, rule or column
    line: int
    values: Mapping[str, Any] = field(default_factory=dict)

    def explain(self, lang: str) -> str:
        return translate(f"decisions.{self.rule}", lang, **self.values)

    @property
    def message(self) -> str:
        return self.explain("en")


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule that applied, and what it answered, as JSON."""

    number: int
    id: str
    outputs: Any


@dataclass(frozen=True, slots=True, eq=False)
class DecisionFile:
    """One DMN file. Equal files (byte for byte) have equal hashes."""

    id: str
    name: str
    decisions: Mapping[str, Decision]
    inputs: Mapping[str, InputData]
    problems: tuple[Finding, ...]
    source: bytes = b""
    hash: str = ""  #: SHA-256 of the source, hex

    def find(self, decision: str) -> Decision | None:
        """By id, or by name where no id fits."""
        by_name = (each for each in self.decisions.values() if each.name == decision)
        return self.decisions.get(decision) or next(by_name, None)
