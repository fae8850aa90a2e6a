"""Every expression can be read, and its result has a name to be stored under."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import flows, nodes, title_of
from app.diagrams.model import Diagram, Expression, Node, Process

RULE = "expression"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, flow in flows(diagram):
        if flow.condition is not None:
            yield from _judge(process, flow.id, flow.line, flow.condition, context)
    for process, node in nodes(diagram):
        for expression in _of(node):
            yield from _judge(process, node.id, node.line, expression, context)
        yield from _targets(process, node)


def _judge(process: Process, element: str, line: int, expression: Expression, context: Context) -> Iterator[Finding]:
    fault = context.expression_fault(expression)
    if fault is not None:
        shown = " ".join(expression.text.split())[:80]
        values = {"where": title_of(process, element), "text": shown, "column": fault[0], "reason": fault[1]}
        yield Finding(RULE, "error", element, expression.line or line, f"rules.{RULE}", values)


def _targets(process: Process, node: Node) -> Iterator[Finding]:
    for mapping in (*node.inputs, *node.outputs):
        if not all(part.strip() for part in mapping.target.split(".")):
            values = {"where": title_of(process, node.id), "target": mapping.target[:80]}
            yield Finding(RULE, "error", node.id, mapping.line or node.line, f"rules.{RULE}.target", values)


def _of(node: Node) -> Iterator[Expression]:
    """Every expression of a node; plain texts of timers have a rule of their own."""
    schedule, assignment, loop = node.schedule, node.assignment, node.loop
    found = [schedule.due, schedule.follow_up, assignment.assignee, assignment.groups, assignment.users, node.priority]
    found += [event.expression for event in node.events] + [event.correlation for event in node.events]
    found += [mapping.source for mapping in (*node.inputs, *node.outputs)]
    found += [carried.source for carried in (*node.data_in, *node.data_out) if not carried.fault]
    found += [node.activation, node.completion]
    if loop is not None:
        found += [loop.collection, loop.cardinality, loop.completion, loop.condition, loop.output_element]
    if node.service is not None:
        found.append(node.service.type)
    if node.called is not None:
        found.append(node.called.target)
    if node.message is not None:
        found.append(node.message.correlation)
    if node.script is not None and node.script.format == "feel" and node.script.text.strip():
        found.append(Expression(node.script.text, "feel", node.script.line))
    yield from (each for each in found if each is not None and each.language != "literal")
