"""A gateway that waits for several ways does not part them as well: readers see one half of it."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import nodes, title
from app.diagrams.model import Diagram

RULE = "mixed-gateway"
#: an exclusive gateway waits for nobody: coming back to it is the plain way to choose again
_JOINING = ("parallelGateway", "inclusiveGateway", "complexGateway")


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for _, node in nodes(diagram):
        if node.kind in _JOINING and len(node.incoming) > 1 and len(node.outgoing) > 1:
            yield Finding(RULE, "info", node.id, node.line, f"rules.{RULE}", {"node": title(node.id, node.name)})
