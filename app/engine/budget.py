"""What one move may spend: steps, rounds through the same node, and computing.

An endless loop is told from long work by where it comes: a thousand instances stand in a thousand scopes, a loop comes
to the same node of the same scope again and again.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import defaultdict
from typing import Any

from . import limits
from .limits import Limits
from .step import Step

_OFTEN = 10  #: rounds after which it may be a loop


class _Collector(threading.local):
    """What the garbage collector has taken of this thread's time: it goes through all that the process holds."""

    begun = 0.0
    seconds = 0.0


_collector = _Collector()


def _note(phase: str, _info: Any) -> None:
    now = time.thread_time()
    if phase == "start":
        _collector.begun = now
    else:
        _collector.seconds += now - _collector.begun


gc.callbacks.append(_note)


def _computed() -> float:
    """Seconds that this thread has computed, without collecting: no move is to blame for what others have left."""
    return time.thread_time() - _collector.seconds


class Budget:
    """Made when a move begins, asked before every step."""

    def __init__(self, allowed: Limits) -> None:
        self.allowed = allowed
        self._steps = 0
        self._rounds: dict[tuple[str, str], int] = defaultdict(int)
        self._most = 0
        self._begun = _computed()

    def spend(self, step: Step) -> str:
        """Why the move must stop before this step, "" when it may go on. The clock is looked at every eighth step."""
        allowed = self.allowed
        if self._steps >= allowed.steps or step.scope.live.opened > allowed.steps:
            return f"More than {allowed.steps} steps in one move: this looks like an endless loop."
        if step.scope.live.volume > limits.VOLUME:
            return "Too much data is written in one move: does a value grow in a loop?"
        self._steps += 1
        place = (step.scope.path, step.note.at)
        self._rounds[place] = rounds = self._rounds[place] + 1
        self._most = max(self._most, rounds)
        if rounds > allowed.rounds:
            return f"More than {allowed.rounds} rounds in one move: this looks like an endless loop."
        return self._too_long() if self._steps % 8 == 0 else ""

    def _too_long(self) -> str:
        spent = _computed() - self._begun
        most = limits.LOOP_SECONDS if self._most > _OFTEN else limits.SECONDS
        return f"More than {most:g} seconds of computing in one move: this looks like an endless loop." * (spent > most)
