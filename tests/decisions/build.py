"""DMN files for tests, written as rows."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from app import decisions
from app.decisions import DecisionFile

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="f" name="F" namespace="https://laneway.test">'


def file(*decisions_xml: str, head: str = HEAD) -> bytes:
    return f"{head}\n{chr(10).join(decisions_xml)}\n</definitions>".encode()


def table(
    rows: Sequence[Sequence[str]],
    *,
    inputs: Sequence[str] = ("amount",),
    outputs: Sequence[str] = ("answer",),
    policy: str = "UNIQUE",
    extra: str = "",
    columns: str = "",
    decision: str = "d",
    needs: Sequence[str] = (),
) -> str:
    """A decision table: `rows` hold the input cells, then the output cells. `columns` replaces the output columns."""
    asked = "".join(f"<input><inputExpression><text>{escape(text)}</text></inputExpression></input>" for text in inputs)
    answered = columns or "".join(f'<output name="{name}"/>' for name in outputs)
    rules = "".join(_rule(row, len(inputs), number) for number, row in enumerate(rows, 1))
    logic = f'<decisionTable hitPolicy="{policy}" {extra}>{asked}{answered}{rules}</decisionTable>'
    return decided(logic, decision, needs)


def decided(logic: str, decision: str = "d", needs: Sequence[str] = ()) -> str:
    links = "".join(
        f'<informationRequirement><requiredDecision href="#{each}"/></informationRequirement>' for each in needs
    )
    return f'<decision id="{decision}" name="The {decision}"><variable name="{decision}"/>{links}{logic}</decision>'


def literal(text: str, decision: str = "d", needs: Sequence[str] = ()) -> str:
    return decided(f"<literalExpression><text>{escape(text)}</text></literalExpression>", decision, needs)


def _rule(row: Sequence[str], inputs: int, number: int) -> str:
    cells = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>\n" for cell in row[:inputs])
    answers = "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>\n" for cell in row[inputs:])
    return f'<rule id="r{number}">{cells}{answers}</rule>\n'


def read(*decisions_xml: str) -> DecisionFile:
    made = decisions.read(file(*decisions_xml))
    assert [finding.message for finding in decisions.check(made) if finding.severity == "error"] == []
    return made
