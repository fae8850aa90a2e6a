"""Whatever is drawn and whatever happens: nothing raises, the books balance, nothing is left, stored or not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from unittest import mock

import msgspec
import pytest

from app import engine
from app.diagrams.model import Diagram
from app.engine import limits
from app.engine.codec import Piece, decode, decode_step
from tests.engine import tangle
from tests.engine.story import Story

MOVES = 25


def tangled(seed: int) -> tuple[Diagram, Diagram] | None:
    """Two drawings; None where the engine refuses them by name."""
    chance = random.Random(seed)
    drawn = tangle.Tangle(chance).drawn(), tangle.called(chance)
    try:
        for each in drawn:
            engine.compile(each, next(iter(each.processes)))
    except engine.NotRunnable:
        return None
    return drawn


def played(seed: int, drawn: tuple[Diagram, Diagram], *, stored: bool) -> Story:
    """A case to which anything happens: people, timers, signals, operators; often with a tiny budget."""
    chance = random.Random(seed)
    data = {name: chance.choice([True, False, None]) for name in tangle.NAMES}
    with mock.patch.object(limits, "STEPS", chance.choice([4, 15, 60, 200, 200, 200])):
        story = Story(diagram=drawn[0], calls=drawn[1:], data=data, stored=stored)
        for _ in range(MOVES):
            event = None if story.ended else anything(story, chance)
            if event is not None:
                story.do(event)
                check(story)
    return story


def anything(story: Story, chance: random.Random) -> engine.Event | None:
    steps = [step for step in story.live.waiting() if step.state not in ("joining", "ready", "undoing")]
    values = {chance.choice(tangle.NAMES): chance.choice([True, False, None])}
    if not steps or chance.random() < 0.1:
        return chance.choice([engine.Edit(values)] * 8 + [engine.SignalArrived("s0", values)] * 3 + [engine.Cancel()])
    step = chance.choice(steps)
    if step.state == "failed":
        return chance.choice([engine.Retry(step.ref, values), engine.Retry(step.ref), engine.Skip(step.ref, values)])
    if step.wait is not None:
        match step.wait.kind:
            case "timer":
                return engine.TimerDue(step.ref)
            case "message":
                return engine.MessageArrived(step.ref, values)
            case "signal":
                return engine.SignalArrived(step.wait.name, values)
        return engine.Edit(values)
    assert story.ledger is not None
    if step.ref in story.ledger.calls:
        return chance.choice([engine.ServiceDone(step.ref, values), engine.ServiceFailed(step.ref, "no", "E")])
    return engine.TaskDone(step.ref, values) if story.ledger.tasks.get(step.ref) == "open" else None


def check(story: Story) -> None:
    """Every piece has its place; what is kept of a scope that is over, somebody may still undo."""
    pieces = {path: decode(blob) for path, blob in story.pieces.items()}
    if story.ended:
        assert set(pieces) == {""}
        return
    meant = set(_may_be_undone(pieces))
    for path, piece in pieces.items():
        assert not path or path.rpartition("/")[0] in pieces, f"{path} hangs in the air"
        assert not piece.of or path in meant, f"{path} of {piece.of} is left over"


def _may_be_undone(pieces: dict[str, Piece]) -> Iterator[str]:
    for path, piece in pieces.items():
        yield from (done.path for done in piece.done)
        yield from (row.path for row in piece.undo)
        for raw in piece.steps.values():
            yield from (row.path for row in decode_step(raw).undo)
        opened = [f"{path}/{number}" if path else str(number) for number in piece.steps]
        yield from opened  # a step that failed when its inside was over


@pytest.mark.parametrize("begin", [0, 100, 580])
def test_a_tangled_case_goes_the_same_way_stored_and_warm_and_leaves_nothing(
    begin: int, record_property: Callable[[str, object], None]
) -> None:
    ran = over = 0
    for seed in range(begin, begin + 50):
        drawn = tangled(seed)
        if drawn is None:
            continue
        warm, stored = played(seed, drawn, stored=False), played(seed, drawn, stored=True)
        assert stored.told == warm.told
        assert stored.data == warm.data
        assert _plainly(stored) == _plainly(warm)
        ran += 1
        over += bool(warm.ended)
    assert ran > 40
    assert over > 10
    record_property("counted", f"tangled, seeds {begin}-{begin + 49}: {ran} cases agree stored and warm, {over} ended")


def _plainly(story: Story) -> dict[str, object]:
    return {path: msgspec.json.decode(blob) for path, blob in story.pieces.items()}
