"""`check`: one diagram read and judged, its expressions and what lies beside it included."""

from __future__ import annotations

import time
from pathlib import Path

from app import diagrams
from app.cli.beside import Beside
from app.expressions import compile_expression
from bench.drawings import blocks
from bench.world import ROOT, say

#: nodes of a drawing -> milliseconds it may take
_MOST = {30: 20, 2000: 2000}


def run() -> None:
    for nodes, most in _MOST.items():
        xml, file = blocks(nodes), ROOT / "processes" / "blocks.bpmn"
        say("check", f"{nodes:,} nodes", _best(xml, file, 5) * 1000, "cpu ms", _count(xml), against=most)
    for file in sorted((ROOT / "processes").glob("*.bpmn")):
        xml = file.read_bytes()
        say("check", file.name, _best(xml, file, 5) * 1000, "cpu ms", _count(xml), against=_MOST[30])


def _count(xml: bytes) -> int:
    return sum(len(process.nodes) for process in diagrams.read(xml).processes.values())


def _best(xml: bytes, file: Path, times: int) -> float:
    costs = []
    for _ in range(times):
        compile_expression.cache_clear()  # else an expression is read at the first time only
        begun = time.process_time()
        diagrams.check(diagrams.read(xml), Beside(file))
        costs.append(time.process_time() - begun)
    return min(costs)
