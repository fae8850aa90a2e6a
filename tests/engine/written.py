"""A drawing of the tests as the BPMN file that a modeler would write, so that it can be read and deployed."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from app.diagrams.model import Behavior, Diagram, EventDefinition, Expression, Flow, Loop, Node, Process

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions '
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="laneway">'
)
_CODED = {"error": "errorCode", "escalation": "escalationCode"}


def written(diagram: Diagram) -> bytes:
    """The file of a diagram with one process."""
    [process] = diagram.processes.values()
    named = {event_root(event): event for node in process.nodes.values() for event in _events(node) if event.name}
    roots = "".join(_root(key, event) for key, event in sorted(named.items(), key=lambda pair: pair[0]))
    thrown = {event_root(each.event): each.event for node in process.nodes.values() for each in _throws(node)}
    roots += "".join(_event(event, f"thrown-{key}") for key, event in sorted(thrown.items(), key=lambda pair: pair[0]))
    body = "".join(_scope(process, process.id))
    key = quoteattr(process.id)
    return f'{_HEAD}{roots}<bpmn:process id={key} isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()


def event_root(event: EventDefinition) -> str:
    """The id of the message, error or escalation that an event means."""
    return f"{event.kind}-{event.name}"


def _events(node: Node) -> Iterator[EventDefinition]:
    yield from (event for event in node.events if event.kind not in ("timer", "link", "terminate"))
    if node.message is not None:
        yield node.message
    yield from (each.event for each in _throws(node))


def _throws(node: Node) -> tuple[Behavior, ...]:
    """What a multi-instance throws as its instances complete."""
    return node.loop.throws if node.loop is not None else ()


def _root(key: str, event: EventDefinition) -> str:
    code = f" {_CODED[event.kind]}={quoteattr(event.code)}" if event.kind in _CODED else ""
    return f"<bpmn:{event.kind} id={quoteattr(key)} name={quoteattr(event.name)}{code}/>"


def _scope(process: Process, scope: str) -> Iterator[str]:
    for node in process.nodes.values():
        if node.scope == scope:
            yield _node(process, node)
            if node.handler:
                ends = f"sourceRef={quoteattr(node.id)} targetRef={quoteattr(node.handler)}"
                yield f'<bpmn:association associationDirection="One" id="by-{node.id}" {ends}/>'
    for flow in process.flows.values():
        if flow.scope == scope:
            yield _flow(flow)


def _node(process: Process, node: Node) -> str:
    attributes = {
        "id": node.id,
        "default": node.default,
        "attachedToRef": node.attached_to,
        "messageRef": event_root(node.message) if node.message is not None else "",
        "triggeredByEvent": "true" if node.triggered_by_event else "",
        "parallelMultiple": "true" if node.parallel_multiple else "",
        "isForCompensation": "true" if node.for_compensation else "",
        "startQuantity": str(node.start_quantity) if node.start_quantity != 1 else "",
        "completionQuantity": str(node.completion_quantity) if node.completion_quantity != 1 else "",
        "ordering": node.ordering,
        "cancelRemainingInstances": "" if node.cancel_remaining else "false",
        "cancelActivity" if node.kind == "boundaryEvent" else "isInterrupting": "" if node.interrupting else "false",
    }
    said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value)
    inside = _extensions(node) + "".join(map(_event, node.events)) + (_loop(node.loop) if node.loop else "")
    inside += "".join(_scope(process, node.id))
    inside += _element("activationCondition", node.activation) + _element("completionCondition", node.completion)
    return f"<bpmn:{node.kind}{said}>{inside}</bpmn:{node.kind}>"


def _extensions(node: Node) -> str:
    found = ""
    if node.kind in ("userTask", "manualTask"):
        found = '<zeebe:assignmentDefinition candidateGroups="CS"/>'
    if node.service is not None:
        found = f"<zeebe:taskDefinition type={quoteattr(node.service.type.text)}/>"
    if node.script is not None:
        result = quoteattr(node.script.result)
        found = f"<zeebe:script expression={quoteattr('=' + node.script.text)} resultVariable={result}/>"
    if node.called is not None:
        found = f"<zeebe:calledElement processId={quoteattr(node.called.target.text)}/>"
    found += _mappings(node)
    return f"<bpmn:extensionElements>{found}</bpmn:extensionElements>" if found else ""


def _mappings(node: Node) -> str:
    inside = "".join(
        f"<zeebe:{kind} source={quoteattr('=' + mapping.source.text)} target={quoteattr(mapping.target)}/>"
        for kind, mappings in (("input", node.inputs), ("output", node.outputs))
        for mapping in mappings
    )
    return f"<zeebe:ioMapping>{inside}</zeebe:ioMapping>" if inside else ""


def _event(event: EventDefinition, key: str = "") -> str:
    """With a key it stands beside the process, for others to refer to."""
    refers, inside = f" id={quoteattr(key)}" if key else "", ""
    if event.kind == "timer":
        inside = _element(f"time{event.timer_kind.capitalize()}", event.expression)
    elif event.kind == "conditional":
        inside = _element("condition", event.expression)
    elif event.kind == "link":
        refers = f" name={quoteattr(event.name)}"
    elif event.kind == "compensate":
        refers = f" activityRef={quoteattr(event.ref)}" if event.ref else ""
        refers += "" if event.waits else ' waitForCompletion="false"'
    elif event.name:
        refers += f" {event.kind}Ref={quoteattr(event_root(event))}"
    return f"<bpmn:{event.kind}EventDefinition{refers}>{inside}</bpmn:{event.kind}EventDefinition>"


def _loop(loop: Loop) -> str:
    if loop.kind == "standard":
        most = f' loopMaximum="{loop.maximum}"' if loop.maximum is not None else ""
        first = ' testBefore="true"' if loop.test_before else ""
        asked = _element("loopCondition", loop.condition)
        return f"<bpmn:standardLoopCharacteristics{most}{first}>{asked}</bpmn:standardLoopCharacteristics>"
    row = ' isSequential="true"' if loop.sequential else ""
    row += f' behavior="{loop.behavior}"' if loop.throws else ""
    inside = ""
    if loop.collection is not None:
        of = f"<zeebe:loopCharacteristics inputCollection={quoteattr(_text(loop.collection))}/>"
        inside = f"<bpmn:extensionElements>{of}</bpmn:extensionElements>"
    inside += _element("loopCardinality", loop.cardinality)
    for number, each in enumerate(loop.throws):
        if loop.behavior == "Complex":
            event = f"<bpmn:event>{_event(each.event)}</bpmn:event>"
            told = f"{_element('condition', each.condition)}{event}"
            inside += f'<bpmn:complexBehaviorDefinition id="told-{number}">{told}</bpmn:complexBehaviorDefinition>'
        else:
            row += f' {loop.behavior.lower()}BehaviorEventRef="thrown-{event_root(each.event)}"'
    inside += _element("completionCondition", loop.completion)
    return f"<bpmn:multiInstanceLoopCharacteristics{row}>{inside}</bpmn:multiInstanceLoopCharacteristics>"


def _flow(flow: Flow) -> str:
    ends = f"sourceRef={quoteattr(flow.source)} targetRef={quoteattr(flow.target)}"
    condition = _element("conditionExpression", flow.condition)
    return f"<bpmn:sequenceFlow id={quoteattr(flow.id)} {ends}>{condition}</bpmn:sequenceFlow>"


def _element(name: str, expression: Expression | None) -> str:
    return "" if expression is None else f"<bpmn:{name}>{escape(_text(expression))}</bpmn:{name}>"


def _text(expression: Expression | None) -> str:
    assert expression is not None
    return f"={expression.text}" if expression.language == "feel" else expression.text
