"""Files are read safely, and what cannot be decided is told with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import decisions
from app.core.translations import catalog
from tests.decisions.build import HEAD, decided, file, literal, table


def rules_of(*decisions_xml: str) -> set[str]:
    return {finding.rule for finding in decisions.check(decisions.read(file(*decisions_xml)))}


@pytest.mark.parametrize(
    "xml",
    [b"", b"<a", b"not xml", b"<definitions/>", b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>",
     b"\x00\x01", b"<?xml version='1.0' encoding='nonsense'?><a/>", b" " * 6_000_000,
     b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + file(literal("1")),
     b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]>" + file("<text>&b;</text>"),
     (HEAD + "<a>" * 5000).encode()],
)  # fmt: skip
def test_what_is_no_dmn_is_refused_with_its_line(xml: bytes) -> None:
    with pytest.raises(decisions.UnreadableDecision) as refused:
        decisions.read(xml)
    assert refused.value.line >= 1
    assert "\n" not in str(refused.value)
    assert "root:" not in str(refused.value)


NAMED = '<inputData id="i" name="net-income"><variable name="net-income"/></inputData>'


@pytest.mark.parametrize(
    ("xml", "rule"),
    [
        ((), "no_decision"),
        ((decided(""),), "no_logic"),
        ((decided("<literalExpression><text></text></literalExpression>"),), "no_logic"),
        ((literal("1 +"),), "expression"),
        ((table([("> ", "1")]),), "expression"),
        ((table([("1", "1 +")]),), "expression"),
        ((table([("1",)]),), "cells"),
        ((table([("1", "2", "3")]),), "cells"),
        ((table([("1", "2")], policy="BEST"),), "policy"),
        ((table([("1", "2")], policy="COLLECT", extra='aggregation="AVG"'),), "policy"),
        ((table([("1", "2")], policy="PRIORITY"),), "no_priorities"),
        (
            (table([("1", "2", "3")], outputs=("a", "b"), policy="COLLECT", extra='aggregation="SUM"'),),
            "aggregates_one",
        ),
        ((table([("1", "2", "3")], outputs=("a", "a")),), "output_names"),
        ((table([("1",)], outputs=()),), "no_output"),
        ((table([]),), "no_rules"),
        ((table([("1", "2"), ("2", "3"), ("1", "4")]),), "same_rule"),
        ((literal("1", "a"), literal("2", "a")), "id_twice"),
        ((literal("b", "a", needs=["b"]), literal("a", "b", needs=["a"])), "circle"),
        ((literal("1", needs=["gone"]),), "missing"),
        ((decided("<context/>"),), "unsupported"),
        ((decided("<literalExpression expressionLanguage='python'><text>1</text></literalExpression>"),), "language"),
        (('<import namespace="x"/>', literal("1")), "unsupported"),
        ((NAMED, literal("net-income > 5")), "compound_name"),
    ],
)
def test_a_finding_says_what_is_wrong_in_both_languages(xml: tuple[str, ...], rule: str) -> None:
    found = [each for each in decisions.check(decisions.read(file(*xml))) if each.rule == rule]
    assert found
    for lang in ("en", "zh"):
        assert "{" not in found[0].explain(lang)
        assert found[0].explain(lang) != f"decisions.{rule}"


def test_a_finding_names_the_line_of_its_cell() -> None:
    (found,) = decisions.check(decisions.read(file(table([("1", "2"), ("3 +", "4")]))))
    assert (found.element, found.line, found.severity) == ("d", 5, "error")


@pytest.mark.parametrize(
    "xml", [decided("<context/>"), literal("1 +"), table([("1",)]), literal("b", needs=["b"]), decided("")]
)
def test_what_cannot_be_decided_is_refused_and_not_guessed(xml: str) -> None:
    with pytest.raises(decisions.Undecidable):
        decisions.decide(decisions.read(file(xml)), "d", {})


def test_a_circle_ends() -> None:
    ring = file(literal("b", "a", needs=["b"]), literal("a", "b", needs=["a"]))
    with pytest.raises(decisions.Undecidable):
        decisions.decide(decisions.read(ring), "a", {})


@pytest.mark.parametrize(
    "version", ["20151101/dmn.xsd", "20180521/MODEL/", "20191111/MODEL/", "20211108/MODEL/", "20230324/MODEL/"]
)
def test_every_version_of_dmn_is_read(version: str) -> None:
    root = "http" if version < "2019" else "https"
    xml = file(literal("1 + 1"), head=f'<definitions xmlns="{root}://www.omg.org/spec/DMN/{version}" name="F">')
    assert decisions.decide(decisions.read(xml), "d", {}).value == 2


def test_a_compound_name_may_stand_alone() -> None:
    made = decisions.read(file(NAMED, table([("> 5", '"yes"')], inputs=["net-income"])))
    assert decisions.check(made) == []
    assert decisions.decide(made, "d", {"net-income": 9, "net": 1, "income": 1}).value == "yes"


def test_every_sentence_exists_in_both_languages() -> None:
    english, chinese = ({key for key in catalog(lang) if key.startswith("decisions.")} for lang in ("en", "zh"))
    assert english == chinese


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for xml in (body, file(literal("1")).replace(b"1</text>", body + b"</text>")):
        try:
            made = decisions.read(xml)
        except decisions.UnreadableDecision:
            continue
        decisions.check(made)
