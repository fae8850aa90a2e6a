"""An expression reads variables that something writes: a form, a script, a decision, a mapping, a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import judged, title_of
from app.diagrams.model import Diagram, Process
from app.diagrams.variables import Read, Written, callers, reads, written

RULE = "unwritten-name"
#: answers that tools write on a flow, as if the gateway were asked a question in words
_ANSWERS = frozenset({
    "yes", "no", "y", "n", "ok", "ja", "nein", "j", "oui", "non", "sí", "si", "sim", "não", "да", "нет", "是", "否",
    "有", "无", "同意", "不同意", "通过", "不通过", "else", "otherwise", "sonst",
})  # fmt: skip
#: letters of a name that may be a slip of another
_SHORTEST, _LONGEST = 4, 40
#: names of one process; whoever has more has another trouble
_MOST_TOLD = 50


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    calls = callers(diagram)
    for process in judged(diagram):
        known = written(process, calls.get(process.id, ()), context)
        yield from islice(_process(process, known, context), _MOST_TOLD)


def _process(process: Process, known: Written, context: Context) -> Iterator[Finding]:
    nearest = _Nearest(known.names)
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


def _judge(process: Process, read: Read, name: str, known: Written, nearest: _Nearest) -> Finding | None:
    is_word = read.is_condition and read.expression.text.strip() == name and read.expression.language != "feel"
    near = nearest.find(name)
    if is_word and name.lower() in _ANSWERS:
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


class _Nearest:
    """Names that are written, found by a slip: one letter missing, too many, wrong, two swapped, or another case."""

    def __init__(self, known: Iterable[str]) -> None:
        self._by_part: dict[str, str] = {}
        for name in sorted(known):
            for part in _parts(name):
                self._by_part.setdefault(part, name)

    def find(self, name: str) -> str:
        """The written name that this one is probably a slip of; "" when there is none."""
        found = (self._by_part.get(part) for part in _parts(name))
        return next((other for other in found if other is not None and _is_slip(name, other)), "")


def _parts(name: str) -> list[str]:
    """The name, and it without each of its letters: two names that differ by a slip have one of these in common."""
    lower = name.lower()
    if not _SHORTEST <= len(name) <= _LONGEST:
        return []
    return [lower, *(lower[:at] + lower[at + 1 :] for at in range(len(lower)))]


def _is_slip(name: str, other: str) -> bool:
    """Not `orders` for `order`, nor `a2` for `a1`: a last letter or a number tells names apart on purpose."""
    if name.lower() == other.lower():
        return True
    start = next((at for at, (one, two) in enumerate(zip(name, other, strict=False)) if one != two), None)
    one, two = name[start:], other[start:]
    return start is not None and len(one) + len(two) > 2 and not one[0].isdigit() and not two[0].isdigit()
