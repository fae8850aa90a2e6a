"""What is said about an expression that cannot be read."""

from __future__ import annotations

from typing import Any

from app.core.errors import Invalid
from app.core.translations import translate


class ExpressionError(Invalid):
    """This expression cannot be read."""

    def __init__(self, key: str, column: int = 1, **details: Any) -> None:
        #: key of the sentence in the catalog area `expressions`
        self.key = key
        #: where, counted from 1
        self.column = column
        self._values = details
        super().__init__(self.explain("en"), column=column, **details)

    def explain(self, lang: str) -> str:
        """The sentence in one language, with the column in front."""
        values = {name: _word(value, lang) for name, value in self._values.items()}
        problem = translate(f"expressions.{self.key}", lang, **values)
        return translate("expressions.at_column", lang, column=self.column, problem=problem)


def _word(value: Any, lang: str) -> Any:
    """Details that begin with "expected." are words of the catalog themselves."""
    if isinstance(value, str) and value.startswith("expected."):
        return translate(f"expressions.{value}", lang)
    return value
