"""A process, made ready to run: immutable, shared by all its cases, kept by the hash of its diagram."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from app.diagrams.model import Diagram, Process

from .build import build
from .errors import NotRunnable
from .spec import ScopeSpec


@dataclass(frozen=True, slots=True)
class Program:
    """What `compile` makes of one process of a diagram."""

    hash: str  #: of the content that was compiled; a running case is tied to it
    key: str  #: process id
    process: Process
    root: ScopeSpec


_kept: OrderedDict[tuple[str, str], Program] = OrderedDict()
_lock = Lock()
_MOST = 500


def compile(diagram: Diagram, process_id: str) -> Program:
    """Make one process of a diagram ready to run.

    Everything that is not run is refused by name, whether or not a diagram rule said so before.
    Raises NotRunnable(findings=[(element, line, message)]).
    """
    key = (diagram.hash, process_id)
    with _lock:
        found = _kept.get(key) if diagram.hash else None
        if found is not None:
            _kept.move_to_end(key)
            return found
    process = diagram.processes.get(process_id)
    if process is None:
        raise NotRunnable([(process_id, 0, "There is no such process in the diagram.")])
    program = Program(diagram.hash, process_id, process, build(process))
    with _lock:
        _kept[key] = program
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return program
