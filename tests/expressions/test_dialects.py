"""Expressions of other tools keep their meaning, or are refused by name."""

# ruff: noqa: E501 - a table of examples
from __future__ import annotations

from typing import Any

import pytest

from app.diagrams.model import Expression
from app.expressions import ExpressionError, compile_expression, from_dialect

CASE = {"amount": 1500, "risk": "high", "vip": False, "customer": {"age": 40}, "none": None}

SAME: list[tuple[str, str, Any]] = [
    ("feel", "amount > 1000", True), ("literal", "amount > 1000", "amount > 1000"), ("literal", "P1D", "P1D"),
    ("juel", "${amount > 1000}", True), ("juel", "${ amount gt 1000 && risk == 'high' }", True), ("juel", "#{vip}", False),
    ("juel", "${!vip}", True), ("juel", "${not (amount < 5) and customer.age >= 18}", True), ("juel", '${risk ne "low"}', True),
    ("juel", "${risk eq 'low' || (vip)}", False), ("juel", "${none == null}", True), ("juel", "${true}", True),
    ("python", "amount > 1000 and risk == 'high'", True), ("python", "not vip", True), ("python", "not (vip or amount < 5)", True),
    ("python", "True", True), ("python", "risk", "high"), ("python", "customer.age != 40", False), ("python", "none == None", True),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), SAME, ids=[text for _, text, _ in SAME])
def test_what_means_the_same_in_feel_is_carried_over(language: str, text: str, expected: Any) -> None:
    assert from_dialect(Expression(text, language)).evaluate(CASE) == expected


REFUSED = [
    ("juel", "amount > 1000"), ("juel", "${amount + 1}"), ("juel", "${amount.toString()}"), ("juel", "${execution.getVariable('a')}"),
    ("juel", "${empty risk}"), ("juel", "${a ? b : c}"), ("juel", "${'' .getClass()}"), ("juel", "${amount > limit}"), ("juel", "${1 < amount}"),
    ("juel", "${a}${b}"), ("juel", "${a == 'it\\'s'}"), ("juel", "${a == \"\\u0041\"}"), ("juel", "${!!vip}"), ("juel", "${!vip == true}"),
    ("juel", "${a div 2}"), ("juel", "${" + "(" * 500 + "a" + ")" * 500 + "}"), ("juel", "${a < b < c}"), ("juel", "${}"),
    ("python", "__import__('os').system('id')"), ("python", "amount + 1 > 5"), ("python", "len(risk) > 1"), ("python", "a is None"),
    ("python", "a if b else c"), ("python", "risk in ['high']"), ("python", "lambda: 1"), ("python", "a; b"), ("python", "a && b"),
    ("python", "not a == b"), ("python", "x := 1"), ("python", "f'{a}'"), ("python", "a == 1_000"), ("python", "a[0]"), ("python", ""),
    ("python", "1 < 2 < 3"), ("python", "not"), ("python", "a == 0x10"), ("python", "a\nb"), ("python", "a" * 3000),
    ("groovy", "amount > 1000"), ("javascript", "amount > 1000"), ("", "amount"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text"), REFUSED, ids=[text[:30] or "nothing" for _, text in REFUSED])
def test_what_may_mean_something_else_is_refused(language: str, text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        from_dialect(Expression(text, language))
    assert refused.value.explain("zh")


def test_python_names_that_are_words_of_feel_do_not_change_their_meaning() -> None:
    for word in ("then", "return", "some", "between", "null", "true"):
        with pytest.raises(ExpressionError):
            from_dialect(Expression(f"{word} == 1", "python"))
    assert compile_expression("item = 1").evaluate({"item": 1}) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [('risk = "high"', True), ("amount = 5", False), ("(amount = 2000) and vip", False), ('risk = "high" and amount + 1 > 5', True)],
)  # fmt: skip
def test_a_condition_that_can_only_be_feel_is_feel_without_its_sign(text: str, value: bool) -> None:
    found = from_dialect(Expression(text, "python")).evaluate({"risk": "high", "amount": 2000, "vip": False})
    assert found is value


@pytest.mark.parametrize(
    "text", ["f(a=1)", "rows[0] = 1", "a == 1 and b = 2", "x := 1", "= = =", "a = ", "dict(a=1) > 2"]
)
def test_what_python_would_read_another_way_stays_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        from_dialect(Expression(text, "python"))
