"""The token game of BPMN 2.0, played apart from the engine: which places may be open after each event.

Written from the standard alone (BPMN 2.0.2, chapters 10 and 13), it reads the drawing and knows nothing of the engine.
A state is a value (`tokens_state`); where tokens may move in several orders, all of them are tried, and `Game.worlds`
holds every state that fits what was seen so far. A test says what it sees (`Game.sees`); no world left means that
somebody is wrong. Triggers, repetitions and compensation are files of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from app.diagrams.model import Diagram, Flow, Node, Process
from tests.engine.tokens_rounds import Rounds
from tests.engine.tokens_state import (
    ACTIVITIES,
    CHOOSES,
    HOLDS,
    MEMORY,
    SUBS,
    WAITS,
    WATCHED,
    Env,
    Result,
    Scope,
    Token,
    TooMany,
    env_of,
    frozen,
    holds,
    is_true,
    write,
)
from tests.engine.tokens_state import with_tokens as with_
from tests.engine.tokens_watch import best

State = Any
Label = tuple[str, ...]
MOST = 500  #: states that one event may lead through; a drawing that asks for more is left out


class Game(Rounds):
    """One case of a process, as the standard lets it run."""

    def __init__(self, diagrams: Iterable[Diagram], data: Mapping[str, Any]) -> None:
        self.processes: dict[str, Process] = {}
        for diagram in diagrams:
            self.processes |= diagram.processes
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, Flow] = {}
        for process in self.processes.values():
            self.nodes |= process.nodes
            self.flows |= process.flows
        self._ways: dict[tuple[str, str], set[str]] = {}
        first = next(iter(self.processes))
        self.worlds = self._settle([self._open(first, data, run=True)])

    # -- what happens ------------------------------------------------------------------------------------------------

    def answer(self, label: Label, values: Mapping[str, Any]) -> None:
        """A person, a service or an event brings what a token waits for."""
        self._each(lambda world: self._reach(world, label, ("done", dict(values)), {}))

    def ring(self, label: Label, values: Mapping[str, Any]) -> None:
        """A trigger comes: at a border, behind an event gateway, for an event sub-process, one of several."""
        self._each(lambda world: self._reach(world, label, ("ring", dict(values)), {}))

    def fault(self, label: Label, code: str) -> None:
        """A service answers with a BPMN error; where nothing catches it, its step has failed."""
        thrown: list[State] = []
        for world in self.worlds:
            results = list(self._reach(world, label, ("fault", code, {}), {}))
            if any(result[1] is not None for result in results):
                results = list(self._reach(world, label, ("fail", {}), {}))
            thrown += map(self._root, results)
        self.worlds = self._settle(thrown)

    def sees(self, seen: Counter[Any], data: Mapping[str, Any]) -> bool:
        """Keep the worlds that look like this. False when there is none."""
        kept = {world for world in self.worlds if self.look(world) == seen and self._data(world) == frozen(data)}
        if kept:
            self.worlds = kept
        return bool(kept)

    def look(self, world: State) -> Counter[Any]:
        """What is open in a world: places that wait or failed, triggers, and tokens that wait for others."""
        if world[0] == "ended":
            return Counter([("ended", world[1])])
        return Counter(self._seen(world, ()))

    def _data(self, world: State) -> Any:
        return world[2] if world[0] == "ended" else world.data

    def _each(self, change: Any) -> None:
        running = [world for world in self.worlds if world[0] != "ended"]
        self.worlds = self._settle([self._root(result) for world in running for result in change(world)])

    # -- where an event arrives --------------------------------------------------------------------------------------

    def _reach(self, scope: Scope, label: Label, change: Any, around: Env) -> Iterator[Result]:
        env = env_of(scope, around)
        if change[0] == "ring" and len(label) == 1:
            yield from self._ring(scope, label[0], change[1], env)
            return
        for place, token in enumerate(scope.tokens):
            for each in self._reach_token(token, label, change, env):
                yield self._put(scope, place, token, each, env)

    def _reach_token(self, token: Token, label: Label, change: Any, env: Env) -> Iterator[Any]:
        if token[0] == "undo":
            if token[4] is not None and (token[6] < 1 or label[0] == f"{token[4][1]}#{token[6]}"):
                for each in self._reach_token(token[4], label[1:] if token[6] > 0 else label, change, env):
                    yield self._undo_change(token, each)
            return
        name, _, number = label[0].partition("#")
        if token[0] == "flow" or token[1] != name:
            return
        if token[0] == "wait" and len(label) == 1:
            yield change
        elif token[0] == "hold" and len(label) > 1:
            for result in self._reach(token[3], label[1:], change, {} if token[3].written is not None else env):
                yield self._held(token, result)
        elif token[0] == "loop" and number:
            for counter, inner in token[5]:
                if counter == int(number):
                    for each in self._reach_token(inner, label[1:], change, {**env, "loopCounter": counter}):
                        yield self._looped(token, counter, each, env)

    # -- what is seen ------------------------------------------------------------------------------------------------

    def _seen(self, scope: Scope, path: Label) -> Iterator[Any]:
        for name, _ in scope.watches:
            yield ("watch", *path, name)
        failed = {flow for token in scope.tokens if token[0] == "failed" for flow in self.nodes[token[1]].incoming}
        for token in scope.tokens:
            if token[0] != "flow" or token[1] not in failed:  # who waits behind what failed is not looked at
                yield from self._seen_token(token, path)

    def _seen_token(self, token: Token, path: Label) -> Iterator[Any]:
        kind, name = token[:2]
        if kind == "flow":
            yield ("join", *path, name)
        elif kind in ("wait", "failed"):
            yield (kind, *path, name)
        if kind in WATCHED:
            for watch, _ in token[2]:
                yield ("watch", *path, watch)
        if kind == "hold":
            yield from self._seen(token[3], (*path, name))
        elif kind == "loop":
            for number, inner in token[5]:
                yield from self._seen_token(inner, (*path, f"{name}#{number}"))
        elif kind == "undo" and token[4] is not None:
            yield from self._seen_token(token[4], (*path, f"{token[4][1]}#{token[6]}") if token[6] > 0 else path)

    # -- every order in which tokens may move ------------------------------------------------------------------------

    def _settle(self, worlds: Iterable[State]) -> set[State]:
        still: set[State] = set()
        known: set[State] = set()
        todo = list(worlds)
        while todo:
            world = todo.pop()
            if world in known:
                continue
            known.add(world)
            if len(known) > MOST:
                raise TooMany
            following = [] if world[0] == "ended" else [self._root(each) for each in self._moves(world, {})]
            todo += following
            if not following:
                still.add(world)
        if known and not still:
            raise TooMany
        return still

    def _root(self, result: Result) -> State:
        scope, thrown, _ = result
        if thrown is not None and thrown[0] == "error":
            return ("ended", "error", scope.data)
        if not scope.tokens:
            return ("ended", "terminated" if thrown == ("terminate", "") else "completed", scope.data)
        return scope

    def _moves(self, scope: Scope, around: Env) -> Iterator[Result]:
        """Each next step in a scope."""
        env = env_of(scope, around)
        yield from self._waking(scope, env)
        for place, token in enumerate(scope.tokens):
            if token in scope.tokens[:place]:
                continue
            if token[0] in ("flow", "at"):
                yield from self._arrive(scope, place, token, env)
            elif token[0] == "reset":
                yield from self._reset(scope, place, token)
            elif token[0] == "undo":
                yield from self._undoing(scope, place, token, env)
            elif token[0] == "kept":
                yield from self._kept(scope, place, token)
            else:
                for change in self._inside(token, env):
                    yield self._put(scope, place, token, change, env)

    def _arrive(self, scope: Scope, place: int, token: Token, env: Env) -> Iterator[Result]:
        node = self.nodes[self.flows[token[1]].target if token[0] == "flow" else token[1]]
        if token[0] == "flow" and node.kind in ("parallelGateway", "inclusiveGateway") and len(node.incoming) > 1:
            here = [flow for flow in node.incoming if ("flow", flow) in scope.tokens]
            if self._may_join(scope, node, here):
                yield self._enter(scope, node, here, env)
        elif token[0] == "flow" and node.kind == "complexGateway" and len(node.incoming) > 1:
            yield from self._activate(scope, node, env)
        elif token[0] == "flow" and node.start_quantity > 1:
            came = [flow for kind, flow, *_ in scope.tokens if kind == "flow" and flow in node.incoming]
            for taken in set(combinations(sorted(came), node.start_quantity)):
                yield self._enter(scope, node, taken, env)
        else:
            yield self._put(scope, place, ("at", node.id), self._do(node, env), env)

    def _enter(self, scope: Scope, node: Node, flows: Iterable[str], env: Env, *more: Token) -> Result:
        """Tokens over these flows become one at the node."""
        left = list(scope.tokens)
        for flow in flows:
            left.remove(("flow", flow))
        here = scope._replace(tokens=(*left, *more, ("at", node.id)))
        return self._put(here, len(here.tokens) - 1, ("at", node.id), self._do(node, env), env)

    # -- joins -------------------------------------------------------------------------------------------------------

    def _may_join(self, scope: Scope, node: Node, here: list[str]) -> bool:
        if node.kind == "parallelGateway":
            return len(here) == len(node.incoming)
        return not self._expected(scope, node, set(here))

    def _expected(self, scope: Scope, node: Node, full: set[str]) -> bool:
        """Whether a token may still come over a flow that has none, and not rather over one that has."""
        empty = set(node.incoming) - full
        for token in scope.tokens:
            if token[0] in ("reset", "kept") or (token[0] == "flow" and token[1] in node.incoming):
                continue
            ways = self._ahead(self.flows[token[1]].target if token[0] == "flow" else token[1], node.id)
            if ways & empty and not ways & full:
                return True
        return False

    def _activate(self, scope: Scope, node: Node, env: Env) -> Iterator[Result]:
        """A complex gateway takes a token of each way in when its condition is met; then it waits for the others."""
        if any(token[0] in ("reset", "failed") and token[1] == node.id for token in scope.tokens):
            return
        counts = {flow: scope.tokens.count(("flow", flow)) for flow in node.incoming}
        seen = {**env, **counts, "activationCount": sum(counts.values())}
        if node.activation is not None and holds(node.activation.text, seen):
            here = tuple(flow for flow, count in counts.items() if count)
            yield self._enter(scope, node, here, env, ("reset", node.id, here))

    def _reset(self, scope: Scope, place: int, token: Token) -> Iterator[Result]:
        node = self.nodes[token[1]]
        came = [flow for flow in node.incoming if flow not in token[2] and ("flow", flow) in scope.tokens]
        failed = any(other[:2] == ("failed", node.id) for other in scope.tokens)
        if not failed and not self._expected(scope, node, {*token[2], *came}):
            left = [other for number, other in enumerate(scope.tokens) if number != place]
            for flow in came:
                left.remove(("flow", flow))
            yield with_(scope, left), None, {}

    def _ahead(self, start: str, avoid: str) -> set[str]:
        """The flows that a token at this node can still come over, without passing `avoid`."""
        if (start, avoid) in self._ways:
            return self._ways[start, avoid]
        found = self._ways[start, avoid] = set()
        todo, known = [start], {start}
        while todo:
            name = todo.pop()
            if name == avoid:
                continue
            following = [self.flows[flow].target for flow in self.nodes[name].outgoing]
            found.update(self.nodes[name].outgoing)
            for other in (*following, *(node.id for node in self._border(name)), *self._link(name)):
                if other not in known:
                    known.add(other)
                    todo.append(other)
        return found

    def _link(self, name: str) -> list[str]:
        node = self.nodes[name]
        if node.kind != "intermediateThrowEvent" or not node.events or node.events[0].kind != "link":
            return []
        return [
            other.id
            for other in self.nodes.values()
            if other.kind == "intermediateCatchEvent"
            and other.scope == node.scope
            and (other.events[0].kind, other.events[0].name) == ("link", node.events[0].name)
        ]

    # -- one node ----------------------------------------------------------------------------------------------------

    def _do(self, node: Node, env: Env) -> Any:
        """A token is at a node: ("stay", token), ("done", writes), ("say", what) or ("undo", whether it waits)."""
        event = node.events[0] if node.events else None
        kind = event.kind if event is not None else ""
        if node.kind in ACTIVITIES:
            watches = self._watches(node.id)
            if any(self._condition(watch) is not None for watch, _ in watches):
                return ("stay", ("begun", node.id, watches))  # a condition may come before it is over
            return self._begin_whole(node, env, watches)
        if node.kind == "intermediateCatchEvent" and kind != "link":
            alone = len(node.events) == 1 and kind != "conditional"
            return ("stay", ("wait", node.id, () if alone else self._triggers(node)))
        if node.kind == "eventBasedGateway":
            return ("stay", ("event", node.id, self._behind(node)))
        if node.kind in ("endEvent", "intermediateThrowEvent") and event is not None:
            if kind == "compensate":
                return ("undo", event.waits)
            if kind in ("error", "escalation", "terminate", "cancel"):
                return ("say", (kind, event.code))
        return ("done", {})

    def _begin_whole(self, node: Node, env: Env, watches: Any) -> Any:
        return self._begin_loop(node, env, watches) if node.loop is not None else self._begin(node, env, watches)

    def _begin(self, node: Node, env: Env, watches: Any) -> Any:
        if node.kind in WAITS:
            return ("stay", ("wait", node.id, watches))
        if node.kind in SUBS:
            inner = self._open(node.id, self._inputs(node, env))
            return ("stay", ("hold", node.id, watches, inner))
        if node.kind == "callActivity" and node.called is not None:
            data = {**env, **self._inputs(node, env)}
            return ("stay", ("hold", node.id, watches, self._open(node.called.target.text, data, run=True)))
        return ("done", {})

    def _inputs(self, node: Node, env: Env) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for mapping in node.inputs:
            made[mapping.target] = {**env, **made}.get(mapping.source.text)
        return made

    def _open(self, level: str, data: Env, *, run: bool = False) -> Scope:
        inside = [node for node in self.nodes.values() if node.scope == level]
        if level in self.processes:
            inside = [node for node in self.processes[level].nodes.values() if node.scope in ("", level)]
        starts = [node for node in inside if node.kind == "startEvent"]
        watches = [watch for node in inside if node.triggered_by_event for watch in self._triggers(self._trigger(node))]
        woken = level in self.nodes and self.nodes[level].triggered_by_event
        plain = tuple(("at", node.id) for node in starts if woken or not node.events)
        scope = Scope(level, plain, tuple(sorted(watches)), frozen(data), () if run else None)
        ad_hoc = level in self.nodes and self.nodes[level].kind == "adHocSubProcess"
        return self._begin_ad_hoc(scope) if ad_hoc else scope

    def _trigger(self, sub: Node) -> Node:
        return next(node for node in self.nodes.values() if node.scope == sub.id and node.kind == "startEvent")

    def _out(self, node: Node, env: Env) -> list[str] | None:
        """The flows that a token leaves by; None when there is none that it may take."""
        flows = [self.flows[flow] for flow in node.outgoing]
        chosen = [flow.id for flow in flows if flow.id != node.default and is_true(flow, env)]
        conditional = [flow for flow in flows if flow.condition is not None]
        if node.kind == "exclusiveGateway":
            chosen = chosen[:1]
        true = [flow for flow in chosen if self.flows[flow].condition is not None]
        alone = not chosen if node.kind in CHOOSES else not true
        if node.default and alone:
            chosen.append(node.default)
        if not chosen and (conditional or node.default):
            return None
        return chosen * node.completion_quantity if node.kind in ACTIVITIES else chosen

    # -- inside an activity ------------------------------------------------------------------------------------------

    def _inside(self, token: Token, env: Env) -> Iterator[Any]:
        """Each next step inside a token: (stay, token, writes), (done, writes) or (throw, what, token, writes)."""
        if token[0] == "hold":
            inner: Scope = token[3]
            seen = {} if inner.written is not None else env
            if not inner.tokens:
                again = self._next_ad_hoc(inner, seen) if self.nodes[token[1]].kind == "adHocSubProcess" else None
                if again is not None:
                    yield ("stay", (*token[:3], again), {})
                else:
                    yield ("done", self._results(self.nodes[token[1]], inner, env))
            for result in self._moves(inner, seen):
                yield self._held(token, result)
        elif token[0] == "loop":
            yield from self._inside_loop(token, env)
        elif token[0] == "begun":
            yield self._begin_whole(self.nodes[token[1]], env, token[2])

    def _results(self, node: Node, inner: Scope, env: Env) -> dict[str, Any]:
        """What a scope that is over writes around it: its outputs, or what a called process wrote."""
        made: dict[str, Any] = {}
        for mapping in node.outputs:
            made[mapping.target] = {**env, **dict(inner.data), **made}.get(mapping.source.text)
        return made if node.outputs else {name: dict(inner.data)[name] for name in inner.written or ()}

    def _held(self, token: Token, result: Result) -> Any:
        """What became of the scope inside becomes of the activity."""
        scope, thrown, writes = result
        if thrown is not None and thrown[0] != "terminate":
            return ("throw", thrown, (*token[:3], scope), writes)
        return ("stay", (*token[:3], scope), writes)

    # -- what a change does to the scope around it -------------------------------------------------------------------

    def _put(self, scope: Scope, place: int, token: Token, change: Any, env: Env) -> Result:
        rest = [other for number, other in enumerate(scope.tokens) if number != place]
        node, kind = self.nodes[token[1]], change[0]
        writes = change[-1] if isinstance(change[-1], dict) else {}
        if kind == "done" and self._out(node, {**env, **writes}) is None:
            writes = {name: value for name, value in writes.items() if name != MEMORY}  # it cannot leave: not over
        scope, outer = write(scope, writes)
        watches = token[2] if token[0] in WATCHED else self._watches(node.id)
        if kind == "stay":
            return with_(scope, [*rest, change[1]]), None, outer
        if kind == "fail":
            return with_(scope, [*rest, ("failed", node.id, watches)]), None, outer
        if kind in ("fault", "throw"):
            thrown = change[1] if kind == "throw" else ("error", change[1])
            return (*self._thrown(scope, rest, node, change[2] if kind == "throw" else token, thrown), outer)
        if kind == "say" and change[1][0] in ("terminate", "cancel"):
            if change[1][0] == "cancel":
                return self._cancel(scope, node), None, outer
            return scope._replace(tokens=(), watches=(), left=(), closing=True), ("terminate", ""), outer
        return (*self._leave(scope, rest, node, token, change, {**env, **writes}), outer)

    def _leave(
        self, scope: Scope, rest: list[Token], node: Node, token: Token, change: Any, env: Env
    ) -> tuple[Scope, Any]:
        """Its work is done, or what it throws is on its way: the token goes on."""
        flows = self._out(node, env)
        if change[0] == "done" and node.loop is None and node.kind in ACTIVITIES and flows is not None:
            scope = scope._replace(memory=(*scope.memory, *self._entry(token)))
        met = self._asked(scope, node, env, rest)
        if met is not None:
            return met, None
        if flows is None:
            watches = token[2] if token[0] in WATCHED else self._watches(node.id)
            return with_(scope, [*rest, ("failed", node.id, watches)]), None
        on: list[Token] = [*(("flow", flow) for flow in flows), *(("at", other) for other in self._link(node.id))]
        if change[0] == "undo":
            return self._undo(scope, rest, node, change[1], on)
        if change[0] == "say":
            return self._said(scope, [*rest, *on], change[1])
        return with_(scope, [*rest, *on]), None

    def _thrown(self, scope: Scope, rest: list[Token], node: Node, token: Token, thrown: Any) -> tuple[Scope, Any]:
        """Something comes out of an activity: its border is asked first, then the scope around it."""
        if thrown[0] in ("compensate", "undo"):
            return self._undone_around(scope, [*rest, token], thrown), None
        catcher = best(self._border(node.id), thrown)
        if catcher is not None:
            stays = [] if catcher.interrupting or thrown[0] == "error" else [token]
            return with_(scope, [*rest, *stays, ("at", catcher.id)]), None
        if node.triggered_by_event:
            return with_(scope, [*rest, token]), thrown
        return self._said(scope, [*rest, token], thrown)

    def _said(self, scope: Scope, tokens: list[Token], thrown: Any) -> tuple[Scope, Any]:
        level = scope.level
        inside = [node for node in self.nodes.values() if node.triggered_by_event and self._level(node) == level]
        start = best([self._trigger(node) for node in inside], thrown)
        if start is None:
            return with_(scope, tokens), thrown
        return self._start_event_sub(scope, tokens, start, thrown[0]), None

    def _level(self, node: Node) -> str:
        if node.scope and node.scope not in self.processes:
            return node.scope
        return next(key for key, process in self.processes.items() if node.id in process.nodes)


__all__ = ["HOLDS", "MEMORY", "Game", "Label", "TooMany"]
