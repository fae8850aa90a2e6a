"""Drawings made by chance in which as much as possible is undone, awaited, counted and taken away at the same time.

Nobody would draw them, and most say little; whatever the engine builds must be run without harm. Independent of `wild`,
which is played against the token game.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from app.diagrams.model import Diagram, EventDefinition
from tests.engine.drawing import (
    Made,
    ad_hoc,
    behaves,
    boundary,
    call,
    catch,
    complex_,
    draw,
    end,
    event_sub,
    handler,
    many,
    on,
    receive,
    repeat,
    script,
    service,
    several,
    start,
    sub,
    throw,
    tokens,
    transaction,
    undone,
    user,
)

NAMES = ("c0", "c1", "c2", "c3")
SIGNALS = ("s0", "s1")
CODES = ("E", "F")
_CONDITIONS = (*NAMES, "not(c0)", "not(c1)", "c0 and c1", "c2 or c3")
_ACTIVITIES = {"user": 5, "service": 3, "script": 4, "sub": 5, "transaction": 2, "ad_hoc": 3, "call": 2, "receive": 1}
_STEPS = {"activity": 12, "split": 3, "choice": 2, "round": 1, "undo": 5, "signal": 1, "escalate": 1, "catch": 2,
          "event": 1, "tokens": 2}  #: what stands in a row  # fmt: skip
_INSIDE = ("sub", "transaction", "ad_hoc", "call")


@dataclass
class Sketch:
    """One scope: its lines and nodes."""

    lines: list[str] = field(default_factory=list)
    nodes: dict[str, Made] = field(default_factory=dict)
    undoable: list[str] = field(default_factory=list)


class Tangle:
    """Draws one process; everything comes from `chance`."""

    def __init__(self, chance: random.Random, *, first: int = 0, called: str = "called") -> None:
        self.chance, self.count, self.called = chance, first, called

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def drawn(self, key: str = "story", depth: int = 3) -> Diagram:
        sketch = self.scope(depth, 3, 7)
        return draw(*sketch.lines, key=key, **sketch.nodes)

    # -- one scope ---------------------------------------------------------------------------------------------------

    def scope(
        self, depth: int, least: int, most: int, begin: Made | None = None, last: tuple[str, Made] | None = None
    ) -> Sketch:
        sketch, first, last = Sketch(), self.name("start"), last or self.end()
        if begin is not None:
            sketch.nodes[first] = begin
        sketch.nodes[last[0]] = last[1]
        self.row(sketch, depth, first, last[0], self.chance.randint(least, most))
        if depth and self.chance.random() < 0.3:
            self.event_sub(sketch, depth)
        return sketch

    def row(self, sketch: Sketch, depth: int, before: str, after: str, length: int) -> None:
        """So many blocks between two nodes."""
        for _ in range(length):
            before = self.block(sketch, depth, before)
        sketch.lines.append(f"{before} -> {after}")

    def block(self, sketch: Sketch, depth: int, before: str) -> str:
        kind = self.chance.choices(list(_STEPS), list(_STEPS.values()))[0]
        make = {"activity": self.work, "split": self.split, "choice": self.choice, "round": self.round}.get(kind)
        if make is not None:
            return make(sketch, depth, before)
        if kind == "undo" and self.chance.random() < 0.8:
            before = self.knot(sketch, depth, before)
        name = self.name(kind)
        made: Made = getattr(self, f"_{kind}")(sketch)
        if kind == "event":
            return self.events(sketch, before, name)
        sketch.nodes[name] = made
        sketch.lines.append(f"{before} -> {name}")
        return name

    def end(self) -> tuple[str, Made]:
        rare = [end("terminate"), end("error", "E"), end("escalation", "F")]
        made = self.chance.choice([Made("endEvent")] * 20 + [end("compensate")] * 4 + rare)
        return self.name("end"), made

    # -- blocks ------------------------------------------------------------------------------------------------------

    def work(self, sketch: Sketch, depth: int, before: str, *, undone: bool = False) -> str:
        """An activity, perhaps repeated, with events on its border, perhaps to be undone."""
        chance = self.chance
        name, made = self.activity(depth)
        loop = self.loop() if chance.random() < 0.3 else None
        sketch.nodes[name] = replace(made, says={**made.says, "loop": loop})
        sketch.lines.append(f"{before} -> {name}")
        if undone or chance.random() < 0.4:
            self.undoing(sketch, depth, name)
        while chance.random() < 0.2:
            self.border(sketch, depth, name)
        self.off(sketch, depth, name)
        return name

    def off(self, sketch: Sketch, depth: int, name: str) -> None:
        """A transaction may be cancelled."""
        if sketch.nodes[name].kind == "transaction":
            off = self.name("off")
            sketch.nodes[off] = boundary(name, "cancel")
            self.led(sketch, depth, off)

    def knot(self, sketch: Sketch, depth: int, before: str) -> str:
        """Something that is over soon and takes long to be undone, in sub-processes or not."""
        if depth < 1 or self.chance.random() < 0.3:
            return self.work(sketch, depth, before, undone=True)
        inner, name, last = Sketch(), self.name("sub"), self.name("end")
        place = self.name("start")
        for _ in range(self.chance.randint(1, 2)):
            work = self.name("script")
            inner.nodes[work] = script("true", self.chance.choice(NAMES))
            inner.lines.append(f"{place} -> {work}")
            self.undoing(inner, depth, work)
            place = work
        if self.chance.random() < 0.3:
            place = self.knot(inner, depth - 1, place)
        inner.lines.append(f"{place} -> {last}")
        if self.chance.random() < 0.2:
            self.event_sub(inner, depth)
        loop = self.loop() if self.chance.random() < 0.3 else None
        make = {"loop": loop}
        sketch.nodes[name] = sub(*inner.lines, **make, **inner.nodes)
        sketch.lines.append(f"{before} -> {name}")
        sketch.undoable.append(name)
        return name

    def activity(self, depth: int) -> tuple[str, Made]:
        kind = self.chance.choices(list(_ACTIVITIES), list(_ACTIVITIES.values()))[0]
        if kind in _INSIDE and (depth < 1 or (kind == "call" and not self.called)):
            kind = "user"
        name = self.name(kind)
        match kind:
            case "user":
                return name, user(inputs={"c0": "c1"} if self.chance.random() < 0.1 else {})
            case "service":
                return name, service()
            case "script":
                return name, script(self.chance.choice(("true", "false", "c0")), self.chance.choice(NAMES))
            case "receive":
                return name, receive(name)
            case "call":
                return name, call(self.called)
            case "ad_hoc":
                return name, self.ad_hoc(depth - 1)
        if kind == "sub":
            inner = self.scope(depth - 1, 1, 3)
            mapped = {"c1": "c0"} if self.chance.random() < 0.2 else {}
            return name, sub(*inner.lines, inputs=mapped, **inner.nodes)
        inner = self.scope(
            depth - 1, 1, 3, last=(self.name("end"), end("cancel")) if self.chance.random() < 0.6 else None
        )
        return name, transaction(*inner.lines, **inner.nodes)

    def ad_hoc(self, depth: int) -> Made:
        inner, chance = Sketch(), self.chance
        for _ in range(chance.randint(1, 3)):
            name, made = self.activity(depth)
            inner.nodes[name] = made
            inner.lines.append(name)
            self.off(inner, depth, name)
            if chance.random() < 0.4:
                self.block(inner, depth, name)
            if chance.random() < 0.4:
                self.undoing(inner, depth, name)
            if chance.random() < 0.2:
                self.border(inner, depth, name)
        if chance.random() < 0.3:
            self.event_sub(inner, depth)
        until = chance.choice([None, *_CONDITIONS])
        says: dict[str, Any] = {"sequential": chance.random() < 0.5, "keeps": chance.random() < 0.5}
        return ad_hoc(*inner.lines, until=until, **says, **inner.nodes)

    def loop(self) -> Any:
        chance = self.chance
        if chance.random() < 0.3:
            return repeat(chance.choice(_CONDITIONS), maximum=chance.randint(1, 3), before=chance.random() < 0.5)
        until = chance.choice([None, None, "c2", "numberOfCompletedInstances >= 2"])
        into = {"into": "got", "yields": "it"} if chance.random() < 0.5 else {}
        loop = many("[1, 2, 3]", each="it", sequential=chance.random() < 0.5, until=until, **into)
        said = chance.choice(
            [on("signal", "s0"), on("escalation", "E"), on("error", "F"), on("message", "m", key="c3")]
        )
        kind = chance.choice(["", "", "All", "None", "One", "Complex"])
        return behaves(loop, kind, (chance.choice([None, "c3"]), said)) if kind else loop

    def split(self, sketch: Sketch, depth: int, before: str) -> str:
        """Ways that are taken together, and meet again - or some of them."""
        chance, fork = self.chance, self.name("and" if self.chance.random() < 0.7 else "or")
        kind = chance.choice(["and", "or", "complex", "complex", "xor"])
        join = self.name(kind)
        ways = chance.randint(2, 3)
        if kind == "complex":
            sketch.nodes[join] = complex_(f"activationCount >= {chance.randint(1, 2)}")
        sketch.lines.append(f"{before} -> {fork}")
        for way in range(ways):
            first = self.name("user")
            condition = chance.choice(_CONDITIONS) if fork.startswith("or") else ""
            arrow = "->" if not condition else f"-[{condition}]->" if way else "-[else]->"
            sketch.lines.append(f"{fork} {arrow} {first}")
            self.row(sketch, depth - 1, first, join, chance.randint(0, 2))
        return join

    def choice(self, sketch: Sketch, depth: int, before: str) -> str:
        """One of two ways; one may end."""
        fork, join, other = self.name("xor"), self.name("xor"), self.work(sketch, depth, before)
        first = self.name("user")
        sketch.lines += [f"{other} -> {fork}", f"{fork} -[{self.chance.choice(_CONDITIONS)}]-> {first}"]
        name, made = self.end()
        sketch.nodes[name] = made
        sketch.lines += [f"{first} -> {self.chance.choice([name, join])}", f"{fork} -[else]-> {join}"]
        return join

    def round(self, sketch: Sketch, depth: int, before: str) -> str:
        """A way back."""
        first, fork = self.name("xor"), self.name("xor")
        sketch.lines.append(f"{before} -> {first}")
        self.row(sketch, depth, first, fork, self.chance.randint(1, 2))
        sketch.lines.append(f"{fork} -[{self.chance.choice(_CONDITIONS)}]-> {first}")
        after = self.name("user")
        sketch.lines.append(f"{fork} -[else]-> {after}")
        return after

    def events(self, sketch: Sketch, before: str, name: str) -> str:
        join = self.name("xor")
        sketch.lines.append(f"{before} -> {name}")
        for _ in range(2):
            event = self.name("catch")
            sketch.nodes[event] = self.several(Made("intermediateCatchEvent", {"events": (self.trigger(),)}))
            sketch.lines.append(f"{name} -> {event} -> {join}")
        return join

    def _event(self, sketch: Sketch) -> Made:
        return Made("eventBasedGateway")

    def _undo(self, sketch: Sketch) -> Made:
        chance = self.chance
        meant = chance.choice(sketch.undoable) if sketch.undoable and chance.random() < 0.3 else ""
        return throw("compensate", meant, waits=chance.random() < 0.75)

    def _signal(self, sketch: Sketch) -> Made:
        return throw("signal", self.chance.choice(SIGNALS))

    def _escalate(self, sketch: Sketch) -> Made:
        return throw("escalation", self.chance.choice(CODES))

    def _catch(self, sketch: Sketch) -> Made:
        return self.several(catch("conditional", self.chance.choice(_CONDITIONS)))

    def _tokens(self, sketch: Sketch) -> Made:
        chance = self.chance
        return tokens(
            chance.choice([user(), script("true", "c3")]), wants=chance.randint(1, 2), gives=chance.randint(1, 3)
        )

    # -- events on borders and of scopes -----------------------------------------------------------------------------

    def trigger(self, name: str = "") -> EventDefinition:
        match self.chance.randrange(6):
            case 0:
                return on("timer", duration="PT1H")
            case 1:
                return on("timer", cycle="R2/PT1H")
            case 2:
                return on("signal", self.chance.choice(SIGNALS))
            case 3:
                return on("message", name or "m")
            case _:
                return on("conditional", self.chance.choice(_CONDITIONS))

    def several(self, made: Made) -> Made:
        if self.chance.random() < 0.6:
            return made
        return several(made, self.trigger(), together=self.chance.random() < 0.6)

    def undoing(self, sketch: Sketch, depth: int, host: str) -> None:
        """A handler, which may be anything, with events on its own border."""
        name, made = self.activity(depth - 1)
        loop = self.loop() if self.chance.random() < 0.2 else None
        sketch.nodes[name] = handler(replace(made, says={**made.says, "loop": loop}))
        sketch.nodes[self.name("undone")] = undone(host, name)
        sketch.undoable.append(host)
        self.off(sketch, depth - 1, name)
        if self.chance.random() < 0.25:
            self.border(sketch, depth - 1, name)

    def border(self, sketch: Sketch, depth: int, host: str) -> None:
        chance, name, stays = self.chance, self.name("border"), self.chance.random() < 0.5
        match chance.randrange(6):
            case 0:
                made = boundary(host, "error", chance.choice(["", *CODES]))
            case 1:
                made = boundary(host, "escalation", chance.choice(["", *CODES]), interrupting=not stays)
            case _:
                says = {"events": (self.trigger(name),), "attached_to": host, "interrupting": not stays}
                made = self.several(Made("boundaryEvent", says))
        sketch.nodes[name] = made
        self.led(sketch, depth, name)

    def led(self, sketch: Sketch, depth: int, name: str) -> None:
        last = self.end()
        sketch.nodes[last[0]] = last[1]
        self.row(sketch, depth - 1, name, last[0], self.chance.randint(0, 2))

    def event_sub(self, sketch: Sketch, depth: int) -> None:
        chance, name = self.chance, self.name("woken")
        match chance.randrange(6):
            case 0:
                begin = start("compensate")
            case 1:
                begin = start("error", chance.choice(["", *CODES]))
            case 2:
                begin = start("escalation", chance.choice(["", *CODES]), interrupting=chance.random() < 0.5)
            case _:
                says = {"events": (self.trigger(name),), "interrupting": chance.random() < 0.5}
                begin = self.several(Made("startEvent", says))
        inner = self.scope(depth - 1, 0, 2, begin)
        sketch.nodes[name] = event_sub(*inner.lines, **inner.nodes)


def called(chance: random.Random) -> Diagram:
    """The process that others call."""
    return Tangle(chance, first=1000, called="").drawn("called", depth=1)
