"""The folder that analysts own: deployed at start where a file itself changed since the folder last deployed it.

A version deployed in the browser or by a proposal survives a restart: only the files are compared, never the newest
version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from app import diagrams
from app.core import clock
from app.core.database import again, reading, writing
from app.core.errors import LanewayError
from app.core.files import content
from app.definitions.deploy import Deployed, content_hash, deploy
from app.definitions.errors import DiagramRefused
from app.definitions.judging import find_parts
from app.definitions.models import FolderFile
from app.definitions.sources import Folders
from app.people.actor import SYSTEM


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file of the folder."""

    name: str
    deployed: Sequence[Deployed] = ()
    error: LanewayError | None = None
    unchanged: bool = False


def deploy_folder(processes: Path, forms: Path) -> list[FileResult]:
    """Deploy what changed in the folder. A file that is refused does not keep the others back."""
    sources = Folders(processes, forms)
    with reading() as session:
        last = {row.name: row.hash for row in session.scalars(sa.select(FolderFile))}
    results, read = [], {}
    for file in sorted(processes.glob("*.bpmn")):
        try:
            read[file] = diagrams.read(content(file, diagrams.MOST_BYTES + 1))
        except LanewayError as fault:
            results.append(FileResult(file.name, error=fault))
        except OSError as fault:
            results.append(FileResult(file.name, error=diagrams.UnreadableDiagram(fault.strerror)))
    known = {key for diagram in read.values() for key in diagram.processes}
    owners: dict[str, str] = {}  #: process key -> the first file that it stands in
    for file, diagram in read.items():
        state = _state(diagram, sources)
        taken = _taken(file, diagram, owners)
        if taken:
            results.append(FileResult(file.name, error=DiagramRefused(findings=taken)))
        elif last.get(file.name) == state:
            results.append(FileResult(file.name, unchanged=True))
        else:
            results.append(_deploy(file, diagram, state, sources, known))
    return results


def _taken(file: Path, diagram: diagrams.Diagram, owners: dict[str, str]) -> list[diagrams.Finding]:
    """Processes that another file of the folder holds: one would pass for a new version of the other at each start."""
    found = []
    for process in diagram.processes.values():
        owner = owners.setdefault(process.id, file.name) if process.executable else file.name
        if owner != file.name:
            values = {"id": process.id[:60], "file": owner}
            found.append(
                diagrams.Finding("duplicate-id", "error", process.id, process.line, "rules.duplicate-id.file", values)
            )
    return found


def _deploy(file: Path, diagram: diagrams.Diagram, state: str, sources: Folders, known: set[str]) -> FileResult:
    try:
        deployed = deploy(diagram.source, by=SYSTEM, sources=sources, file_name=file.name, source="folder", known=known)
    except LanewayError as fault:
        return FileResult(file.name, error=fault)
    _remember(file.name, state)
    return FileResult(file.name, deployed)


@again
def _remember(name: str, state: str) -> None:
    with writing() as tx:
        tx.put(FolderFile.__table__, {"name": name, "hash": state, "at": clock.now()})


def _state(diagram: diagrams.Diagram, sources: Folders) -> str:
    """One hash over the file and everything it uses."""
    hashes = [content_hash(diagram, find_parts(process, sources)) for process in diagram.processes.values()]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()
