"""Walks the shipped diagrams: people answer by their forms, services answer at once, the rest is told step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from app import decisions, diagrams, engine, forms
from app.core.errors import NotFound
from app.engine.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
_MOST_SERVICES = 100
_T = TypeVar("_T")


@dataclass(frozen=True)
class Do:
    """Somebody completes this task; what is not said is answered as in ANSWERS."""

    task: str
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ring:
    """The time of this timer comes."""

    timer: str


@dataclass(frozen=True)
class Tell:
    """A message arrives at this event or receive task."""

    element: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Open:
    """Exactly these tasks are open now."""

    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Breaks:
    """A service answers with this error code."""

    code: str


Step = str | Do | Ring | Tell | Open


@dataclass(frozen=True)
class Journey:
    """One way through a process, and where it leads. A step that is a text completes that task."""

    name: str
    process: str
    steps: Sequence[Step]
    end: str
    data: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, Any] | Breaks] = field(default_factory=dict)  #: by element
    begin: Mapping[str, Any] = field(default_factory=dict)  #: what the case knows at first
    start: str = ""  #: the start event; "" = the plain one
    payload: Mapping[str, Any] | None = None  #: of the message that starts it

    def __str__(self) -> str:
        return f"{self.process}: {self.name}"


class Missing(NotFound):
    """The shelf does not hold this."""


class Shelf:
    """The files of `processes/` and `forms/`, some of them replaced; what the engine asks its caller for."""

    limits = Limits()

    def __init__(self, replaced: Mapping[str, bytes] | None = None) -> None:
        files = {file.name: file.read_bytes() for file in sorted((ROOT / "processes").iterdir())} | dict(replaced or {})
        self.programs: dict[str, engine.Program] = {}
        self.decisions: dict[str, decisions.DecisionFile] = {}
        for name, body in files.items():
            if name.endswith(".bpmn"):
                diagram = diagrams.read(body)
                self.programs |= {key: engine.compile(diagram, key) for key in diagram.processes}
            elif name.endswith(".dmn"):
                file = decisions.read(body)
                self.decisions |= dict.fromkeys(file.decisions, file)

    def program(self, key: str, version: str, caller_hash: str) -> engine.Program:
        if key not in self.programs:
            raise Missing(f"no process {key}")
        return self.programs[key]

    def program_by_hash(self, content: str, key: str, /) -> engine.Program:
        return self.programs[key]

    def decide(self, decision: str, context: Mapping[str, Any], caller_hash: str, caller_key: str) -> decisions.Decided:
        if decision not in self.decisions:
            raise Missing(f"no decision {decision}")
        return decisions.decide(self.decisions[decision], decision, context)


@dataclass
class Walk:
    """A journey under way. Whatever does not go as the journey says is an AssertionError."""

    journey: Journey
    shelf: Shelf
    answers: Mapping[str, Mapping[str, Any]]
    services: Mapping[str, Mapping[str, Any]]  #: what services answer when the journey says nothing, by type
    at: datetime = MONDAY
    told: list[engine.Happening] = field(default_factory=list)
    _calls: list[engine.ServiceCalled] = field(default_factory=list)

    def __post_init__(self) -> None:
        it = self.journey
        program = self.shelf.programs[it.process]
        self.live, told = engine.start(
            program, it.begin, host=self.shelf, at=self.at, element=it.start, payload=it.payload
        )
        self._hear(told)

    def go(self) -> Walk:
        for step in self.journey.steps:
            match step:
                case str():
                    self._complete(Do(step))
                case Do():
                    self._complete(step)
                case Ring(timer):
                    self._ring(timer)
                case Tell(element, payload):
                    self._advance(engine.MessageArrived(self._one(element, "message").ref, payload))
                case Open(tasks):
                    assert sorted(self.open) == sorted(tasks)
        self._check_end()
        return self

    # -- what happens ------------------------------------------------------------------------------------------------

    def _complete(self, step: Do) -> None:
        assert step.task in self.open, f"{step.task} is not open; {self.open} are"
        task = next(it for it in self._tasks() if it.element == step.task)
        given = {**self.answers.get(step.task, {}), **step.answer}
        form = forms.read((ROOT / "forms" / f"{task.form}.json").read_bytes())
        self._advance(engine.TaskDone(task.ref, forms.validate(form, given, self.live.visible(task.ref))))

    def _ring(self, timer: str) -> None:
        found = self._one(timer, "timer")
        assert found.wait is not None
        assert found.wait.due is not None
        self.at = max(self.at, found.wait.due)
        self._advance(engine.TimerDue(found.ref))

    def _one(self, element: str, kind: str) -> engine.Waiting:
        """What waits at this element for a message or a timer."""
        found = [it for it in self.live.waiting() if it.element == element and it.wait and it.wait.kind == kind]
        assert found, f"nothing waits at {element}"
        return found[0]

    def _advance(self, event: engine.Event) -> None:
        self._hear(engine.advance(self.live, event, at=self.at))

    def _hear(self, told: Sequence[engine.Happening]) -> None:
        """Remember what happened, and let services answer until none is asked any more."""
        self._note(told)
        for _ in range(_MOST_SERVICES):
            if not self._calls:
                return
            self._note(engine.advance(self.live, self._answer(self._calls.pop(0)), at=self.at))
        raise AssertionError("services are asked without end")

    def _note(self, told: Sequence[engine.Happening]) -> None:
        self.told += told
        for it in told:
            assert not isinstance(it, engine.Failed), f"{it}"
            if isinstance(it, engine.ServiceCalled):
                self._calls.append(it)
            elif isinstance(it, engine.ServiceWithdrawn):
                self._calls = [call for call in self._calls if call.ref != it.ref]

    def _answer(self, call: engine.ServiceCalled) -> engine.Event:
        found = self.journey.services.get(call.element, self.services.get(call.type, {}))
        if isinstance(found, Breaks):
            return engine.ServiceFailed(call.ref, "the service says no", found.code)
        return engine.ServiceDone(call.ref, found)

    # -- what is seen ------------------------------------------------------------------------------------------------

    def _tasks(self) -> list[engine.TaskReached]:
        """Tasks that people can do now, oldest first."""
        waiting = {step.ref for step in self.live.waiting() if step.state == "waiting"}
        return [it for it in self.all(engine.TaskReached) if it.ref in waiting]

    @property
    def open(self) -> list[str]:
        return [task.element for task in self._tasks()]

    def all(self, kind: type[_T]) -> list[_T]:
        return [it for it in self.told if isinstance(it, kind)]

    def _check_end(self) -> None:
        assert self.live.ended, f"still open: {self.open or [it.element for it in self.live.waiting()]}"
        ended = self.all(engine.Ended)[-1]
        assert ended.element == self.journey.end
        known = self.live.data
        assert {name: known.get(name) for name in self.journey.data} == dict(self.journey.data)
