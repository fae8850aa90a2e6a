"""Processes made of blocks, for random tests: how a block is drawn, and - told apart from it - what work it means.

`Drawing` makes nodes and flows of blocks; `work` is a second, tiny interpreter that knows nothing of tokens. Both read
only the blocks. Every choice stands in the block itself, so that each run has one right result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.diagrams.model import Diagram
from tests.engine.drawing import Made, boundary, call, catch, draw, end, many, repeat, script, sub, task, user


@dataclass
class Block:
    name: str = field(default="", init=False)


@dataclass
class Task(Block):
    """A person's work, or what passes by itself."""

    waits: bool


@dataclass
class Call(Block):
    """Another process, with one task."""


@dataclass
class Sequence(Block):
    parts: list[Any]


@dataclass
class Choice(Block):
    """One of several ways."""

    parts: list[Any]
    pick: int


@dataclass
class Parallel(Block):
    parts: list[Any]


@dataclass
class Some(Block):
    """Each way whose pick is true; the last when none is."""

    parts: list[Any]
    picks: list[bool]


@dataclass
class Race(Block):
    """The way behind the event that comes."""

    parts: list[Any]
    pick: int


@dataclass
class Rework(Block):
    """A way back, drawn with gateways."""

    body: Any
    rounds: int


@dataclass
class Repeat(Block):
    """A loop activity."""

    body: Any
    rounds: int


@dataclass
class Sub(Block):
    body: Any


@dataclass
class Many(Block):
    body: Any
    count: int
    sequential: bool


@dataclass
class Guarded(Block):
    """A task with an event on its border that comes so many times."""

    handler: Any
    times: int
    interrupting: bool


@dataclass
class Rescue(Block):
    """A sub-process that ends in an error, and what is done about it."""

    body: Any
    handler: Any


CALLED = draw("start_c -> t_called -> end_c", key="called")


def label(block: Any, numbers: Counter[str]) -> None:
    """Give every block a name of its own."""
    kind = type(block).__name__
    numbers[kind] += 1
    block.name = f"{'t' if kind in ('Task', 'Guarded') else kind.lower()}{numbers[kind]}{'g' * (kind == 'Guarded')}"
    for part in (*getattr(block, "parts", ()), getattr(block, "body", None), getattr(block, "handler", None)):
        if part is not None:
            label(part, numbers)


def work(block: Any) -> Counter[str]:
    """How often each task is completed, on any way through the block."""
    match block:
        case Task():
            return Counter([block.name])
        case Call():
            return Counter(["t_called"])
        case Sequence(parts) | Parallel(parts):
            return _all(parts)
        case Choice(parts, pick) | Race(parts, pick):
            return work(parts[pick % len(parts)])
        case Some(parts, picks):
            chosen = [part for part, pick in zip(parts, picks, strict=False) if pick]
            return _all(chosen or parts[-1:])
        case Rework(body, times) | Repeat(body, times) | Many(body, times):
            return _all([body] * times)
        case Sub(body):
            return work(body)
        case Rescue(body, handler):
            return work(body) + work(handler)
        case Guarded(handler, times, interrupting):
            if interrupting:
                return work(handler) if times else Counter([block.name])
            return Counter([block.name]) + _all([handler] * times)
    raise TypeError(block)


