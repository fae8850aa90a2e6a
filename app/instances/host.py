"""What the engine asks for while it runs: called processes, decisions, pieces that were not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app import decisions, engine
from app.core.database import Statement
from app.core.settings import setting
from app.definitions import library
from app.definitions.errors import NoSuchDefinition
from app.instances.models import DataStore, InstanceState

_all = Statement(
    sa.select(InstanceState.piece, InstanceState.blob).where(InstanceState.instance_id == sa.bindparam("instance"))
)
_below = Statement(
    sa.select(InstanceState.piece, InstanceState.blob).where(
        InstanceState.instance_id == sa.bindparam("instance"),
        sa.or_(InstanceState.piece == sa.bindparam("piece"), InstanceState.piece.like(sa.bindparam("below"))),
    )
)
_store = Statement(sa.select(DataStore.value).where(DataStore.name == sa.bindparam("store")))


@dataclass(slots=True)
class Host:
    """Belongs to one live state; every move lends it its transaction."""

    instance_id: int
    run: library.Run
    system_seq: int | None = None  #: where the system's record stands in this move: other versions in use move it
    #: the versions of called processes that this case met, by process key and content: a later call may run another
    versions: dict[tuple[str, str], library.Version] = field(default_factory=dict)
    _limits: engine.Limits | None = None

    @property
    def limits(self) -> engine.Limits:
        """What the settings allow one case; they do not change while a server runs."""
        if self._limits is None:
            names = ("MOST_STEPS", "MOST_ROUNDS", "MOST_INSTANCES", "MOST_CALLS")
            self._limits = engine.Limits(*map(setting, names))
        return self._limits

    def called(self, key: str, content: str) -> library.Version:
        """The version of a called process that a step runs on."""
        return self.versions[key, content]

    def program(self, key: str, version: str, caller_hash: str) -> engine.Program:
        """The version a call activity calls: the newest deployed one unless the diagram names a number, a version tag,
        or what was deployed with it."""
        if version.isdigit():
            found = library.numbered(self.run, key, int(version))
        elif version.startswith("tag:"):
            found = library.tagged(self.run, key, version.removeprefix("tag:"))
        else:
            beside = library.together(self.run, key, caller_hash) if version == "deployment" else None
            found = beside or library.newest(self.run, key, self.system_seq)
        self.versions[key, found.hash] = found
        return found.program

    def program_by_hash(self, content: str, key: str) -> engine.Program:
        """The version a running scope was started with."""
        found = self.versions[key, content] = library.with_hash(self.run, key, content)
        return found.program

    def decide(self, decision: str, context: Mapping[str, Any], caller_hash: str, caller_key: str) -> decisions.Decided:
        """Decide by the table that was deployed with the diagram that asks. Raises NoSuchDefinition."""
        caller = library.with_hash(self.run, caller_key, caller_hash)
        file = library.decision(self.run, caller.id, decision)
        if file is None:
            raise NoSuchDefinition(decision=decision)
        return decisions.decide(file, decision, context)

    def stored(self, store: str) -> Any:
        """What a data store holds. Two moves that write it meet: the database lets one of them begin again."""
        rows = self.run(_store, {"store": store})
        return rows[0][0] if rows else None

    def fetch(self, piece: str | None = None) -> dict[str, bytes]:
        """Stored pieces: all, or one with everything below it."""
        if piece is None or piece == "":
            rows = self.run(_all, {"instance": self.instance_id})
        else:
            rows = self.run(_below, {"instance": self.instance_id, "piece": piece, "below": f"{piece}/%"})
        return {name: bytes(blob) for name, blob in rows}
