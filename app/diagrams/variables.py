"""Which variables a process reads, which it is known to write, and whether something in it could write any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.diagrams.context import Context
from app.diagrams.graph import PERSONAL, SUBPROCESSES, has_event, implicit_starts
from app.diagrams.model import Diagram, Expression, Node, Process

#: made by the engine for loops and complex gateways
_OURS = frozenset({
    "loopCounter", "numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances",
    "numberOfTerminatedInstances", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances",
    "activationCount", "waitingForStart",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """An expression with the element that asks it."""

    element: str
    line: int
    expression: Expression
    is_condition: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of the writing of a process."""

    names: frozenset[str]
    by_others: bool  #: a service, message or called process may write any name
    by_people: bool  #: whoever does a task without a form may
    by_start: bool  #: whoever starts the case may


def written(process: Process, callers: Iterable[Node], context: Context) -> Written:
    """What is known of the variables of a process, all its levels together; `callers` are activities that call it."""
    names = set(_OURS)
    by_others = by_people = False
    for node in process.nodes.values():
        made = made_by(node, context)
        names.update(_named(node))
        names.update(made or ())
        by_people = by_people or (made is None and node.kind in PERSONAL)
        by_others = by_others or (made is None and node.kind not in PERSONAL)
    for item in process.data.values():
        names.update((item.id, item.name, item.ref, item.variable))
    names.update(flow.id for flow in process.flows.values())
    for call in callers:
        names.update(mapping.target.partition(".")[0].strip() for mapping in call.inputs)
        by_others = by_others or (call.called is not None and call.called.propagate_in)
    return Written(frozenset(names), by_others, by_people, _begins_plainly(process))


def callers(diagram: Diagram) -> dict[str, list[Node]]:
    """Process id -> the call activities of the file that call it."""
    found: dict[str, list[Node]] = {}
    for process in diagram.processes.values():
        for node in process.nodes.values():
            if node.kind == "callActivity" and node.called is not None:
                found.setdefault(node.called.target.text, []).append(node)
    return found


def _begins_plainly(process: Process) -> bool:
    """Whoever starts a case may give it data."""
    members = [node for node in process.nodes.values() if node.scope == process.id]
    starts = [node for node in members if node.kind == "startEvent"]
    given = any(not node.events or has_event(node, "conditional") for node in starts)
    return given or bool(implicit_starts(members))


def made_by(node: Node, context: Context) -> frozenset[str] | None:
    """The variables a node writes; None when those are not known."""
    if node.outputs:
        return frozenset()  # only what the mappings say, which _named knows
    if node.kind in PERSONAL:
        return context.form_fields(node.form) if node.form else None
    if _brings_anything(node):
        return None
    if node.script is not None:
        return frozenset({node.script.result}) if node.script.format == "feel" and node.script.result else None
    if node.called is not None and node.called.result:
        return frozenset({node.called.result})
    if node.called is not None:
        return None if node.kind == "businessRuleTask" or node.called.propagate_out else frozenset()
    return frozenset()


def _brings_anything(node: Node) -> bool:
    """A service's answer, a message or a signal from outside."""
    if node.kind == "receiveTask" or (node.service is not None and node.called is None):
        return True
    catches = node.kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent")
    return catches and any(event.kind in ("message", "signal") for event in node.events)


def _named(node: Node) -> Iterator[str]:
    """Names that the drawing itself gives: targets of mappings, variables of loops and of codes."""
    for mapping in (*node.inputs, *node.outputs):
        yield mapping.target.partition(".")[0].strip()
    yield from (name for event in node.events for name in (event.code_variable, event.message_variable))
    if node.service is not None:
        yield node.service.result
    if node.loop is not None:
        yield from (node.loop.element_variable, node.loop.output_collection)
    yield from (*node.reads, *node.writes, node.initiator)
    for item in node.own_data:
        yield from (item.id, item.name, item.variable)
    yield from (carried.target for carried in (*node.data_in, *node.data_out))


def reads(process: Process, context: Context) -> Iterator[Read]:
    """Every expression that is asked over the data of a case, in document order; not those over a result or payload."""
    for flow in process.flows.values():
        if flow.condition is not None:
            yield Read(flow.id, flow.line, flow.condition, is_condition=True)
    for node in process.nodes.values():
        begins = node.kind == "startEvent" and node.scope == process.id
        yield from (read for read in _asked(node, context) if not begins or read.is_condition)


def _asked(node: Node, context: Context) -> Iterator[Read]:
    known = made_by(node, context) is not None and node.kind not in ("callActivity", *SUBPROCESSES)
    loop, assignment, schedule = node.loop, node.assignment, node.schedule
    conditions = [event.expression for event in node.events if event.kind == "conditional"]
    conditions += [node.activation, node.completion]
    plain = [event.expression for event in node.events if event.kind == "timer"]
    plain += [event.correlation for event in node.events] + [mapping.source for mapping in node.inputs]
    plain += [assignment.assignee, assignment.groups, assignment.users, schedule.due, schedule.follow_up, node.priority]
    if loop is not None:
        conditions += [loop.condition, loop.completion if known else None]
        plain += [loop.collection, loop.cardinality, loop.output_element if known else None]
    if node.script is not None and node.script.format == "feel":
        plain.append(Expression(node.script.text, "feel", node.script.line))
    if node.message is not None:
        plain.append(node.message.correlation)
    for expressions, is_condition in ((conditions, True), (plain, False)):
        for each in expressions:
            if each is not None:
                yield Read(node.id, each.line or node.line, each, is_condition)
