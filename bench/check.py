"""`check`: one diagram read and judged."""

from __future__ import annotations

import time

from app import diagrams
from bench.drawings import chain
from bench.world import ROOT, say


def run() -> None:
    for file in sorted((ROOT / "processes").glob("*.bpmn")):
        xml = file.read_bytes()
        nodes = sum(len(process.nodes) for process in diagrams.read(xml).processes.values())
        say("check", file.name, _best(xml, 5) * 1000, "cpu ms", nodes, against=20)
    say("check", "2,000 nodes", _best(chain(2000), 1) * 1000, "cpu ms", 2002, against=2000)


def _best(xml: bytes, times: int) -> float:
    costs = []
    for _ in range(times):
        begun = time.process_time()
        diagrams.check(diagrams.read(xml))
        costs.append(time.process_time() - begun)
    return min(costs)
