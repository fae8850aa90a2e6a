"""The token game's compensation: what is remembered, what a throw event undoes, and how a transaction is cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.diagrams.model import Node
from tests.engine.tokens_state import Env, Result, Scope, Token, env_of
from tests.engine.tokens_state import with_tokens as with_
from tests.engine.tokens_watch import Watching


class Undoing(Watching):
    """A part of `Game`."""

    def _do(self, node: Node, env: Env) -> Any:
        raise NotImplementedError

    def _inside(self, token: Token, env: Env) -> Iterator[Any]:
        raise NotImplementedError

    def _held(self, token: Token, result: Result) -> Any:
        raise NotImplementedError

    # -- what is remembered ------------------------------------------------------------------------------------------

    def _entry(self, token: Token, number: int = 0) -> tuple[Any, ...]:
        """What is remembered of an activity that is over: nothing, or one thing."""
        if self._handler(token[1]):
            return (("act", token[1], number, None),)
        if token[0] == "hold":
            inner: Scope = token[3]
            if inner.memory or self._undoing_sub(inner.level):
                return (("sub", token[1], number, inner._replace(tokens=(), watches=(), left=())),)
        return ()

    def _handler(self, name: str) -> str:
        """The activity that undoes another."""
        return next((node.handler for node in self._border(name) if node.events[0].kind == "compensate"), "")

    def _undoing_sub(self, level: str) -> str:
        """The event sub-process that undoes a scope."""
        starts = [node for node in self.nodes.values() if node.kind == "startEvent" and node.events]
        found = [node.scope for node in starts if node.events[0].kind == "compensate"]
        return next((name for name in found if self.nodes[name].scope == level), "")

    # -- what a throw event does -------------------------------------------------------------------------------------

    def _undo(
        self, scope: Scope, rest: list[Token], node: Node, waits: bool, on: list[Token]
    ) -> tuple[Scope, tuple[str, str] | None]:
        """Take what is remembered; the token waits, or goes on beside it. An event sub-process asks around it too."""
        scope, taken = self._take(scope, node.events[0].ref)
        from_event_sub = scope.level in self.nodes and self.nodes[scope.level].triggered_by_event
        then = ("around" if from_event_sub else "on") if waits else ("further" if from_event_sub else "")
        beside = [] if waits else on
        scope = with_(scope, [*rest, *beside, ("undo", node.id, (), taken, None, then, 0)])
        return scope, ("compensate", node.id) if from_event_sub else None

    def _take(self, scope: Scope, ref: str) -> tuple[Scope, tuple[Any, ...]]:
        """What is to be undone, the last first; once only."""
        taken = tuple(entry for entry in reversed(scope.memory) if ref in ("", entry[1]))
        return scope._replace(memory=tuple(entry for entry in scope.memory if entry not in taken)), taken

    def _undone_around(self, scope: Scope, tokens: list[Token], thrown: tuple[str, str]) -> Scope:
        """The event sub-process within asks for what its scope remembers: kept for it, and undone after its own."""
        kind, name = thrown
        if kind == "compensate":
            scope, taken = self._take(scope, self.nodes[name].events[0].ref)
            return with_(scope, [*tokens, ("kept", name, taken)])
        kept = next(token for token in tokens if token[:2] == ("kept", name))
        tokens.remove(kept)
        return with_(scope, [*tokens, ("undo", name, (), kept[2], None, "answer", 0)])

    def _cancel(self, scope: Scope, node: Node) -> Scope:
        """A transaction is cancelled: its tokens are gone, what it remembers is undone."""
        undo = ("undo", node.id, (), tuple(reversed(scope.memory)), None, "cancel", 0)
        return scope._replace(tokens=(undo,), watches=(), memory=())

    # -- step by step ------------------------------------------------------------------------------------------------

    def _undoing(self, scope: Scope, place: int, token: Token, env: Env) -> Iterator[Result]:
        """Each next step of what is being undone."""
        queue, running = token[3], token[4]
        if running is not None:
            for change in self._inside(running, env):
                yield self._put(scope, place, token, self._undo_change(token, change), env)
        elif queue:
            for order in _orders(queue):
                yield self._put(scope, place, token, self._begin_undo((*token[:3], order, *token[4:]), env), env)
        else:
            yield self._all_undone(scope, place, token, env)

    def _undo_change(self, token: Token, change: Any) -> Any:
        """What became of a handler becomes of the token that waits for it."""
        kind, writes = change[0], change[-1] if isinstance(change[-1], dict) else {}
        if kind == "done":  # what was kept of a scope yields nothing more
            return ("stay", (*token[:4], None, *token[5:]), writes if token[6] < 0 else {})
        if kind == "stay":
            return ("stay", (*token[:4], change[1], *token[5:]), writes)
        if kind == "fail":
            return ("stay", (*token[:4], ("failed", token[4][1], ()), *token[5:]), writes)
        thrown = change[1] if kind == "throw" else ("error", change[1])
        inner = change[2] if kind == "throw" else None
        return ("throw", thrown, (*token[:4], inner, *token[5:]) if inner is not None else None, writes)

    def _begin_undo(self, token: Token, env: Env) -> Any:
        (kind, name, number, inner), *queue = token[3]
        token = (*token[:3], tuple(queue), None, token[5], number if kind == "sub" else -1)
        if kind == "act":
            return self._undo_change(token, self._do(self.nodes[self._handler(name)], env))
        sub = self._undoing_sub(inner.level)
        if sub:
            inner = inner._replace(tokens=(("at", sub),))
        else:
            inner = inner._replace(tokens=(("undo", name, (), tuple(reversed(inner.memory)), None, "", 0),), memory=())
        return ("stay", (*token[:4], ("hold", name, (), inner), *token[5:]))

    def _all_undone(self, scope: Scope, place: int, token: Token, env: Env) -> Result:
        rest = [other for number, other in enumerate(scope.tokens) if number != place]
        match token[5]:
            case "on":
                return self._put(scope, place, token, ("done", {}), env)
            case "around":
                return with_(scope, [*rest, ("asks", token[1])]), ("undo", token[1]), {}
            case "further":
                return with_(scope, rest), ("undo", token[1]), {}
            case "cancel":
                return with_(scope, rest), ("cancel", ""), {}
            case "answer":
                return self._answered(with_(scope, rest), token[1], env)
        return with_(scope, rest), None, {}

    def _kept(self, scope: Scope, place: int, token: Token) -> Iterator[Result]:
        """What was kept for a throw event within is forgotten with it."""
        rest = [other for number, other in enumerate(scope.tokens) if number != place]
        inside = [inner for other in rest if other[0] == "hold" for inner in other[3].tokens]
        if not any(inner[0] == "undo" and inner[1] == token[1] for inner in inside):
            yield with_(scope, rest), None, {}

    def _answered(self, scope: Scope, name: str, env: Env) -> Result:
        """The throw event within goes on; when it is still there."""
        for place, token in enumerate(scope.tokens):
            if token[0] == "hold" and ("asks", name) in token[3].tokens:
                inner: Scope = token[3]
                here = inner.tokens.index(("asks", name))
                result = self._put(inner, here, ("asks", name), ("done", {}), env_of(inner, env))
                return self._put(scope, place, token, self._held(token, result), env)
        return scope, None, {}


def _orders(queue: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """What may be undone first: of the instances of a parallel multi-instance, any."""
    kind, name, _, inside = queue[0]
    if kind != "many":
        yield queue
        return
    for place, entry in enumerate(inside):
        others = (*inside[:place], *inside[place + 1 :])
        left = (("many", name, 0, others),) if others else ()
        yield (entry, *left, *queue[1:])
