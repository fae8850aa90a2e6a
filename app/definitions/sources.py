"""Where the forms and decisions of a diagram come from when it is deployed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app import diagrams
from app.core.files import content

_SAFE = re.compile(r"[\w.-]+", re.UNICODE)


class Sources(Protocol):
    """Finds files by the ids that diagrams use."""

    def form(self, form_id: str) -> bytes | None:
        """The form's file."""

    def decision(self, decision_id: str) -> bytes | None:
        """The DMN file that holds the decision."""


@dataclass(slots=True)
class Folders:
    """`forms/<formId>.json` or `.form`, and the DMN files beside the diagrams."""

    processes: Path
    forms: Path
    _decisions: dict[str, bytes] | None = field(default=None, init=False)

    def form(self, form_id: str) -> bytes | None:
        if not _SAFE.fullmatch(form_id):
            return None
        for folder in (self.processes / "forms", self.forms):
            for suffix in (".json", ".form"):
                file = folder / f"{form_id}{suffix}"
                if file.is_file():
                    return file.read_bytes()
        return None

    def decision(self, decision_id: str) -> bytes | None:
        if self._decisions is None:
            self._decisions = _index(self.processes)
        return self._decisions.get(decision_id)


def _index(folder: Path) -> dict[str, bytes]:
    from app import decisions

    found: dict[str, bytes] = {}
    for file in sorted(folder.glob("*.dmn")):
        try:
            body = content(file, diagrams.MOST_BYTES + 1)
            ids = decisions.read(body).decisions
        except (decisions.UnreadableDecision, OSError):
            continue  # `laneway check` names it; a diagram that needs it is refused for the missing decision
        for decision_id in ids:
            found.setdefault(decision_id, body)
    return found


@dataclass(slots=True)
class Given:
    """Files handed over with the diagram, then those of another source."""

    forms: Mapping[str, bytes]
    decisions: Mapping[str, bytes]
    otherwise: Sources

    def form(self, form_id: str) -> bytes | None:
        return self.forms.get(form_id) or self.otherwise.form(form_id)

    def decision(self, decision_id: str) -> bytes | None:
        return self.decisions.get(decision_id) or self.otherwise.decision(decision_id)
