"""Cases of the demo, driven through the moves like any other, on a clock that is turned back by some working days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.calendars import china
from app.core.clock import FakeClock
from app.core.database import reading
from app.customers import moves as customers
from app.demo import services
from app.demo.timeline import THAT_DAY, TIMELINE, Arrive, Begin, Happens, Work
from app.instances import moves
from app.instances.models import ProcessInstance
from app.jobs.runner import Runner
from app.people import queries as people
from app.people.actor import SYSTEM, Actor
from app.tasks.models import Task


def load(app: Flask) -> int:
    """Tell the timeline within the application's context. Returns how many cases there are then."""
    services.register()
    now = clock.now()
    story = _Story(Runner(app), now, _last_day(now))
    told = sorted(((story.moment(it), number, it) for number, it in enumerate(TIMELINE)), key=lambda each: each[:2])
    with clock.running_on(story.clock):
        for moment, _, it in told:
            story.tell(it, moment)
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(ProcessInstance)) or 0


def _last_day(now: datetime) -> date:
    """The last working day on which all that the timeline tells of it has happened: whenever somebody first starts a
    server, at night or on a holiday, each of the cast finds work."""
    calendar = china()
    day = calendar.local(now).date()
    while not calendar.is_working_day(day) or max(_on(day, it) for it in TIMELINE if it.day == 0) > now:
        day -= timedelta(days=1)
    return day


def _on(day: date, it: Happens) -> datetime:
    hours, minutes = it.time.split(":")
    return china().at(day, time(int(hours), int(minutes)))


@dataclass(slots=True)
class _Story:
    runner: Runner
    now: datetime
    last_day: date
    clock: FakeClock = field(init=False)
    cases: dict[str, int] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = FakeClock(self.now)

    def moment(self, it: Happens) -> datetime:
        """When it happened: a time of day, so many working days before the last one."""
        day, left = self.last_day, it.day
        while left:
            day -= timedelta(days=1)
            left -= china().is_working_day(day)
        return _on(day, it)

    def tell(self, it: Happens, moment: datetime) -> None:
        self.clock.at = moment
        self.runner.drain()
        match it:
            case Begin():
                self._begin(it)
            case Work():
                self._work(it)
            case Arrive():
                moves.receive(it.name, {"key": it.key}, it.payload, sender_id=f"demo:{it.name}:{it.key}", by=SYSTEM)
        self.runner.drain()

    def _begin(self, it: Begin) -> None:
        if it.customer not in self.customers:
            self.customers[it.customer] = customers.register(name=it.customer, segment=it.segment)
        begun = moves.start(
            it.process,
            {},
            by=_actor(it.by),
            customer_id=self.customers[it.customer],
            mark="demo",
            key=f"demo:{it.case}",
        )
        self.cases[it.case] = int(begun["id"])

    def _work(self, it: Work) -> None:
        by, task = _actor(it.by), self._task(it)
        moves.claim(task, by=by)
        moves.open_form(task, by=by)
        if it.answer is not None:
            self.clock.at += timedelta(minutes=it.minutes)
            that_day = china().local(self.clock.at).date().isoformat()
            answer = {name: that_day if value == THAT_DAY else value for name, value in it.answer.items()}
            moves.complete(task, answer, by=by)

    def _task(self, it: Work) -> int:
        """The open task of an element; a case begun by a message is named by its process and customer."""
        process, _, customer = it.case.partition(":")
        found = sa.select(Task.id).where(Task.element == it.element, Task.state == "open").order_by(Task.id.desc())
        if customer:
            found = found.where(Task.process_key == process)
        else:
            found = found.where(Task.instance_id == self.cases[it.case])
        with reading() as session:
            return session.scalars(found).first() or 0


def _actor(login: str) -> Actor:
    with reading() as session:
        found = people.find_by_login(session, login)
    if found is None:
        raise LookupError(login)
    return found
