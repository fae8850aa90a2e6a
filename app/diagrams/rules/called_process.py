"""A call activity names a process, and that one exists."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "called-process"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        if node.kind != "callActivity":
            continue
        values = {"node": title(node.id, node.name)}
        if node.called is None:
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.nothing", values)
            continue
        target = node.called.target
        here = target.language != "literal" or target.text in diagram.processes
        if not here and context.has_process(target.text) is False:
            values["process"] = target.text[:60]
            yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.unknown", values)
        elif not here and node.called.version == "deployment":
            values["process"] = target.text[:60]
            yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}.deployment", values)
