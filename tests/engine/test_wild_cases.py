"""Wild cases through the moves, on both databases: what is stored is what the engine alone would hold in memory."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sqlalchemy as sa

from app import diagrams, engine
from app.core.clock import FakeClock
from app.definitions.deploy import deploy
from app.instances import live, moves, rebuild
from app.instances.models import Incident, ProcessInstance, Subscription, Timer
from app.tasks.models import Task
from tests.conftest import Cast
from tests.engine import wild
from tests.engine.story import MONDAY, Story
from tests.engine.written import written
from tests.instances.seen import events, rows


class Nothing:
    """No forms, no decisions."""

    def form(self, form_id: str) -> bytes | None:
        return None

    def decision(self, decision_id: str) -> bytes | None:
        return None


class Twin:
    """One case in the database and the same case in memory."""

    def __init__(self, seed: int, cast: Cast, clock: FakeClock) -> None:
        self.chance, self.cast, self.clock = random.Random(seed), cast, clock
        clock.at = MONDAY
        keys = f"wild{seed}", f"called{seed}"
        drawn, inner = wild.Wild(self.chance, called=keys[1]).drawn(keys[0]), wild.called(self.chance, keys[1])
        files = [written(inner), written(drawn)]
        for xml in files:
            deploy(xml, by=cast.chen, sources=Nothing(), file_name="wild.bpmn")
        data = {name: self.chance.choice([True, False, None]) for name in wild.NAMES}
        data["all"] = [1, 2]
        self.story = Story(diagram=diagrams.read(files[1]), calls=(diagrams.read(files[0]),), data=data, stored=False)
        self.file = files[1]
        self.instance = int(moves.start(keys[0], data, by=cast.lin)["id"])

    def go(self, count: int) -> None:
        self.agree()
        for _ in range(count):
            steps = [step for step in self.story.live.waiting() if step.state not in ("joining", "ready")]
            if self.story.ended or not steps:
                return
            if self.chance.random() < 0.5:
                live.clear()
            event = self.move(self.chance.choice(steps))
            if event is not None:
                self.story.do(event)
                self.agree()

    def move(self, step: engine.Waiting) -> engine.Event | None:
        values = {self.chance.choice(wild.NAMES): self.chance.choice([True, False, "yes", None])}
        by = self.cast.admin
        if step.state == "failed":
            mine = sa.select(Incident.id).where(Incident.instance_id == self.instance, Incident.state == "open")
            [found] = rows(mine.where(Incident.ref == step.ref))
            if self.chance.random() < 0.5:
                moves.retry(found[0], by=by, data=values)
                return engine.Retry(step.ref, values)
            moves.skip(found[0], by=by, data=values)
            return engine.Skip(step.ref, values)
        if step.wait is not None and step.wait.kind == "timer":
            assert step.wait.due is not None
            self.clock.at = self.story.at = max(self.clock.at, step.wait.due)
            assert moves.fire(self.instance, step.ref)
            return engine.TimerDue(step.ref)
        if step.wait is not None and step.wait.kind == "conditional":
            return None  # it waits for the data
        if step.wait is not None:
            kept = moves.receive(step.wait.name, {}, values, sender_id=str(self.chance.random()), by=self.cast.lin)
            assert moves.deliver(kept)
            [*_, told] = [it for it in events(self.instance) if it.kind == "message.received"]
            return engine.MessageArrived(told.facts["ref"], values)
        if step.kind in ("userTask", "manualTask"):
            found = rows(sa.select(Task.id).where(Task.ref == step.ref, Task.instance_id == self.instance))
            if not found:
                return None  # a loop: its rounds have the tasks
            moves.complete(found[0][0], values, by=self.cast.lin)
            return engine.TaskDone(step.ref, values)
        if self.story.ledger is not None and step.ref in self.story.ledger.calls:
            if self.chance.random() < 0.5:
                assert moves.fail_call(self.instance, step.ref, "no", code="E")
                return engine.ServiceFailed(step.ref, "no", "E")
            assert moves.finish_call(self.instance, step.ref, values)
            return engine.ServiceDone(step.ref, values)
        return None

    def agree(self) -> None:
        """Every table says what the engine says."""
        waiting = [] if self.story.ended else self.story.live.waiting()
        waits = [step for step in waiting if step.wait is not None]

        def stored(model: Any, *columns: Any) -> Any:
            return sorted(tuple(row) for row in rows(sa.select(*columns).where(model.instance_id == self.instance)))

        timers = sorted((step.ref, step.wait.due) for step in waits if step.wait.kind == "timer")
        assert stored(Timer, Timer.ref, Timer.due_at) == timers
        listening = sorted((step.ref, step.wait.name) for step in waits if step.wait.kind != "timer")
        assert stored(Subscription, Subscription.ref, Subscription.name) == listening
        assert self.story.ledger is not None
        people = sorted(ref for ref, state in self.story.ledger.tasks.items() if state == "open")
        open_ = sa.select(Task.ref).where(Task.instance_id == self.instance, Task.state.in_(("open", "claimed")))
        assert sorted(row[0] for row in rows(open_)) == people
        failed = sorted(
            (step.ref, self.story.live.step(step.ref).note.code) for step in waiting if step.state == "failed"
        )
        wanted = sa.select(Incident.ref, Incident.code).where(
            Incident.instance_id == self.instance, Incident.state == "open"
        )
        assert sorted(tuple(row) for row in rows(wanted)) == failed
        [state] = rows(sa.select(ProcessInstance.state).where(ProcessInstance.id == self.instance))
        assert state[0] == (self.story.ended or "running")


@pytest.mark.parametrize("seed", range(3000, 3008))
def test_a_wild_case_is_stored_as_the_engine_holds_it(seed: int, cast: Cast, morning: FakeClock) -> None:
    try:
        twin = Twin(seed, cast, morning)
        twin.go(12)
    finally:
        assert rebuild.check().differences == []


class Restless(Twin):
    """A twin whose case is taken to the same drawing in another version, now and then, and sometimes back."""

    moved = 0

    def move(self, step: engine.Waiting) -> engine.Event | None:
        if self.moved < 6:
            self.moved += 1
            self.file += b"\n"
            [again] = deploy(self.file, by=self.cast.chen, sources=Nothing(), file_name="wild.bpmn")
            before = len(events(self.instance))
            moves.migrate(self.instance, again.id, by=self.cast.chen)
            assert len(events(self.instance)) == before + 1
            self.agree()
            if self.moved % 2:
                moves.undo_migration(self.instance, by=self.cast.chen)
                self.agree()
        return super().move(step)


@pytest.mark.parametrize("seed", range(3100, 3104))
def test_a_wild_case_goes_on_the_same_way_in_another_version_of_the_same_drawing(
    seed: int, cast: Cast, morning: FakeClock
) -> None:
    try:
        Restless(seed, cast, morning).go(8)
    finally:
        assert rebuild.check().differences == []
