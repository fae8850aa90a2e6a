"""What comes from outside while a diagram is traced: what starts, what people answer, when the clock moves."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.cli.beside import content
from app.cli.tracing.answers import Answers
from app.cli.tracing.mail import Message
from app.cli.tracing.shelf import Shelf
from app.cli.tracing.world import World
from app.core import clock, jsontext
from app.core.errors import Invalid, Refused
from app.core.translations import translate
from app.engine import moments
from app.expressions import TooLarge, to_json

_BYTE = re.compile(r"\(byte (\d+)\)")


@dataclass(frozen=True, slots=True)
class Start:
    """{"start": process, "message" or "signal"?: name, "data"?: {...}}"""

    process: str
    kind: str = ""
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def happen(self, world: World, shelf: Shelf, lang: str) -> None:
        if not self.kind:
            world.start(self.process, self.data)
            return
        for entrance in shelf.entrances:
            if entrance.process == self.process and entrance.awaits == (self.kind, self.name):
                world.start(self.process, {}, entrance.node.id, self.data, self.name)
                return
        raise Refused(translate("trace.no_entrance", lang, process=self.process, name=self.name))


@dataclass(frozen=True, slots=True)
class Complete:
    """{"complete": task, "data"?: {...}, "instance"?: n}"""

    element: str
    data: Mapping[str, Any]
    instance: int | None = None

    def happen(self, world: World, shelf: Shelf, lang: str) -> None:
        world.complete(self.element, self.data, self.instance)


@dataclass(frozen=True, slots=True)
class Clock:
    """{"clock": duration}"""

    length: moments.Length

    def happen(self, world: World, shelf: Shelf, lang: str) -> None:
        world.jump(self.length)


@dataclass(frozen=True, slots=True)
class Post:
    """{"message": name, "key"?: value, "data"?: {...}} or {"signal": name, "data"?: {...}}"""

    kind: str
    name: str
    key: str | None
    data: Mapping[str, Any]

    def happen(self, world: World, shelf: Shelf, lang: str) -> None:
        world.post(Message(self.kind, self.name, self.key, self.data, world.at))


Step = Start | Complete | Clock | Post


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the command line said."""

    processes: list[str]  #: named to be started, in order
    inputs: Mapping[str, Any]
    answers: Answers
    steps: list[Step] | None  #: None: people answer by themselves
    advances: list[Clock]
    at: datetime

    @property
    def names_its_starts(self) -> bool:
        """Whether it says itself what is started."""
        return bool(self.processes) or bool(self.steps and isinstance(self.steps[0], Start))

    @property
    def started(self) -> list[str]:
        """Every process that it names."""
        return [*self.processes, *(step.process for step in self.steps or () if isinstance(step, Start))]


def read(args: Any) -> Plan:
    """Raises Invalid, in one line that names the option or the file, the place and the cause."""
    lang = args.lang
    given = _object(_content(args.answers), args.answers, lang) if args.answers else {}
    return Plan(
        processes=args.process or [],
        inputs=_object(args.inputs, "--inputs", lang),
        answers=Answers(given, source=args.answers or "--answers", lang=lang),
        steps=_steps(args.steps, lang) if args.steps else None,
        advances=[Clock(_length(text, "--advance", lang)) for text in args.advance or ()],
        at=_moment(args.now, lang) if args.now else clock.now(),
    )


# -- JSON from outside ---------------------------------------------------------------------------------------------


def _content(path: str) -> bytes:
    try:
        return content(Path(path)).removeprefix(codecs.BOM_UTF8)
    except OSError as fault:
        raise Invalid(f"{path}: {fault.strerror or fault}") from fault


def _json(text: str | bytes, source: str) -> Any:
    try:
        return to_json(jsontext.loads(text))
    except jsontext.UnreadableJson as fault:
        raise Invalid(f"{source}: {_with_line(str(fault), text)}") from fault
    except TooLarge as fault:
        raise Invalid(f"{source}: a value is too large or nested too deeply") from fault


