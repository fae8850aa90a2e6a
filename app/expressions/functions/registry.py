"""How a module of built-in functions says what it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ANY_NUMBER = 10_000  #: of arguments; the length of the text is the bound


@dataclass(frozen=True, slots=True)
class Function:
    """One built-in: `run(budget, *values)`."""

    name: str
    run: Callable[..., Any]
    least: int
    most: int
    #: arguments that have to be a plain text, written in the expression (regular expressions come later)
    plain: tuple[int, ...] = ()


@dataclass(slots=True)
class Functions:
    """The functions of one module, in the order of the file."""

    all: list[Function] = field(default_factory=list)

    def add(
        self, name: str, least: int = 1, most: int | None = None, *, plain: tuple[int, ...] = ()
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator: this is the built-in `name`, taking `least` to `most` arguments."""

        def register(run: Callable[..., Any]) -> Callable[..., Any]:
            self.all.append(Function(name, run, least, least if most is None else most, plain))
            return run

        return register
