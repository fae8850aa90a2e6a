"""A data association says what it carries and where to, and what it names stands in the file."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import nodes, title
from app.diagrams.model import Carried, DataItem, Diagram, Node, Process

RULE = "data-association"
#: characters of the name of a data store: it is the key of a table
MOST_NAME = 200


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process, node in nodes(diagram):
        for carried in (*node.data_in, *node.data_out):
            yield from _carried(node, carried)
        for store in _stores(process, node):
            if len(store.variable) > MOST_NAME:
                yield _finding(node, "error", "long", node.line, most=str(MOST_NAME))
        for store in _only_drawn(process, node):
            yield _finding(
                node, "info", "drawn", node.line, store=title(store.id, store.name), name=store.variable[:60]
            )


def _carried(node: Node, carried: Carried) -> Iterator[Finding]:
    line = carried.line or node.line
    if carried.fault:
        yield _finding(node, "error", carried.fault, line)
    elif carried.unknown:
        yield _finding(node, "warning", "unknown", line, ref=carried.unknown[:60])


def _stores(process: Process, node: Node) -> list[DataItem]:
    found = (process.data.get(ref) for ref in dict.fromkeys((*node.reads, *node.writes)))
    return [item for item in found if item is not None and item.kind == "dataStoreReference"]


def _only_drawn(process: Process, node: Node) -> list[DataItem]:
    used = {read.store for carried in node.data_in if not carried.is_drawn for read in carried.stores}
    used |= {read.store for carried in node.data_out for read in carried.stores}
    drawn = {item.variable for item in node.own_data if item.kind == "drawn"}
    used |= {it.target for it in node.data_out if it.is_store and drawn.isdisjoint(it.takes)}
    return [item for item in _stores(process, node) if item.variable not in used]


def _finding(node: Node, severity: Severity, key: str, line: int, **values: str) -> Finding:
    said = {"node": title(node.id, node.name), **values}
    return Finding(RULE, severity, node.id, line, f"rules.{RULE}.{key}", said)
