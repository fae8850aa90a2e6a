"""What rules ask of a process as a graph. No recursion: diagrams of thousands of nodes are walked, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from app.diagrams.model import Diagram, Node, Process

EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
SUBPROCESSES = ("subProcess", "transaction", "adHocSubProcess")


def nodes(diagram: Diagram) -> Iterator[tuple[Process, Node]]:
    """Every node of every process."""
    for process in diagram.processes.values():
        for node in process.nodes.values():
            yield process, node


def scopes(process: Process) -> dict[str, list[Node]]:
    """Scope id -> its nodes; scopes without nodes too."""
    found: dict[str, list[Node]] = defaultdict(list)
    found[process.id] = []
    for node in process.nodes.values():
        found[node.scope].append(node)
        if node.kind in SUBPROCESSES:
            found[node.id] = found[node.id]
    return dict(found)


def is_activity(node: Node) -> bool:
    """Work, a sub-process or a call: what may carry boundary events and loops."""
    return node.kind not in EVENTS and node.kind not in GATEWAYS


def is_entry(node: Node, process: Process) -> bool:
    """Where a token may begin: start and boundary events, event sub-processes, compensation, caught links."""
    if node.kind in ("startEvent", "boundaryEvent") or node.triggered_by_event or node.for_compensation:
        return True
    if node.kind == "intermediateCatchEvent" and any(event.kind == "link" for event in node.events):
        return True
    scope = process.nodes.get(node.scope)
    return scope is not None and scope.kind == "adHocSubProcess"


def reached(process: Process) -> set[str]:
    """Ids of the nodes that a token can come to along the flows, from any entry; several ways in count alike."""
    todo = [node.id for node in process.nodes.values() if is_entry(node, process)]
    todo += _implicit_starts(process)
    return _walk(todo, {node.id: [process.flows[flow].target for flow in node.outgoing] for node in process.nodes.values()})


def _implicit_starts(process: Process) -> list[str]:
    """BPMN starts a scope without start events at every node that nothing leads to."""
    found = []
    for members in scopes(process).values():
        if not any(node.kind == "startEvent" for node in members):
            found += [node.id for node in members if not node.incoming]
    return found


def ending(process: Process) -> set[str]:
    """Ids of the nodes from which some end can be reached: an end event, or a node that nothing leaves."""
    todo = [node.id for node in process.nodes.values() if not node.outgoing]
    return _walk(todo, {node.id: [process.flows[flow].source for flow in node.incoming] for node in process.nodes.values()})


def _walk(todo: list[str], ways: dict[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += [each for each in ways.get(here, ()) if each not in seen]
    return seen
