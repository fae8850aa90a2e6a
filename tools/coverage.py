"""Which of BPMN 2.0's elements run and which are refused: writes docs/bpmn-coverage.md from the conformance drawings.

`python -m tools.coverage` writes the page; with `--check` it only says whether the page is up to date. Both print the
counts. What it says of a drawing is held to the truth by tests/conformance.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DRAWINGS = ROOT / "tests" / "conformance"
PAGE = ROOT / "docs" / "bpmn-coverage.md"
PATTERNS = "patterns"
WRONG = "not-bpmn"

#: the folders of the drawings, as sections of the page
SECTIONS = {
    "activities": "Activities",
    "loops": "Loops and multi-instance",
    "ad-hoc": "Ad-hoc sub-processes",
    "event-sub-processes": "Event sub-processes",
    "events": "Events",
    "gateways": "Gateways",
    "flows": "Sequence flows",
    "compensation": "Compensation",
    "transactions": "Transactions",
    "process": "Processes",
    "data": "Data",
    "collaboration": "Collaboration and everything else",
    PATTERNS: "Workflow control-flow patterns",
    WRONG: "What BPMN does not allow",
}

_HEAD = """\
# What runs of BPMN 2.0

Written by `python -m tools.coverage` from the drawings in [tests/conformance](../tests/conformance); change those, not
this page. Each row is a drawing that `laneway trace` plays in the tests: *runs* means that it goes as BPMN 2.0.2 says
in the section named, *refused* that the element is named with its line and what to draw instead; nothing of it is run.

{counts}

{totals}
"""
_WRONG = """
Drawings that are not BPMN, whatever a tool lets people draw: each is refused, by the name of what is wrong.
"""
_PATTERNS = """
The patterns of van der Aalst, ter Hofstede, Russell and Mulyar (WCP 1-20 and 40-43), each as a drawing of BPMN.
"""


@dataclass(frozen=True)
class Row:
    """A drawing, and why it is refused; "" when it runs."""

    name: str
    element: str
    variant: str
    standard: str
    reason: str

    @property
    def section(self) -> str:
        return self.name.partition("/")[0]

    @property
    def line(self) -> str:
        state = f"*refused*: {self.reason}" if self.reason else "*runs*"
        link = f"[{self.name.partition('/')[2]}](../tests/conformance/{self.name}.bpmn)"
        return f"| {self.element} | {self.variant} | {self.standard} | {state} | {link} |"


def rows() -> list[Row]:
    """One for each drawing, in the order of the page."""
    reasons = dict(_refused())
    found = [_row(path, reasons) for path in sorted(DRAWINGS.rglob("*.json"))]
    places = list(SECTIONS)
    return sorted(found, key=lambda it: (places.index(it.section), _in_order(it)))


def page(found: Iterable[Row]) -> str:
    """The whole page."""
    found = list(found)
    parts = [_HEAD.format(counts=_said(found), totals=_totals(found))]
    for section, group in groupby(found, key=lambda it: it.section):
        said = {PATTERNS: _PATTERNS, WRONG: _WRONG}.get(section, "")
        parts.append(f"\n## {SECTIONS[section]}\n{said}\n{_table(list(group))}\n")
    return "".join(parts)


def counts(found: Iterable[Row]) -> str:
    """For one line of text."""
    listed = list(found)
    elements = [it for it in listed if it.section not in (PATTERNS, WRONG)]
    patterns = [it for it in listed if it.section == PATTERNS]
    wrong = [it for it in listed if it.section == WRONG]
    return (
        f"elements and variants: {_runs(elements)} run, {len(elements) - _runs(elements)} refused; "
        f"control-flow patterns: {_runs(patterns)} run, {len(patterns) - _runs(patterns)} refused; "
        f"what BPMN does not allow: {len(wrong) - _runs(wrong)} of {len(wrong)} refused by name"
    )


def main(arguments: list[str]) -> int:
    found = rows()
    text = page(found)
    sys.stdout.write(f"{counts(found)}\n")
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text("utf-8") != text:
        sys.stderr.write(f"{PAGE.relative_to(ROOT)} is not up to date: python -m tools.coverage\n")
        return 1
    return 0


# -- the drawings --------------------------------------------------------------------------------------------------


def _row(path: Path, reasons: dict[str, str]) -> Row:
    name = path.relative_to(DRAWINGS).with_suffix("").as_posix()
    said = json.loads(path.read_text("utf-8"))
    return Row(name, said["element"], said["variant"], said["standard"], reasons.get(name, ""))


def _refused() -> Iterator[tuple[str, str]]:
    """(name, reason) of each line `name: element reason`."""
    for line in (DRAWINGS / "refused.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, said = line.partition(": ")
            yield name, said.partition(" ")[2]


def _in_order(row: Row) -> tuple[str, str]:
    """Elements of a kind beside each other; patterns by their number, which their names begin with."""
    return ("" if row.section == PATTERNS else row.element), row.name


# -- the page ------------------------------------------------------------------------------------------------------


def _runs(found: list[Row]) -> int:
    return sum(not it.reason for it in found)


def _said(found: list[Row]) -> str:
    elements, _, patterns = counts(found).partition("; ")
    return f"{elements.capitalize()}; {patterns}."


def _totals(found: list[Row]) -> str:
    lines = ["| | *runs* | *refused* |", "|---|---|---|"]
    for section, group in groupby(found, key=lambda it: it.section):
        listed = list(group)
        link = SECTIONS[section].lower().replace(" ", "-")
        lines.append(f"| [{SECTIONS[section]}](#{link}) | {_runs(listed)} | {len(listed) - _runs(listed)} |")
    return "\n".join(lines)


def _table(found: list[Row]) -> str:
    head = ["| element | variant | BPMN 2.0.2 | | drawing |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(it.line for it in found)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
