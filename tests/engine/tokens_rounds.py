"""The token game's repetitions: standard loops, multi-instances with what they throw, and ad-hoc sub-processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.diagrams.model import Node
from tests.engine.tokens_state import ACTIVITIES, MEMORY, Env, Scope, Token, TooMany, env_of, holds
from tests.engine.tokens_state import with_tokens as with_
from tests.engine.tokens_undo import Undoing


class Rounds(Undoing):
    """A part of `Game`."""

    def _begin(self, node: Node, env: Env, watches: Any) -> Any:
        raise NotImplementedError

    # -- loops -------------------------------------------------------------------------------------------------------

    def _begin_loop(self, node: Node, env: Env, watches: Any) -> Any:
        loop = node.loop
        assert loop is not None
        total = -1
        if loop.kind == "multi":
            total = len(env[loop.collection.text]) if loop.collection is not None else _number(loop.cardinality)
        elif loop.test_before and not self._again(node, env, 0):
            return ("done", {})
        if total == 0:
            return ("done", {})
        first = range(1, 2 if loop.sequential else total + 1)
        return self._rounds(node, ("loop", node.id, watches, total, 0, (), (), ()), first, env)

    def _rounds(self, node: Node, token: Token, numbers: Iterable[int], env: Env) -> Any:
        """Let rounds begin. One that is over at once counts as done."""
        for number in numbers:
            if number > 50:
                raise TooMany
            change = self._begin(node, {**env, "loopCounter": number}, ())
            if change[0] == "stay":
                token = (*token[:5], (*token[5], (number, change[1])), *token[6:])
                continue
            change = self._round_over(node, token, number, env, self._entry(("at", node.id), number))
            if change[0] != "stay":
                return change
            token = change[1]
        return ("stay", token)

    def _round_over(self, node: Node, token: Token, number: int, env: Env, memory: tuple[Any, ...]) -> Any:
        """A round is over: what it throws comes before what follows it. It may be undone when the whole is over."""
        done = token[4] + 1
        rest = tuple(pair for pair in token[5] if pair[0] != number)
        seen = {**env, "loopCounter": number, "numberOfCompletedInstances": done}
        says = tuple(self._says(node, seen, done))
        token = (*token[:4], done, rest, (*token[6], *says), (*token[7], *memory))
        conditional = any(self._condition(watch) is not None for watch, _ in token[2])
        if token[6] or conditional:  # a condition may come before it is over, by what the last round wrote
            return ("stay", (*token[:6], (*token[6], number), token[7]))
        return self._go_on(node, token, number, env)

    def _says(self, node: Node, env: Env, done: int) -> Iterator[tuple[str, str]]:
        """What the `behavior` of a multi-instance throws as an instance completes."""
        loop = node.loop
        assert loop is not None
        for each in loop.throws:
            if loop.behavior == "One" and done > 1:
                continue
            if loop.behavior != "Complex" or (each.condition is not None and holds(each.condition.text, env)):
                yield (each.event.kind, each.event.code)

    def _go_on(self, node: Node, token: Token, number: int, env: Env) -> Any:
        done, loop = token[4], node.loop
        assert loop is not None
        memory = token[7] if loop.sequential or not token[7] else (("many", node.id, 0, token[7]),)
        seen = {**env, "loopCounter": number, "numberOfCompletedInstances": done}
        if loop.kind == "standard":
            more = self._again(node, seen, done)
            return self._rounds(node, token, [done + 1], env) if more else ("done", {MEMORY: memory})
        if done == token[3] or (loop.completion is not None and holds(loop.completion.text, seen)):
            return ("done", {MEMORY: memory})
        return self._rounds(node, token, [done + 1], env) if loop.sequential else ("stay", token)

    def _again(self, node: Node, env: Env, rounds: int) -> bool:
        loop = node.loop
        assert loop is not None
        if loop.maximum is not None and rounds >= loop.maximum:
            return False
        return loop.condition is None or holds(loop.condition.text, env)

    def _inside_loop(self, token: Token, env: Env) -> Iterator[Any]:
        if token[6]:
            said, *rest = token[6]
            token = (*token[:6], tuple(rest), token[7])
            if isinstance(said, int):
                yield self._go_on(self.nodes[token[1]], token, said, env)
            elif said[0] in ("error", "escalation"):
                yield ("throw", said, token, {})
            else:
                yield ("stay", token)
            return
        for number, child in token[5]:
            for change in self._inside(child, {**env, "loopCounter": number}):
                yield self._looped(token, number, change, env)

    def _looped(self, token: Token, number: int, change: Any, env: Env) -> Any:
        """What became of a round becomes of the whole."""
        kind, writes = change[0], change[-1] if isinstance(change[-1], dict) else {}
        child = next(each for no, each in token[5] if no == number)
        if kind == "done":
            seen = {**env, **{name: value for name, value in writes.items() if name != MEMORY}}
            found = self._round_over(self.nodes[token[1]], token, number, seen, self._entry(child, number))
            return _writing(found, writes)
        if kind in ("fault", "throw"):
            inner = change[2] if kind == "throw" else None
            thrown = change[1] if kind == "throw" else ("error", change[1])
            return ("throw", thrown, _replaced(token, number, inner), writes)
        if kind == "fail":
            return ("stay", _replaced(token, number, ("failed", child[1], ())), writes)
        return ("stay", _replaced(token, number, change[1]), writes)

    # -- ad-hoc sub-processes ----------------------------------------------------------------------------------------

    def _entries(self, level: str) -> list[str]:
        """What an ad-hoc sub-process begins with: what nothing leads to."""
        inside = [node for node in self.nodes.values() if node.scope == level and not node.incoming]
        plain = [node for node in inside if node.kind not in ("boundaryEvent", "startEvent")]
        return [node.id for node in plain if not node.triggered_by_event and not node.for_compensation]

    def _begin_ad_hoc(self, scope: Scope) -> Scope:
        entries = self._entries(scope.level)
        first = entries[:1] if self.nodes[scope.level].ordering == "Sequential" else entries
        return with_(scope, [("at", name) for name in first])._replace(left=tuple(entries[len(first) :]))

    def _next_ad_hoc(self, scope: Scope, env: Env) -> Scope | None:
        """An ad-hoc sub-process without tokens: what it does next; None when it is over."""
        completion = self.nodes[scope.level].completion
        if scope.left:
            return scope._replace(tokens=(("at", scope.left[0]),), left=scope.left[1:])
        if scope.closing or completion is None or holds(completion.text, env_of(scope, env)):
            return None
        return self._begin_ad_hoc(scope)

    def _asked(self, scope: Scope, node: Node, env: Env, rest: list[Token]) -> Scope | None:
        """After an activity of an ad-hoc sub-process: the scope when its condition is met, else None."""
        level = self.nodes.get(scope.level)
        if level is None or level.kind != "adHocSubProcess" or node.kind not in ACTIVITIES:
            return None
        if not scope.closing and (level.completion is None or not holds(level.completion.text, env)):
            return None
        scope = scope._replace(left=(), closing=True)
        if level.cancel_remaining:
            return scope._replace(tokens=(), watches=())
        return with_(scope, [token for token in rest if token[0] not in ("flow", "at", "event")])


def _number(expression: Any) -> int:
    return int(expression.text)


def _writing(change: Any, writes: Env) -> Any:
    """The change, with more that is written."""
    own = change[-1] if isinstance(change[-1], dict) else {}
    parts = change[:-1] if isinstance(change[-1], dict) else change
    return (*parts, {**writes, **own})


def _replaced(token: Token, number: int, child: Any) -> Token:
    return (*token[:5], tuple((no, child if no == number else each) for no, each in token[5]), *token[6:])
