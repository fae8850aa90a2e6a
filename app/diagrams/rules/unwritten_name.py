"""An expression reads variables that something writes: a form, a script, a decision, a mapping, a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding, Severity
from app.diagrams.graph import judged, title_of
from app.diagrams.model import Diagram, Process
from app.diagrams.variables import Read, Written, reads, written

RULE = "unwritten-name"
#: answers that tools write on a flow, as if the gateway were asked a question in words
_ANSWERS = frozenset({
    "yes", "no", "y", "n", "ok", "ja", "nein", "j", "oui", "non", "sí", "si", "sim", "não", "да", "нет", "是", "否",
    "有", "无", "同意", "不同意", "通过", "不通过", "else", "otherwise", "sonst",
})  # fmt: skip
_MOST_KNOWN = 500


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        known = written(process, context)
        told: set[str] = set()
        for read in reads(process, context):
            for name in sorted(_read(read, context) - known.names - told):
                found = _judge(process, read, name, known)
                if found is not None:
                    told.add(name)
                    yield found


def _read(read: Read, context: Context) -> frozenset[str]:
    if read.expression.language == "literal":
        return frozenset()
    return context.names_read(read.expression) or frozenset()


def _judge(process: Process, read: Read, name: str, known: Written) -> Finding | None:
    is_word = read.is_condition and read.expression.text.strip() == name and read.expression.language != "feel"
    near = _nearest(name, known.names)
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


def _nearest(name: str, known: Iterable[str]) -> str:
    """A written name that this one is probably a slip of; "" when there is none."""
    return next((other for other in sorted(known)[:_MOST_KNOWN] if _is_slip(name, other)), "")


def _is_slip(name: str, other: str) -> bool:
    """One letter missing, too many, wrong or two swapped, or another case; not `orders` for `order`, `a2` for `a1`."""
    if min(len(name), len(other)) < 4 or abs(len(name) - len(other)) > 1:
        return False
    if name.lower() == other.lower():
        return True
    start = next((at for at, (one, two) in enumerate(zip(name, other, strict=False)) if one != two), None)
    one, two = name[start:], other[start:]
    if start is None or not one or not two or len(one) == len(two) == 1 or one[0].isdigit() or two[0].isdigit():
        return False  # a last letter or a number tells names apart on purpose
    return one[1:] == two[1:] or one[1:] == two or one == two[1:] or (one[:2] == two[1::-1] and one[2:] == two[2:])
