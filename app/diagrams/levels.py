"""The levels of a process: what stands in it, and what stands in its sub-processes."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from app.diagrams.names import is_bpmn, local

SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})


def levels(element: etree._Element, scope: str) -> Iterator[tuple[etree._Element, str]]:
    """Every element of a process with the id of the scope it stands in, in document order; without recursion."""
    stack = [(element, scope)]
    while stack:
        holder, inside = stack.pop()
        deeper = []
        for each in holder:
            if is_bpmn(each):
                yield each, inside
                if local(each) in SCOPES:
                    deeper.append((each, each.get("id", "")))
        stack.extend(reversed(deeper))
