"""A case in a test: it starts, people answer, the clock moves; optionally stored and loaded before every event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app import engine
from app.core.errors import NotFound
from app.decisions import Decided
from app.diagrams.model import Diagram
from app.engine import limits
from app.engine.limits import Limits
from tests.engine.drawing import draw
from tests.engine.ledger import Ledger

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class NoSuch(NotFound):
    """There is no such thing in this story."""


class FakeHost:
    """Knows the processes and decisions of one test."""

    def __init__(self, diagrams: tuple[Diagram, ...] = (), decisions: Mapping[str, Any] = {}) -> None:
        self.programs = {key: engine.compile(diagram, key) for diagram in diagrams for key in diagram.processes}
        self.decisions = decisions
        self.stores: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def limits(self) -> Limits:
        """As a test sets them, also between two moves."""
        return Limits(limits.STEPS, limits.ROUNDS, limits.INSTANCES, limits.CALLS)

    def program(self, key: str, version: str, caller_hash: str) -> engine.Program:
        if key not in self.programs:
            raise NoSuch(f"no process {key}")
        return self.programs[key]

    def program_by_hash(self, content: str, key: str) -> engine.Program:
        if key not in self.programs or self.programs[key].hash != content:
            raise NoSuch(f"no process {key} of {content}")
        return self.programs[key]

    def stored(self, store: str) -> Any:
        return self.stores.get(store)

    def decide(self, decision: str, context: Mapping[str, Any], caller_hash: str, caller_key: str) -> Decided:
        if decision not in self.decisions:
            raise NoSuch(f"no decision {decision}")
        self.asked.append((decision, dict(context)))
        return Decided(decision, self.decisions[decision](context))


class Story:
    """`stored=True` dumps and loads the case before every event, from only the pieces that the event needs.

    After every event the books must balance; `balanced=False` leaves that out where a case is very wide.
    """

    def __init__(
        self,
        *lines: str,
        data: Mapping[str, Any] | None = None,
        calls: tuple[Diagram, ...] = (),
        decisions: Mapping[str, Any] | None = None,
        stored: bool = True,
        balanced: bool = True,
        element: str = "",
        payload: Mapping[str, Any] | None = None,
        first: str = "",
        diagram: Diagram | None = None,
        **nodes: Any,
    ) -> None:
        self.diagram = diagram or draw(*lines, **nodes)
        [key] = self.diagram.processes
        self.host = FakeHost((self.diagram, *calls), decisions or {})
        self.program = self.host.programs[key]
        self.at = MONDAY
        self.stored = stored
        self.pieces: dict[str, bytes] = {}
        self.live, self.news = engine.start(
            self.program, data or {}, host=self.host, at=self.at, element=element, payload=payload, first=first
        )
        self.told = list(self.news)
        self.ledger = Ledger() if balanced else None
        self._keep()

    # -- what happens ------------------------------------------------------------------------------------------------

    def do(self, event: engine.Event) -> list[engine.Happening]:
        if self.stored:
            self.reload(getattr(event, "ref", None))
        self.news = engine.advance(self.live, event, at=self.at)
        self.told += self.news
        self._keep(event)
        return self.news

    def answer(self, element: str, _index: int = 0, **answer: Any) -> list[engine.Happening]:
        return self.do(engine.TaskDone(self.ref(element, _index), answer))

    def serve(self, element: str, _index: int = 0, **result: Any) -> list[engine.Happening]:
        return self.do(engine.ServiceDone(self.ref(element, _index), result))

    def break_service(
        self, element: str, code: str = "", message: str = "no answer", index: int = 0
    ) -> list[engine.Happening]:
        return self.do(engine.ServiceFailed(self.ref(element, index), message, code))

    def signal(self, name: str, **payload: Any) -> list[engine.Happening]:
        return self.do(engine.SignalArrived(name, payload))

    def retry(self, element: str, **data: Any) -> list[engine.Happening]:
        return self.do(engine.Retry(self.failed(element), data))

    def skip(self, element: str, **data: Any) -> list[engine.Happening]:
        return self.do(engine.Skip(self.failed(element), data))

    def edit(self, **data: Any) -> list[engine.Happening]:
        return self.do(engine.Edit(data))

    def cancel(self) -> list[engine.Happening]:
        return self.do(engine.Cancel())

    def message(self, element: str, **payload: Any) -> list[engine.Happening]:
        return self.do(engine.MessageArrived(self.listener(element), payload))

    def ring(self, element: str) -> list[engine.Happening]:
        """Let the timer of this element fall due."""
        found = next(step for step in self.live.waiting() if step.element == element and step.wait)
        assert found.wait is not None
        assert found.wait.due is not None
        self.at = max(self.at, found.wait.due)
        return self.do(engine.TimerDue(found.ref))

    def later(self, **length: float) -> None:
        self.at += timedelta(**length)

    def reload(self, ref: str | None = None) -> None:
        needed = self.live.pieces_for(ref) if ref is not None else [""]
        pieces = {path: self.pieces[path] for path in needed if path in self.pieces}
        self.live = engine.load(pieces, host=self.host, program=self.program, fetch=self.fetch)

    def fetch(self, path: str) -> dict[str, bytes]:
        below = f"{path}/" if path else ""
        return {name: blob for name, blob in self.pieces.items() if name == path or name.startswith(below)}

    def _keep(self, event: engine.Event | None = None) -> None:
        self.dumped = self.live.dump()
        for path in self.dumped.removed:
            del self.pieces[path]
        self.pieces.update(self.dumped.changed)
        self.host.stores |= {it.store: it.value for it in self.news if isinstance(it, engine.StoreWritten)}
        if self.ledger is not None:
            self.ledger.read(self.news, event)
            self.ledger.check(self.live)

    # -- what is seen ------------------------------------------------------------------------------------------------

    @property
    def open(self) -> list[str]:
        """The elements where the case waits, in order; not those that only hold others."""
        return [step.element for step in self._places() if step.state == "waiting"]

    def _places(self) -> list[engine.Waiting]:
        """Live steps but for those that only hold others."""
        waiting = self.live.waiting()
        holders = {step.ref.rpartition("/")[0] for step in waiting}
        holders |= {path.rpartition("/")[0] for path in holders}
        return [step for step in waiting if step.ref not in holders]

    @property
    def data(self) -> dict[str, Any]:
        return self.live.data

    @property
    def ended(self) -> str:
        return self.live.ended

    @property
    def trace(self) -> list[str]:
        """Every step that was left, as "element" or "element outcome"."""
        left = [it for it in self.told if isinstance(it, engine.StepLeft)]
        return [it.element if it.outcome == "completed" else f"{it.element} {it.outcome}" for it in left]

    def ref(self, element: str, index: int = 0) -> str:
        found = [step.ref for step in self._places() if step.element == element and step.state != "watching"]
        return found[index]

    def failed(self, element: str) -> str:
        return next(step.ref for step in self.live.waiting() if step.element == element and step.state == "failed")

    def watched(self) -> list[str]:
        """The elements that listen on behalf of others."""
        return [step.element for step in self.live.waiting() if step.state == "watching"]

    def listener(self, element: str) -> str:
        return next(step.ref for step in self.live.waiting() if step.element == element and step.wait is not None)

    def retold(self) -> list[engine.Happening]:
        """What was told, without the hash of the drawing: two drawings of the same tell the same."""
        return [replace(it, program="") if hasattr(it, "program") else it for it in self.told]

    def last(self, kind: type[Any]) -> Any:
        return [it for it in self.told if isinstance(it, kind)][-1]

    def all(self, kind: type[Any]) -> list[Any]:
        return [it for it in self.told if isinstance(it, kind)]
