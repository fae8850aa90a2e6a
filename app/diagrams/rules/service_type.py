"""A service task says what kind of job it is, and somebody can do that kind."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "service-type"


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    known = context.service_types()
    for _, node in nodes(diagram):
        values = {"node": title(node.id, node.name)}
        if node.service is None:
            if node.kind == "serviceTask":
                yield Finding(
                    RULE, "warning", node.id, node.line, f"rules.{RULE}.nothing", values | {"id": node.id[:60]}
                )
        elif known is not None and node.service.type.language == "literal" and node.service.type.text not in known:
            values["type"] = node.service.type.text[:60]
            yield Finding(RULE, "warning", node.id, node.line, f"rules.{RULE}.unknown", values)