def _with_line(fault: str, text: str | bytes) -> str:
    """The line where JSON could not be read, in front of what is wrong there."""
    body = text.encode(errors="replace") if isinstance(text, str) else text
    found = _BYTE.search(fault)
    if found is None and "truncated" not in fault:
        return fault
    line = body.count(b"\n", 0, int(found[1]) if found else len(body)) + 1
    return f"line {line}: {fault}"


def _object(text: str | bytes, source: str, lang: str) -> dict[str, Any]:
    value = _json(text, source)
    if not isinstance(value, dict):
        raise Invalid(translate("trace.no_object", lang, source=source))
    return value


def _length(text: Any, source: str, lang: str) -> moments.Length:
    length = moments.read_length(text) if isinstance(text, str) else None
    if length is None or length.months < 0 or length.time.total_seconds() < 0:
        raise Invalid(translate("trace.no_duration", lang, source=source, text=str(text)[:80]))
    return length


def _moment(text: str, lang: str) -> datetime:
    try:
        found = moments.read_moment(text)
    except OverflowError:
        found = None
    if found is None:
        raise Invalid(translate("trace.no_moment", lang, source="--now", text=text[:80]))
    return found.astimezone(UTC)


# -- steps ---------------------------------------------------------------------------------------------------------


def _steps(path: str, lang: str) -> list[Step]:
    listed = _json(_content(path), path)
    if not isinstance(listed, list):
        raise Invalid(translate("trace.steps.no_list", lang, file=path))
    return [_Reader(path, number, lang).read(step) for number, step in enumerate(listed, 1)]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one step; whatever is wrong with it is said with its number."""

    file: str
    number: int
    lang: str

    def read(self, step: Any) -> Step:
        kind = next((kind for kind in _KINDS if isinstance(step, dict) and kind in step), "")
        if not kind:
            self.refuse("kind", kinds=", ".join(_KINDS))
        make, allowed = _KINDS[kind]
        unknown = sorted(step.keys() - {kind, *allowed})
        if unknown:
            self.refuse("unknown", kind=kind, names=", ".join(unknown))
        if kind != "clock" and not (isinstance(step[kind], str) and step[kind]):
            self.refuse("name", kind=kind)
        if not isinstance(step.get("data", {}), dict):
            self.refuse("data", kind=kind)
        return make(self, step)

    def refuse(self, why: str, **values: Any) -> None:
        raise Invalid(translate(f"trace.steps.{why}", self.lang, file=self.file, number=self.number, **values))

    def start(self, step: dict[str, Any]) -> Step:
        kind = next((kind for kind in ("message", "signal") if kind in step), "")
        name = step.get(kind, "")
        if not isinstance(name, str):
            self.refuse("name", kind=kind)
        return Start(step["start"], kind, name, step.get("data", {}))

    def complete(self, step: dict[str, Any]) -> Step:
        instance = step.get("instance")
        if instance is not None and (type(instance) is not int or instance < 1):
            self.refuse("instance")
        return Complete(step["complete"], step.get("data", {}), instance)

    def clock(self, step: dict[str, Any]) -> Step:
        return Clock(_length(step["clock"], f"{self.file}: {self.number}", self.lang))

    def message(self, step: dict[str, Any]) -> Step:
        key = step.get("key")
        return Post("message", step["message"], None if key is None else jsontext.dumps(key), step.get("data", {}))

    def signal(self, step: dict[str, Any]) -> Step:
        return Post("signal", step["signal"], None, step.get("data", {}))


#: what a step says first -> how it is read, and what else it may say
_KINDS: dict[str, tuple[Callable[[_Reader, dict[str, Any]], Step], frozenset[str]]] = {
    "start": (_Reader.start, frozenset({"message", "signal", "data"})),
    "complete": (_Reader.complete, frozenset({"data", "instance"})),
    "clock": (_Reader.clock, frozenset()),
    "message": (_Reader.message, frozenset({"key", "data"})),
    "signal": (_Reader.signal, frozenset({"data"})),
}
