"""From the drawing to specs. Everything that is not run is refused here by name, whatever the diagram rules said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.diagrams.data import aliases, declared
from app.diagrams.model import Carried, EventDefinition, Expression, Flow, IoMapping, Node, Process
from app.expressions import Compiled, ExpressionError, from_dialect

from . import limits, moments
from .errors import NotRunnable
from .makers import MAKERS, begins
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
    builder = Builder(process)
    spec = builder.scope(process.id)
    if builder.findings:
        raise NotRunnable(builder.findings)
    return spec


class Builder:
    """Makes the specs of one process, scope by scope, and gathers what is wrong with it."""

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
            plain = [node for node in nodes if begins(node)]
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
            spec.inputs_ = self.mappings(node, node.inputs)
            spec.outputs_ = self.mappings(node, node.outputs)
            spec.cargo = self.cargo_of(node)
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

    def mappings(self, node: Node, mappings: Iterable[IoMapping]) -> tuple[Mapped, ...]:
        found = []
        for mapping in mappings:
            path = tuple(part.strip() for part in mapping.target.split("."))
            if not all(path):
                self.refuse(node.id, mapping.line or node.line, f"“{mapping.target}” is no name of a variable.")
            compiled = self.compile(node.id, mapping.source)
            if compiled is not None:
                found.append(Mapped(compiled, path))
        return tuple(found)

    def cargo_of(self, node: Node) -> Cargo | None:
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
        make = MAKERS.get(node.kind)
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
