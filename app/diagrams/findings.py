"""What a rule says about an element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.core.translations import translate

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, or to know. The sentence is `key` of the catalogs, with `values`."""

    rule: str
    severity: Severity
    element: str
    line: int
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """What is so, and what to do."""
        return translate(self.key, lang, **self.values)

    @property
    def message(self) -> str:
        """The sentence in English, for machines and logs."""
        return self.text("en")
