"""From the drawing to specs. Everything that is not run is refused here by name, whatever the diagram rules said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from app.diagrams.data import aliases, declared
from app.diagrams.model import Carried, EventDefinition, Expression, Flow, IoMapping, Node, Process
from app.expressions import Compiled, ExpressionError, constant, from_dialect

from . import limits, moments
from .errors import NotRunnable
from .spec import FlowSpec, Mapped, NodeSpec, ScopeSpec
from .specs import activities, compensation, events, gateways, loops, scopes
from .specs.carrying import Cargo, Carry
from .specs.triggers import LISTENING, Trigger

#: Elements that stand in a process and carry no token.
_SILENT = frozenset(("dataObject", "dataObjectReference", "dataStoreReference", "textAnnotation", "group"))
_ACTIVITIES = frozenset(
    [
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "callActivity",
    ]
)


def build(process: Process) -> ScopeSpec:
    """The graph of a process. Raises NotRunnable."""
    builder = _Builder(process)
    spec = builder.scope(process.id)
    if builder.findings:
        raise NotRunnable(builder.findings)
    return spec


class _Builder:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.findings: list[tuple[str, int, str]] = []
        self._declared, self._aliases = declared(process.data.values()), aliases(process.data.values())
        self._open: list[str] = []  #: the scopes that are being built, one in the other
        self._nodes: dict[str, list[Node]] = {}
        for node in process.nodes.values():
            self._nodes.setdefault(node.scope or process.id, []).append(node)

    def refuse(self, element: str, line: int, message: str) -> None:
        self.findings.append((element, line, message))

    # -- one scope ---------------------------------------------------------------------------------------------------

    def scope(self, element: str) -> ScopeSpec:
        spec = ScopeSpec(element, self.process.id)
        spec.declared, spec.aliases = self._declared.get(element, ()), self._aliases.get(element, {})
        if element in self._open:
            self.refuse(element, self.process.line, "It has the id of something that it stands in.")
            return spec
        self._open.append(element)
        nodes = [node for node in self._nodes.get(element, ()) if node.kind not in _SILENT]
        made = {node.id: self._node(spec, node) for node in nodes}
        known = {name: found for name, found in made.items() if found is not None}
        for node in nodes:
            if node.id in known:
                self._connect(known[node.id], known)
        self._attach(nodes, known)
        self._link(nodes, known)
        self._begin(spec, element, nodes, known)
        _reach(known)
        self._open.pop()
        return spec

    def _begin(self, spec: ScopeSpec, element: str, nodes: list[Node], known: Mapping[str, NodeSpec]) -> None:
        starts = [node for node in nodes if node.kind == "startEvent"]
        plain = [node for node in starts if not node.events]
        if not starts:
            plain = [node for node in nodes if _begins(node)]
        spec.starts = tuple(known[node.id] for node in plain if node.id in known)
        for node in nodes:
            sub = known.get(node.id)
            if isinstance(sub, scopes.EventSubProcess) and sub.inner.task_specs:
                self._trigger_of(spec, sub)
        spec.listening = tuple(start for start in spec.triggers if any(it.listens for it in start.awaits))

    def _trigger_of(self, spec: ScopeSpec, sub: scopes.EventSubProcess) -> None:
        starts = [inner for inner in sub.inner.task_specs.values() if isinstance(inner, events.StartEvent)]
        if len(starts) != 1 or not starts[0].node.events:
            self.refuse(
                sub.element, sub.node.line, "An event sub-process needs exactly one start event, with a trigger."
            )
            return
        sub.start = starts[0]
        starts[0].sub = sub
        spec.triggers += (starts[0],)
        if any(it.kind == "compensate" for it in starts[0].awaits):
            spec.compensator = sub

    def _connect(self, spec: NodeSpec, known: Mapping[str, NodeSpec]) -> None:
        node = spec.node
        flows = [self.process.flows[flow] for flow in node.outgoing if flow in self.process.flows]
        spec.flows = tuple(self._flow(node, flow, known) for flow in flows if flow.target in known)
        spec.conditional = any(flow.condition is not None or flow.is_default for flow in spec.flows)
        if not isinstance(spec, loops.Loop):  # else they are of each instance
            spec.inputs_ = self._mappings(node, node.inputs)
            spec.outputs_ = self._mappings(node, node.outputs)
            spec.cargo = self._cargo(node)
        if node.kind == "exclusiveGateway":
            self._bare(spec)

    def _bare(self, spec: NodeSpec) -> None:
        """A single way without a condition is taken when no other is: it is the default in all but name."""
        bare = [flow for flow in spec.flows if flow.condition is None and not flow.is_default]
        if len(spec.flows) < 2 or not bare:
            return
        if len(bare) == 1 and not any(flow.is_default for flow in spec.flows):
            bare[0].is_default, spec.conditional = True, True
            return
        for flow in bare:
            line = self.process.flows[flow.id].line
            self.refuse(flow.id, line, "This way out of the gateway has no condition and is not the default.")

    def _flow(self, node: Node, flow: Flow, known: Mapping[str, NodeSpec]) -> FlowSpec:
        default = node.default == flow.id
        condition = self.compile(flow.id, flow.condition) if flow.condition is not None and not default else None
        return FlowSpec(flow.id, known[flow.target], condition, default)

    def _mappings(self, node: Node, mappings: Iterable[IoMapping]) -> tuple[Mapped, ...]:
        found = []
        for mapping in mappings:
            path = tuple(part.strip() for part in mapping.target.split("."))
            if not all(path):
                self.refuse(node.id, mapping.line or node.line, f"“{mapping.target}” is no name of a variable.")
            compiled = self.compile(node.id, mapping.source)
            if compiled is not None:
                found.append(Mapped(compiled, path))
        return tuple(found)

    def _cargo(self, node: Node) -> Cargo | None:
        """Its data associations, compiled; None without any."""
        if not node.data_in and not node.data_out:
            return None
        into, out = self._carries(node, node.data_in), self._carries(node, node.data_out)
        return Cargo(into, out, node.own_data, any(not it.is_drawn for it in node.data_in))

    def _carries(self, node: Node, every: Iterable[Carried]) -> tuple[Carry, ...]:
        found = []
        for it in every:
            if it.fault:
                self.refuse(node.id, it.line or node.line, f"A data association carries nothing: {it.fault}.")
                continue
            source = self.compile(node.id, it.source)
            if source is not None:
                found.append(Carry(source, it.target, it.path, it.is_store, it.stores, it.takes))
        return tuple(found)

    def _attach(self, nodes: list[Node], known: Mapping[str, NodeSpec]) -> None:
        for node in nodes:
            boundary = known.get(node.id)
            if not isinstance(boundary, events.Boundary | compensation.CompensationBoundary):
                continue
            host = known.get(node.attached_to)
            if not isinstance(host, activities.Activity):
                self.refuse(node.id, node.line, "This boundary event stands on no activity.")
            elif isinstance(boundary, compensation.CompensationBoundary):
                self._undone_by(host, boundary, known)
            else:
                host.boundaries += (boundary,)
                if any(it.listens for it in boundary.awaits):
                    host.listening += (boundary,)
                if any(it.kind == "cancel" for it in boundary.awaits) and host.node.kind != "transaction":
                    self.refuse(node.id, node.line, "A cancel event stands on the border of a transaction only.")

    def _undone_by(
        self, host: NodeSpec, boundary: compensation.CompensationBoundary, known: Mapping[str, NodeSpec]
    ) -> None:
        node = boundary.node
        handler = known.get(node.handler)
        if not isinstance(handler, activities.Activity) or not handler.node.for_compensation:
            self.refuse(node.id, node.line, "An association must lead from this event to the activity that undoes.")
        elif host.undone_by is not None:
            self.refuse(node.id, node.line, "An activity has one compensation event on its border.")
        else:
            boundary.flows = (FlowSpec("", handler),)
            host.undone_by = boundary

    def _link(self, nodes: list[Node], known: Mapping[str, NodeSpec]) -> None:
        def links(kind: str) -> list[tuple[Node, str]]:
            named = [(node, event) for node in nodes for event in node.events if node.kind == kind]
            return [(node, event.name) for node, event in named if event.kind == "link"]

        targets = links("intermediateCatchEvent")
        for node, name in links("intermediateThrowEvent"):
            found = [target for target, other in targets if other == name and target.id in known]
            if len(found) != 1:
                self.refuse(
                    node.id, node.line, f"The link “{name}” needs exactly one target of that name in its scope."
                )
            elif node.id in known:
                known[node.id].flows = (FlowSpec("", known[found[0].id]),)

    # -- one node ----------------------------------------------------------------------------------------------------

    def _node(self, scope: ScopeSpec, node: Node) -> NodeSpec | None:
        problem = _not_run(node)
        make = _MAKERS.get(node.kind)
        if make is None or problem:
            self.refuse(node.id, node.line, problem or f"The element {node.kind} is not run.")
            return None
        if node.loop is not None and node.kind in _ACTIVITIES:
            return loops.build(self, scope, node, make)
        return make(self, scope, node)

    def is_transaction(self, scope: str) -> bool:
        node = self.process.nodes.get(scope)
        return node is not None and node.kind == "transaction"

    def compile(self, element: str, expression: Expression | None) -> Compiled | None:
        """Compile an expression, or say why not."""
        if expression is None:
            return None
        try:
            return from_dialect(expression)
        except ExpressionError as fault:
            place = self.process.nodes.get(element) or self.process.flows.get(element)
            line = expression.line or (place.line if place is not None else 0)
            self.refuse(element, line, f"“{expression.text[:80]}”: {fault.message}")
            return None

    def needed(self, node: Node, expression: Expression | None, what: str) -> Compiled | None:
        if expression is None or not expression.text.strip():
            self.refuse(node.id, node.line, f"{what} is missing.")
            return None
        return self.compile(node.id, expression)

    def triggers(self, node: Node) -> tuple[Trigger, ...]:
        """What a catching event waits for; at least one."""
        if not node.events:
            return (self.trigger(node, None),)
        return tuple(self.trigger(node, event) for event in node.events)

    def trigger(self, node: Node, event: EventDefinition | None, *, throws: bool = False) -> Trigger:
        """Compile an event definition, or say what is wrong with it."""
        if event is None:
            self.refuse(node.id, node.line, "It does not say what it waits for or sends.")
            return Trigger("none")
        if event.kind in ("message", "signal") and not event.name:
            self.refuse(node.id, event.line or node.line, f"The {event.kind} has no name.")
        name, expression = event.name, None
        if event.kind == "timer":
            expression = self._timer(node, event)
        elif event.kind == "conditional":
            expression = self.needed(node, event.expression, "The condition")
        elif event.kind == "compensate":
            name = event.ref
        correlation = self.compile(node.id, event.correlation) if event.kind == "message" else None
        return Trigger(
            event.kind,
            name,
            event.code,
            event.code_variable,
            timer=event.timer_kind,
            expression=expression,
            correlation=correlation,
            message_variable=event.message_variable,
            key_may_lack=event.key_may_lack,
            waits=event.waits,
        )

    def _timer(self, node: Node, event: EventDefinition) -> Compiled | None:
        written = event.expression
        if event.timer_kind not in ("date", "duration", "cycle") or written is None or not written.text.strip():
            self.refuse(node.id, event.line or node.line, "The timer has no date, duration or cycle.")
            return None
        text = written.text.strip()
        if written.language == "literal" and not moments.is_readable(event.timer_kind, text):
            self.refuse(node.id, event.line or node.line, f"“{text[:80]}” is no {event.timer_kind} of ISO 8601.")
            return None
        return self.compile(node.id, written)


def _begins(node: Node) -> bool:
    aside = node.kind == "boundaryEvent" or node.triggered_by_event or node.for_compensation or node.instantiate
    return not (node.incoming or aside) and not any(event.kind == "link" for event in node.events)


def _not_run(node: Node) -> str:
    """What about this node is not run; "" when nothing."""
    if not (1 <= node.start_quantity <= limits.TOKENS and 1 <= node.completion_quantity <= limits.TOKENS):
        return f"Token quantities are between 1 and {limits.TOKENS}."
    if node.parallel_multiple and any(event.kind not in LISTENING for event in node.events):
        return "An event that needs all of its triggers can only wait for timers, messages, signals and conditions."
    if node.kind == "eventBasedGateway" and node.event_gateway_type != "Exclusive" and not node.instantiate:
        return "A parallel event-based gateway begins a process, or is not run."
    if node.instantiate and node.incoming:
        return "What begins a process has nothing before it."
    allowed = _TRIGGERS.get(node.kind)
    if allowed is not None:
        for event in node.events:
            if event.kind not in allowed:
                return f"A {node.kind} with the trigger {event.kind} is not run."
    return ""


_TRIGGERS = {
    "startEvent": (*LISTENING, "error", "escalation", "compensate"),
    "intermediateCatchEvent": (*LISTENING, "link"),
    "intermediateThrowEvent": ("message", "signal", "escalation", "compensate", "link"),
    "boundaryEvent": (*LISTENING, "error", "escalation", "cancel", "compensate"),
    "endEvent": ("message", "signal", "error", "escalation", "compensate", "cancel", "terminate"),
}


def _reach(known: Mapping[str, NodeSpec]) -> None:
    """Tell each inclusive join the ways of its scope: it asks them when it first waits for somebody."""
    before: dict[str, set[str]] = {}
    for name, spec in known.items():
        for flow in spec.flows:
            before.setdefault(flow.target.name, set()).add(name)
        for boundary in getattr(spec, "boundaries", ()):
            before.setdefault(boundary.name, set()).add(name)
    begins = {flow.id: name for name, spec in known.items() for flow in spec.flows}
    for spec in known.values():
        if isinstance(spec, gateways.InclusiveGateway) and len(spec.incoming) > 1:
            spec.before = before
            spec.begins = {flow: begins[flow] for flow in spec.incoming if flow in begins}


# -- one maker for each kind -------------------------------------------------------------------------------------------


def _plain(kind: type[NodeSpec]) -> Callable[[_Builder, ScopeSpec, Node], NodeSpec]:
    return lambda builder, scope, node: kind(scope, node)


def _person(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = activities.PersonTask(scope, node)
    wanted, schedule = node.assignment, node.schedule
    written = (wanted.assignee, wanted.groups, wanted.users, schedule.due, schedule.follow_up, node.priority)
    spec.offer = activities.Offer(*(builder.compile(node.id, expression) for expression in written))
    return spec


def _service(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
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


def _script(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
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


def _decision(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.called is None:
        return _service(builder, scope, node)
    spec = activities.DecisionTask(scope, node)
    target = builder.needed(node, node.called.target if node.called else None, "The decision")
    if target is not None and node.called is not None:
        spec.target, spec.result = target, node.called.result
    return spec


def _send(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.message is None and node.service is not None:
        return _service(builder, scope, node)
    spec = activities.SendTask(scope, node)
    spec.message = builder.trigger(node, node.message, throws=True)
    return spec


def _receive(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = events.ReceiveTask(scope, node)
    spec.awaits = (builder.trigger(node, node.message),)
    return spec


def _call(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = scopes.CallActivity(scope, node)
    called = node.called
    target = builder.needed(node, called.target if called else None, "The called process")
    if called is not None and target is not None:
        spec.target, spec.version, spec.passes_all = target, called.version, called.propagate_in
    return spec


def _sub(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
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


def _transaction(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    inside = [each for each in builder.process.nodes.values() if each.scope == node.id]
    cancels = any(event.kind == "cancel" for each in inside if each.kind == "endEvent" for event in each.events)
    borders = [each for each in builder.process.nodes.values() if each.attached_to == node.id]
    if cancels and not any(event.kind == "cancel" for each in borders for event in each.events):
        text = "A transaction that can be cancelled needs a cancel event on its border: where does it go on then?"
        builder.refuse(node.id, node.line, text)
    return _sub(builder, scope, node)


def _ad_hoc(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
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
    return _begins(node) and not (node.kind == "startEvent" and node.events)


def _start(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = events.StartEvent(scope, node)
    if node.events:
        spec.awaits = builder.triggers(node)
    return spec


def _catch(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if node.kind == "boundaryEvent" and [event.kind for event in node.events] == ["compensate"]:
        return compensation.CompensationBoundary(scope, node)
    spec = (events.Boundary if node.kind == "boundaryEvent" else events.CatchEvent)(scope, node)
    spec.awaits = builder.triggers(node)
    if len(spec.awaits) > 1 and any(it.kind in ("compensate", "cancel", "link") for it in spec.awaits):
        builder.refuse(node.id, node.line, "Compensation, cancel and link events have no other trigger beside them.")
    return spec


def _throw(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
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


def _complex(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    spec = gateways.ComplexGateway(scope, node)
    if len(node.incoming) > 1:
        spec.activation = builder.needed(node, node.activation, "The activation condition of the gateway")
    return spec


def _may_stand_behind(target: Node) -> bool:
    catches = target.kind == "intermediateCatchEvent" and all(event.kind in LISTENING for event in target.events)
    return catches or (target.kind == "receiveTask" and target.loop is None)


def _events_behind(builder: _Builder, scope: ScopeSpec, node: Node) -> NodeSpec:
    if not node.outgoing:
        builder.refuse(node.id, node.line, "Behind an event-based gateway stands nothing to wait for.")
    for flow in node.outgoing:
        target = builder.process.nodes.get(builder.process.flows[flow].target)
        if target is None or not _may_stand_behind(target):
            builder.refuse(
                node.id, node.line, "Behind an event-based gateway only catching events and receive tasks may stand."
            )
    return gateways.EventGateway(scope, node)


_MAKERS: Mapping[str, Callable[[_Builder, ScopeSpec, Node], NodeSpec]] = {
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
