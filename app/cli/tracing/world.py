"""Several cases in one world, in memory: what they say to each other, their timers, people, services and one clock.

What comes first when several things can happen: messages and signals, then services, then timers that are due, then
people. The clock moves only when it is told to.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import engine
from app.cli.tracing.answers import Answers
from app.cli.tracing.mail import Mail, Message
from app.cli.tracing.path import Path
from app.cli.tracing.shelf import Entrance, Shelf
from app.cli.tracing.timers import Timers
from app.core.clock import FakeClock
from app.core.errors import Invalid, LanewayError, Refused
from app.core.translations import translate
from app.engine import moments
from app.engine.codec import Wait
from app.engine.errors import StepFault

#: A diagram that goes round for ever stops here: moves of all cases, steps of all moves, seconds of computing.
MOST_MOVES = 10_000
MOST_STEPS = 100_000
MOST_SECONDS = 10.0

#: (number of the case, ref of the step); for a start event that waits, (0, its place)
_Place = tuple[int, str]


class Endless(LanewayError):
    """This does not come to an end."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the run failed: the element, and the code of the fault or of the BPMN error."""

    element: str
    message: str
    code: str


@dataclass(slots=True)
class Case:
    """One run of a process."""

    number: int
    process: str
    live: engine.Live


@dataclass(frozen=True, slots=True)
class Work:
    """A task or a call that waits for its answer."""

    case: Case
    ref: str
    element: str
    is_service: bool = False


