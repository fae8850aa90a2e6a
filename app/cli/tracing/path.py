"""The path that the cases of a traced world took: one entry for each step that was left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app import engine
from app.diagrams.model import Node, Process

#: (number of the case, ref of the step)
_Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A step that was left. `lane` is the name of its innermost lane, "" without one."""

    element: str
    name: str
    type: str
    lane: str
    event: str  #: completed, caught, thrown, cancelled or error
    process: str
    instance: int  #: number of the case in this world


class Path:
    """Hears what the engine tells. A loop shows as its rounds, never as a whole."""

    def __init__(self, drawing: Callable[[str], Process]) -> None:
        self.entries: list[Entry] = []
        self.steps = 0  #: steps that were entered so far
        self._drawing = drawing
        self._order: dict[_Place, int] = {}
        self._wholes: dict[_Place, tuple[str, str]] = {}

    def enter(self, case: int, it: engine.StepEntered) -> None:
        self.steps += 1
        self._order[case, it.ref] = self.steps
        if self.node(it.process, it.element).loop is not None and not self._is_round(case, it):
            self._wholes[case, it.ref] = (it.process, it.element)

    def leave(self, case: int, it: engine.StepLeft) -> None:
        self._order.pop((case, it.ref), None)
        if self._wholes.pop((case, it.ref), None) is None and it.begun:
            node = self.node(it.process, it.element)
            lane = self.lane(it.process, node)
            self.entries.append(Entry(node.id, node.name, node.kind, lane, it.outcome, it.process, case))

    def entered(self, case: int, ref: str) -> int:
        """For sorting: which step it was, counted over all cases."""
        return self._order.get((case, ref), 0)

    def node(self, process: str, element: str) -> Node:
        return self._drawing(process).nodes[element]

    def behind(self, process: str, element: str) -> set[str]:
        """The nodes to which its flows lead."""
        drawing = self._drawing(process)
        return {drawing.flows[flow].target for flow in drawing.nodes[element].outgoing if flow in drawing.flows}

    def lane(self, process: str, node: Node) -> str:
        """The name of the innermost lane."""
        lane = self._drawing(process).lanes.get(node.lane[-1]) if node.lane else None
        return (lane.name or lane.id) if lane is not None else ""

    def _is_round(self, case: int, it: engine.StepEntered) -> bool:
        """The round 7/2/1 is the first step of the second run of the activity that the step 7 repeats."""
        return self._wholes.get((case, it.ref.rsplit("/", 2)[0])) == (it.process, it.element)
