"""`feel`: a condition parsed and evaluated."""

from __future__ import annotations

import time
from decimal import Decimal

from app.expressions import compile_expression
from bench.world import say

CONDITION = 'amount > 1000 and risk in ("high", "medium")'


def run() -> None:
    compiled = compile_expression(CONDITION)
    context = {"amount": Decimal(2000), "risk": "medium"}
    n = 20_000
    begun = time.process_time()
    for _ in range(n):
        compiled.evaluate(context)
    say("feel", "evaluate", (time.process_time() - begun) / n * 1e6, "cpu us", n, against=6)
    begun = time.process_time()
    for number in range(500):
        compile_expression(f"{CONDITION} and {number} < 1000")
    say("feel", "parse", (time.process_time() - begun) / 500 * 1e6, "cpu us", 500, against=300)