def _all(parts: list[Any]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total += work(part)
    return total


@dataclass
class Drawing:
    """Lines and nodes of one scope."""

    lines: list[str] = field(default_factory=list)
    nodes: dict[str, Made] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)  #: variables that its conditions read
    counters: list[str] = field(default_factory=list)  #: variables that its rounds count in

    def flow(self, before: str, after: str, condition: str = "") -> None:
        self.lines.append(f"{before} -{f'[{condition}]-' if condition else ''}> {after}")

    def add(self, block: Any, before: str, condition: str = "") -> str:
        """Draw the block behind `before`; the name of the node where it ends."""
        name = block.name
        match block:
            case Task(waits):
                self.nodes[name] = user() if waits else task()
                self.flow(before, name, condition)
                return name
            case Call():
                self.nodes[name] = call("called")
                self.flow(before, name, condition)
                return name
            case Sequence(parts):
                for place, part in enumerate(parts):
                    before = self.add(part, before, condition if place == 0 else "")
                return before
            case Choice(parts, pick):
                self.data[name] = pick % len(parts)
                conditions = [f"{name} = {place}" for place in range(len(parts) - 1)] + ["else"]
                return self._fork("xor", block, before, condition, conditions)
            case Parallel(parts):
                return self._fork("and", block, before, condition, [""] * len(parts))
            case Some(parts, picks):
                self.data |= {f"{name}_{place}": pick for place, pick in enumerate(picks)}
                known = [f"{name}_{place}" for place in range(min(len(parts), len(picks)))]
                conditions = [known[place] if place < len(known) else "false" for place in range(len(parts) - 1)]
                last = f"({known[-1]}) or " if len(known) == len(parts) else ""
                any_ = " or ".join(known[: len(parts) - 1]) or "false"
                return self._fork("or", block, before, condition, [*conditions, f"{last}not({any_})"])
            case Race(parts):
                self.flow(before, f"event_{name}", condition)
                self.nodes[f"xor_{name}"] = Made("exclusiveGateway")
                for place, part in enumerate(parts):
                    self.nodes[f"{name}_{place}"] = catch("message", f"{name}_{place}")
                    self.flow(f"event_{name}", f"{name}_{place}")
                    self.flow(self.add(part, f"{name}_{place}"), f"xor_{name}")
                return f"xor_{name}"
            case Rework(body, rounds):
                return self._rework(name, body, rounds, before, condition)
            case Repeat(body, rounds):
                return self._inside(name, body, before, condition, loop=repeat(f"loopCounter < {rounds}"))
            case Many(body, count, sequential):
                loop = many(cardinality=str(count), sequential=sequential)
                return self._inside(name, body, before, condition, loop=loop)
            case Sub(body):
                return self._inside(name, body, before, condition)
            case Rescue(body, handler):
                whole = Sub(body)  # so that no handler that runs beside is cut short by the error
                whole.name = f"{name}_whole"
                self._inside(name, whole, before, condition, error=True)
                self.nodes[f"{name}_oops"] = boundary(name, "error", "E")
                return self.add(handler, f"{name}_oops")
            case Guarded(handler, _, interrupting):
                return self._guarded(name, handler, interrupting, before, condition)
        raise TypeError(block)

    def _fork(self, kind: str, block: Any, before: str, condition: str, conditions: list[str]) -> str:
        split, join = f"{kind}_{block.name}", f"{kind}_{block.name}_j"
        self.flow(before, split, condition)
        for part, each in zip(block.parts, conditions, strict=True):
            self.flow(self.add(part, split, each), join)
        return join

    def _rework(self, name: str, body: Any, rounds: int, before: str, condition: str) -> str:
        self.counters.append(f"n_{name}")
        self.nodes[f"s_{name}"] = script("0", f"n_{name}")
        self.nodes[f"s_{name}_n"] = script(f"n_{name} + 1", f"n_{name}")
        self.flow(before, f"s_{name}", condition)
        self.flow(f"s_{name}", f"xor_{name}")
        self.flow(self.add(body, f"xor_{name}"), f"s_{name}_n")
        self.flow(f"s_{name}_n", f"xor_{name}_j")
        self.flow(f"xor_{name}_j", f"xor_{name}", f"n_{name} < {rounds}")
        self.nodes[f"s_{name}_o"] = task()
        self.flow(f"xor_{name}_j", f"s_{name}_o", "else")
        return f"s_{name}_o"

    def _inside(
        self, name: str, body: Any, before: str, condition: str, *, loop: Any = None, error: bool = False
    ) -> str:
        inner = Drawing()
        last = inner.add(body, f"start_{name}")
        inner.flow(last, f"end_{name}")
        if error:
            inner.nodes[f"end_{name}"] = end("error", "E")
        self.data |= inner.data
        own = dict.fromkeys(inner.counters, "0")  # rounds that run beside each other count each for themselves
        self.nodes[name] = sub(*inner.lines, inputs={}, loop=loop, **inner.nodes)
        self.nodes[name].says["inputs"] = user(inputs=own).says["inputs"]
        self.flow(before, name, condition)
        return name

    def _guarded(self, name: str, handler: Any, interrupting: bool, before: str, condition: str) -> str:
        self.nodes[name] = user()
        self.nodes[f"{name}_m"] = boundary(name, "message", name, interrupting=interrupting)
        self.flow(before, name, condition)
        after = self.add(handler, f"{name}_m")
        if not interrupting:
            self.flow(after, f"end_{name}_m")
            return name
        self.flow(name, f"xor_{name}_j")
        self.flow(after, f"xor_{name}_j")
        return f"xor_{name}_j"


def drawn(block: Any) -> tuple[Diagram, Mapping[str, Any]]:
    """The diagram of a process that is this block, and the data its conditions read."""
    drawing = Drawing()
    drawing.flow(drawing.add(block, "start"), "end")
    return draw(*drawing.lines, **drawing.nodes), drawing.data


def inside(block: Any) -> dict[str, Any]:
    """Every block by its name."""
    found = {block.name: block}
    for part in (*getattr(block, "parts", ()), getattr(block, "body", None), getattr(block, "handler", None)):
        if part is not None:
            found |= inside(part)
    return found
