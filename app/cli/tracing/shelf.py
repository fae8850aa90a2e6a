"""Which files a traced diagram may use: its own processes, and the processes and decisions beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import config
from app import decisions, diagrams, engine
from app.cli.beside import Beside, content
from app.core.errors import Invalid, NotFound, Refused
from app.core.files import shown
from app.diagrams.model import Diagram, EventDefinition, Node, Process


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a diagram is not run: what a rule says with the severity error, or what the engine refuses."""

    file: str
    rule: str
    element: str
    line: int
    message: str

    @property
    def sentence(self) -> str:
        """With its place, for one line of text."""
        return f"{self.file}:{self.line}: {self.element or '-'}: {self.message}"


@dataclass(frozen=True, slots=True)
class Entrance:
    """What begins a case of a process from outside."""

    process: str
    node: Node
    event: EventDefinition
    position: int

    @property
    def awaits(self) -> tuple[str, str]:
        """The kind of what starts it, and the name of that message or signal."""
        return self.event.kind, self.event.name

    @property
    def place(self) -> str:
        """Tells it apart from every other."""
        return f"{self.process}/{self.node.id}/{self.position}"


class _Unasked(Beside):
    """An answer is taken as it is, so a form that is not there keeps nobody from tracing."""

    def has_form(self, form_id: str) -> bool | None:
        return None


class Shelf:
    """Read once, never written. It is the engine's host: the same for every case of one world."""

    def __init__(self, file: Path, *, stubbed: bool = False, lang: str = "en") -> None:
        """Raises Invalid, naming file and line, when the file is no diagram that can be read."""
        self.file = file
        self._stubbed = stubbed
        self._lang = lang
        self.drawn = _read(file)
        self._diagram = _without_scripts(self.drawn) if stubbed else self.drawn
        self.drawings: dict[str, Process] = dict(self.drawn.processes)  #: by process id, called ones too
        self._programs: dict[str, engine.Program] = {}
        self.stores: dict[str, Any] = {}  #: the data stores of this world

    # -- before anything runs ------------------------------------------------------------------------------------

    def faults(self) -> list[Fault]:
        """Why the diagram is refused; nothing when it runs."""
        return self._judge(self.file, self._diagram) or self._compile(self.file, self._diagram, self.executable)

    @cached_property
    def executable(self) -> list[str]:
        """The processes that are marked executable, or all where none is; as the diagram rules judge them."""
        processes = self.drawn.processes.values()
        return [it.id for it in processes if it.executable] or [it.id for it in processes]

    def refuses(self, key: str) -> list[Fault]:
        """Why a process that somebody named is not run: a partner's process is judged only by the engine."""
        return self._compile(self.file, self._diagram, [key])

    def _judge(self, file: Path, diagram: Diagram) -> list[Fault]:
        found = diagrams.check(diagram, _Unasked(file, lang=self._lang))
        return [
            Fault(shown(file), each.rule, each.element, each.line, each.text(self._lang))
            for each in found
            if each.severity == "error"
        ]

    def _compile(self, file: Path, diagram: Diagram, keys: list[str]) -> list[Fault]:
        found: list[Fault] = []
        for key in keys:
            try:
                self._programs.setdefault(key, engine.compile(diagram, key))
            except engine.NotRunnable as fault:
                found += [Fault(shown(file), "not-run", *each) for each in fault.findings]
        return found

    # -- what the world asks ---------------------------------------------------------------------------------------

    def has_plain_start(self, key: str) -> bool:
        """Whether it can be started without a message, signal or timer."""
        return bool(self._programs[key].root.starts) and not self.drawn.processes[key].is_global_task

    @cached_property
    def entrances(self) -> list[Entrance]:
        """What waits for something to begin a case; that of the executable processes first, then their partners'."""
        partners = [key for key in self.drawn.processes if key not in self.executable]
        keys = [*self.executable, *(key for key in partners if not self.refuses(key))]
        found = [(key, it) for key in keys for it in diagrams.entrances(self.drawn.processes[key])]
        return [Entrance(key, it.node, it.event, it.position) for key, it in found]

    def node(self, process: str, element: str) -> Node:
        """The node as it was drawn: a stubbed script task is one."""
        return self.drawings[process].nodes[element]

    # -- what the engine asks (`engine.Host`) ----------------------------------------------------------------------

    @cached_property
    def limits(self) -> engine.Limits:
        """What the settings allow one case; of steps twice as many, since nothing of them is stored."""
        allowed = config.load()
        steps, rounds = 2 * allowed["MOST_STEPS"], 10 * allowed["MOST_ROUNDS"]
        return engine.Limits(steps, rounds, allowed["MOST_INSTANCES"], allowed["MOST_CALLS"])

    def program(self, key: str, version: str, caller_hash: str) -> engine.Program:
        """A called process: of the same file, else of one beside it, which is judged as well. Raises Refused."""
        if key not in self._programs and key in self.drawn.processes:
            _raise(self.refuses(key))
        elif key not in self._programs:
            self._fetch(key)
        tag = self.drawings[key].version_tag
        if version.startswith("tag:") and version != f"tag:{tag}":
            raise NotFound(f"the process “{key}” has the version tag “{tag or '-'}”, not “{version[4:]}”")
        return self._programs[key]

    def program_by_hash(self, content: str, key: str, /) -> engine.Program:
        return self._programs[key]

    def stored(self, store: str, /) -> Any:
        return self.stores.get(store)

    def decide(self, decision: str, context: Mapping[str, Any], caller_hash: str, caller_key: str) -> decisions.Decided:
        """By a table beside the file. Raises NotFound and what deciding raises."""
        file = self._tables.get(decision)
        if file is None:
            raise NotFound(f"there is no decision “{decision}” beside {shown(self.file)}")
        return decisions.decide(file, decision, context)

    def _fetch(self, key: str) -> None:
        for file in self._beside(".bpmn"):
            try:
                drawn = _read(file)
            except Invalid:
                continue
            if key in drawn.processes:
                diagram = _without_scripts(drawn) if self._stubbed else drawn
                _raise(self._judge(file, diagram) or self._compile(file, diagram, [key]))
                self.drawings[key] = drawn.processes[key]
                return
        raise NotFound(f"there is no process “{key}” in {shown(self.file)} or beside it")

    @cached_property
    def _tables(self) -> dict[str, decisions.DecisionFile]:
        found: dict[str, decisions.DecisionFile] = {}
        for file in self._beside(".dmn"):
            try:
                read = decisions.read(content(file))
            except (decisions.UnreadableDecision, OSError):
                continue
            found |= {key: read for key in read.decisions if key not in found}
        return found

    def _beside(self, suffix: str) -> list[Path]:
        return sorted(self.file.absolute().parent.glob(f"*{suffix}"))


