"""Who answers in a traced world: what --answers says for people and services, else nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import Invalid
from app.core.translations import translate

_NOTHING: Mapping[str, Any] = {}
Answer = Mapping[str, Any] | None


class Answers:
    """By element: one answer for every time, or a list of answers in turn, after which come empty ones.

    An answer is an object; None leaves the task open.
    """

    def __init__(self, given: Mapping[str, Any] | None = None, *, source: str = "--answers", lang: str = "en") -> None:
        """Raises Invalid, naming the element, where something is no answer."""
        self._given = dict(given or {})
        self._turns = {element: iter(it) for element, it in self._given.items() if isinstance(it, list)}
        self._unasked = set(self._given)
        for element, it in self._given.items():
            for answer in it if isinstance(it, list) else [it]:
                fault = _fault(answer)
                if fault:
                    raise Invalid(translate(f"trace.answer.{fault}", lang, file=source, element=element))

    def take(self, element: str) -> Answer:
        """The next answer for this element."""
        self._unasked.discard(element)
        if element in self._turns:
            return next(self._turns[element], _NOTHING)
        found: Answer = self._given.get(element, _NOTHING)
        return found

    @property
    def unasked(self) -> list[str]:
        """Elements that have answers and never asked for one."""
        return sorted(self._unasked)


def _fault(answer: Any) -> str:
    """What is wrong with an answer, "" when nothing."""
    if answer is not None and not isinstance(answer, dict):
        return "shape"
    if answer and "@error" in answer and not isinstance(answer["@error"], str):
        return "error"
    return ""
