"""What stands around a file that is checked: forms, decisions and other processes, looked up only when a rule asks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path

import config
from app import decisions, diagrams, forms
from app.core import files
from app.diagrams import Expression
from app.expressions import ExpressionError, from_dialect

_FORM_ID = re.compile(r"[\w.-]+")


class Beside:
    """Answers what diagram rules ask (`diagrams.Context`), from the file's folder and the files checked with it."""

    def __init__(self, file: Path, given: Iterable[Path] = (), lang: str = "en") -> None:
        self._folder = file.absolute().parent
        self._given = tuple(given)
        self._lang = lang

    def has_form(self, form_id: str) -> bool | None:
        return self._form(form_id) is not None

    def form_fields(self, form_id: str) -> frozenset[str] | None:
        file = self._form(form_id)
        return None if file is None else _fields_in(file, form_id, _stamp(file))

    def _form(self, form_id: str) -> Path | None:
        folders = (self._folder / "forms", self._folder.parent / "forms", Path(config.load()["FORMS"]))
        if not _FORM_ID.fullmatch(form_id):
            return None
        files = (folder / f"{form_id}{suffix}" for folder in folders for suffix in (".json", ".form"))
        return next((file for file in files if file.is_file()), None)

    def department_of(self, process: str, lane_path: str) -> str | None:
        return None

    def has_process(self, key: str) -> bool | None:
        return key in self._processes

    def has_decision(self, decision_id: str) -> bool | None:
        return decision_id in self._decisions

    def expression_fault(self, expression: Expression) -> tuple[int, str] | None:
        try:
            from_dialect(expression)
        except ExpressionError as fault:
            return fault.column, fault.explain(self._lang)
        return None

    def names_read(self, expression: Expression) -> frozenset[str] | None:
        try:
            return from_dialect(expression).sure_names
        except ExpressionError:
            return None

    def service_types(self) -> set[str] | None:
        return None

    @cached_property
    def _processes(self) -> set[str]:
        return {key for file in self._files(".bpmn") for key in _processes_in(file, _stamp(file))}

    @cached_property
    def _decisions(self) -> set[str]:
        return {key for file in self._files(".dmn") for key in _decisions_in(file, _stamp(file))}

    def _files(self, suffix: str) -> set[Path]:
        files = {*self._folder.glob(f"*{suffix}"), *self._given}
        return {file.absolute() for file in files if file.suffix == suffix}


@lru_cache(maxsize=10_000)
def _processes_in(file: Path, stamp: tuple[int, int]) -> frozenset[str]:
    """The processes of a file; of one that cannot be read, none: it is named when it is checked itself."""
    try:
        return frozenset(diagrams.read(content(file)).processes)
    except (diagrams.UnreadableDiagram, OSError):
        return frozenset()


@lru_cache(maxsize=10_000)
def _fields_in(file: Path, form_id: str, stamp: tuple[int, int]) -> frozenset[str] | None:
    """The variables that a form writes; None when it cannot be read."""
    try:
        return forms.read(content(file), form_id).names
    except (forms.UnreadableForm, OSError):
        return None


@lru_cache(maxsize=10_000)
def _decisions_in(file: Path, stamp: tuple[int, int]) -> frozenset[str]:
    try:
        return frozenset(decisions.read(content(file)).decisions)
    except (decisions.UnreadableDecision, OSError):
        return frozenset()


def _stamp(file: Path) -> tuple[int, int]:
    """What changes when the file does."""
    try:
        facts = file.stat()
    except OSError:
        return 0, 0
    return facts.st_mtime_ns, facts.st_size


def content(file: Path) -> bytes:
    """The bytes of an ordinary file, one more than any reader takes at most. Raises OSError."""
    return files.content(file, diagrams.MOST_BYTES + 1)
