"""`memory`: what a server holds when ten thousand running cases are warm in it."""

from __future__ import annotations

import resource

from app.instances import moves
from bench.world import say, world

CASES = 10_000


def run() -> None:
    with world("sqlite", LIVE_CACHE=CASES) as place:
        lin = place.actor("lin")
        data = {"customer_name": "Li Na", "customer_type": "person", "amount": 12_000}
        before = _resident()
        for _ in range(CASES):
            moves.start("onboarding", data, by=lin, mark="test")
        say("memory", "server with 10,000 live cases", _resident(), "MB", CASES, "sqlite", against=500)
        say("memory", "one live case", (_resident() - before) * 1024 / CASES, "kB", CASES, "sqlite")


def _resident() -> float:
    """Most memory of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
