"""The token game of BPMN 2.0, played apart from the engine: which places may be open after each event.

Written from the standard alone (BPMN 2.0.2, chapter 13), it reads the drawing and knows nothing of the engine. A state
is a value; where tokens may move in several orders, all of them are tried, and `Game.worlds` holds every state that
fits what was seen so far. A test says what it sees (`Game.sees`); no world left means that somebody is wrong.

    scope   (level, tokens, watches, data, what was written in a run of a process, None elsewhere)
    token   ("flow", id) | ("at", node) | ("wait", node, watches) | ("hold", node, watches, scope)
            | ("loop", node, watches, total, done, ((number, token), ...)) | ("event", node) | ("failed", node, watches)
    watch   (event id, how often it may still come; -1 = without end)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.diagrams.model import Diagram, Flow, Node, Process

State = Any
Token = tuple[Any, ...]
Scope = tuple[Any, ...]
Label = tuple[str, ...]
MOST = 500  #: states that one event may lead through; a drawing that asks for more is left out

_WAITS = ("userTask", "manualTask", "serviceTask", "receiveTask", "intermediateCatchEvent")
_HOLDS = ("subProcess", "callActivity")
_ACTIVITIES = ("task", "userTask", "manualTask", "serviceTask", "receiveTask", "scriptTask", *_HOLDS)


class TooMany(Exception):
    """The drawing goes round without end, or in too many ways."""


class Game:
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
        """A watch catches: at a border, behind an event gateway, for an event sub-process."""
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
        kept = {world for world in self.worlds if self.look(world) == seen and self._data(world) == _frozen(data)}
        if kept:
            self.worlds = kept
        return bool(kept)

    def look(self, world: State) -> Counter[Any]:
        """What is open in a world: places that wait or failed, watches, and tokens before joins."""
        if world[0] == "ended":
            return Counter([("ended", world[1])])
        return Counter(self._seen(world, ()))

    def _data(self, world: State) -> Any:
        return world[2] if world[0] == "ended" else world[3]

    def _each(self, change: Any) -> None:
        running = [world for world in self.worlds if world[0] != "ended"]
        self.worlds = self._settle([self._root(result) for world in running for result in change(world)])

    # -- where an event arrives --------------------------------------------------------------------------------------

    def _reach(self, scope: Scope, label: Label, change: Any, around: Mapping[str, Any]) -> Iterator[Any]:
        env = _env(scope, around)
        if change[0] == "ring" and len(label) == 1:
            yield from self._ring(scope, label[0], change[1], env)
            return
        for place, token in enumerate(scope[1]):
            for each in self._reach_token(token, label, change, env):
                yield self._put(scope, place, token, each, env)

    def _reach_token(self, token: Token, label: Label, change: Any, env: Mapping[str, Any]) -> Iterator[Any]:
        name, _, number = label[0].partition("#")
        if token[0] == "flow" or token[1] != name:
            return
        if token[0] == "wait" and len(label) == 1:
            yield change
        elif token[0] == "hold" and len(label) > 1:
            for result in self._reach(token[3], label[1:], change, {} if token[3][4] is not None else env):
                yield self._held(token, result)
        elif token[0] == "loop" and number:
            for counter, inner in token[5]:
                if counter == int(number):
                    for each in self._reach_token(inner, label[1:], change, {**env, "loopCounter": counter}):
                        yield self._looped(token, counter, each, env)

    def _ring(self, scope: Scope, name: str, values: dict[str, Any], env: Mapping[str, Any]) -> Iterator[Any]:
        watch = self.nodes[name]
        scope, outer = _written(scope, values)
        env = {**env, **values}
        if any(each == name for each, _ in scope[2]):
            yield (*self._start_event_sub(scope, list(scope[1]), watch, "")[:1], None, outer)
            return
        for place, token in enumerate(scope[1]):
            rest = [other for number, other in enumerate(scope[1]) if number != place]
            if token[0] == "event" and any(self.flows[flow].target == name for flow in self.nodes[token[1]].outgoing):
                yield (*self._put(scope, place, ("at", name), ("done", {}), env)[:2], outer)
            elif token[0] in ("wait", "failed", "hold", "loop") and any(each == name for each, _ in token[2]):
                if not watch.interrupting:
                    rest.append((*token[:2], _rung(token[2], name), *token[3:]))
                yield _with(scope, [*rest, ("at", name)]), None, outer

    def _start_event_sub(self, scope: Scope, tokens: list[Token], start: Node, kind: str) -> tuple[Scope, Any, Any]:
        if start.interrupting or kind == "error":
            return (scope[0], (("at", start.scope),), (), *scope[3:]), None, {}
        watches = _rung(scope[2], start.id)
        return (scope[0], _sorted([*tokens, ("at", start.scope)]), watches, *scope[3:]), None, {}

    # -- what is seen ------------------------------------------------------------------------------------------------

    def _seen(self, scope: Scope, path: Label) -> Iterator[Any]:
        for name, _ in scope[2]:
            yield ("watch", *path, name)
        for token in scope[1]:
            yield from self._seen_token(token, path)

    def _seen_token(self, token: Token, path: Label) -> Iterator[Any]:
        kind, name = token[:2]
        if kind == "flow":
            yield ("join", *path, name)
        elif kind in ("wait", "failed"):
            yield (kind, *path, name)
        elif kind == "event":
            for flow in self.nodes[name].outgoing:
                yield ("watch", *path, self.flows[flow].target)
        if kind in ("wait", "failed", "hold", "loop"):
            for watch, _ in token[2]:
                yield ("watch", *path, watch)
        if kind == "hold":
            yield from self._seen(token[3], (*path, name))
        elif kind == "loop":
            for number, inner in token[5]:
                yield from self._seen_token(inner, (*path, f"{name}#{number}"))

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
            if len(known) > MOST or (world[0] != "ended" and len(world[1]) > 30):
                raise TooMany
            following = [] if world[0] == "ended" else [self._root(each) for each in self._moves(world, {})]
            todo += following
            if not following:
                still.add(world)
        if known and not still:
            raise TooMany
        return still

    def _root(self, result: tuple[Scope, Any, Any]) -> State:
        scope, thrown, _ = result
        if thrown is not None and thrown[0] == "error":
            return ("ended", "error", scope[3])
        if not scope[1]:
            return ("ended", "terminated" if thrown == ("terminate", "") else "completed", scope[3])
        return scope

    def _moves(self, scope: Scope, around: Mapping[str, Any]) -> Iterator[tuple[Scope, Any, Any]]:
        """Each next step in a scope: the scope then, what is thrown out of it, what is written around it."""
        env = _env(scope, around)
        for place, token in enumerate(scope[1]):
            if token in scope[1][:place]:
                continue
            if token[0] in ("flow", "at"):
                yield from self._arrive(scope, place, token, env)
            else:
                for change in self._inside(token, env):
                    yield self._put(scope, place, token, change, env)

    def _arrive(self, scope: Scope, place: int, token: Token, env: Mapping[str, Any]) -> Iterator[Any]:
        node = self.nodes[self.flows[token[1]].target if token[0] == "flow" else token[1]]
        if node.kind in ("parallelGateway", "inclusiveGateway") and len(node.incoming) > 1:
            if self._may_join(scope, node):
                left = list(scope[1])
                for flow in node.incoming:
                    if ("flow", flow) in left:
                        left.remove(("flow", flow))
                here = (scope[0], (*left, ("at", node.id)), *scope[2:])
                yield self._put(here, len(left), ("at", node.id), ("done", {}), env)
        else:
            yield self._put(scope, place, ("at", node.id), self._do(node, env), env)

    def _may_join(self, scope: Scope, node: Node) -> bool:
        here = {token[1] for token in scope[1] if token[0] == "flow"}
        full = [flow for flow in node.incoming if flow in here]
        empty = [flow for flow in node.incoming if flow not in here]
        if node.kind == "parallelGateway":
            return not empty
        for token in scope[1]:
            ways = self._ahead(self.flows[token[1]].target if token[0] == "flow" else token[1], node.id)
            if token[0] == "flow" and token[1] in node.incoming:
                continue
            if any(flow in ways for flow in empty) and not any(flow in ways for flow in full):
                return False
        return True

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

    def _border(self, host: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind == "boundaryEvent" and node.attached_to == host]

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

    def _do(self, node: Node, env: Mapping[str, Any]) -> Any:
        """A token is at a node: ("stay", token), ("done", None), ("gone", what it throws) or ("fail", None)."""
        kind = node.events[0].kind if node.events else ""
        if node.loop is not None:
            return self._begin_loop(node, env)
        if node.kind in _ACTIVITIES:
            return self._begin(node, env, self._watches(node.id))
        if node.kind == "intermediateCatchEvent" and kind != "link":
            return ("stay", ("wait", node.id, ()))
        if node.kind == "eventBasedGateway":
            return ("stay", ("event", node.id))
        if node.kind in ("endEvent", "intermediateThrowEvent") and kind in ("error", "escalation", "terminate"):
            return ("say", (kind, node.events[0].code))
        return ("done", None)

    def _begin(self, node: Node, env: Mapping[str, Any], watches: Any) -> Any:
        if node.kind in _WAITS:
            return ("stay", ("wait", node.id, watches))
        if node.kind == "subProcess":
            return ("stay", ("hold", node.id, watches, self._open(node.id, self._inputs(node, env))))
        if node.kind == "callActivity":
            data = {**env, **self._inputs(node, env)}
            return ("stay", ("hold", node.id, watches, self._open(node.called.target.text, data, run=True)))
        return ("done", None)

    def _watches(self, host: str) -> Any:
        return tuple(sorted(_watch(node) for node in self._border(host) if _listens(node)))

    def _inputs(self, node: Node, env: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for mapping in node.inputs:
            made[mapping.target] = {**env, **made}.get(mapping.source.text)
        return made

    def _open(self, level: str, data: Mapping[str, Any], *, run: bool = False) -> Scope:
        inside = [node for node in self.nodes.values() if node.scope == level]
        if level in self.processes:
            inside = [node for node in self.processes[level].nodes.values() if node.scope in ("", level)]
        starts = [node for node in inside if node.kind == "startEvent"]
        watches = [_watch(self._trigger(node)) for node in inside if node.triggered_by_event]
        watches = [watch for watch in watches if _listens(self.nodes[watch[0]])]
        woken = level in self.nodes and self.nodes[level].triggered_by_event
        plain = [("at", node.id) for node in starts if woken or not node.events]
        return (level, tuple(plain), tuple(sorted(watches)), _frozen(data), () if run else None)

    def _trigger(self, sub: Node) -> Node:
        return next(node for node in self.nodes.values() if node.scope == sub.id and node.kind == "startEvent")

    def _out(self, node: Node, env: Mapping[str, Any]) -> list[str] | None:
        """The flows that a token leaves by; None when there is none that it may take."""
        flows = [self.flows[flow] for flow in node.outgoing]
        chosen = [flow.id for flow in flows if flow.id != node.default and _true(flow, env)]
        conditional = [flow for flow in flows if flow.condition is not None]
        if node.kind == "exclusiveGateway":
            chosen = chosen[:1]
        true = [flow for flow in chosen if self.flows[flow].condition is not None]
        alone = not chosen if node.kind in ("exclusiveGateway", "inclusiveGateway") else not true
        if node.default and alone:
            chosen.append(node.default)
        return None if not chosen and (conditional or node.default) else chosen

    # -- loops -------------------------------------------------------------------------------------------------------

    def _begin_loop(self, node: Node, env: Mapping[str, Any]) -> Any:
        loop = node.loop
        total = -1
        if loop.kind == "multi":
            total = len(env[loop.collection.text]) if loop.collection is not None else int(loop.cardinality.text)
        elif loop.test_before and not self._again(node, env, 0):
            return ("done", None)
        if total == 0:
            return ("done", None)
        first = range(1, 2 if loop.sequential else total + 1)
        token = ("loop", node.id, self._watches(node.id), total, 0, ())
        return self._rounds(node, token, first, env)

    def _rounds(self, node: Node, token: Token, numbers: Iterable[int], env: Mapping[str, Any]) -> Any:
        """Let rounds begin. One that is over at once counts as done."""
        for number in numbers:
            if number > 50:
                raise TooMany
            change = self._begin(node, {**env, "loopCounter": number}, ())
            if change[0] == "stay":
                token = (*token[:5], (*token[5], (number, change[1])))
                continue
            change = self._round_over(node, token, number, env)
            if change[0] != "stay":
                return change
            token = change[1]
        return ("stay", token)

    def _round_over(self, node: Node, token: Token, number: int, env: Mapping[str, Any]) -> Any:
        done, loop = token[4] + 1, node.loop
        rest = tuple(pair for pair in token[5] if pair[0] != number)
        token = (*token[:4], done, rest)
        seen = {**env, "loopCounter": number, "numberOfCompletedInstances": done}
        if loop.kind == "standard":
            return self._rounds(node, token, [done + 1], env) if self._again(node, seen, done) else ("done", None)
        if done == token[3] or (loop.completion is not None and _holds(loop.completion.text, seen)):
            return ("done", None)
        return self._rounds(node, token, [done + 1], env) if loop.sequential else ("stay", token)

    def _again(self, node: Node, env: Mapping[str, Any], rounds: int) -> bool:
        loop = node.loop
        if loop.maximum is not None and rounds >= loop.maximum:
            return False
        return loop.condition is None or _holds(loop.condition.text, env)

    # -- inside an activity ------------------------------------------------------------------------------------------

    def _inside(self, token: Token, env: Mapping[str, Any]) -> Iterator[Any]:
        """Each next step inside a token: (stay, token, writes), (done, writes) or (throw, what, token, writes)."""
        if token[0] == "hold":
            inner = token[3]
            if not inner[1]:
                yield ("done", self._results(self.nodes[token[1]], inner, env))
            for result in self._moves(inner, {} if inner[4] is not None else env):
                yield self._held(token, result)
        elif token[0] == "loop":
            for number, child in token[5]:
                for change in self._inside(child, {**env, "loopCounter": number}):
                    yield self._looped(token, number, change, env)

    def _results(self, node: Node, inner: Scope, env: Mapping[str, Any]) -> dict[str, Any]:
        """What a scope that is over writes around it: its outputs, or what a called process wrote."""
        made: dict[str, Any] = {}
        for mapping in node.outputs:
            made[mapping.target] = {**env, **dict(inner[3]), **made}.get(mapping.source.text)
        return made if node.outputs else {name: dict(inner[3])[name] for name in inner[4] or ()}

    def _held(self, token: Token, result: tuple[Scope, Any, Any]) -> Any:
        """What became of the scope inside becomes of the activity."""
        scope, thrown, writes = result
        if thrown is not None and thrown[0] != "terminate":
            return ("throw", thrown, (*token[:3], scope), writes)
        return ("stay", (*token[:3], scope), writes)

    def _looped(self, token: Token, number: int, change: Any, env: Mapping[str, Any]) -> Any:
        kind, writes = change[0], change[-1]
        if kind == "done":
            return (*self._round_over(self.nodes[token[1]], token, number, {**env, **writes}), writes)
        if kind in ("fault", "throw"):
            inner = change[2] if kind == "throw" else None
            thrown = change[1] if kind == "throw" else ("error", change[1])
            return ("throw", thrown, _replaced(token, number, inner), writes)
        if kind == "fail":
            child = next(each for no, each in token[5] if no == number)
            return ("stay", _replaced(token, number, ("failed", child[1], ())), writes)
        return ("stay", _replaced(token, number, change[1]), writes)

    # -- what a change does to the scope around it -------------------------------------------------------------------

    def _put(self, scope: Scope, place: int, token: Token, change: Any, env: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        rest = [other for number, other in enumerate(scope[1]) if number != place]
        node, kind = self.nodes[token[1]], change[0]
        writes = change[-1] if isinstance(change[-1], dict) else {}
        scope, outer = _written(scope, writes)
        watches = token[2] if len(token) > 2 else self._watches(node.id)
        if kind == "stay":
            return _with(scope, [*rest, change[1]]), None, outer
        if kind == "fail":
            return _with(scope, [*rest, ("failed", node.id, watches)]), None, outer
        if kind == "fault":
            return (*self._thrown(scope, rest, node, token, ("error", change[1])), outer)
        if kind == "throw":
            return (*self._thrown(scope, rest, node, change[2], change[1]), outer)
        if kind == "say" and change[1][0] == "terminate":
            return (scope[0], (), (), *scope[3:]), ("terminate", ""), outer
        flows = self._out(node, {**env, **writes})
        if flows is None:
            return _with(scope, [*rest, ("failed", node.id, watches)]), None, outer
        on = [("flow", flow) for flow in flows] + [("at", other) for other in self._link(node.id)]
        if kind == "say":
            return (*self._said(scope, [*rest, *on], change[1]), outer)
        return _with(scope, [*rest, *on]), None, outer

    def _thrown(self, scope: Scope, rest: list[Token], node: Node, token: Token, thrown: Any) -> tuple[Scope, Any]:
        """An error or escalation comes out of an activity: its border is asked first, then the scope around it."""
        catcher = _best(self._border(node.id), thrown)
        if catcher is not None:
            stays = [] if catcher.interrupting or thrown[0] == "error" else [token]
            return _with(scope, [*rest, *stays, ("at", catcher.id)]), None
        if node.triggered_by_event:
            return _with(scope, [*rest, token]), thrown
        return self._said(scope, [*rest, token], thrown)

    def _said(self, scope: Scope, tokens: list[Token], thrown: Any) -> tuple[Scope, Any]:
        level = scope[0]
        inside = [node for node in self.nodes.values() if node.triggered_by_event and self._level(node) == level]
        start = _best([self._trigger(node) for node in inside], thrown)
        if start is None:
            return _with(scope, tokens), thrown
        return self._start_event_sub(scope, tokens, start, thrown[0])[0], None

    def _level(self, node: Node) -> str:
        if node.scope and node.scope not in self.processes:
            return node.scope
        return next(key for key, process in self.processes.items() if node.id in process.nodes)


def _listens(node: Node) -> bool:
    return bool(node.events) and node.events[0].kind in ("message", "timer", "signal")


def _watch(node: Node) -> tuple[str, int]:
    """A watch, and how often it may come."""
    event = node.events[0]
    if event.kind != "timer" or event.expression is None:
        return (node.id, -1)
    return (node.id, int(event.expression.text[1]) if event.timer_kind == "cycle" else 1)


def _rung(watches: Any, name: str) -> Any:
    left = [(each, count - 1 if each == name and count > 0 else count) for each, count in watches]
    return tuple(pair for pair in left if pair[1] != 0)


def _best(nodes: Iterable[Node], thrown: Any) -> Node | None:
    kind, code = thrown
    found = [node for node in nodes if node.events[0].kind == kind and node.events[0].code in ("", code)]
    return next(iter(sorted(found, key=lambda node: not node.events[0].code)), None)


def _replaced(token: Token, number: int, child: Any) -> Token:
    return (*token[:5], tuple((no, child if no == number else each) for no, each in token[5]))


def _sorted(tokens: Iterable[Token]) -> tuple[Token, ...]:
    return tuple(sorted(tokens, key=repr))


def _with(scope: Scope, tokens: Iterable[Token]) -> Scope:
    return (scope[0], _sorted(tokens), *scope[2:])


def _env(scope: Scope, around: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**around, **dict(scope[3])}


def _written(scope: Scope, values: Mapping[str, Any]) -> tuple[Scope, dict[str, Any]]:
    """The scope with those variables that are its own - a run of a process takes all -, and those that go outward."""
    before, run = dict(scope[3]), scope[4] is not None
    own = {name: value for name, value in values.items() if run or name in before}
    if not own:
        return scope, dict(values)
    changed = {name for name, value in own.items() if name not in before or before[name] != value}
    written = tuple(sorted({*scope[4], *changed})) if scope[4] is not None else None
    outer = {name: value for name, value in values.items() if name not in own}
    return (*scope[:3], _frozen({**before, **own}), written), outer


def _frozen(values: Mapping[str, Any]) -> Any:
    return tuple(sorted((name, tuple(value) if isinstance(value, list) else value) for name, value in values.items()))


def _true(flow: Flow, env: Mapping[str, Any]) -> bool:
    return flow.condition is None or _holds(flow.condition.text, env)


def _holds(text: str, env: Mapping[str, Any]) -> bool:
    """The few conditions that the drawings use: `c`, `not(c)` and `name >= number`."""
    if text.startswith("not("):
        return env.get(text[4:-1]) is False
    name, _, least = text.partition(" >= ")
    return bool(env[name] >= int(least)) if least else env.get(name) is True
