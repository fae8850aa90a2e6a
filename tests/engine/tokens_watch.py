"""The token game's triggers: what listens, what a trigger that comes does, and conditions that become true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.diagrams.model import Flow, Node
from tests.engine.tokens_state import LISTENING, WATCHED, Env, Result, Scope, Token, Watches, holds, write
from tests.engine.tokens_state import with_tokens as with_


class Watching:
    """A part of `Game`."""

    nodes: dict[str, Node]
    flows: dict[str, Flow]

    def _put(self, scope: Scope, place: int, token: Token, change: Any, env: Env) -> Result:
        raise NotImplementedError

    # -- what listens ------------------------------------------------------------------------------------------------

    def _border(self, host: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind == "boundaryEvent" and node.attached_to == host]

    def _watches(self, host: str) -> Watches:
        return tuple(sorted(watch for node in self._border(host) for watch in self._triggers(node)))

    def _triggers(self, node: Node) -> Watches:
        """The triggers of an event that wait by themselves."""
        found: list[tuple[str, int]] = []
        for event in node.events:
            if event.kind in LISTENING:
                often = -1
                if event.kind == "timer" and event.expression is not None:
                    often = int(event.expression.text[1]) if event.timer_kind == "cycle" else 1
                found.append((node.id if len(node.events) == 1 else f"{node.id}:{event.kind}", often))
        return tuple(found)

    def _behind(self, gateway: Node) -> Watches:
        """The triggers of what stands behind an event-based gateway."""
        targets = [self.nodes[self.flows[flow].target] for flow in gateway.outgoing]
        waits = [self._triggers(node) or ((node.id, -1),) for node in targets]  # a receive task has no event
        return tuple(sorted(watch for each in waits for watch in each))

    def _event(self, trigger: str) -> Node:
        return self.nodes[trigger.partition(":")[0]]

    # -- a trigger comes ---------------------------------------------------------------------------------------------

    def _ring(self, scope: Scope, trigger: str, values: Mapping[str, Any], env: Env) -> Iterator[Result]:
        watch = self._event(trigger)
        scope, outer = write(scope, values)
        env = {**env, **values}
        if any(each == trigger for each, _ in scope.watches):
            watches, fires = self._rung(scope.watches, trigger)
            scope = scope._replace(watches=watches)
            yield (self._start_event_sub(scope, list(scope.tokens), watch, "") if fires else scope), None, outer
            return
        for place, token in enumerate(scope.tokens):
            if token[0] in WATCHED and any(each == trigger for each, _ in token[2]):
                yield (*self._ring_token(scope, place, watch, self._rung(token[2], trigger), env)[:2], outer)

    def _ring_token(self, scope: Scope, place: int, watch: Node, rung: tuple[Watches, bool], env: Env) -> Result:
        watches, fires = rung
        token = scope.tokens[place]
        rest = [other for number, other in enumerate(scope.tokens) if number != place]
        stays = (*token[:2], watches, *token[3:])
        if not fires:
            return with_(scope, [*rest, stays]), None, {}
        if token[0] == "event":
            return self._put(scope, place, ("at", watch.id), ("done", {}), env)
        if token[1] == watch.id:
            return self._put(scope, place, token, ("done", {}), env)
        return with_(scope, [*rest, *([] if watch.interrupting else [stays]), ("at", watch.id)]), None, {}

    def _rung(self, watches: Watches, trigger: str) -> tuple[Watches, bool]:
        """The watches when a trigger has come, and whether its event happens: parallel multiple, with the last."""
        node = self._event(trigger)
        if node.parallel_multiple and len(node.events) > 1:
            left = tuple(each for each in watches if each[0] != trigger)
            if any(self._event(each) is node for each, _ in left):
                return left, False
            again = [(each, often if self._condition(each) is None else -2) for each, often in self._triggers(node)]
            return tuple(sorted((*left, *again))), True
        once = -2 if self._condition(trigger) is not None else -1
        counted = [(each, (count - 1 if count > 0 else once) if each == trigger else count) for each, count in watches]
        return tuple(each for each in counted if each[1] != 0), True

    def _start_event_sub(self, scope: Scope, tokens: list[Token], start: Node, kind: str) -> Scope:
        """An event sub-process begins; an interrupting one alone."""
        if start.interrupting or kind == "error":
            return scope._replace(tokens=(("at", start.scope),), watches=())
        return with_(scope, [*tokens, ("at", start.scope)])

    # -- conditions --------------------------------------------------------------------------------------------------

    def _condition(self, trigger: str) -> str | None:
        """Its text, when a trigger is one."""
        name, _, kind = trigger.partition(":")
        events = self.nodes[name].events
        found = [event for event in events if event.kind == "conditional" and kind in ("", "conditional")]
        return found[0].expression.text if found and found[0].expression is not None else None

    def _waking(self, scope: Scope, env: Env) -> Iterator[Result]:
        """Conditions that are true and were not, and those that have become false again."""
        yield from self._wake(scope, None, scope.watches, env)
        for place, token in enumerate(scope.tokens):
            if token[0] in WATCHED:
                yield from self._wake(scope, place, token[2], env)

    def _wake(self, scope: Scope, place: int | None, watches: Watches, env: Env) -> Iterator[Result]:
        for trigger, count in watches:
            text = self._condition(trigger)
            if text is None or (count == -1) is not holds(text, env):
                continue
            if count == -1:
                yield from self._ring(scope, trigger, {}, env)
                continue
            again = tuple((each, -1 if each == trigger else often) for each, often in watches)
            if place is None:
                yield scope._replace(watches=again), None, {}
            else:
                token = scope.tokens[place]
                others = [other for number, other in enumerate(scope.tokens) if number != place]
                yield with_(scope, [*others, (*token[:2], again, *token[3:])]), None, {}


def best(nodes: Iterable[Node], thrown: tuple[str, str]) -> Node | None:
    """Who catches it: one who names its code before one who catches all."""
    kind, code = thrown
    found = [
        (event, node) for node in nodes for event in node.events if event.kind == kind and event.code in ("", code)
    ]
    return next((node for event, node in sorted(found, key=lambda pair: not pair[0].code)), None)
