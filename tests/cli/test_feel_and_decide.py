"""`laneway feel` and `laneway decide`, as people and scripts call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.decisions.build import decided, file, table


@pytest.fixture
def limits(tmp_path: Path) -> str:
    path = tmp_path / "limits.dmn"
    rows = [("< 1000", '"small"'), ("> 500", '"large"')]
    path.write_bytes(file(table(rows), decided("<context/>", "later")))
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> Any:
    assert main([*args, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def refusal(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main([*args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("expression", "value"),
    [("1 + 1", 2), ("1 / 4", 0.25), ('@"P1D"', "P1D"), ("{a: [amount]}", {"a": [600]}), ("amount > 500", True)],
)
def test_chen_tries_an_expression(capsys: pytest.CaptureFixture[str], expression: str, value: Any) -> None:
    assert said(capsys, "feel", expression, "--context", '{"amount": 600}') == {"value": value}


def test_null_comes_with_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "feel", "amonut + 1")
    assert answer["value"] is None
    assert answer["warnings"][0] == "Column 1: there is no “amonut”; it is null."
    assert main(["feel", "amonut"]) == 0
    assert capsys.readouterr() == ("null\n", "warning: Column 1: there is no “amonut”; it is null.\n")


@pytest.mark.parametrize("context", ["[1", "[]", "1", '{"a": "\\ud800"}'])
def test_a_context_that_is_no_json_object_is_refused(capsys: pytest.CaptureFixture[str], context: str) -> None:
    assert "--context" in refusal(capsys, "feel", "1", "--context", context)


def test_a_syntax_error_names_the_column(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Column 4: Expected a value" in refusal(capsys, "feel", "1 +")


def test_an_expression_that_makes_too_much_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    bomb = "{a0: [1, 1], " + ", ".join(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 40)) + "}"
    assert said(capsys, "feel", bomb)["value"] is None


def test_a_decision_answers_with_its_reasons(capsys: pytest.CaptureFixture[str], limits: str) -> None:
    assert said(capsys, "decide", limits, "d", "--context", '{"amount": 5000}') == {
        "value": "large",
        "inputs": [{"label": "amount", "value": 5000}],
        "rules": [{"number": 2, "id": "r2", "outputs": "large"}],
    }
    answer = said(capsys, "decide", limits, "The d", "--context", '{"amount": 700}')
    assert answer["value"] is None
    assert "UNIQUE" in answer["warnings"][0]


def test_what_cannot_be_decided_says_why(capsys: pytest.CaptureFixture[str], limits: str) -> None:
    answer = said(capsys, "decide", limits, "later", status=1)
    assert answer["value"] is None
    assert any("“context” is not supported yet" in warning for warning in answer["warnings"])


def test_a_decision_service_is_not_built_and_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "service.dmn"
    file.write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        '<decision id="one" name="one"><literalExpression><text>1</text></literalExpression></decision>'
        '<decisionService id="all" name="All"><outputDecision href="#one"/></decisionService></definitions>'
    )
    assert said(capsys, "decide", str(file), "one")["value"] == 1
    for name in ("all", "All"):
        assert main(["decide", str(file), name, "--json"]) == 3
        assert capsys.readouterr() == ("", f"laneway decide: {file}: decision services are not built yet\n")


def test_wrong_use_is_one_line(capsys: pytest.CaptureFixture[str], limits: str, tmp_path: Path) -> None:
    assert "there is no decision x" in refusal(capsys, "decide", limits, "x")
    assert "missing.dmn" in refusal(capsys, "decide", str(tmp_path / "missing.dmn"), "d")
    broken = tmp_path / "broken.dmn"
    broken.write_text("<definitions", encoding="utf-8")
    assert "broken.dmn: Line 1" in refusal(capsys, "decide", str(broken), "d")