def _read(file: Path) -> Diagram:
    """Raises Invalid, in one line that names the file, the line and the cause."""
    try:
        return diagrams.read(content(file))
    except diagrams.UnreadableDiagram as fault:
        line = fault.details.get("line") or 1
        where = "" if fault.message.startswith("line ") else f"line {line}: "
        raise Invalid(f"{file}: {where}{fault.message}") from fault
    except OSError as fault:
        raise Invalid(f"{file}: {fault.strerror or fault}") from fault


def _raise(faults: list[Fault]) -> None:
    if faults:
        raise Refused("; ".join(fault.sentence for fault in faults))


def _without_scripts(diagram: Diagram) -> Diagram:
    """Script tasks that only record themselves: they run nothing and write nothing."""
    processes = {key: replace(it, nodes=_stub(it.nodes)) for key, it in diagram.processes.items()}
    # Another hash, so that the program is not taken for the one with scripts.
    return replace(diagram, processes=processes, hash=f"stubbed:{diagram.hash}")


#: what is left of a script task that only records itself
_NOTHING: dict[str, Any] = {
    "kind": "task",
    "script": None,
    "service": None,
    "inputs": (),
    "outputs": (),
    "data_in": (),
    "data_out": (),
}


def _stub(nodes: Mapping[str, Node]) -> dict[str, Node]:
    return {key: replace(node, **_NOTHING) if node.kind == "scriptTask" else node for key, node in nodes.items()}
