"""Canonical JSON: the same value is the same text, and an amount comes back as it was written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import jsontext
from app.core.jsontext import UnreadableJson, dump_bytes, dumps, loads

WHOLE = st.integers(-(2**63), 2**64 - 1)
FRACTION = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: "E" in str(number) or "." in str(number)
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUE = st.recursive(
    st.none() | st.booleans() | WHOLE | FRACTION | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def kinds(value: Any) -> Any:
    """A value with its types and the digits of its numbers: 1 is not true, 1.0 is not 1.00."""
    if isinstance(value, dict):
        return {name: kinds(part) for name, part in value.items()}
    if isinstance(value, list):
        return [kinds(part) for part in value]
    return type(value).__name__, str(value)


@given(VALUE)
def test_what_is_written_is_read_back_to_the_last_digit(value: Any) -> None:
    text = dumps(value)
    assert kinds(loads(text)) == kinds(value)
    assert dumps(loads(text)) == text
    json.loads(text)  # and anybody else can read it


@given(st.dictionaries(TEXT, VALUE, max_size=6), st.randoms())
def test_the_order_of_keys_makes_no_other_text(value: dict[str, Any], random: Any) -> None:
    names = list(value)
    random.shuffle(names)
    assert dumps({name: value[name] for name in names}) == dumps(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [None, True, False]}, '{"a":[null,true,false],"b":1}'),
        (Decimal("100.10"), "100.10"),
        (Decimal("1E+5"), "1E+5"),
        (2**64, "18446744073709551616"),
        ("泳道 \x00 \u2028", '"泳道 \\u0000 \u2028"'),
        ("NaN", '"NaN"'),
        ({"Infinity": Decimal("1.5")}, '{"Infinity":1.5}'),
        ([], "[]"),
    ],
)
def test_as_it_is_written(value: Any, text: str) -> None:
    assert dumps(value) == text
    assert dump_bytes(value) == text.encode()
    assert loads(text) == value


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        {"\udfff": 1},
        Decimal("NaN"),
        Decimal("sNaN"),
        [Decimal("Infinity")],
        {1: 2},
        object(),
        pytest.param(10**5000, id="many digits"),
    ],
)
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(UnreadableJson):
        dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nul",
        "NaN",
        "-Infinity",
        '"\\ud800"',
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 5000,
        b"\xff",
        b"\x00",
        "1 2",
    ],
)
def test_what_is_no_json_of_ours_is_refused(text: str | bytes) -> None:
    with pytest.raises(UnreadableJson):
        loads(text)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_are_read_or_refused(text: str | bytes) -> None:
    try:
        value = loads(text)
    except UnreadableJson:
        return
    assert dumps(value) is not None


def test_a_sentence_that_knows_its_translation_is_text() -> None:
    class Sentence(str):
        __slots__ = ()

    assert jsontext.dumps({"said": Sentence("hello")}) == '{"said":"hello"}'
