"""What a state of the token game is made of; `tokens.py` plays with it.

    token   ("flow", id) | ("at", node) | ("wait", node, watches) | ("hold", node, watches, scope)
            | ("loop", node, watches, total, done, ((number, token), ...), (what its last round still throws, ...),
              what it will remember)
            | ("event", node, watches) | ("failed", node, watches) | ("begun", node, watches)
            | ("reset", complex gateway, flows whose tokens it took)
            | ("undo", node, (), what is to be undone, the token of what is being undone or None, what comes then,
              the number of the round whose inside is being undone, 0 without rounds, -1 for a handler)
            | ("asks", node): a throw event that waits for what is undone in the scope around
            | ("kept", node, what is to be undone): for a throw event in an event sub-process within
    watch   (trigger, how often it may still come; -1 = without end, -2 = a condition that was true already)
    memory  ("act" or "sub", node, number of its round or 0, its scope as it was or None), or ("many", node, 0,
            memories) of a parallel multi-instance, whose order is free

A trigger is called by the id of its event; where an event has several, `id:kind`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from app.diagrams.model import Flow

Token = tuple[Any, ...]
Watches = tuple[tuple[str, int], ...]
Env = Mapping[str, Any]
#: (the scope then, what is thrown out of it, what is written around it)
Result = tuple["Scope", Any, dict[str, Any]]

WAITS = ("userTask", "manualTask", "serviceTask", "receiveTask", "intermediateCatchEvent")
SUBS = ("subProcess", "transaction", "adHocSubProcess")
HOLDS = (*SUBS, "callActivity")
ACTIVITIES = ("task", "userTask", "manualTask", "serviceTask", "receiveTask", "scriptTask", *HOLDS)
CHOOSES = ("exclusiveGateway", "inclusiveGateway", "complexGateway")
LISTENING = ("message", "timer", "signal", "conditional")
WATCHED = ("begun", "wait", "failed", "hold", "loop", "event")
MOST_TOKENS = 30  #: in a scope
MEMORY = "\0memory"  #: among what a step writes: what the scope around it remembers


class TooMany(Exception):
    """The drawing goes round without end, or in too many ways."""


class Scope(NamedTuple):
    """A run of a process, or one of a sub-process."""

    level: str
    tokens: tuple[Token, ...] = ()
    watches: Watches = ()
    data: Any = ()
    written: tuple[str, ...] | None = None  #: in a run of a process: what it has written
    memory: tuple[Any, ...] = ()  #: what is over and may be undone, in the order in which it was completed
    left: tuple[str, ...] = ()  #: sequential ad-hoc sub-process: what has not begun
    closing: bool = False  #: ad-hoc sub-process: its condition was met


def with_tokens(scope: Scope, tokens: Iterable[Token]) -> Scope:
    tokens = tuple(tokens)
    if len(tokens) > MOST_TOKENS:
        raise TooMany
    return scope._replace(tokens=tuple(sorted(tokens, key=_order)))


@lru_cache(maxsize=50_000)
def _order(token: Token) -> str:
    """Tokens of all shapes can be put in an order, so that the same tokens are the same state."""
    return repr(token)


def env_of(scope: Scope, around: Env) -> Env:
    """What is seen in a scope."""
    return {**around, **dict(scope.data)}


def write(scope: Scope, values: Env) -> tuple[Scope, dict[str, Any]]:
    """The scope with those variables that are its own - a run of a process takes all -, and those that go outward."""
    scope = scope._replace(memory=(*scope.memory, *values.get(MEMORY, ())))
    before, run = dict(scope.data), scope.written is not None
    values = {name: value for name, value in values.items() if name != MEMORY}
    own = {name: value for name, value in values.items() if run or name in before}
    if not own:
        return scope, values
    changed = {name for name, value in own.items() if name not in before or before[name] != value}
    written = tuple(sorted({*scope.written, *changed})) if scope.written is not None else None
    outer = {name: value for name, value in values.items() if name not in own}
    return scope._replace(data=frozen({**before, **own}), written=written), outer


def frozen(values: Env) -> Any:
    return tuple(sorted((name, tuple(value) if isinstance(value, list) else value) for name, value in values.items()))


def is_true(flow: Flow, env: Env) -> bool:
    return flow.condition is None or holds(flow.condition.text, env)


def holds(text: str, env: Env) -> bool:
    """The few conditions that the drawings use: `c`, `not(c)`, `name >= number` and `name = number`."""
    if text.startswith("not("):
        return env.get(text[4:-1]) is False
    name, least, number = text.partition(" >= ")
    if least:
        return bool(env[name] >= int(number))
    name, equal, number = text.partition(" = ")
    return bool(env[name] == int(number)) if equal else env.get(name) is True
