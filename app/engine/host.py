"""What the engine asks its caller for while it runs. No database in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from app.decisions import Decided

from .limits import Limits

if TYPE_CHECKING:
    from .program import Program


class Host(Protocol):
    """Given by the caller, belongs to one live state."""

    @property
    def limits(self) -> Limits:
        """What this installation allows."""

    def program(self, key: str, version: str, caller_hash: str) -> Program:
        """The process that a call activity calls, chosen at the moment of the call."""

    def program_by_hash(self, content: str, key: str, /) -> Program:
        """The process that a stored scope was started with."""

    def stored(self, store: str, /) -> Any:
        """What a data store holds, null where nobody has written it. Others must not write it before this move ends."""

    def decide(self, decision: str, context: Mapping[str, Any], caller_hash: str, caller_key: str) -> Decided:
        """Take a DMN decision, by the table that belongs to the version that asks."""
