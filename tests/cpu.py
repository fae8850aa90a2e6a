"""The CPU that a piece of work takes by itself, in a process that has run many tests before."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Spent:
    """Known when the block is over."""

    seconds: float = 0.0


@contextmanager
def spent() -> Iterator[Spent]:
    """Of this thread alone. Python's collector goes through what the block makes, not through all that is there."""
    found = Spent()
    gc.freeze()
    begun = time.thread_time()
    try:
        yield found
    finally:
        found.seconds = time.thread_time() - begun
        gc.unfreeze()
