"""Each thrown link has exactly one caught link of its name in the same scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import judged, title
from app.diagrams.model import Diagram, Node, Process

RULE = "link"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        targets, sources = _links(process, "intermediateCatchEvent"), _links(process, "intermediateThrowEvent")
        for (scope, name), throwing in sources.items():
            found = targets.get((scope, name), [])
            if len(found) != 1 or not name:
                key = "several" if found and name else "no-name" if not name else "no-target"
                for node in throwing:
                    yield _finding(node, name, key, "error")
            for node in throwing:
                if node.outgoing:
                    yield _finding(node, name, "outgoing", "error")
        for (scope, name), catching in targets.items():
            if (scope, name) not in sources:
                for node in catching:
                    yield _finding(node, name, "no-source", "warning")


def _links(process: Process, kind: str) -> dict[tuple[str, str], list[Node]]:
    found: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in process.nodes.values():
        for event in node.events:
            if node.kind == kind and event.kind == "link":
                found[node.scope, event.name].append(node)
    return found


def _finding(node: Node, name: str, key: str, severity: Severity) -> Finding:
    values = {"node": title(node.id, node.name), "link": name[:60]}
    return Finding(RULE, severity, node.id, node.line, f"rules.{RULE}.{key}", values)
