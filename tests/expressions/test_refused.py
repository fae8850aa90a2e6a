"""What is no expression of ours is refused with the column, in both languages."""

# ruff: noqa: E501 - a table of examples
from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.translations import catalog
from app.expressions import ExpressionError, compile_expression, compile_unary

REFUSED: list[tuple[str, int, str]] = [
    ("", 1, "empty"), ("  ", 1, "empty"), ("// only a comment", 18, "unexpected"), ("1 +", 4, "unexpected"), ("(1", 3, "unexpected"),
    ("[1, 2", 6, "unexpected"), ("{a 1}", 4, "unexpected"), ("{a b: 1}", 4, "ambiguous_name"), ("{a: 1, a: 2}", 8, "repeated_key"), ("1 2", 3, "unexpected"),
    ("1 = = 2", 5, "unexpected"), ("a == 1", 4, "unexpected"), ("a && b", 3, "bad_character"), ("a || b", 3, "bad_character"),
    ("'a'", 1, "bad_character"), ('"a', 1, "open_string"), ('"\\q"', 2, "bad_escape"), ('"\\ud800"', 1, "bad_escape"),
    ("1.2.3", 5, "unexpected"), ("12abc", 1, "bad_number"), ("1e99999", 1, "bad_number"), ("9" * 50, 1, "bad_number"),
    ('@"yesterday"', 1, "bad_moment"), ("@5", 2, "unexpected"), ("if a then b", 12, "unexpected"), ("for i return i", 7, "unexpected"),
    ("some x in y return x", 13, "unexpected"),
    # what FEEL reads differently depending on what is in scope
    ("monthly income > 5", 9, "ambiguous_name"), ("date and time", 1, "ambiguous_name"), ("string length", 1, "ambiguous_name"),
    ("is a and b", 4, "ambiguous_name"), ("for sum in [1] return sum([2])", 23, "ambiguous_name"),
    ("for i in [1, 2] return partial", 24, "unsupported"),
    # what can be read in two ways
    ("1 < 2 < 3", 7, "needs_brackets"), ("a = b = c", 7, "needs_brackets"), ("-2 ** 2", 4, "needs_brackets"),
    ("2 ** 3 ** 2", 8, "needs_brackets"), ("--1", 2, "needs_brackets"), ("1 in (1) + 2", 10, "needs_brackets"),
    # the full language comes later
    ("function(x) x", 1, "unsupported"), ("x instance of number", 3, "unsupported"), ("sum(list: [1])", 9, "unsupported"),
    ("f(1)(2)", 1, "unknown_function"), ("a.b(1)", 4, "unsupported"), ("sort([1], f)", 1, "unknown_function"),
    ('matches("a", "b")', 1, "unknown_function"), ('split("a1b", "[0-9]")', 14, "pattern"), ('replace("a", "a", "$1")', 19, "pattern"),
    ('split("a", b)', 12, "pattern"), ("? > 5", 1, "unexpected"), ("not()", 1, "arguments"), ("sum()", 1, "arguments"),
    ("now(1)", 1, "arguments"), ("list replace([1], 1, 2)", 1, "unknown_function"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "key"), REFUSED, ids=[text or "nothing" for text, _, _ in REFUSED])
def test_a_refusal_names_the_column_in_both_languages(text: str, column: int, key: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_expression(text)
    assert (refused.value.column, refused.value.key) == (column, key)
    assert refused.value.explain("en").startswith(f"Column {column}: ")
    assert refused.value.explain("zh").startswith(f"第 {column} 列：")
    assert "{" not in refused.value.explain("zh").replace("{a", "")


def test_what_was_expected_is_said() -> None:
    with pytest.raises(ExpressionError, match=r"^Column 10: Expected “then”, found the end\.$"):
        compile_expression("if a > 1 ")
    with pytest.raises(ExpressionError, match="the closing bracket"):
        compile_expression("[1, 2")


def test_every_sentence_exists_in_both_languages() -> None:
    english, chinese = ({key for key in catalog(lang) if key.startswith("expressions.")} for lang in ("en", "zh"))
    assert english == chinese
    assert {f"expressions.{key}" for _, _, key in REFUSED} <= english


_TOKENS = 'a 客 1 .5 "s" ( ) [ ] { } , : . .. + - * / ** = != < <= > >= ? @ // /* */ \\'
_WORDS = "and or not in between if then else for return some every satisfies true null item instance of function"
PIECES = st.sampled_from(
    [*_TOKENS.split(), *_WORDS.split(), "sum(", "count(", "date(", "string length(", '@"2026-01-01"']
)


@given(st.lists(PIECES, max_size=14).map(" ".join) | st.text(max_size=30))
@example("a[" * 200)
@example("(" * 5000)
def test_any_text_is_read_or_refused_and_never_fails_later(text: str) -> None:
    for compiler in (compile_expression, compile_unary):
        try:
            made = compiler(text)
        except ExpressionError as refused:
            assert refused.column >= 1  # noqa: PT017 - both ways are right
        else:
            made.evaluate({"a": [1, {"客": "s"}, None], "?": 5})
