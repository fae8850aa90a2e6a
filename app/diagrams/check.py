"""All rules on one diagram."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

from app.diagrams import rules
from app.diagrams.context import Context, Nothing, Once
from app.diagrams.findings import Finding
from app.diagrams.model import Diagram

Rule = Callable[[Diagram, Context], Iterator[Finding]]
_ORDER = {"error": 0, "warning": 1, "info": 2}


def check(diagram: Diagram, context: Context | None = None) -> list[Finding]:
    """What every rule has to say, by line, the gravest first on a line."""
    asked: Any = Once(context or Nothing())
    found = [finding for rule in all_rules() for finding in rule(diagram, asked)]
    return sorted(found, key=lambda each: (each.line, _ORDER[each.severity], each.rule, each.element))


@cache
def all_rules() -> tuple[Rule, ...]:
    """The `check` of every module in rules/, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))
    return tuple(import_module(f"{rules.__name__}.{name}").check for name in names)
