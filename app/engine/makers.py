"""What each element of a drawing becomes: one maker for each kind, by the palette."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from app.diagrams.model import Expression, Node
from app.expressions import constant

from .spec import NodeSpec, ScopeSpec
from .specs import activities, compensation, events, gateways, scopes
from .specs.triggers import LISTENING

if TYPE_CHECKING:
    from .build import Builder


def begins(node: Node) -> bool:
    """Whether a token may begin here where there is no start event: nothing leads to it."""
    aside = node.kind == "boundaryEvent" or node.triggered_by_event or node.for_compensation or node.instantiate
    return not (node.incoming or aside) and not any(event.kind == "link" for event in node.events)


def _plain(kind: type[NodeSpec]) -> Callable[[Builder, ScopeSpec, Node], NodeSpec]:
    return lambda builder, scope, node: kind(scope, node)


def _person(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = activities.PersonTask(scope, node)
    wanted, schedule = node.assignment, node.schedule
    written = (wanted.assignee, wanted.groups, wanted.users, schedule.due, schedule.follow_up, node.priority)
    spec.offer = activities.Offer(*(builder.compile(node.id, expression) for expression in written))
    return spec


def _service(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    """One that names no type asks whoever answers to its own id."""
    spec = activities.ServiceTask(scope, node)
    call = node.service
    if call is None:
        spec.type = constant(node.id, node.id)
        return spec
    kind = builder.needed(node, call.type, "The job type of the service task")
    if kind is not None:
        spec.type, spec.retries, spec.headers, spec.result = kind, call.retries, call.headers, call.result
    return spec


def _script(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.script is None and node.service is not None:
        return _service(builder, scope, node)
    spec = activities.ScriptTask(scope, node)
    script = node.script
    if script is None or not script.text.strip():
        builder.refuse(node.id, node.line, "The script is missing.")
    elif script.format.lower() not in ("feel", "application/feel"):
        builder.refuse(node.id, script.line or node.line, f"Scripts in “{script.format or 'no language'}” are not run.")
    else:
        compiled = builder.compile(node.id, Expression(script.text, "feel", script.line))
        if compiled is not None:
            spec.script, spec.result = compiled, script.result
            outputs = {item.variable for item in node.own_data if item.kind == "dataOutput"}
            taken = {name for carried in node.data_out for name in carried.takes if name in outputs}
            spec.output = next(iter(taken)) if len(taken) == 1 else ""
    return spec


def _decision(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.called is None:
        return _service(builder, scope, node)
    spec = activities.DecisionTask(scope, node)
    target = builder.needed(node, node.called.target if node.called else None, "The decision")
    if target is not None and node.called is not None:
        spec.target, spec.result = target, node.called.result
    return spec


def _send(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.message is None and node.service is not None:
        return _service(builder, scope, node)
    spec = activities.SendTask(scope, node)
    spec.message = builder.trigger(node, node.message, throws=True)
    return spec


def _receive(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = events.ReceiveTask(scope, node)
    spec.awaits = (builder.trigger(node, node.message),)
    return spec


def _call(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = scopes.CallActivity(scope, node)
    called = node.called
    target = builder.needed(node, called.target if called else None, "The called process")
    if called is not None and target is not None:
        spec.target, spec.version, spec.passes_all = target, called.version, called.propagate_in
    return spec


def _sub(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.triggered_by_event and node.loop is not None:
        builder.refuse(node.id, node.loop.line or node.line, "An event sub-process that is repeated is not run.")
    spec = scopes.EventSubProcess(scope, node) if node.triggered_by_event else scopes.SubProcess(scope, node)
    spec.inner = builder.scope(node.id)
    if node.triggered_by_event:
        return spec
    starts = spec.inner.starts
    if not spec.inner.task_specs:
        return spec  # nothing is drawn in it: it is over at once
    if not starts or (len(starts) > 1 and starts[0].node.kind == "startEvent"):
        builder.refuse(node.id, node.line, "A sub-process needs one start event, without a trigger.")
    return spec


def _transaction(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    inside = [each for each in builder.process.nodes.values() if each.scope == node.id]
    cancels = any(event.kind == "cancel" for each in inside if each.kind == "endEvent" for event in each.events)
    borders = [each for each in builder.process.nodes.values() if each.attached_to == node.id]
    if cancels and not any(event.kind == "cancel" for each in borders for event in each.events):
        text = "A transaction that can be cancelled needs a cancel event on its border: where does it go on then?"
        builder.refuse(node.id, node.line, text)
    return _sub(builder, scope, node)


def _ad_hoc(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = scopes.AdHoc(scope, node)
    spec.inner = builder.scope(node.id)
    spec.inner.ad_hoc = spec
    spec.inner.starts = tuple(it for it in spec.inner.task_specs.values() if _may_begin(it.node))
    spec.sequential = node.ordering == "Sequential"
    spec.completion = builder.compile(node.id, node.completion)
    if not spec.inner.starts:
        builder.refuse(node.id, node.line, "In an ad-hoc sub-process at least one activity has nothing before it.")
    return spec


def _may_begin(node: Node) -> bool:
    return begins(node) and not (node.kind == "startEvent" and node.events)


def _start(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = events.StartEvent(scope, node)
    if node.events:
        spec.awaits = builder.triggers(node)
    return spec


def _catch(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.kind == "boundaryEvent" and [event.kind for event in node.events] == ["compensate"]:
        return compensation.CompensationBoundary(scope, node)
    spec = (events.Boundary if node.kind == "boundaryEvent" else events.CatchEvent)(scope, node)
    spec.awaits = builder.triggers(node)
    if len(spec.awaits) > 1 and any(it.kind in ("compensate", "cancel", "link") for it in spec.awaits):
        builder.refuse(node.id, node.line, "Compensation, cancel and link events have no other trigger beside them.")
    return spec


def _throw(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.events and node.events[0].kind == "message" and not node.events[0].name and node.service is not None:
        return _service(builder, scope, node)
    spec = events.ThrowEvent(scope, node)
    if node.events:
        spec.says = tuple(builder.trigger(node, event, throws=True) for event in node.events)
        spec.outcome = "thrown"
    kinds = [said.kind for said in spec.says]
    if kinds == ["terminate"]:
        spec.outcome, spec.ends_as = "completed", "terminated"
    if "cancel" in kinds and not builder.is_transaction(node.scope):
        builder.refuse(node.id, node.line, "A cancel end event stands directly inside a transaction only.")
    return spec


def _complex(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = gateways.ComplexGateway(scope, node)
    if len(node.incoming) > 1:
        spec.activation = builder.needed(node, node.activation, "The activation condition of the gateway")
    return spec


def _may_stand_behind(target: Node) -> bool:
    catches = target.kind == "intermediateCatchEvent" and all(event.kind in LISTENING for event in target.events)
    return catches or (target.kind == "receiveTask" and target.loop is None)


def _events_behind(builder: Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if not node.outgoing:
        builder.refuse(node.id, node.line, "Behind an event-based gateway stands nothing to wait for.")
    for flow in node.outgoing:
        target = builder.process.nodes.get(builder.process.flows[flow].target)
        if target is None or not _may_stand_behind(target):
            builder.refuse(
                node.id, node.line, "Behind an event-based gateway only catching events and receive tasks may stand."
            )
    return gateways.EventGateway(scope, node)


MAKERS: Mapping[str, Callable[[Builder, ScopeSpec, Node], NodeSpec]] = {
    "task": _plain(activities.Activity),
    "userTask": _person,
    "manualTask": _person,
    "serviceTask": _service,
    "scriptTask": _script,
    "businessRuleTask": _decision,
    "sendTask": _send,
    "receiveTask": _receive,
    "callActivity": _call,
    "subProcess": _sub,
    "transaction": _transaction,
    "adHocSubProcess": _ad_hoc,
    "startEvent": _start,
    "intermediateCatchEvent": _catch,
    "boundaryEvent": _catch,
    "intermediateThrowEvent": _throw,
    "endEvent": _throw,
    "exclusiveGateway": _plain(gateways.ExclusiveGateway),
    "parallelGateway": _plain(gateways.ParallelGateway),
    "inclusiveGateway": _plain(gateways.InclusiveGateway),
    "complexGateway": _complex,
    "eventBasedGateway": _events_behind,
}
