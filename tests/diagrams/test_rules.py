"""Each rule on its drawings in rules/<rule>/: silent on valid-*, naming on invalid-* what the comment there lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import diagrams, engine
from app.diagrams import rules
from app.diagrams.check import all_rules
from app.diagrams.model import Expression
from app.diagrams.runnable import REASONS
from tests.diagrams.drawings import drawing, task
from tests.diagrams.known import Known

HERE = Path(__file__).parent / "rules"
ROOT = Path(__file__).resolve().parents[2]
DRAWINGS = sorted(HERE.glob("*/*.bpmn"))
RULES = sorted(file.stem.replace("_", "-") for file in Path(rules.__file__).parent.glob("[a-z]*.py"))
_FINDS = re.compile(r"<!-- finds: (.*?) -->")


def named(file: Path) -> Path:
    return file.relative_to(HERE)


def expected(file: Path) -> list[tuple[str, str]]:
    """(element, severity) of the comment at the top: `finds: work, late warning`; "-" is the file itself."""
    found = _FINDS.search(file.read_text(encoding="utf-8"))
    listed = [each.split() for each in found[1].split(",")] if found else []
    return sorted((each[0].strip("-"), each[1] if len(each) > 1 else "error") for each in listed)


def findings(file: Path) -> Iterator[diagrams.Finding]:
    judged = diagrams.check(diagrams.read(file.read_bytes()), Known())
    return (finding for finding in judged if finding.rule == file.parent.name)


@pytest.mark.parametrize("file", DRAWINGS, ids=lambda file: str(named(file)))
def test_a_rule_names_what_is_wrong_and_nothing_else(file: Path) -> None:
    said = sorted((finding.element, finding.severity) for finding in findings(file))
    assert said == expected(file)
    assert bool(said) == file.name.startswith("invalid-")


@pytest.mark.parametrize(
    "file", [file for file in DRAWINGS if file.name.startswith("invalid-")], ids=lambda f: str(named(f))
)
def test_a_finding_says_where_and_what_to_do_in_both_languages(file: Path) -> None:
    for finding in findings(file):
        assert finding.line > 0
        for lang in ("en", "zh"):
            text = finding.text(lang)
            assert text != finding.key
            assert not re.search(r"(?<![$])\{\w+\}", text)
            assert len(re.findall(r"[.。]", text)) >= 2


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_drawings_of_both_kinds_and_a_page(rule: str) -> None:
    names = [file.name for file in (HERE / rule).glob("*.bpmn")]
    assert any(name.startswith("valid-") for name in names)
    assert any(name.startswith("invalid-") for name in names)
    page = (ROOT / "docs" / "rules" / f"{rule}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {rule}\n")
    assert f"]({rule}.md)" in (ROOT / "docs" / "rules" / "README.md").read_text(encoding="utf-8")


def test_every_rule_is_asked() -> None:
    assert len(all_rules()) == len(RULES) > 25


def test_every_reason_for_not_running_is_drawn() -> None:
    said = {finding.key for file in (HERE / "not-run").glob("invalid-*") for finding in findings(file)}
    assert {f"rules.not-run.{reason}" for reason in REASONS} <= said


def _errors(diagram: diagrams.Diagram) -> bool:
    return any(finding.severity == "error" for finding in diagrams.check(diagram, Known()))


@pytest.mark.parametrize("file", DRAWINGS, ids=lambda file: str(named(file)))
def test_what_the_engine_refuses_a_rule_has_named_before(file: Path) -> None:
    diagram = diagrams.read(file.read_bytes())
    if not _errors(diagram):
        for process in diagram.processes.values():
            engine.compile(diagram, process.id)


class Counting(Known):
    """Counts how often it is asked about each expression and form."""

    def __init__(self) -> None:
        self.asked: Counter[object] = Counter()

    def expression_fault(self, expression: Expression) -> tuple[int, str] | None:
        self.asked[expression] += 1
        return super().expression_fault(expression)

    def form_fields(self, form_id: str) -> frozenset[str] | None:
        self.asked[form_id] += 1
        return super().form_fields(form_id)


def test_what_takes_long_to_know_is_asked_once() -> None:
    asks = "<bpmn:loopCondition>=amount > 1</bpmn:loopCondition>"
    step = task(form="register").replace(
        "</bpmn:userTask>",
        f"<bpmn:standardLoopCharacteristics>{asks}</bpmn:standardLoopCharacteristics></bpmn:userTask>",
    )
    known = Counting()
    diagrams.check(diagrams.read(drawing(step)), known)
    assert len(known.asked) == 2
    assert set(known.asked.values()) == {1}
