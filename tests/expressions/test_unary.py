"""Cells of decision tables: unary tests on `?`."""

# ruff: noqa: E501 - a table of examples
from __future__ import annotations

from typing import Any

import pytest

from app.expressions import ExpressionError, compile_unary

TESTS: list[tuple[str, Any, bool]] = [
    ("-", None, True), ("5", 5, True), ("5", 6, False), ("-5", -5, True), ("> 5", 6, True), ("<= 5", 6, False), ("= 5", 5, True),
    ("!= 5", 5, False), ('"a", "b"', "b", True), ('"a", "b"', "c", False), ('not("a", "b")', "c", True),
    ('not("a", "b")', "b", False), ("not(> 5)", None, False), ("[1..5]", 5, True), ("[1..5)", 5, False), ("]1..5]", 1, False),
    ("null", None, True), ("null", 1, False), ("> 5", None, False), ('"a"', 1, False), ("true", False, False), ("true", True, True),
    ("false", False, True), ("limit", 9, True), ("> limit", 10, True), ("[1, 9]", 9, True), ("allowed", "b", True),
    ("not(allowed)", "b", False), ("? > 5 and ? < 8", 6, True), ("? > 5", 5, False), ('contains(?, "b")', "abc", True),
    ('not(contains(?, "b"))', "abc", False), ("< 5, > 10", 11, True), ("not(? = 5) and ? > 1", 6, True),
    ('date("2026-05-06")', None, False), ("5, [10..20], > 100", 101, True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given", "passes"), TESTS, ids=[f"{text} on {given}" for text, given, _ in TESTS])
def test_a_cell_passes_or_not(text: str, given: Any, passes: bool) -> None:
    assert compile_unary(text).evaluate({"?": given, "limit": 9, "allowed": ["a", "b"]}) is passes


@pytest.mark.parametrize("text", ["", "5,", "> ", "not(", "not()", "- 5 -", "1..5", "(1..5", "5 6"])
def test_a_cell_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_unary(text)
