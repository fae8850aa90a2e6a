"""Live states: loaded from their pieces, and kept warm between moves of one server process.

A warm one counts only while the head of the case's history is the one it was put back with: heads are random and never
repeat, also not after a restore. A move takes the state out and puts it back only after its commit.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from app import engine
from app.definitions import library
from app.instances.host import Host


@dataclass(frozen=True, slots=True)
class Warm:
    """A live state with the host it asks."""

    live: engine.Live
    host: Host


_lock = Lock()
_kept: OrderedDict[int, tuple[bytes, Warm]] = OrderedDict()
size = 2000


def load(run: library.Run, instance_id: int, definition_id: int) -> Warm:
    """Read a live state from its pieces."""
    host = Host(instance_id, run)
    program = library.version(run, definition_id).program
    return Warm(engine.load(host.fetch(), host=host, program=program), host)


def take(instance_id: int, head: bytes) -> Warm | None:
    """The live state, when it is the one that `head` belongs to. It is yours now: others find nothing."""
    with _lock:
        found = _kept.pop(instance_id, None)
    return found[1] if found is not None and found[0] == head else None


def put(instance_id: int, head: bytes, warm: Warm) -> None:
    """Keep a live state after its commit."""
    with _lock:
        _kept[instance_id] = (head, warm)
        _kept.move_to_end(instance_id)
        while len(_kept) > size:
            _kept.popitem(last=False)


def rename(instance_id: int, before: bytes, head: bytes) -> None:
    """The record went on and the live state did not change: it belongs to the new head, after the commit."""
    with _lock:
        found = _kept.get(instance_id)
        if found is not None and found[0] == before:
            _kept[instance_id] = (head, found[1])


def clear() -> None:
    """Forget everything (restore, tests)."""
    with _lock:
        _kept.clear()
