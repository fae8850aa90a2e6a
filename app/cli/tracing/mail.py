"""Messages between the cases of a traced world: who listens, what is on its way, what nobody has taken yet.

The rules are those of `app.instances.messages`: one listener by correlation, the one that names the key before one that
takes any, the longest waiting first; what nobody listens for waits a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

#: (number of the case, ref of the step)
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Message:
    """A message or signal on its way; `key` is the canonical text of its correlation key."""

    kind: str
    name: str
    key: str | None
    payload: Mapping[str, Any]
    sent_at: datetime
    sender: int = 0  #: number of the case; 0 = the outside


@dataclass(slots=True)
class _Wish:
    """What a listener waits for."""

    kind: str
    name: str
    key: str | None


class Mail:
    """`on_the_way` is delivered first in, first out; `kept` came before its listener."""

    def __init__(self, patience: timedelta) -> None:
        self.on_the_way: deque[Message] = deque()
        self.kept: dict[str, list[Message]] = {}  #: by name
        self.expired: list[Message] = []
        self._patience = patience
        self._wishes: dict[Place, _Wish] = {}
        #: (kind, name, key) -> those who listen, the longest waiting first
        self._listeners: dict[tuple[str, str, str | None], dict[Place, None]] = {}

    def listen(self, place: Place, kind: str, name: str, key: str | None, *, at: datetime) -> None:
        """Somebody listens from now on; what waited for that is on its way again."""
        self._wishes[place] = _Wish(kind, name, key)
        self._listeners.setdefault((kind, name, key), {})[place] = None
        if kind == "message":
            self._recall(name, key, at)

    def forget(self, place: Place) -> None:
        """Nobody listens there any more."""
        wish = self._wishes.pop(place, None)
        if wish is not None:
            self._listeners[wish.kind, wish.name, wish.key].pop(place, None)

    def receiver(self, message: Message) -> Place | None:
        """Who gets the message."""
        for key in dict.fromkeys((message.key, None)):
            for place in self._listeners.get((message.kind, message.name, key), ()):
                return place
        return None

    def cases(self, signal: Message) -> list[int]:
        """The cases that listen for the signal, the oldest first."""
        return sorted({case for case, _ in self._listeners.get((signal.kind, signal.name, None), ())})

    def keep(self, message: Message) -> None:
        """Nobody listens for it yet."""
        self.kept.setdefault(message.name, []).append(message)

    def untaken(self) -> Iterator[Message]:
        """Messages that nobody took."""
        yield from self.expired
        for messages in self.kept.values():
            yield from messages

    def _recall(self, name: str, key: str | None, at: datetime) -> None:
        """What waited for this listener is on its way again, unless it has waited too long."""
        waited = self.kept.pop(name, [])
        others = [it for it in waited if key is not None and it.key != key]
        fitting = [it for it in waited if key is None or it.key == key]
        if others:
            self.kept[name] = others
        self.expired += [it for it in fitting if it.sent_at + self._patience <= at]
        self.on_the_way.extendleft(it for it in reversed(fitting) if it.sent_at + self._patience > at)
