"""What must balance in every story: who is entered leaves once, what is asked for is answered or withdrawn once."""

from __future__ import annotations

from collections.abc import Iterable

from app import engine


class Ledger:
    """Reads happenings as they are told; `check` compares what should be open with what is."""

    def __init__(self) -> None:
        self.entered: dict[str, engine.StepEntered] = {}
        self.left: set[str] = set()
        self.tasks: dict[str, str] = {}  #: ref -> open, answered, withdrawn or left
        self.timers: set[str] = set()
        self.listeners: set[str] = set()
        self.calls: set[str] = set()
        self.ended = ""

    def read(self, told: Iterable[engine.Happening], event: engine.Event | None = None) -> None:
        if isinstance(event, engine.ServiceDone | engine.ServiceFailed):
            self.calls.remove(event.ref)
        if isinstance(event, engine.TaskDone):
            self.tasks[event.ref] = "answered"
        for it in told:
            assert not self.ended, f"{it} after the end"
            match it:
                case engine.StepEntered():
                    assert it.ref not in self.entered, f"{it.ref} is used again"
                    assert all(ref in self.entered for ref in it.previous), f"{it.ref} comes from nowhere"
                    self.entered[it.ref] = it
                case engine.StepLeft():
                    self._left(it)
                case engine.TaskReached():
                    assert it.ref not in self.tasks, f"{it.ref} is offered twice"
                    assert it.ref in self.entered
                    self.tasks[it.ref] = "open"
                case engine.TaskWithdrawn():
                    assert self.tasks[it.ref] == "open", f"{it.ref} is withdrawn twice"
                    self.tasks[it.ref] = "withdrawn"
                case engine.TimerSet():
                    self.timers.add(it.ref)
                case engine.TimerCleared():
                    self.timers.remove(it.ref)
                case engine.MessageAwaited():
                    assert it.ref not in self.listeners
                    self.listeners.add(it.ref)
                case engine.MessageForgotten():
                    self.listeners.remove(it.ref)
                case engine.ServiceCalled():
                    assert it.ref not in self.calls
                    self.calls.add(it.ref)
                case engine.ServiceWithdrawn():
                    self.calls.remove(it.ref)
                case engine.Ended():
                    self.ended = it.outcome

    def _left(self, it: engine.StepLeft) -> None:
        entered = self.entered[it.ref]
        assert it.ref not in self.left, f"{it.ref} is left twice"
        assert (it.process, it.element, it.kind) == (entered.process, entered.element, entered.kind)
        self.left.add(it.ref)
        if self.tasks.get(it.ref) == "open":
            assert it.outcome != "cancelled", f"{it.ref} is cancelled and nobody takes its task away"
            self.tasks[it.ref] = "left"

    def check(self, live: engine.Live) -> None:
        """What is open is what is live, and counted right."""
        waiting = live.waiting()
        tokens = {step.ref for step in waiting if step.state != "watching"}
        assert tokens == self.entered.keys() - self.left
        assert self.timers == {step.ref for step in waiting if step.wait is not None and step.wait.kind == "timer"}
        waits = {step.ref: step.wait.kind for step in waiting if step.wait is not None}
        assert self.listeners == {ref for ref, kind in waits.items() if kind != "timer"}
        conditions = [ref for ref, kind in waits.items() if kind == "conditional"]
        assert sorted(live.root.piece.conditions) == sorted(conditions)
        assert {ref for ref, state in self.tasks.items() if state == "open"} <= tokens
        for scope in live.below("", itself=True):
            own = [ref for ref in tokens if ref.rpartition("/")[0] == scope.path]
            own += [step.ref for step in scope.steps() if step.note.quiet]
            assert scope.piece.tokens == len(own), f"scope {scope.path!r} miscounts its tokens"
        assert live.ended == self.ended
        if self.ended:
            assert not waiting
            assert list(live.below("")) == []
            assert not self.calls
            assert "open" not in self.tasks.values()
