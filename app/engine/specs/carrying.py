"""Data associations: what is carried into a step before it works, and out of it when it is done.

An output is what came under its name or id; where nothing did, the only output of a step is all that came. What came
under other names is written as ever: an association adds to that and takes nothing away.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.diagrams.model import DataItem, StoreRead
from app.expressions import Compiled

from .. import data

if TYPE_CHECKING:
    from ..step import Step


@dataclass(frozen=True, slots=True)
class Carry:
    """A data association, compiled."""

    source: Compiled
    target: str  #: a variable, or a data store
    path: tuple[str, ...] = ()  #: the part of it
    is_store: bool = False
    stores: tuple[StoreRead, ...] = ()
    takes: tuple[str, ...] = ()

    def value(self, step: Step, seen: Mapping[str, Any]) -> Any:
        """What it carries, as JSON. Raises StepFault."""
        live = step.scope.live
        stored = {name: live.stored(read.store) for read in self.stores for name in read.names}
        context = ChainMap(stored, seen) if stored else seen  # type: ignore[arg-type]
        return data.clean({"": self.source.evaluate(context)})[""]


@dataclass(frozen=True, slots=True)
class Cargo:
    """All data associations of a node, with its own inputs, outputs and properties."""

    into: tuple[Carry, ...] = ()
    out: tuple[Carry, ...] = ()
    own: tuple[DataItem, ...] = ()
    lists_inputs: bool = False  #: it says which data goes in: nothing else does

    def load(self, step: Step) -> dict[str, Any]:
        """The step's own variables before it works. Raises StepFault."""
        made: dict[str, Any] = {}
        seen = ChainMap(made, step.visible())  # type: ignore[arg-type]
        for carry in self.into:
            _put(made, carry, carry.value(step, seen), None)
        return made

    def unload(self, step: Step, result: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
        """What is written of `written` and by the associations, when `result` has come. Raises StepFault."""
        came = self._came(step, result)
        ids = {it.id: came[it.variable] for it in self.own if it.variable in came}
        visible = step.visible()
        made: dict[str, Any] = {}
        seen = ChainMap(made, came, ids, dict(result), visible)  # type: ignore[arg-type]
        for carry in self.out:
            if all(name in came for name in carry.takes):
                value = carry.value(step, seen)
                if carry.is_store:
                    self._store(step, carry, value)
                else:
                    _put(made, carry, value, visible)
        own = self._taken()
        return {name: value for name, value in written.items() if name not in own} | made

    @staticmethod
    def _store(step: Step, carry: Carry, value: Any) -> None:
        live = step.scope.live
        old = live.stored(carry.target) if carry.path else None
        live.store(step, carry.target, data.put(old, carry.path, value) if carry.path else value)

    def _outputs(self) -> list[DataItem]:
        wanted = {name for carry in self.out for name in carry.takes}
        kinds = ("dataOutput", "drawn")
        return [it for it in self.own if it.kind == "property" or (it.kind in kinds and it.variable in wanted)]

    def _taken(self) -> set[str]:
        return {name for it in self._outputs() for name in (it.variable, it.id, it.name)}

    def _came(self, step: Step, result: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs that there are, by their variables."""
        found: dict[str, Any] = {}
        outputs = self._outputs()
        for it in outputs:
            for among in (result, step.note.local) if it.kind != "drawn" else (result,):
                name = next((name for name in (it.variable, it.id, it.name) if name in among), None)
                if name is not None:
                    found.setdefault(it.variable, among[name])
        named = [it for it in outputs if it.kind == "dataOutput"]
        if not found and len(named) == 1 and result:
            found[named[0].variable] = _all_of(result)
        return found


def _all_of(result: Mapping[str, Any]) -> Any:
    """A single value stands for itself: what was sent from one input arrives at one output."""
    return next(iter(result.values())) if len(result) == 1 else dict(result)


def _put(made: dict[str, Any], carry: Carry, value: Any, visible: Mapping[str, Any] | None) -> None:
    name = carry.target
    if carry.path:
        value = data.put(made.get(name, visible.get(name) if visible is not None else None), carry.path, value)
    made[name] = value
