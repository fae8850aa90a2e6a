"""Ids that need no round trip to the database: 63 bits, ascending, unique over processes.

41 bits of milliseconds since 2024, 10 bits that differ between processes, 12 bits of counter. A clash between two
processes (same millisecond, same 10 bits, same counter) is refused by the primary key and the move is retried.
"""

from __future__ import annotations

import os
import secrets
import threading
import time

_EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
_lock = threading.Lock()
_last = 0
_node = secrets.randbits(10)


def new_id() -> int:
    """A new id, larger than every id this process has given before."""
    global _last
    # The wall clock, never core.clock: frozen or moved time must not make ids repeat.
    moment = (int(time.time() * 1000) - _EPOCH_MS) << 22 | _node << 12
    with _lock:
        _last = moment if moment > _last else _last + 1
        return _last


def _begin_anew() -> None:
    """In a forked child: bits of its own, and neither the parent's last id to count on from nor its lock."""
    global _lock, _last, _node
    _lock, _last, _node = threading.Lock(), 0, secrets.randbits(10)


os.register_at_fork(after_in_child=_begin_anew)
