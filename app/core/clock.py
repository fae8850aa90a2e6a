"""The only source of time. Tests freeze it; `laneway trace` moves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present moment, aware, UTC whatever the source says: moments are hashed as they are written."""
    return _source().astimezone(UTC)


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@contextmanager
def running_on(source: Callable[[], datetime]) -> Iterator[None]:
    """Use another source of time inside the block. Process-wide: threads see it too."""
    global _source
    before = _source
    _source = source
    try:
        yield
    finally:
        _source = before
