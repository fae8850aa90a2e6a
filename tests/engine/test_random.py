"""Random processes, random answers: stored is warm, every run is sound, and the work done is the work that was meant.

What is drawn is block-structured (sequence, exclusive, parallel, inclusive and event-based gateways, ways back, loops,
sub-processes, multi-instance, calls, boundary events, errors), so each process must end, with nothing left (soundness:
van der Aalst, "The Application of Petri Nets to Workflow Management", 1998), whatever order people work in.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import engine
from tests.engine import blocks
from tests.engine.story import Story

_TASKS = st.builds(blocks.Task, st.booleans()) | st.builds(blocks.Call)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=2, max_size=3)
    few, pick = st.integers(1, 3), st.integers(0, 2)
    return st.one_of(
        st.builds(blocks.Sequence, several),
        st.builds(blocks.Parallel, several),
        st.builds(blocks.Choice, several, pick),
        st.builds(blocks.Some, several, st.lists(st.booleans(), min_size=2, max_size=3)),
        st.builds(blocks.Race, several, pick),
        st.builds(blocks.Rework, inner, few),
        st.builds(blocks.Repeat, inner, few),
        st.builds(blocks.Sub, inner),
        st.builds(blocks.Many, inner, st.integers(0, 3), st.booleans()),
        st.builds(blocks.Guarded, inner, st.integers(0, 2), st.booleans()),
        st.builds(blocks.Rescue, inner, inner),
    )


BLOCKS = st.recursive(_TASKS, _larger, max_leaves=12)
_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]
FEW = settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=_CALM)


class Run:
    """One case of a block, in which whoever can do something does it in a random order."""

    def __init__(self, block: Any, seed: int, *, stored: bool) -> None:
        self.known = blocks.inside(block)
        self.chance = random.Random(seed)
        diagram, data = blocks.drawn(block)
        self.story = Story(diagram=diagram, data=data, calls=(blocks.CALLED,), stored=stored)
        self.came: Counter[str] = Counter()  #: by the ref of a guarded task: events that came
        self.pieces = [dict(self.story.pieces)]

    def go(self) -> Run:
        for _ in range(5000):
            if self.story.ended:
                return self
            self.story.do(self.next())
            self.pieces.append(dict(self.story.pieces))
        raise AssertionError("it does not end")

    def next(self) -> engine.Event:
        """Something that somebody can do now."""
        story = self.story
        found: list[engine.Event] = []
        for step in story.live.waiting():
            if step.kind == "userTask" and self._wants(step) == 0:
                found.append(engine.TaskDone(step.ref, {"any": len(story.told)}))
            elif step.kind == "intermediateCatchEvent":
                name, _, place = step.element.rpartition("_")
                race = self.known[name]
                if int(place) == race.pick % len(race.parts):
                    found.append(engine.MessageArrived(step.ref))
            elif step.kind == "boundaryEvent" and step.wait is not None:
                host = story.live.step(step.ref).note.host
                path = step.ref.rpartition("/")[0]
                ref = f"{path}/{host}" if path else str(host)
                guarded = next(other for other in story.live.waiting() if other.ref == ref)
                if self._wants(guarded):
                    found.append(engine.MessageArrived(step.ref))
        assert found, f"nobody can do anything: {story.live.waiting()}"
        chosen = self.chance.choice(found)
        if isinstance(chosen, engine.MessageArrived):
            self._count(chosen.ref)
        return chosen

    def _count(self, ref: str) -> None:
        step = self.story.live.step(ref)
        if step.note.host is not None:
            self.came[f"{step.scope.prefix}{step.note.host}"] += 1

    def _wants(self, step: engine.Waiting) -> int:
        """How many events are still to come at the border of this task."""
        block = self.known.get(step.element)
        return block.times - self.came[step.ref] if isinstance(block, blocks.Guarded) else 0

    @property
    def done(self) -> Counter[str]:
        """How often each task was completed; a multi-instance as a whole is none."""
        told = [it for it in self.story.told if isinstance(it, engine.StepLeft) and it.outcome == "completed"]
        return Counter(it.element for it in told if it.element.startswith("t") and it.kind != "callActivity")


@FEW
@given(BLOCKS, st.integers(0, 2**32))
def test_a_stored_case_goes_exactly_the_way_of_a_warm_one(block: Any, seed: int) -> None:
    blocks.label(block, Counter())
    warm, stored = Run(block, seed, stored=False).go(), Run(block, seed, stored=True).go()
    assert stored.story.retold() == warm.story.retold()
    hashes = [run.story.program.hash.encode() for run in (warm, stored)]
    named = [[{path: blob.replace(it, b"") for path, blob in pieces.items()} for pieces in run.pieces]
             for run, it in zip((warm, stored), hashes, strict=True)]  # fmt: skip
    assert named[1] == named[0]


@FEW
@given(BLOCKS, st.integers(0, 2**32))
def test_every_run_ends_with_nothing_left_and_all_work_done(block: Any, seed: int) -> None:
    blocks.label(block, Counter())
    run = Run(block, seed, stored=False).go()
    assert run.story.ended == "completed"
    assert run.story.live.waiting() == []
    assert list(run.story.pieces) == [""]
    assert run.done == blocks.work(block)


@FEW
@given(BLOCKS, st.integers(0, 2**32), st.integers(0, 30))
def test_a_case_cancelled_in_the_middle_leaves_nothing(block: Any, seed: int, moves: int) -> None:
    blocks.label(block, Counter())
    run = Run(block, seed, stored=True)
    for _ in range(moves):
        if run.story.ended:
            return
        run.story.do(run.next())
    if not run.story.ended:
        run.story.cancel()
        assert list(run.story.pieces) == [""]
        assert run.story.ended == "cancelled"
