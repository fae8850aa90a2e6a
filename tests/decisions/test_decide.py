"""What tables and literal expressions answer, and which rules they name as the reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import decisions
from app.core import jsontext
from app.decisions import Decided, DecisionFile
from tests.decisions.build import decided, file, literal, read, table

LIMITS = [("< 1000", '"small"'), ("[1000..5000]", '"middle"'), ("> 5000", '"large"')]
#: more than one rule applies to 2000
OVERLAP = [("> 1000", '"b"'), ("> 500", '"a"'), ("> 5000", '"c"'), ("> 100", '"b"')]
RANKED = '<output name="answer"><outputValues><text>"c", "a", "b"</text></outputValues></output>'


def decide(of: DecisionFile, **data: Any) -> Decided:
    return decisions.decide(of, "d", data)


def test_the_rule_that_applies_answers_and_is_named() -> None:
    answer = decide(read(table(LIMITS)), amount=2000)
    assert answer.value == "middle"
    assert [(rule.number, rule.id, rule.outputs) for rule in answer.rules] == [(2, "r2", "middle")]
    assert answer.inputs == (("amount", 2000),)
    assert answer.warnings == ()


def test_a_decision_is_found_by_id_and_by_name() -> None:
    of = read(table(LIMITS))
    assert decisions.decide(of, "The d", {"amount": 1}).value == "small"
    with pytest.raises(decisions.Undecidable, match="no decision other"):
        decisions.decide(of, "other", {})


def test_several_outputs_answer_as_a_context_and_an_empty_cell_is_null() -> None:
    of = read(table([("-", '"high"', "2 * amount"), ("", "", "")][:1], outputs=("risk", "fee")))
    assert decide(of, amount=Decimal("1.25")).value == {"risk": "high", "fee": Decimal("2.5")}
    assert decide(read(table([("-", "")])), amount=1).value is None


@pytest.mark.parametrize(
    ("policy", "extra", "columns", "expected"),
    [
        ("FIRST", "", "", "b"),
        ("RULE ORDER", "", "", ["b", "a", "b"]),
        ("COLLECT", "", "", ["b", "a", "b"]),
        ("COLLECT", 'aggregation="COUNT"', "", 3),
        ("PRIORITY", "", RANKED, "a"),
        ("OUTPUT ORDER", "", RANKED, ["a", "b", "b"]),
    ],
)
def test_each_hit_policy_answers_its_own_way(policy: str, extra: str, columns: str, expected: Any) -> None:
    of = read(table(OVERLAP, policy=policy, extra=extra, columns=columns))
    assert decide(of, amount=2000).value == expected


@pytest.mark.parametrize(("aggregation", "expected"), [("SUM", Decimal("6.5")), ("MIN", Decimal("1.5")), ("MAX", 3)])
def test_collected_numbers_are_aggregated(aggregation: str, expected: Any) -> None:
    rows = [("-", "1.5"), ("-", "3"), ("> 10", "2"), ("> 99", "100")]
    of = read(table(rows, policy="COLLECT", extra=f'aggregation="{aggregation}"'))
    assert decide(of, amount=50).value == expected


def test_words_cannot_be_added() -> None:
    answer = decide(read(table(OVERLAP, policy="COLLECT", extra='aggregation="SUM"')), amount=2000)
    assert answer.value is None
    assert answer.warnings[0].message.startswith("The answers cannot be aggregated with SUM")


def test_two_rules_of_a_unique_table_are_no_answer_but_a_warning_that_names_them() -> None:
    answer = decide(read(table(OVERLAP)), amount=2000)
    assert answer.value is None
    assert [warning.message for warning in answer.warnings] == [
        "Rules 1, 2, 4 apply at once; the hit policy UNIQUE does not allow it."
    ]
    assert "规则 1, 2, 4" in answer.warnings[0].explain("zh")
    assert [rule.number for rule in answer.rules] == [1, 2, 4], "the auditor sees which"


def test_any_accepts_rules_that_agree() -> None:
    agreeing = read(table([("> 1", "[1, 2]"), ("> 2", "[1, 2.0]")], policy="ANY"))
    assert decide(agreeing, amount=5).value == [1, 2]
    quarrel = decide(read(table([("> 1", "1"), ("> 2", "2")], policy="ANY")), amount=5)
    assert quarrel.value is None
    assert quarrel.warnings


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "ANY", "COLLECT", "RULE ORDER"])
def test_without_a_rule_the_answer_is_null_or_the_default(policy: str) -> None:
    assert decide(read(table(LIMITS, policy=policy)), amount=None).value is None
    column = '<output name="answer"><defaultOutputEntry><text>"ask"</text></defaultOutputEntry></output>'
    assert decide(read(table(LIMITS, policy=policy, columns=column)), amount=None).value == "ask"


def test_nothing_counted_is_zero() -> None:
    assert decide(read(table(LIMITS, policy="COLLECT", extra='aggregation="COUNT"')), amount=None).value == 0


def test_a_value_that_is_not_allowed_is_no_answer() -> None:
    of = read(
        decided(
            "<decisionTable><input label='Risk'><inputExpression><text>risk</text></inputExpression>"
            '<inputValues><text>"high", "low"</text></inputValues></input><output name="a"/>'
            "<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable>"
        )
    )
    assert decide(of, risk="low").value == 1
    refused = decide(of, risk="medium")
    assert refused.value is None
    assert refused.warnings[0].message == "The value medium is not allowed for “Risk”; the decision is null."


def test_required_decisions_come_first_and_nobody_can_answer_for_them() -> None:
    of = read(
        literal("amount * 2", "double"),
        literal("double + 1", "more", needs=["double"]),
        table([("> 10", '"big"'), ("<= 10", '"small"')], inputs=["more + double"], needs=["double", "more"]),
    )
    answer = decisions.decide(of, "d", {"amount": 5, "double": 0, "more": 0})
    assert answer.value == "big"
    assert answer.inputs == (("more + double", 21),)
    assert [(each.decision, each.value) for each in answer.required] == [("double", 10), ("more", 11)]


def test_a_warning_of_a_required_decision_reaches_the_top() -> None:
    of = read(table(OVERLAP, decision="inner"), literal("inner = null", needs=["inner"]))
    answer = decide(of, amount=2000)
    assert answer.value is True
    assert [warning.decision for warning in answer.warnings] == ["inner"]


def test_text_is_read_as_the_declared_type() -> None:
    head = '<inputData id="i" name="opened on"><variable name="opened on" typeRef="date"/></inputData>'
    cells = [('< date("2026-01-01")', '@"P1D"'), ('>= date("2026-01-01")', '@"P30D"')]
    of = read(head, table(cells, inputs=["opened on"]))
    assert decide(of, **{"opened on": "2025-12-31"}).value == "P1D"
    assert decide(of, **{"opened on": "2026-01-01"}).value == "P30D"
    assert decide(of, **{"opened on": "yesterday"}).value is None


def test_names_in_chinese_are_names() -> None:
    of = read(table([("> 5", '"大"'), ("<= 5", '"小"')], inputs=["客户.金额"], outputs=["规模"]))
    assert decide(of, 客户={"金额": 9}).value == "大"


def test_a_decision_never_changes_the_data_it_is_given() -> None:
    data = {"items": [1, {"a": 2}], "amount": 5}
    before = jsontext.dumps(data)
    answer = decide(read(literal("append(items, amount)")), **data)
    answer.value[1]["a"] = 99
    assert jsontext.dumps(data) == before


def test_two_hundred_rules_are_decided() -> None:
    rows = [(f"[{n * 10}..{n * 10 + 9}]", '"high", "low"', f'"{n}"') for n in range(200)]
    of = read(table(rows, inputs=["amount", "risk"]))
    assert decide(of, amount=1995, risk="low").value == "199"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(amount=JSON)
def test_whatever_the_data_there_is_an_answer_that_can_be_recorded(amount: Any) -> None:
    for of in FILES:
        answer = decide(of, amount=amount)
        jsontext.dumps([answer.value, answer.inputs, [rule.outputs for rule in answer.rules]])


FILES = [
    decisions.read(file(table(OVERLAP, policy=policy, columns=RANKED)))
    for policy in ("UNIQUE", "FIRST", "ANY", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
] + [decisions.read(file(table([("-", "amount"), ("-", "amount")], policy="COLLECT", extra='aggregation="SUM"')))]
