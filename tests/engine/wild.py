"""Drawings that no block structure holds together, made by chance from a seed: what people draw when nobody looks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from app.diagrams.model import Diagram
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
    manual,
    many,
    on,
    receive,
    repeat,
    script,
    service,
    several,
    start,
    sub,
    task,
    throw,
    tokens,
    transaction,
    undone,
    user,
)

CODES = ("E", "F")
NAMES = tuple(f"c{number}" for number in range(6))  #: what conditions ask; answers write them
_CONDITIONS = (*NAMES, *(f"not({name})" for name in NAMES))
_WORK = {"user": 9, "manual": 1, "service": 3, "receive": 1, "task": 3, "script": 1, "catch": 2, "sub": 4, "call": 2}
_BETWEEN = {"xor": 5, "and": 4, "or": 4, "event": 2, "complex": 2, "escalate": 1, "link": 1, "back": 3}
_GATEWAYS = {
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "event": "eventBasedGateway",
}
_ENDS = {"plain": 6, "error": 2, "escalate": 1, "terminate": 1, "back": 1}
_LAST = {"plain": 30, "error": 1, "escalate": 1, "terminate": 1, "back": 8}  #: of the whole process: few are cut short
_CANCELS = {"plain": 3, "error": 1, "cancel": 4}  #: of a transaction


@dataclass
class Sketch:
    """One scope: its lines and nodes."""

    lines: list[str] = field(default_factory=list)
    nodes: dict[str, Made] = field(default_factory=dict)


class Wild:
    """Draws one process; everything comes from `chance`."""

    def __init__(
        self, chance: random.Random, size: int = 6, depth: int = 2, first: int = 0, called: str = "called"
    ) -> None:
        self.chance = chance
        self.called = called  #: the process that call activities call
        self.size = size
        self.depth = depth
        self.count = first

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def pick(self, weights: dict[str, int]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def drawn(self, key: str = "story") -> Diagram:
        sketch = self.scope(self.depth)
        return draw(*sketch.lines, key=key, **sketch.nodes)

    def scope(self, depth: int, begin: Made | None = None, ends: dict[str, int] | None = None) -> Sketch:
        """Nodes in a row, joined by chance: mostly forward, sometimes back, sometimes twice."""
        chance, sketch = self.chance, Sketch()
        first = self.name("start")
        if begin is not None:
            sketch.nodes[first] = begin
        inner = [self.node(sketch, depth) for _ in range(chance.randint(1, self.size if depth == self.depth else 3))]
        hosts = [
            name
            for name in inner
            if sketch.nodes[name].kind.endswith(("Task", "Process", "Activity", "task", "transaction"))
        ]
        borders = [made for host in hosts for made in self.borders(sketch, host, depth)]
        kinds = ends or (_ENDS if depth < self.depth else _LAST)
        last = [self.end(sketch, kinds) for _ in range(chance.randint(1, 2))]
        self.join(sketch, [first, *inner, *last], borders)
        self.undone(sketch, hosts)
        if depth and chance.random() < 0.25:
            self.event_sub(sketch, depth)
        return sketch

    def node(self, sketch: Sketch, depth: int) -> str:
        kind = self.pick(_WORK if self.chance.random() < 0.65 else _BETWEEN)
        if (kind == "sub" and not depth) or (kind == "call" and (not depth or not self.called)):
            kind = "user"
        name = self.name({"link": "thrown", "escalate": "escalate"}.get(kind, kind))
        sketch.nodes[name] = self.made(kind, name, depth)
        return name

    def made(self, kind: str, name: str, depth: int) -> Made:
        chance = self.chance
        match kind:
            case "sub" if chance.random() < 0.15:
                return self.ad_hoc()
            case "sub" if chance.random() < 0.2:
                inner = self.scope(depth - 1, ends=_CANCELS)
                return transaction(*inner.lines, **inner.nodes)
            case "sub":
                inner = self.scope(depth - 1)
                return sub(*inner.lines, loop=self.loop(), **self.mapped(), **inner.nodes)
            case "call":
                return replace_loop(call(self.called, **self.mapped()), self.loop())
            case "user" | "manual" | "service" | "task":
                make = {"user": user, "manual": manual, "service": service, "task": task}[kind]
                made = replace_loop(make(), self.loop() if chance.random() < 0.5 else None)
                if chance.random() < 0.1:
                    made = tokens(made, wants=chance.randint(1, 2), gives=chance.randint(1, 2))
                return made
            case "receive":
                return receive(name)
            case "script":
                return script("{}")
            case "catch":
                return self.listens(chance.choice([catch("message", name), catch("timer", duration="PT1H")]), name)
            case "complex":
                return complex_(f"activationCount >= {chance.randint(1, 2)}")
            case "back":
                return throw("compensate", waits=chance.random() < 0.8)
            case "escalate":
                return throw("escalation", chance.choice(CODES))
            case "link":
                return throw("link", name)
        return Made(_GATEWAYS[kind])

    def listens(self, made: Made, name: str) -> Made:
        """The event, sometimes for a condition, sometimes with more triggers."""
        chance, [event] = self.chance, made.says["events"]
        if chance.random() < 0.2:
            return replace(made, says={**made.says, "events": (on("conditional", chance.choice(_CONDITIONS)),)})
        if chance.random() < 0.2:
            more = [on("conditional", chance.choice(_CONDITIONS))]
            more.append(on("message", name) if event.kind == "timer" else on("timer", duration="PT1H"))
            return several(made, *chance.sample(more, chance.randint(1, 2)), together=chance.random() < 0.5)
        return made

    def ad_hoc(self) -> Made:
        """Some work in no order, some of it with more work behind it."""
        chance, sketch = self.chance, Sketch()
        for _ in range(chance.randint(1, 3)):
            chain = [self.node_of(sketch, chance.choice(["user", "user", "service", "task"])) for _ in range(2)]
            if chance.random() < 0.4:
                sketch.lines.append(" -> ".join(chain))
            else:
                del sketch.nodes[chain[1]]
        until = chance.choice([None, *_CONDITIONS])
        return ad_hoc(
            *sketch.lines,
            until=until,
            sequential=chance.random() < 0.5,
            keeps=chance.random() < 0.4,
            loop=self.loop(),
            **sketch.nodes,
        )

    def node_of(self, sketch: Sketch, kind: str) -> str:
        name = self.name(kind)
        sketch.nodes[name] = self.made(kind, name, 0)
        return name

    def undone(self, sketch: Sketch, hosts: list[str]) -> None:
        """Some activities can be undone; some throw events name one of them."""
        chance, found = self.chance, []
        throws = [name for name, made in sketch.nodes.items() if made.says.get("events") and _undoes(made)]
        for host in hosts:
            if chance.random() < (0.8 if throws else 0.2):
                by = self.name("undo")
                make = chance.choice([user, user, service, task, lambda: script("{}")])
                sketch.nodes[by] = handler(make())
                sketch.nodes[self.name("undone")] = undone(host, by)
                found.append(host)
        for name in throws:
            if found and name.startswith("back") and chance.random() < 0.3:
                sketch.nodes[name] = throw("compensate", chance.choice(found))

    def mapped(self) -> dict[str, dict[str, str]]:
        """Sometimes variables of its own, sometimes results by name."""
        chance = self.chance

        def some(share: float) -> dict[str, str]:
            wanted = chance.randint(1, 2) if chance.random() < share else 0
            return {chance.choice(NAMES): chance.choice(NAMES) for _ in range(wanted)}

        return {"inputs": some(0.3), "outputs": some(0.2)}

    def loop(self) -> Any:
        chance = self.chance
        match chance.randrange(8):
            case 0 | 1:
                until = chance.choice([None, None, "c0", "numberOfCompletedInstances >= 2"])
                what = {"cardinality": str(chance.randint(0, 3))} if chance.random() < 0.5 else {"collection": "all"}
                made = many(**what, sequential=chance.random() < 0.5, until=until)
                return made if chance.random() < 0.8 else self.behaves(made)
            case 2:
                return repeat(
                    chance.choice(_CONDITIONS), maximum=chance.choice([None, 2]), before=chance.random() < 0.4
                )
        return None

    def behaves(self, loop: Any) -> Any:
        """A multi-instance that throws as its instances complete."""
        chance = self.chance
        event = on(chance.choice(["escalation", "escalation", "error"]), chance.choice(CODES))
        when = f"numberOfCompletedInstances = {chance.randint(1, 2)}"
        kind = chance.choice(["None", "One", "Complex"])
        return behaves(loop, kind, (when if kind == "Complex" else None, event))

    def borders(self, sketch: Sketch, host: str, depth: int) -> list[str]:
        """Events on the border of an activity."""
        chance, found = self.chance, []
        while chance.random() < 0.35 and len(found) < 2:
            name, stays = self.name("border"), chance.random() < 0.5
            match chance.randrange(5):
                case 0:
                    made = boundary(host, "timer", interrupting=not stays, duration="PT1H")
                case 1:
                    made = boundary(host, "timer", interrupting=not stays, cycle=f"R{chance.randint(1, 2)}/PT1H")
                case 2:
                    made = boundary(host, "message", name, interrupting=not stays)
                case 3:
                    made = boundary(host, "error", chance.choice(["", *CODES]))
                case _:
                    made = boundary(host, "escalation", chance.choice(["", *CODES]), interrupting=not stays)
            [event] = made.says["events"]
            made = self.listens(made, name) if event.kind in ("message", "timer") else made
            alike = [other for other in found if sketch.nodes[other].says["events"] == (event,)]
            if alike and event.kind in ("error", "escalation"):
                continue  # nobody could say which of the two catches
            sketch.nodes[name] = made
            found.append(name)
        if sketch.nodes[host].kind == "transaction":
            found.append(self.name("border"))
            sketch.nodes[found[-1]] = boundary(host, "cancel")
        return found

    def end(self, sketch: Sketch, kinds: dict[str, int]) -> str:
        name = self.name("end")
        match self.pick(kinds):
            case "error":
                sketch.nodes[name] = end("error", self.chance.choice(CODES))
            case "escalate":
                sketch.nodes[name] = end("escalation", self.chance.choice(CODES))
            case "terminate" | "cancel" as kind:
                sketch.nodes[name] = end(kind)
            case "back":
                sketch.nodes[name] = end("compensate")
            case _:
                sketch.nodes[name] = Made("endEvent")
        return name

    def event_sub(self, sketch: Sketch, depth: int) -> None:
        chance, stays = self.chance, self.chance.random() < 0.6
        name = self.name("woken")
        match chance.randrange(4):
            case 0:
                begin = start("message", name, interrupting=not stays)
            case 1:
                begin = start("timer", interrupting=not stays, duration="PT1H")
            case 2:
                begin = start("error", chance.choice(["", *CODES]))
            case _:
                begin = start("escalation", chance.choice(["", *CODES]), interrupting=not stays)
        if begin.says["events"][0].kind in ("message", "timer"):
            begin = self.listens(begin, name)
        inner = self.scope(depth - 1, begin)
        sketch.nodes[name] = event_sub(*inner.lines, **inner.nodes)

    # -- the flows ---------------------------------------------------------------------------------------------------

    def join(self, sketch: Sketch, row: list[str], borders: list[str]) -> None:
        """Every node is come to and left; the way out of a node is as its kind asks."""
        chance = self.chance
        ways: dict[str, list[str]] = {name: [] for name in [*row, *borders]}
        last = len(row) - 1
        ends = [name for name in row if name.startswith("end_")]
        for place, name in enumerate(row[1:], 1):
            before = [each for each in row[max(0, place - 3) : place] if each not in ends]
            ways[chance.choice(before or [row[0]])].append(name)
        for name in [*row[:last], *borders]:
            if name in ends:
                continue
            gateway = name.split("_")[0] in ("xor", "and", "or", "event", "complex")
            wanted = 1 + (chance.random() < (0.8 if gateway else 0.12))
            while len(ways[name]) < wanted:
                others = row[row.index(name) + 1 :] if name in row and chance.random() < 0.75 else row[1:]
                ways[name].append(chance.choice(others))
        for name, targets in ways.items():
            self.leave(sketch, name, targets)

    def leave(self, sketch: Sketch, name: str, targets: list[str]) -> None:
        chance, kind = self.chance, name.split("_")[0]
        if kind == "thrown":  # a link: its target takes its place
            target = self.name("catch")
            sketch.nodes[target] = catch("link", name)
            sketch.lines += [f"{target} -> {each}" for each in targets]
        elif kind == "event":
            for each in targets:
                event = self.name("catch")
                made = chance.choice([catch("message", event), catch("timer", duration="PT1H"), receive(event)])
                sketch.nodes[event] = made if made.kind == "receiveTask" else self.listens(made, event)
                sketch.lines += [f"{name} -> {event}", f"{event} -> {each}"]
        elif kind in ("xor", "or", "complex") and len(targets) > 1:
            default = chance.randrange(len(targets)) if chance.random() < 0.85 else -1
            for place, each in enumerate(targets):
                condition = "else" if place == default else chance.choice(_CONDITIONS)
                sketch.lines.append(f"{name} -[{condition}]-> {each}")
        elif kind in ("user", "sub", "service") and chance.random() < 0.15:
            conditions = [chance.choice(_CONDITIONS) for _ in targets]
            if len(targets) > 1 and chance.random() < 0.7:
                conditions[0] = "else"
            sketch.lines += [f"{name} -[{said}]-> {each}" for said, each in zip(conditions, targets, strict=True)]
        else:
            sketch.lines += [f"{name} -> {each}" for each in targets]


def _undoes(made: Made) -> bool:
    return any(event.kind in ("compensate", "cancel") for event in made.says["events"])


def replace_loop(made: Made, loop: Any) -> Made:
    return replace(made, says={**made.says, "loop": loop})


def called(chance: random.Random, key: str = "called") -> Diagram:
    """The process that others call."""
    return Wild(chance, size=3, depth=1, first=1000, called="").drawn(key)
