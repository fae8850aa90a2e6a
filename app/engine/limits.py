"""How much one move, one loop and one chain of calls may ask for. All bounds in one place."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = 10_000  #: steps of one move, and as many scopes that it opens; more is too much, and becomes an incident
ROUNDS = 1_000  #: times that one move comes to the same node of a scope; more is an endless loop
VOLUME = 50_000_000  #: characters and values that one move may write, all told; they are kept until it ends
SECONDS = 1.0  #: of computing in one move; a move keeps others from writing, and each step may be a costly expression
LOOP_SECONDS = 0.5  #: of computing in one move that has come to the same node again and again
INSTANCES = 5_000  #: elements of one multi-instance, rounds of one standard loop
CALLS = 50  #: processes that call each other, one inside the other
TOKENS = 1_000  #: that an activity waits for, or gives
REF = 64  #: characters of the ref of a step that opens a scope; with what follows, a ref has at most 80
REPEATS = 1_000_000  #: repetitions of a timer that says how many
CORRELATION = 1_000  #: bytes of a correlation key; listeners are found by an index, which takes no longer ones


@dataclass(frozen=True, slots=True)
class Limits:
    """Those that an installation may set for itself."""

    steps: int = STEPS
    rounds: int = ROUNDS
    instances: int = INSTANCES
    calls: int = CALLS
