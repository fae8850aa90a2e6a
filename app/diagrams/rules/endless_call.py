"""A process that calls itself, at once or through others, can also come to its end without doing so."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import circles, implicit_starts, is_entry, judged, title, walk, ways_on
from app.diagrams.model import Diagram, Node, Process

RULE = "endless-call"
#: calls of one file; a file with more is not judged
_MOST = 200


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    calls = {process.id: _calls(process, diagram) for process in judged(diagram)}
    if sum(map(len, calls.values())) > _MOST:
        return
    forced = {
        key: {target: node for node, target in found if _unavoidable(diagram.processes[key], node)}
        for key, found in calls.items()
    }
    ways = {key: [target for target in found if target in forced] for key, found in forced.items()}
    for circle in circles(set(ways), ways):
        node = next(forced[key][target] for key in circle for target in ways[key] if target in circle)
        values = {"node": title(node.id, node.name), "process": ", ".join(title(key) for key in circle[:5])}
        yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}", values)


def _calls(process: Process, diagram: Diagram) -> list[tuple[Node, str]]:
    """Calls on the level of the process itself, with the process of this file that they call."""
    return [
        (node, node.called.target.text)
        for node in process.nodes.values()
        if node.kind == "callActivity"
        and node.scope == process.id
        and node.called is not None
        and node.called.target.text in diagram.processes
    ]


def _unavoidable(process: Process, call: Node) -> bool:
    """Whether no end can be come to without this call."""
    members = [node for node in process.nodes.values() if node.scope == process.id]
    starts = [node.id for node in members if is_entry(node, process)] + [node.id for node in implicit_starts(members)]
    around = {**ways_on(process), call.id: []}
    come = walk(starts, around) - {call.id}
    return not any(node.id in come and not node.outgoing for node in members)
