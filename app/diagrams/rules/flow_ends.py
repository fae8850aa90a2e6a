"""A sequence flow joins two nodes of the same process and the same sub-process."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import flows, title_of
from app.diagrams.model import Diagram, Flow, Process

RULE = "flow-ends"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, flow in flows(diagram):
        key = _fault(process, flow)
        if key:
            values = {"flow": title_of(process, flow.id), "source": flow.source[:60], "target": flow.target[:60]}
            yield Finding(RULE, "error", flow.id, flow.line, f"rules.{RULE}.{key}", values)


def _fault(process: Process, flow: Flow) -> str:
    source, target = process.nodes.get(flow.source), process.nodes.get(flow.target)
    if source is None:
        return "source" if flow.source else "no-source"
    if target is None:
        return "target" if flow.target else "no-target"
    return "scope" if source.scope != target.scope else ""
