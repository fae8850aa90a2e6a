"""Small diagrams in a few words, for tests: `draw("start -> ask -> end")`.

A line is a chain of nodes; `-[amount > 5]->` is a conditional flow, `-[else]->` the default one. A node is what its
keyword says, else what its name begins with: start, end, xor, and, or, event (gateways), anything else a user task.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from app.diagrams.model import (
    Behavior,
    Called,
    Diagram,
    EventDefinition,
    Expression,
    Flow,
    IoMapping,
    Loop,
    Node,
    Process,
    Script,
    ServiceCall,
)

_ARROW = re.compile(r"\s*(?:-\[(.*?)\])?->\s*")
_KINDS = {
    "start": "startEvent",
    "end": "endEvent",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "event": "eventBasedGateway",
}


@dataclass
class Made:
    """What a keyword says about a node; `inside` is the drawing of a sub-process."""

    kind: str
    says: dict[str, Any] = field(default_factory=dict)
    inside: tuple[tuple[str, ...], dict[str, Made]] | None = None


def feel(text: str) -> Expression:
    return Expression(text.removeprefix("="), "feel") if text.startswith("=") else Expression(text, "literal")


def formula(text: str | None) -> Expression | None:
    return None if text is None else Expression(text, "feel")


def mappings(given: Mapping[str, str]) -> tuple[IoMapping, ...]:
    return tuple(IoMapping(Expression(source, "feel"), target) for target, source in given.items())


def _says(inputs: Mapping[str, str] = {}, outputs: Mapping[str, str] = {}, **says: Any) -> dict[str, Any]:
    return {"inputs": mappings(inputs), "outputs": mappings(outputs), **says}


def user(**says: Any) -> Made:
    return Made("userTask", _says(**says))


def manual(**says: Any) -> Made:
    return Made("manualTask", _says(**says))


def task(**says: Any) -> Made:
    return Made("task", _says(**says))


def service(type_: str = "job", retries: int = 3, **says: Any) -> Made:
    return Made("serviceTask", _says(service=ServiceCall(feel(type_), retries), **says))


def script(text: str, result: str = "", **says: Any) -> Made:
    return Made("scriptTask", _says(script=Script(text, "feel", result), **says))


def decision(target: str, result: str = "", **says: Any) -> Made:
    return Made("businessRuleTask", _says(called=Called(feel(target), result=result), **says))


def call(target: str, *, all_in: bool = True, all_out: bool = True, version: str = "", **says: Any) -> Made:
    return Made("callActivity", _says(called=Called(feel(target), all_in, all_out, version=version), **says))


def sub(
    *lines: str, inputs: Mapping[str, str] = {}, outputs: Mapping[str, str] = {}, loop: Any = None, **nodes: Made
) -> Made:
    return Made("subProcess", _says(inputs, outputs, loop=loop), (lines, nodes))


def event_sub(*lines: str, **nodes: Made) -> Made:
    return Made("subProcess", {"triggered_by_event": True}, (lines, nodes))


def transaction(*lines: str, loop: Any = None, **nodes: Made) -> Made:
    return Made("transaction", _says(loop=loop), (lines, nodes))


def ad_hoc(*lines: str, until: str | None = None, sequential: bool = False, keeps: bool = False, loop: Any = None,
           **nodes: Made) -> Made:  # fmt: skip
    """`keeps`: what runs when the condition is met is awaited."""
    says = {"ordering": "Sequential" if sequential else "Parallel", "cancel_remaining": not keeps}
    return Made("adHocSubProcess", _says(completion=formula(until), loop=loop, **says), (lines, nodes))


def handler(made: Made) -> Made:
    """The activity, for compensation."""
    return replace(made, says={**made.says, "for_compensation": True})


def undone(host: str, by: str) -> Made:
    """The compensation event on the border of an activity, and the handler it leads to."""
    return Made("boundaryEvent", {"events": (EventDefinition("compensate"),), "attached_to": host, "handler": by})


def tokens(made: Made, *, wants: int = 1, gives: int = 1) -> Made:
    """The activity with token quantities."""
    return replace(made, says={**made.says, "start_quantity": wants, "completion_quantity": gives})


def complex_(activation: str | None = None) -> Made:
    return Made("complexGateway", {"activation": formula(activation)})


def several(made: Made, *events: EventDefinition, together: bool = False) -> Made:
    """The event with more triggers; with `together` it needs all of them."""
    says = {**made.says, "events": (*made.says["events"], *events), "parallel_multiple": together}
    return replace(made, says=says)


def instantiates(made: Made, *, kind: str = "Exclusive") -> Made:
    """The receive task or event-based gateway begins cases."""
    return replace(made, says={**made.says, "instantiate": True, "event_gateway_type": kind})


def behaves(loop: Loop, behavior: str, *throws: tuple[str | None, EventDefinition]) -> Loop:
    """A multi-instance that throws, each event with its condition."""
    return replace(
        loop, behavior=behavior, throws=tuple(Behavior(event, formula(condition)) for condition, event in throws)
    )


def many(collection: str | None = None, cardinality: str | None = None, *, each: str = "", sequential: bool = False,
         until: str | None = None, into: str = "", yields: str | None = None) -> Loop:  # fmt: skip
    return Loop(
        "multi", sequential, formula(collection), each, formula(cardinality), formula(until), into, formula(yields)
    )


def repeat(condition: str | None = None, *, maximum: int | None = None, before: bool = False) -> Loop:
    return Loop("standard", True, condition=formula(condition), maximum=maximum, test_before=before)


def on(kind: str, name: str = "", **says: Any) -> EventDefinition:
    """An event definition: `on("timer", duration="PT1H")`, `on("message", "paid", key="order")`, `on("error", "E")`."""
    if kind == "timer":
        [(timer, text)] = says.items()
        return EventDefinition("timer", timer_kind=timer, expression=feel(text))
    if kind == "conditional":
        return EventDefinition(kind, expression=formula(name))
    if kind == "compensate":
        return EventDefinition(kind, ref=name, waits=says.get("waits", True))
    if kind in ("error", "escalation"):
        return EventDefinition(kind, name=name, code=name, code_variable=says.get("variable", ""))
    return EventDefinition(kind, name=name, correlation=formula(says.get("key")))


def start(kind: str, name: str = "", *, interrupting: bool = True, **says: Any) -> Made:
    return Made("startEvent", {"events": (on(kind, name, **says),), "interrupting": interrupting})


def catch(kind: str, name: str = "", **says: Any) -> Made:
    return Made("intermediateCatchEvent", {"events": (on(kind, name, **says),)})


def throw(kind: str, name: str = "", *, inputs: Mapping[str, str] = {}, **says: Any) -> Made:
    return Made("intermediateThrowEvent", {"events": (on(kind, name, **says),), "inputs": mappings(inputs)})


def end(kind: str, name: str = "", **says: Any) -> Made:
    return Made("endEvent", {"events": (on(kind, name, **says),)})


def send(name: str, *, inputs: Mapping[str, str] = {}, **says: Any) -> Made:
    return Made("sendTask", {"message": on("message", name, **says), "inputs": mappings(inputs)})


def receive(name: str, key: str | None = None, **says: Any) -> Made:
    return Made("receiveTask", _says(message=on("message", name, key=key), **says))


def boundary(host: str, kind: str, name: str = "", *, interrupting: bool = True, **says: Any) -> Made:
    found = {"events": (on(kind, name, **says),), "attached_to": host, "interrupting": interrupting}
    return Made("boundaryEvent", found)


def draw(*lines: str, key: str = "story", **nodes: Made) -> Diagram:
    """A diagram with one process."""
    drawing = _Drawing(key)
    drawing.scope(key, lines, nodes)
    process = Process(key, nodes=drawing.nodes, flows=drawing.flows)
    return Diagram({key: process}, hash=f"{key}-{next(_hashes)}")


_hashes = count(1)


class _Drawing:
    def __init__(self, key: str) -> None:
        self.key = key
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, Flow] = {}

    def scope(self, scope: str, lines: tuple[str, ...], nodes: Mapping[str, Made]) -> None:
        for name, made in nodes.items():
            self._add(scope, name, made)
        for line in lines:
            names = _ARROW.split(line.strip())
            for name in names[::2]:
                if name not in self.nodes:
                    self._add(scope, name, Made(_kind(name)))
            for source, condition, target in zip(names[::2], names[1::2], names[2::2], strict=False):
                self._flow(scope, source, condition, target)

    def _add(self, scope: str, name: str, made: Made) -> None:
        self.nodes[name] = Node(name, made.kind, name, line=len(self.nodes) + 1, scope=scope, **made.says)
        if made.inside is not None:
            self.scope(name, *made.inside)

    def _flow(self, scope: str, source: str, condition: str | None, target: str) -> None:
        flow = Flow(f"{source}-{target}", source, target, scope=scope)
        if condition is not None and condition != "else":
            flow = replace(flow, condition=Expression(condition, "feel"))
        while flow.id in self.flows:
            flow = replace(flow, id=flow.id + "'")
        self.flows[flow.id] = flow
        node = self.nodes[source]
        default = flow.id if condition == "else" else node.default
        self.nodes[source] = replace(node, outgoing=(*node.outgoing, flow.id), default=default)
        node = self.nodes[target]
        self.nodes[target] = replace(node, incoming=(*node.incoming, flow.id))


def _kind(name: str) -> str:
    return next((kind for begin, kind in _KINDS.items() if re.match(rf"{begin}(\d|_|\Z)", name)), "userTask")
