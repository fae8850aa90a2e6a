"""A business rule task names a decision, and that one exists."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "decision"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        if node.kind != "businessRuleTask":
            continue
        values = {"node": title(node.id, node.name)}
        if node.called is None and node.service is None:
            values["id"] = node.id[:60]
            yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}.nothing", values)
        elif node.called is not None and node.called.target.language == "literal":
            wanted = node.called.target.text
            if context.has_decision(wanted) is False:
                values["decision"] = wanted[:60]
                yield Finding(RULE, "error", node.id, node.line, f"rules.{RULE}.unknown", values)
