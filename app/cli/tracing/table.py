"""A trace for a reader: aligned columns of plain text, in which Chinese characters count twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import combining, east_asian_width

from app.cli.tracing.play import Outcome
from app.core import jsontext
from app.core.translations import translate

_WIDEST = 40  #: columns of one cell; longer names are cut


def text(file: str, outcome: Outcome, lang: str) -> str:
    """The whole account."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(file, outcome, lang))


def _lines(file: str, outcome: Outcome, lang: str) -> Iterator[str]:
    yield f"{file}: {translate(f'trace.state.{outcome.state}', lang)}"
    if outcome.faults:
        yield from (f"  {fault.sentence}" for fault in outcome.faults)
        return
    if outcome.error is not None:
        yield f"  {outcome.error.element or '-'}: {outcome.error.message} ({outcome.error.code or '-'})"
    several = len({it.instance for it in outcome.trace} | {it.instance for it in outcome.waiting}) > 1
    yield from _table(
        "trace.path",
        [
            (f"{it.instance} {it.process}", str(number), it.lane, it.name, it.element, it.type, it.event)
            for number, it in enumerate(outcome.trace, 1)
        ],
        ("case", "number", "lane", "name", "element", "type", "event"),
        several,
        lang,
    )
    yield from _table(
        "trace.waits",
        [
            (f"{it.instance} {it.process}", it.lane, it.name, it.element, it.type, it.due_at or it.awaits)
            for it in outcome.waiting
        ],
        ("case", "lane", "name", "element", "type", "for"),
        several,
        lang,
    )
    known = [(name, jsontext.dumps(value)) for name, value in sorted(outcome.data.items())]
    if known:
        yield from ("", translate("trace.data", lang), *_aligned(known, cut=False))


def _table(title: str, rows: list[tuple[str, ...]], heads: tuple[str, ...], several: bool, lang: str) -> Iterator[str]:
    """Nothing where there are no rows; which case only where there are several."""
    if rows:
        head = tuple(translate(f"trace.column.{name}", lang) for name in heads)
        shown = [row if several else row[1:] for row in [head, *rows]]
        yield from ("", translate(title, lang), *_aligned(shown))


def _aligned(rows: Sequence[tuple[str, ...]], *, cut: bool = True) -> Iterator[str]:
    cells = [[_cell(cell, cut and place < len(row) - 1) for place, cell in enumerate(row)] for row in rows]
    widths = [max(_width(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))


def _cell(value: str, cut: bool) -> str:
    """One line of it, and not too much."""
    plain = "".join(sign if sign.isprintable() else " " for sign in value)
    while cut and _width(plain) > _WIDEST:
        plain = plain[: len(plain) - max(2, (_width(plain) - _WIDEST) // 2)] + "…"
    return plain


def _width(value: str) -> int:
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in value)
