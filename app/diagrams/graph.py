"""What rules ask of a process as a graph. No recursion: diagrams of thousands of nodes are walked, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from app.diagrams.model import Diagram, Flow, Node, Process

EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
SUBPROCESSES = ("subProcess", "transaction", "adHocSubProcess")
#: tasks that a person does
PERSONAL = ("userTask", "manualTask")


def judged(diagram: Diagram) -> list[Process]:
    """The processes that are meant to run: the executable ones, or all where none says so."""
    every = list(diagram.processes.values())
    return [process for process in every if process.executable] or every


def nodes(diagram: Diagram) -> Iterator[tuple[Process, Node]]:
    """Every node of every process that is meant to run."""
    for process in judged(diagram):
        for node in process.nodes.values():
            yield process, node


def flows(diagram: Diagram) -> Iterator[tuple[Process, Flow]]:
    """Every flow of every process that is meant to run."""
    for process in judged(diagram):
        for flow in process.flows.values():
            yield process, flow


def scopes(process: Process) -> dict[str, list[Node]]:
    """Scope id -> its nodes; scopes without nodes too."""
    found: dict[str, list[Node]] = defaultdict(list)
    found[process.id] = []
    for node in process.nodes.values():
        found[node.scope].append(node)
        if node.kind in SUBPROCESSES:
            found[node.id] = found[node.id]
    return dict(found)


def title(id_: str, name: str = "") -> str:
    """What a sentence calls an element: its name with the id in brackets, or the id alone."""
    shown, key = " ".join(name.split()), id_[:60]
    if not shown:
        return f"“{key}”"
    return f"“{shown[:60]}” ({key})" if shown != key else f"“{key}”"


def title_of(process: Process, element: str) -> str:
    """The same for a node or flow of a process; a flow without a name is its two ends."""
    node = process.nodes.get(element)
    if node is not None:
        return title(node.id, node.name)
    flow = process.flows.get(element)
    if flow is None:
        return title(element)
    return title(flow.id, flow.name or f"{_short(process, flow.source)} → {_short(process, flow.target)}")


def _short(process: Process, element: str) -> str:
    node = process.nodes.get(element)
    return (node.name if node is not None and node.name else element)[:28] or "?"


def is_activity(node: Node) -> bool:
    """Work, a sub-process or a call: what may carry boundary events and loops."""
    return node.kind not in EVENTS and node.kind not in GATEWAYS


def has_event(node: Node, *kinds: str) -> bool:
    """Whether one of its triggers is of these kinds."""
    return any(event.kind in kinds for event in node.events)


def is_entry(node: Node, process: Process) -> bool:
    """Where a token may begin: start and boundary events, event sub-processes, compensation, caught links."""
    if node.kind in ("startEvent", "boundaryEvent") or node.triggered_by_event or node.for_compensation:
        return True
    if node.kind == "intermediateCatchEvent" and has_event(node, "link"):
        return True
    scope = process.nodes.get(node.scope)
    if node.instantiate and not node.incoming:
        return True
    return scope is not None and scope.kind == "adHocSubProcess"


def reached(process: Process) -> set[str]:
    """Ids of the nodes that a token can come to along the flows, from any entry; several ways in count alike."""
    todo = [node.id for node in process.nodes.values() if is_entry(node, process)]
    todo += [node.id for members in scopes(process).values() for node in implicit_starts(members)]
    return walk(todo, ways_on(process))


def implicit_starts(members: Iterable[Node]) -> list[Node]:
    """BPMN starts a scope without start events at every node that nothing leads to."""
    inside = list(members)
    if any(node.kind == "startEvent" for node in inside):
        return []
    aside = ("boundaryEvent",)
    return [
        node
        for node in inside
        if not (node.incoming or node.kind in aside or node.triggered_by_event or node.for_compensation)
        and not has_event(node, "link")
    ]


def ways_on(process: Process) -> dict[str, list[str]]:
    """Node id -> the nodes its flows lead to."""
    return {
        node.id: [process.flows[flow].target for flow in node.outgoing if process.flows[flow].target in process.nodes]
        for node in process.nodes.values()
    }


def ending(process: Process) -> set[str]:
    """Ids of the nodes from which some end can be reached: an end event, or a node that nothing leaves.

    A boundary event is a way out of its activity, and of all that stands in it.
    """
    before: dict[str, list[str]] = defaultdict(list)
    for name, following in ways_on(process).items():
        for target in following:
            before[target].append(name)
    for node in process.nodes.values():
        if node.kind == "boundaryEvent" and node.attached_to in process.nodes:
            before[node.id].append(node.attached_to)
    return walk([node.id for node in process.nodes.values() if not node.outgoing], before)


def walk(todo: list[str], ways: Mapping[str, list[str]]) -> set[str]:
    """Everything that can be come to from `todo`."""
    seen: set[str] = set()
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += [each for each in ways.get(here, ()) if each not in seen]
    return seen


def circles(among: set[str], ways: Mapping[str, list[str]]) -> list[list[str]]:
    """The circles of a graph, each as its nodes: strongly connected parts with a way back."""
    return [part for part in parts(among, ways) if len(part) > 1 or part[0] in ways[part[0]]]


def parts(among: set[str], ways: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """The strongly connected parts of a graph, each after all that it leads to (Tarjan, with a stack)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    for root in ways:
        if root in number or root not in among:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(ways[root]))]
        number[root] = low[root] = len(number)
        path.append(root)
        on_path.add(root)
        while work:
            here, rest = work[-1]
            following = next((each for each in rest if each in among), None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == number[here]:
                    yield _part(here, path, on_path)
            elif following not in number:
                number[following] = low[following] = len(number)
                path.append(following)
                on_path.add(following)
                work.append((following, iter(ways.get(following, ()))))
            elif following in on_path:
                low[here] = min(low[here], number[following])


def _part(root: str, path: list[str], on_path: set[str]) -> list[str]:
    part = [path.pop()]
    while part[-1] != root:
        part.append(path.pop())
    on_path.difference_update(part)
    return part[::-1]
