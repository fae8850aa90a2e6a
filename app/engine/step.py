"""A token at a node: SpiffWorkflow's task, without what is slow or wrong about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import spiff
from .codec import StepNote
from .spiff import SpiffTask

if TYPE_CHECKING:
    from .scope import Scope
    from .spec import FlowSpec, NodeSpec

_NAMES = {
    spiff.READY: "ready",
    spiff.WAITING: "joining",
    spiff.STARTED: "waiting",
    spiff.ERROR: "failed",
}
STATES = {name: state for state, name in _NAMES.items()} | {"watching": spiff.WAITING}


class Step(SpiffTask):
    """`note` is what is stored of it. There is no tree: a step that is over leaves its scope at once."""

    task_spec: NodeSpec

    def __init__(self, scope: Scope, spec: NodeSpec, number: int, note: StepNote, state: int = spiff.FUTURE) -> None:
        super().__init__(scope, spec, None, state, number)
        self.scope = scope
        self.number = number
        self.note = note
        self.chosen: tuple[FlowSpec, ...] = ()
        self.outcome = "completed"
        self._was = state
        self.first = ""  #: where a case begins: which of several triggers came, an event or the name of what it catches
        self.move = 0  #: the move in which it was entered; 0 = an earlier one

    @property
    def ref(self) -> str:
        return f"{self.scope.prefix}{self.number}"

    @property
    def is_watch(self) -> bool:
        """It listens for another step, or for its scope, and is no token."""
        return self.note.host is not None

    @property
    def host(self) -> Step | None:
        """The step that it listens for; None for a token, and where it listens for its whole scope."""
        return self.scope.find(self.note.host) if self.note.host else None

    def visible(self) -> Mapping[str, Any]:
        """The variables that its expressions see. Never change them."""
        return self.scope.visible(self.note.local)

    @property
    def begun(self) -> bool:
        """It has done something, or was waited at, before it was taken away."""
        return self._was != spiff.READY

    def touch(self) -> None:
        """It must be stored again."""
        self.scope.touch(self.number)

    def _set_state(self, value: int) -> None:
        # SpiffWorkflow's own formats a log line and its details at every change.
        self._state = value
        if value in _NAMES:
            self.note.state = "watching" if self.note.host is not None else _NAMES[value]
            self.scope.touch(self.number)

    def _inherit_data(self) -> None:
        """Variables belong to scopes: nothing is copied from step to step."""

    def cancel(self) -> None:
        """Take the token away, with all that hangs on it. SpiffWorkflow's own would walk a tree."""
        if self.state not in (spiff.COMPLETED, spiff.CANCELLED):
            self._was = self.state
            self._set_state(spiff.CANCELLED)
            self.task_spec._on_cancel(self)
