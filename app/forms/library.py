"""Where forms come from: a folder that analysts own. Deployed definitions keep their own copies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from .model import Form
from .read import read

_ID = re.compile(r"[\w][\w.-]{0,99}")
_ENDINGS = (".json", ".form")


class Library(Protocol):
    """Something that knows forms by their id."""

    def find(self, form_id: str) -> Form | None:
        """The form, or None. Raises UnreadableForm when it is there and broken."""


class Folder:
    """Forms as files `<formId>.json` (or `.form`, as Camunda Modeler names them), read again when they change."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._read: dict[Path, tuple[int, Form]] = {}

    def find(self, form_id: str) -> Form | None:
        if not _ID.fullmatch(form_id):
            return None
        for ending in _ENDINGS:
            file = self._path / f"{form_id}{ending}"
            if file.is_file():
                return self._form(file, form_id)
        return None

    def ids(self) -> list[str]:
        """Every form in the folder, by name."""
        files = self._path.iterdir() if self._path.is_dir() else ()
        return sorted({file.stem for file in files if file.suffix in _ENDINGS and _ID.fullmatch(file.stem)})

    def _form(self, file: Path, form_id: str) -> Form:
        changed = file.stat().st_mtime_ns
        known = self._read.get(file)
        if known is None or known[0] != changed:
            known = (changed, read(file.read_bytes(), form_id))
            self._read[file] = known
        return known[1]
