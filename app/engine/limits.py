"""How much one move, one loop and one chain of calls may ask for. All bounds in one place."""

from __future__ import annotations

STEPS = 10_000  #: steps of one move; more is an endless loop, and becomes an incident
SECONDS = 10  #: of computing in one move; a move keeps others from writing, and each step may be a costly expression
INSTANCES = 5_000  #: elements of one multi-instance, rounds of one standard loop
TOKENS = 1_000  #: that an activity waits for, or gives
CALLS = 50  #: processes that call each other, one inside the other
REF = 64  #: characters of the ref of a step that opens a scope; with what follows, a ref has at most 80
REPEATS = 1_000_000  #: repetitions of a timer that says how many
CORRELATION = 1_000  #: bytes of a correlation key; listeners are found by an index, which takes no longer ones