class World:
    """Holds the cases and everything between them. `settle` lets everything move that can."""

    def __init__(self, shelf: Shelf, answers: Answers, at: datetime, *, patience: timedelta, lang: str = "en") -> None:
        self.clock = FakeClock(at)
        self.cases: list[Case] = []
        self.path = Path(lambda key: shelf.drawings[key])
        self.mail = Mail(patience)
        self.timers: Timers[_Place] = Timers()
        self.open: dict[_Place, Work] = {}  #: what people and services have not answered
        self.failure: Failure | None = None  #: the first one
        self.waits_for_people = False  #: tasks of people are completed from outside only
        self._shelf = shelf
        self._answers = answers
        self._lang = lang
        self._moves = 0
        self._until = time.process_time() + MOST_SECONDS
        self._people: deque[Work] = deque()
        self._calls: deque[Work] = deque()
        self._armed: dict[str, tuple[Entrance, Wait]] = {}  #: timer start events by their place

    @property
    def at(self) -> datetime:
        return self.clock.at

    # -- what happens from outside -------------------------------------------------------------------------------

    def start(
        self, key: str, values: Mapping[str, Any], element: str = "", payload: Any = None, first: str = ""
    ) -> None:
        """A case begins, at its plain start event or at the one that caught something, named by `first`."""
        self._count(element or key)
        program = self._shelf.program(key, "", "")
        number = len(self.cases) + 1
        try:
            live, told = engine.start(
                program, values, host=self._shelf, at=self.at, element=element, payload=payload, first=first
            )
        except engine.NoStart as fault:
            self._fail(element or key, fault.message, "no-start")
            return
        case = Case(number, key, live)
        self.cases.append(case)
        self._hear(case, told)

    def arm(self, entrance: Entrance) -> None:
        """A timer start event waits from now on."""
        spec = self._shelf.program(entrance.process, "", "").root.task_specs[entrance.node.id]
        trigger = spec.awaits[entrance.position]
        try:
            self._set(entrance, trigger.wait({}, self.at))
        except StepFault as fault:
            self._fail(entrance.node.id, fault.message, fault.code)

    def post(self, message: Message) -> None:
        """A message or signal is on its way."""
        self.mail.on_the_way.append(message)

    def complete(self, element: str, answer: Mapping[str, Any], instance: int | None) -> None:
        """Somebody finishes a task. Raises Refused when it does not wait, saying what does."""
        works = [work for work in self.open.values() if work.element == element]
        if instance is not None:
            works = _of_instance(works, instance)
        if not works:
            raise Refused(translate("trace.not_open", self._lang, element=element, open=self._names_open()))
        self._finish(works[0], answer)

    def jump(self, length: moments.Length) -> None:
        """The clock moves; what falls due on the way happens at its own time, one after the other. Raises Invalid."""
        try:
            until = length.after(self.at)
        except OverflowError:
            raise Invalid(translate("trace.beyond", self._lang)) from None
        while self._ring(until):
            self.settle()
        self.clock.at = until
        self.settle()

    def settle(self) -> None:
        """Until nothing can move. Raises Endless."""
        while self._deliver() or self._ask(self._calls) or self._ring(self.at) or self._ask(self._people):
            pass

    # -- one thing at a time -------------------------------------------------------------------------------------

    def _deliver(self) -> bool:
        while self.mail.on_the_way:
            message = self.mail.on_the_way.popleft()
            if message.kind == "signal":
                self._spread(message)
                return True
            place = self.mail.receiver(message)
            if place is not None:
                case = self.cases[place[0] - 1]
                self._advance(case, engine.MessageArrived(place[1], message.payload), message.name)
                return True
            if self._begin_with(message, most=1):
                return True
            self.mail.keep(message)
        return False

    def _spread(self, signal: Message) -> None:
        """A signal reaches every case that listens when it comes, and every start event. Its sender has heard it."""
        cases = [self.cases[number - 1] for number in self.mail.cases(signal) if number != signal.sender]
        for case in cases:
            if not case.live.ended:
                self._advance(case, engine.SignalArrived(signal.name, signal.payload), signal.name)
        self._begin_with(signal)

    def _begin_with(self, message: Message, most: int | None = None) -> bool:
        fitting = [it for it in self._shelf.entrances if it.awaits == (message.kind, message.name)][:most]
        for entrance in fitting:
            self.start(entrance.process, {}, entrance.node.id, message.payload, message.name)
        return bool(fitting)

    def _ask(self, queue: deque[Work]) -> bool:
        """Let the first that has an answer give it."""
        while queue:
            work = queue.popleft()
            if (work.case.number, work.ref) not in self.open or (self.waits_for_people and not work.is_service):
                continue
            answer = self._answers.take(work.element)
            if answer is not None:
                self._finish(work, answer)
                return True
        return False

    def _finish(self, work: Work, answer: Mapping[str, Any]) -> None:
        del self.open[work.case.number, work.ref]
        event: engine.Event = engine.TaskDone(work.ref, answer)
        if work.is_service:
            event = engine.ServiceDone(work.ref, answer)
            if "@error" in answer:
                code = answer["@error"]
                message = answer.get("@message") or translate("trace.service_says_no", self._lang, code=code)
                event = engine.ServiceFailed(work.ref, str(message), code)
        self._advance(work.case, event, work.element)

    def _ring(self, until: datetime) -> bool:
        taken = self.timers.take(until)
        if taken is None:
            return False
        (number, ref), due_at = taken
        self.clock.at = max(self.at, due_at)
        if number == 0:
            self._start_by_clock(ref)
        else:
            case = self.cases[number - 1]
            self._advance(case, engine.TimerDue(ref), ref)
        return True

    def _start_by_clock(self, name: str) -> None:
        entrance, wait = self._armed.pop(name)
        following = moments.next_wait(wait)
        if following is not None:
            self._set(entrance, following)
        self.start(entrance.process, {}, entrance.node.id, {}, "timer")

    def _set(self, entrance: Entrance, wait: Wait) -> None:
        self._armed[entrance.place] = (entrance, wait)
        if wait.due is not None:
            self.timers.set((0, entrance.place), wait.due)

    def _advance(self, case: Case, event: engine.Event, about: str) -> None:
        self._count(about)
        self._hear(case, engine.advance(case.live, event, at=self.at))

    def _count(self, about: str) -> None:
        self._moves += 1
        if (
            self._moves > MOST_MOVES
            or self.path.steps > MOST_STEPS
            or (self._moves % 100 == 0 and time.process_time() > self._until)
        ):
            last = self.path.entries[-1].element if self.path.entries else about
            message = translate("trace.endless", self._lang, n=self._moves - 1, steps=self.path.steps)
            self._fail(last, message, "endless")
            raise Endless(message)

    # -- what the engine tells -----------------------------------------------------------------------------------

    def _hear(self, case: Case, told: list[engine.Happening]) -> None:
        for it in told:
            hear = _HEARD.get(type(it))
            if hear is not None:
                hear(self, case, it)

    def _task(self, case: Case, it: engine.TaskReached) -> None:
        work = self.open[case.number, it.ref] = Work(case, it.ref, it.element)
        self._people.append(work)

    def _call(self, case: Case, it: engine.ServiceCalled) -> None:
        work = self.open[case.number, it.ref] = Work(case, it.ref, it.element, is_service=True)
        self._calls.append(work)

    def _withdraw(self, case: Case, it: engine.TaskWithdrawn | engine.ServiceWithdrawn) -> None:
        self.open.pop((case.number, it.ref), None)

    def _sent(self, case: Case, it: engine.MessageSent) -> None:
        self.post(Message(it.kind, it.name, it.correlation, it.payload, self.at, case.number))

    def _stored(self, case: Case, it: engine.StoreWritten) -> None:
        self._shelf.stores[it.store] = it.value

    def _failed(self, case: Case, it: engine.Failed) -> None:
        if it.code == engine.DEADLOCK:
            return  # it waits, though for nobody
        self._fail(it.element, it.message, it.code)

    def _ended(self, case: Case, it: engine.Ended) -> None:
        if it.outcome == "error":
            words = "trace.uncaught" if it.code else "trace.uncaught.nameless"
            self._fail(it.element, translate(words, self._lang, code=it.code), it.code)

    def _fail(self, element: str, message: str, code: str) -> None:
        self.failure = self.failure or Failure(element, message, code)

    def _names_open(self) -> str:
        return ", ".join(dict.fromkeys(work.element for work in self.open.values())) or "-"


def _of_instance(works: list[Work], instance: int) -> list[Work]:
    """The round with this number of a repeated activity; else the work of the case with this number."""
    counters = [work.case.live.visible(work.ref).get("loopCounter") for work in works]
    return [work for work, counter in zip(works, counters, strict=True) if counter == instance] or [
        work for work in works if work.case.number == instance
    ]


_HEARD: dict[type[Any], Callable[[World, Case, Any], None]] = {
    engine.StepEntered: lambda world, case, it: world.path.enter(case.number, it),
    engine.StepLeft: lambda world, case, it: world.path.leave(case.number, it),
    engine.TaskReached: World._task,
    engine.TaskWithdrawn: World._withdraw,
    engine.ServiceCalled: World._call,
    engine.ServiceWithdrawn: World._withdraw,
    engine.TimerSet: lambda world, case, it: world.timers.set((case.number, it.ref), it.due_at),
    engine.TimerCleared: lambda world, case, it: world.timers.clear((case.number, it.ref)),
    engine.MessageAwaited: lambda world, case, it: world.mail.listen(
        (case.number, it.ref), it.kind, it.name, it.correlation, at=world.at
    ),
    engine.MessageForgotten: lambda world, case, it: world.mail.forget((case.number, it.ref)),
    engine.MessageSent: World._sent,
    engine.StoreWritten: World._stored,
    engine.Failed: World._failed,
    engine.Ended: World._ended,
}
