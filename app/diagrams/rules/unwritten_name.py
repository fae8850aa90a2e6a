"""An expression reads variables that something writes: a form, a script, a decision, a mapping, a service."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import judged, title_of
from app.diagrams.model import Diagram, Process
from app.diagrams.slips import Slips
from app.diagrams.variables import Read, Written, callers, reads, written

RULE = "unwritten-name"
#: answers that tools write on a flow, as if the gateway were asked a question in words
_ANSWERS = frozenset({
    "yes", "no", "y", "n", "ok", "ja", "nein", "j", "oui", "non", "sí", "si", "sim", "não", "да", "нет", "是", "否",
    "有", "无", "同意", "不同意", "通过", "不通过", "else", "otherwise", "sonst",
})  # fmt: skip
#: names of one process; whoever has more has another trouble
_MOST_TOLD = 50


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    calls = callers(diagram)
    for process in judged(diagram):
        known = written(process, calls.get(process.id, ()), context)
        yield from islice(_process(process, known, context), _MOST_TOLD)


def _process(process: Process, known: Written, context: Context) -> Iterator[Finding]:
    nearest = Slips(known.names)
    told: set[str] = set()
    for read in reads(process, context):
        for name in sorted(_read(read, context) - known.names - told):
            told.add(name)
            found = _judge(process, read, name, known, nearest)
            if found is not None:
                yield found


def _read(read: Read, context: Context) -> frozenset[str]:
    if read.expression.language == "literal":
        return frozenset()
    return context.names_read(read.expression) or frozenset()


def _judge(process: Process, read: Read, name: str, known: Written, nearest: Slips) -> Finding | None:
    alone = read.is_condition and read.expression.text.strip() == name
    is_word = alone and read.expression.language != "feel"
    near = nearest.find(name)
    if alone and name.lower() in _ANSWERS:
        return _finding(process, read, name, "word", "warning")
    if near:
        return _finding(process, read, name, "near", "warning", near)
    if known.by_others:
        return None
    if is_word:
        return _finding(process, read, name, "word", "warning")
    if known.by_people:
        return None
    return _finding(process, read, name, *(("given", "info") if known.by_start else ("nobody", "warning")))


def _finding(process: Process, read: Read, name: str, key: str, severity: Severity, near: str = "") -> Finding:
    values = {"name": name[:60], "where": title_of(process, read.element), "near": near}
    line = read.expression.line or read.line
    return Finding(RULE, severity, read.element, line, f"rules.{RULE}.{key}", values)
