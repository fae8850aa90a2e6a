"""The conformance drawings: which there are, what is expected of each, and how `laneway trace` plays one.

Beside `<name>.bpmn` lies `<name>.json`: the element and variant that it shows, the section of BPMN 2.0.2, and its runs.
A run gives what `laneway trace` is given (inputs, answers, steps, advance, process) and says what is expected:
state, trace, and, where they matter, waiting, data and the code of the error.

A trace is a list of "element", or "element event" where the event is not "completed"; " #2" behind it names the case.
A list within it are parts that go on beside each other, in any order; each is an entry, or again a list in order.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.cli import main

FOLDER = Path(__file__).resolve().parent
NOW = "2026-11-23T09:00+08:00"  #: a Monday
Said = dict[str, Any]


@dataclass(frozen=True)
class Drawing:
    """One BPMN file and what is expected of it."""

    name: str  #: "gateways/exclusive-default"

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name}.bpmn"

    @cached_property
    def says(self) -> Said:
        said: Said = json.loads((FOLDER / f"{self.name}.json").read_text("utf-8"))
        return said

    @property
    def runs(self) -> list[Said]:
        runs: list[Said] = self.says["runs"]
        return runs


def drawings() -> list[Drawing]:
    """Every drawing that has its expectations beside it: others are called by these."""
    found = sorted(path.relative_to(FOLDER).with_suffix("") for path in FOLDER.rglob("*.json"))
    return [Drawing(path.as_posix()) for path in found]


def refused() -> dict[str, str]:
    """Name of a drawing that is not run -> the element by which it is refused. `refused.txt` adds the reason."""
    lines = [line for line in (FOLDER / "refused.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    split = [line.partition(": ") for line in lines]
    return {name: rest.split()[0] for name, _, rest in split}


def play(drawing: Drawing, run: Said, folder: Path) -> Said:
    """What `laneway trace --json` says of a run; `folder` takes what it reads from files."""
    arguments = ["trace", str(drawing.file), "--json", "--now", run.get("now", NOW)]
    for name in ("answers", "steps"):
        if name in run:
            path = folder / f"{name}.json"
            path.write_text(json.dumps(run[name]), encoding="utf-8")
            arguments += [f"--{name}", str(path)]
    if "inputs" in run:
        arguments += ["--inputs", json.dumps(run["inputs"])]
    for name in ("advance", "process"):
        for value in run.get(name, ()):
            arguments += [f"--{name}", value]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        main(arguments)
    assert out.getvalue(), err.getvalue()
    said: Said = json.loads(out.getvalue())
    return said


# -- what is expected ----------------------------------------------------------------------------------------------


def differences(expected: Said, said: Said) -> list[str]:
    """In which way a run went otherwise; nothing when it went as expected."""
    found = []
    went = [entry(it) for it in said["trace"]]
    if not follows(expected["trace"], went):
        found.append(f"trace: {[it[0] for it in went]}")
    if said["state"] != expected["state"]:
        found.append(f"state: {said['state']}, {said['error']}")
    waiting = sorted(it["element"] for it in said["waiting"])
    if "waiting" in expected and waiting != sorted(expected["waiting"]):
        found.append(f"waiting: {waiting}")
    if "data" in expected and said["data"] != expected["data"]:
        found.append(f"data: {said['data']}")
    if "error" in expected and (said["error"] or {}).get("code") != expected["error"]:
        found.append(f"error: {said['error']}")
    return found


def entry(it: Said) -> tuple[str, str]:
    """How an entry of a trace is written: without the number of its case, and with it."""
    text = it["element"] if it["event"] == "completed" else f"{it['element']} {it['event']}"
    return text, f"{text} #{it['instance']}"


def follows(expected: list[Any], went: list[tuple[str, str]]) -> bool:
    """Whether the entries came as expected."""
    left: list[list[Any]] = [expected]
    for seen in went:
        left = [rest for each in left for rest in _after(each, seen)]
        left = [each for number, each in enumerate(left) if each not in left[:number]]
    return any(_is_over(each) for each in left)


def _after(chain: list[Any], seen: tuple[str, str]) -> Iterator[list[Any]]:
    """What is still expected of a chain when this entry has come."""
    if not chain:
        return
    first, rest = chain[0], chain[1:]
    if isinstance(first, str):
        if first in seen:
            yield rest
        return
    for number, part in enumerate(first):
        for left in _after(part if isinstance(part, list) else [part], seen):
            others = [each for place, each in enumerate(first) if place != number]
            beside = [*others, left] if left else others
            yield [beside, *rest] if beside else rest


def _is_over(chain: list[Any]) -> bool:
    return not chain
