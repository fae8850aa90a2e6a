"""Cases in the middle of their way, whose pieces were stored once and for all in `format-1/`.

`python -m tests.engine.golden` writes the files of new cases; it never writes over one that is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from app.diagrams.model import Diagram
from app.engine import limits
from tests.engine.drawing import (
    Made,
    ad_hoc,
    boundary,
    call,
    catch,
    complex_,
    draw,
    event_sub,
    handler,
    many,
    receive,
    repeat,
    script,
    service,
    start,
    sub,
    task,
    throw,
    undone,
    user,
)
from tests.engine.story import Story

FOLDER = Path(__file__).parent / "format-1"


@dataclass(frozen=True)
class Golden:
    """A case: what is drawn, how it came to where it is stored, how it goes on, and where that leads."""

    lines: tuple[str, ...]
    nodes: dict[str, Made]
    on: Callable[[Story], None]
    to_end: Callable[[Story], None]
    result: dict[str, Any]
    data: dict[str, Any] | None = None
    steps: int = limits.STEPS

    def begin(self, name: str) -> Story:
        """The case as far as it is stored."""
        with mock.patch.object(limits, "STEPS", self.steps):
            story = Story(diagram=_drawn(name, *self.lines, **self.nodes), data=self.data, calls=(CALLED,))
            self.on(story)
        return story


def _drawn(name: str, *lines: str, **nodes: Made) -> Diagram:
    return replace(draw(*lines, key=name, **nodes), hash=f"sha256-of-{name}")


CALLED = _drawn("called", "start2 -> inner -> more -> end2")
MONEY = {
    "customer": {"name": "李晓明", "limit": Decimal("50000.10")},
    "amounts": [1, 2.5, 10**20],
    "vip": True,
    "note": None,
}


def _answer(*elements: str, **answer: Any) -> Callable[[Story], None]:
    def go(story: Story) -> None:
        for element in elements:
            story.answer(element, **answer)

    return go


def _ad_hoc(story: Story) -> None:
    story.answer("a")
    story.answer("d", enough=True)


def _multi(story: Story) -> None:
    story.answer("ask", 1, mark="W")
    story.answer("vote", mark=1)


def _multi_end(story: Story) -> None:
    story.answer("ask", 1, mark="Z")
    story.answer("ask", mark="L")
    story.answer("vote", mark=2)
    story.answer("vote", mark=3)


def _second_round(story: Story) -> None:
    story.answer("one")
    story.answer("two")
    story.answer("check", ok=False)
    story.answer("one")


def _third(story: Story) -> None:
    assert story.open == ["two"]
    story.answer("two")
    story.answer("check", ok=True)


def _kept(story: Story) -> None:
    story.serve("scoring", score=7)


def _kept_end(story: Story) -> None:
    story.retry("scoring", big=1)


def _failed(story: Story) -> None:
    story.break_service("scoring", "error", "connection refused")


def _failed_end(story: Story) -> None:
    story.retry("scoring")
    story.serve("scoring", score=7)
    story.edit(way=1)
    story.retry("xor")
    story.skip("wait", skipped=True)


def _handled(story: Story) -> None:
    story.message("start9", why="x")
    story.message("start9", why="y")


def _handled_end(story: Story) -> None:
    story.message("start9", why="z")
    for _ in range(3):
        story.answer("handle")
    story.answer("inner")


def _rung(story: Story) -> None:
    story.ring("late")


def _once(story: Story) -> None:
    story.ring("late")


def _cron_end(story: Story) -> None:
    story.ring("late")
    assert story.at.isoformat() == "2026-11-25T01:00:00+00:00"
    story.answer("ask")


def _once_more(story: Story) -> None:
    story.ring("late")
    assert (story.at.month, story.at.day) == (2, 28)
    story.answer("ask")


def _rung_end(story: Story) -> None:
    story.ring("late")
    story.ring("late")
    story.ring("until")
    assert story.watched() == ["always"]
    story.ring("always")
    story.answer("ask")


def _stopped_end(story: Story) -> None:
    story.retry("t")  # what was ready beside it went on with this move, too


def _deep() -> Any:
    value: Any = 1
    for _ in range(120):
        value = [value]
    return value


def _undoing(story: Story) -> None:
    story.ring("late")
    story.answer("unbook")


CASES: dict[str, Golden] = {
    "task-waiting": Golden(
        ("start -> ask -> end", "late -> call -> end", "told -> note -> end"),
        {
            "ask": user(inputs={"who": "customer.name"}, outputs={"customer.phone": "phone"}),
            "late": boundary("ask", "timer", duration="P2DT3H"),
            "told": boundary("ask", "message", "told", key="customer.name", interrupting=False),
        },
        lambda story: None,
        _answer("ask", phone="139"),
        MONEY | {"customer": MONEY["customer"] | {"phone": "139"}, "amounts": [1, Decimal("2.5"), 10**20]},
        MONEY,
    ),
    "parallel-join": Golden(
        ("start -> and1 -> a -> and2 -> end", "and1 -> b -> and2", "and1 -> c -> and2"), {}, _answer("c", "a", x=1),
        _answer("b", y=2), {"x": 1, "y": 2},
    ),
    "inclusive-join": Golden(
        ("start -> xor1 -> or1 -[a]-> one -> or2 -> check -> xor2 -[ok]-> end", "or1 -[b]-> two -> or2",
         "xor2 -[else]-> xor1"),
        {}, _second_round, _third, {"a": True, "b": True, "ok": True}, {"a": True, "b": True},
    ),
    "cron": Golden(
        ("start -> ask -> end", "late -> call -> end2"),
        {"ask": user(), "late": boundary("ask", "timer", cycle="0 9 * * MON-FRI", interrupting=False), "call": task()},
        _once, _cron_end, {},
    ),
    "event-gateway": Golden(
        ("start -> event -> soon -> end1", "event -> paid -> end2", "event -> got -> end3", "event -> cry -> end4"),
        {"soon": catch("timer", duration="PT1H"), "paid": catch("message", "paid", key="order"),
         "got": receive("got"), "cry": catch("signal", "alarm")},
        lambda story: None, lambda story: story.message("paid", amount=5) and None, {"order": "A-1", "amount": 5},
        {"order": "A-1"},
    ),
    "timer-cycle": Golden(
        ("start -> ask -> end", "late -> l -> end1", "until -> u -> end2", "always -> a -> end3"),
        {"late": boundary("ask", "timer", cycle="R3/PT1H", interrupting=False),
         "until": boundary("ask", "timer", cycle="R/P1D/2026-11-24T12:00:00Z", interrupting=False),
         "always": boundary("ask", "timer", cycle="R/2026-12-01T08:00:00+08:00/P1M", interrupting=False),
         "l": task(), "u": task(), "a": task()},
        _rung, _rung_end, {},
    ),
    "month-end-cycle": Golden(
        ("start -> ask -> end", "late -> l -> end1"),
        {"late": boundary("ask", "timer", cycle="R9/2026-12-31T09:00:00/P2M", interrupting=False), "l": task()},
        _once, _once_more, {},
    ),
    "multi-instance": Golden(
        ("start -> and1 -> ask -> and2 -> end", "and1 -> vote -> and2"),
        {"ask": user(loop=many("names", each="name", into="marks", yields="mark")),
         "vote": user(loop=many(cardinality="3", sequential=True, into="votes", yields="mark"))},
        _multi, _multi_end, {"names": ["Li", "Wang", "Zhao"], "marks": ["L", "W", "Z"], "votes": [1, 2, 3]},
        {"names": ["Li", "Wang", "Zhao"]},
    ),
    "standard-loop": Golden(
        ("start -> ask -> end",), {"ask": user(loop=repeat("not(ok)", maximum=9))}, _answer("ask", "ask", ok=False),
        _answer("ask", ok=True), {"ok": True},
    ),
    "called-process": Golden(
        ("start -> part -> end",),
        {"part": sub("start3 -> go -> end3", inputs={"amount": "5"}, outputs={"result": "amount"},
                     go=call("called", all_in=False, inputs={"own": "amount"}, outputs={"amount": "own"}))},
        _answer("inner", own=6), _answer("more"), {"result": 6},
    ),
    "event-sub-process": Golden(
        ("start -> part -> end",),
        {"part": sub("start3 -> inner -> end3",
                     on_it=event_sub("start9 -> handle -> end9", start9=start("message", "m", interrupting=False)))},
        _handled, _handled_end, {"why": "z"},
    ),
    "failed-steps": Golden(
        ("start -> and1 -> scoring -> and2 -> end", "and1 -> xor -[way = 1]-> and2", "xor -[way = 2]-> end2",
         "and1 -> wait -> and2"),
        {"scoring": service(), "wait": catch("timer", duration="=missing")}, _failed, _failed_end,
        {"score": 7, "way": 1, "skipped": True},
    ),
    "kept-result": Golden(
        ("start -> scoring -> end",),
        {"scoring": service(outputs={"deep.deeper": "big", "copy": "deep", "got": "score"})},
        _kept, _kept_end, {"big": 1, "deep": {"deeper": 1}, "copy": {"deeper": 1}, "got": 7}, {"big": _deep()},
    ),
    "budget-stopped": Golden(
        ("start -> part -> end",),
        {"part": sub("start3 -> s -> t -> end3", loop=many(cardinality="5"), s=script("1", "x"), t=script("2", "y"))},
        lambda story: None, _stopped_end, {"x": 1, "y": 2}, steps=18,
    ),
    "compensation": Golden(
        ("start -> trip -> more -> seats -> ask -> back -> rest -> end",),
        {"trip": sub("start3 -> book -> note -> end3", loop=many("cities", each="city", into="paid", yields="sum"),
                     book=script("city", "sum"), note=user(), unbook=handler(user()), undo3=undone("book", "unbook")),
         "seats": script("loopCounter", "seat", loop=many(cardinality="2")), "free": handler(user()),
         "more": script("1", "seat", loop=many(cardinality="1")), "undo2": undone("more", "free"),
         "undo1": undone("seats", "free"), "back": throw("compensate", "seats"), "rest": throw("compensate")},
        _answer("note", "note", "ask"), _answer("free", "free", "free", "unbook", "unbook", ok=1),
        {"cities": ["a", "b"], "paid": ["a", "b"], "seat": 2, "ok": 1},
        {"cities": ["a", "b"]},
    ),
    "undoing-inside": Golden(
        ("start -> trip -> seats -> back -> end",),
        {"trip": sub("start3 -> book -> end3", "late -> note -> end4", book=script("1", "sum"),
                     unbook=handler(user()), undo3=undone("book", "unbook"),
                     late=boundary("unbook", "timer", duration="PT1H", interrupting=False)),
         "seats": script("2", "seat"), "free": handler(task()), "undo1": undone("seats", "free"),
         "back": throw("compensate")},
        _undoing, _answer("note", ok=1), {"sum": 1, "seat": 2, "ok": 1},
    ),
    "conditions": Golden(
        ("start -> and1 -> wait -> end", "and1 -> ask -> ask2 -> end2", "seen -> end3"),
        {"wait": catch("conditional", "n > 5"), "seen": boundary("ask2", "conditional", "n > 1", interrupting=False)},
        _answer("ask", n=3), _answer("ask2", n=6), {"n": 6},
    ),
    "complex-join": Golden(
        ("start -> and1 -> a -> join", "and1 -> b -> join", "and1 -> c -> join", "join -> after -> end"),
        {"join": complex_("activationCount >= 1")}, _answer("a", "b"), _answer("c", "after"), {},
    ),
    "ad-hoc": Golden(
        ("start -> part -> end",),
        {"part": sub("start3 -> and1 -> one -> end3", "and1 -> two -> end4",
                     one=ad_hoc("a", "b", "c", sequential=True), two=ad_hoc("d", "e", until="enough", keeps=True))},
        _ad_hoc, _answer("b", "c", "e"), {"enough": True},
    ),
    "ended": Golden(("start -> ask -> end",), {}, _answer("ask", x=1), lambda story: None, {"x": 1}),
}  # fmt: skip


def read(name: str) -> dict[str, bytes]:
    """The stored pieces, byte for byte."""
    stored = (FOLDER / f"{name}.json").read_bytes()
    return {path: bytes(piece) for path, piece in msgspec.json.decode(stored, type=dict[str, msgspec.Raw]).items()}


def _write(name: str, pieces: dict[str, bytes]) -> None:
    lines = ",\n".join(f'"{path}": {blob.decode()}' for path, blob in sorted(pieces.items()))
    (FOLDER / f"{name}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for missing in CASES:
        if not (FOLDER / f"{missing}.json").exists():
            _write(missing, CASES[missing].begin(missing).pieces)
