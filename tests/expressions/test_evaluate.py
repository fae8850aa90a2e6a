"""What expressions mean: the standard's semantics, example by example."""

# ruff: noqa: E501 - a table of examples

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.core import clock
from app.expressions import Range, YearsMonths, compile_expression, to_json

CASE: dict[str, Any] = {
    "amount": 1500,
    "rate": Decimal("0.035"),
    "risk": "high",
    "vip": True,
    "nothing": None,
    "customer": {"name": "林", "age": 40, "cards": [{"kind": "gold", "limit": 5000}, {"kind": "blue", "limit": 800}]},
    "scores": [3, 1, 2],
    "客户": {"等级": "A"},
    "opened": "2026-05-06",
}


def value(text: str) -> Any:
    return compile_expression(text).evaluate(CASE)


SAID: list[tuple[str, Any]] = [
    # literals
    ("null", None), ("true", True), ("1.50", Decimal("1.5")), (".5", Decimal("0.5")), ("1e3", 1000), ("-3", -3),
    ('"a\\n\\"b\\"\\u5ba2\\U01F600"', 'a\n"b"客😀'), ('"\\uD83D\\uDE00"', "😀"), ("[]", []), ("{}", {}),
    ('@"2026-05-06"', date(2026, 5, 6)), ('@"09:30:00"', time(9, 30)), ('@"P1DT2H"', timedelta(days=1, hours=2)),
    ('@"P1Y2M"', YearsMonths(14)), ('@"2026-05-06T09:30:00Z"', datetime(2026, 5, 6, 9, 30, tzinfo=UTC)),
    ("// all\n1 /* or */ + 1", 2),
    # names and paths
    ("amount", 1500), ("missing", None), ("missing.deeper", None), ("customer.name", "林"), ("客户.等级", "A"),
    ("customer.cards.limit", [5000, 800]), ("amount.x", None), ("customer.cards[1].kind", "gold"),
    # arithmetic
    ("1 + 2 * 3 - 4 / 2", 5), ("0.1 + 0.2", Decimal("0.3")), ("2 ** 10", 1024), ("2 ** -1", Decimal("0.5")),
    ("10 / 4", Decimal("2.5")), ("1 / 0", None), ("2.50 * 2", 5), ("1 / 3 * 3", Decimal("0." + "9" * 34)),
    ("-amount", -1500), ("-(1 + 2)", -3), ("9999999999999999999999999999999998 + 1", 10**34 - 1), ("10 ** 34 + 1", Decimal("1E+34")),
    ("amount * rate", Decimal("52.5")), ('"a" + "b"', "ab"), ('"a" + 1', None), ("true + 1", None), ("null + 1", None),
    ("9 ** 99999", None), ("10 ** 6000 * 10 ** 6000", None),
    # comparison and three-valued logic
    ("1 = 1.0", True), ("1 != 2", True), ("null = null", True), ("1 = null", False), ("null != 1", True),
    ('1 = "1"', None), ('3 > "a"', None), ("null > 1", None), ('"a" < "b"', True), ("true = 1", None),
    ("true < false", None), ("[1, 2] = [1, 2.0]", True), ("[1] = [2]", False), ("{a: 1} = {a: 1}", True),
    ("true and true", True), ("true and false", False), ("false and nothing", False), ("true and nothing", None),
    ("true or nothing", True), ("false or nothing", None), ("nothing or nothing", None), ("1 and true", None),
    ("false and 1", False), ("not(true)", False), ("not(nothing)", None), ("not(1)", None),
    ("5 between 1 and 5", True), ("0 between 1 and 5", False), ("nothing between 1 and 5", None),
    ("amount > 1000 and risk in (\"high\", \"medium\")", True),
    # membership and ranges
    ("5 in [1..5]", True), ("5 in [1..5)", False), ("5 in [1..5[", False), ("1 in (1..5)", False), ("1 in ]1..5]", False),
    ("5 in (1, 5)", True), ("5 in (> 3)", True), ("5 in > 7", False), ("5 in ([1..2], [4..6])", True),
    ("5 in [1, 5]", True), ("5 in [[1..2], [4..6]]", True), ("3 in scores", True), ("risk in \"high\"", True),
    ("nothing in [null]", True), ("nothing in > 1", None), ("1 in \"a\"", None), ("5 in (!= 5)", False),
    ('"b" in ["a".."c"]', True), ("[1..5]", Range(1, 5)), ("[5..1]", None), ("[1..5].start", 1),
    ("(1..5].start included", False),
    # if, for, some, every
    ("if vip then 1 else 2", 1), ("if nothing then 1 else 2", 2), ("if 1 then 1 else 2", 2),
    ("for i in 1..3 return i * i", [1, 4, 9]), ("for i in 3..1 return i", [3, 2, 1]),
    ("for i in scores, j in [10] return i + j", [13, 11, 12]), ("for i in [1, 2], j in [i] return j", [1, 2]),
    ("for x in nothing return x", None), ("some s in scores satisfies s > 2", True),
    ("every s in scores satisfies s > 2", False), ("some s in [] satisfies s", False),
    ("every s in [] satisfies s", True), ("some s in [null, 3] satisfies s > 2", True),
    ("some s in [null, 1] satisfies s > 2", None), ("for i in [@\"2026-05-06\"..@\"2026-05-07\"] return i.day", [6, 7]),
    # lists and contexts
    ("scores[1]", 3), ("scores[-1]", 2), ("scores[4]", None), ("scores[0]", None), ("scores[item > 1]", [3, 2]),
    ("scores[count(scores)]", 2), ("customer.cards[limit > 1000].kind", ["gold"]), ("nothing[1]", None),
    ("nothing[item > 1]", None), ("amount[1]", 1500), ("amount[item > 1000]", [1500]), ("[][item > 1]", []),
    ("[{item: 1}, {item: 2}][item > 1]", [{"item": 2}]), ("[{a: 1}, {b: 2}][a = 1]", [{"a": 1}]),
    ("{a: 1, b: a + 1}.b", 2), ('{"full name": "x"}', {"full name": "x"}), ("[1, [2]]", [1, [2]]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SAID, ids=[text for text, _ in SAID])
def test_an_expression_means_what_the_standard_says(text: str, expected: Any) -> None:
    got = value(text)
    assert got == expected
    assert type(got) is type(expected)


TEMPORAL: list[tuple[str, Any]] = [
    ('@"2026-01-31" + @"P1M"', "2026-02-28"), ('@"2024-02-29" + @"P1Y"', "2025-02-28"),
    ('@"9999-12-31" + @"P1M"', None), ('@"9999-11-30" + @"P1M"', "9999-12-30"), ('@"2026-05-06" - @"P1M"', "2026-04-06"),
    ('@"2026-05-06" - @"2026-05-01"', "P5D"), ('@"2026-05-06" + @"P1DT2H"', "2026-05-07"),
    ('@"2026-05-06T10:00:00" - @"PT1H30M"', "2026-05-06T08:30:00"), ('@"23:30:00" + @"PT1H"', "00:30:00"),
    ('@"2026-05-06T10:00:00Z" - @"2026-05-06T10:00:00+08:00"', "PT8H"), ('@"10:00:00" - @"11:00:00"', "-PT1H"),
    ('@"2026-05-06T10:00:00Z" - @"2026-05-06T10:00:00"', None), ('@"P1D" * 1.5', "P1DT12H"), ('@"P1D" / 2', "PT12H"),
    ('@"P2D" / @"PT12H"', 4), ('@"P1Y" / @"P1M"', 12), ('2 * @"P1Y2M"', "P2Y4M"), ('-@"P1M"', "-P1M"),
    ('@"P1D" + @"P1M"', None), ('@"P1D" < @"PT25H"', True), ('@"2026-05-06" < @"2026-05-07"', True),
    ('@"2026-05-06" < @"2026-05-06T10:00:00"', None), ('@"2026-05-06T10:00:00Z" = @"2026-05-06T18:00:00+08:00"', False),
    ('@"2026-05-06T10:00:00Z" <= @"2026-05-06T18:00:00+08:00"', True), ('@"10:00:00Z" = @"10:00:00+00:00"', True),
    ('@"10:00:00@Europe/Paris" = @"10:00:00@Europe/Paris"', True), ('@"10:00:00@Europe/Paris" = @"10:00:00"', False),
    ('@"2026-05-06T10:00:00+00:00" = @"2026-05-06T10:00:00@Etc/UTC"', False),
    ('@"2026-05-06".weekday', 3), ('@"2026-05-06T10:20:30.5".second', Decimal("30.5")), ('@"P1DT26H".hours', 2),
    ('@"10:00:00+08:00".time offset', "PT8H"), ('@"2026-05-06".hour', None), ('date(opened).year', 2026),
    ('string(@"2026-10-25T02:30:00@Europe/Paris" + @"PT1H")', "2026-10-25T02:30:00@Europe/Paris"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TEMPORAL, ids=[text for text, _ in TEMPORAL])
def test_dates_and_durations_are_counted_as_the_standard_says(text: str, expected: Any) -> None:
    assert to_json(value(text)) == expected


CALLS: list[tuple[str, Any]] = [
    # conversion
    ("string(1.50)", "1.5"), ("string(null)", None), ("string(true)", "true"), ('string([1, "a", {b: null}])', '[1, "a", {b: null}]'),
    ('string(@"P1Y")', "P1Y"), ("string(1e3)", "1000"), ('number("1 234,5", " ", ",")', Decimal("1234.5")),
    ('number("12")', 12), ('number("x")', None), ('number("1,2")', None), ('number("1.2", ".", ".")', None),
    ('date("2026-02-30")', None), ("date(2026, 5, 6)", date(2026, 5, 6)), ('date(@"2026-05-06T10:00:00")', date(2026, 5, 6)),
    ('time("25:00:00")', None), ("time(9, 30, 0)", time(9, 30)), ('date and time("2026-05-06")', datetime(2026, 5, 6)),  # noqa: DTZ001
    ('date and time(@"2026-05-06", @"09:30:00")', datetime(2026, 5, 6, 9, 30)),  # noqa: DTZ001
    ('duration("P1Y")', YearsMonths(12)), ('duration("P1YT1H")', None), ('duration("P")', None), ('duration("PT")', None),
    ('years and months duration(@"2020-01-31", @"2026-01-30")', YearsMonths(71)),
    ('years and months duration(@"2026-01-30", @"2020-01-31")', YearsMonths(-71)),
    # strings
    ('string length("客户😀")', 3), ('upper case("aß")', "ASS"), ('lower case("AB")', "ab"), ('substring("foobar", 3)', "obar"),
    ('substring("foobar", 3, 3)', "oba"), ('substring("foobar", -2, 1)', "a"), ('substring("foobar", 0)', None),
    ('substring before("foobar", "bar")', "foo"), ('substring before("foobar", "xyz")', ""), ('substring after("foobar", "ob")', "ar"),
    ('substring after("", "a")', ""), ('contains("foobar", "of")', False), ('starts with("foobar", "fo")', True),
    ('ends with("foobar", "r")', True), ('contains(1, "1")', None), ('split("a,b,,c", ",")', ["a", "b", "", "c"]),
    ('replace("a-b-c", "-", "/")', "a/b/c"), ('string join(["a", null, "b"], "/")', "a/b"),
    ('string join([], "/")', ""), ('string join(["a", 1])', None),
    # numbers
    ("decimal(1/3, 2)", Decimal("0.33")), ("decimal(2.5, 0)", 2), ("decimal(1.5, 0)", 2), ("floor(-1.5)", -2), ("ceiling(-1.5)", -1),
    ("round up(5.5, 0)", 6), ("round down(-5.5, 0)", -5), ("round half up(-2.5, 0)", -3), ("round half down(5.5, 0)", 5),
    ("round up(1.121, 2)", Decimal("1.13")), ("decimal(1234, -2)", 1200), ("abs(-5)", 5), ('abs(@"-PT5H")', timedelta(hours=5)),
    ("modulo(12, 5)", 2), ("modulo(-12, 5)", 3), ("modulo(12, -5)", -3), ("modulo(10.1, 4.5)", Decimal("1.1")), ("modulo(1, 0)", None),
    ("sqrt(16)", 4), ("sqrt(-1)", None), ("log(1)", 0), ("exp(0)", 1), ("odd(5)", True), ("even(5)", False), ("odd(5.5)", None),
    # lists
    ("count([1, null])", 2), ("count(5)", 1), ("count(null)", None), ("min(scores)", 1), ("max(1, 2, 3)", 3), ('max(["a", "b"])', "b"),
    ('min([1, "a"])', None), ("min([])", None), ("sum(scores)", 6), ("sum([])", None), ("mean(scores)", 2), ("mean(1, 2)", Decimal("1.5")),
    ("median([8, 2, 5, 3, 4])", 4), ("median([6, 1, 2, 3])", Decimal("2.5")), ("stddev([2, 4, 7, 5])", Decimal("2.081665999466132735282297706979931")),
    ("product([2, 3, 4])", 24), ("all([true, null])", None), ("all([])", True), ("any([false, true])", True), ("any([])", False),
    ("all(null)", None), ("list contains([1, null], null)", True), ("list contains(scores, \"3\")", False),
    ("sublist(scores, 2)", [1, 2]), ("sublist(scores, -2, 1)", [1]), ("sublist(scores, 5)", None), ("append(scores, 4)", [3, 1, 2, 4]),
    ("concatenate([1], [2, 3])", [1, 2, 3]), ("insert before([1, 3], 1, 2)", [2, 1, 3]), ("remove([1, 2, 3], 2)", [1, 3]),
    ("reverse(scores)", [2, 1, 3]), ("index of([1, 2, 3, 2], 2)", [2, 4]), ("union([1, 2], [2, 3])", [1, 2, 3]),
    ("distinct values([1, 1.0, \"1\", null, null])", [1, "1", None]), ("flatten([[1, [2]], 3])", [1, 2, 3]),
    # contexts
    ('get value({"a b": 1}, "a b")', 1), ('get entries({a: 1})', [{"key": "a", "value": 1}]), ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
    ('context merge([{a: 1}, {a: 2}])', {"a": 2}), ('context([{key: "a", value: 1}])', {"a": 1}), ('get value(null, "a")', None),
    # days
    ('day of week(@"2026-05-06")', "Wednesday"), ('month of year(@"2026-05-06")', "May"), ('day of year(@"2026-02-01")', 32),
    ('week of year(@"2021-01-03")', 53),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CALLS, ids=[text for text, _ in CALLS])
def test_a_built_in_function_means_what_the_standard_says(text: str, expected: Any) -> None:
    got = value(text)
    assert got == expected
    assert type(got) is type(expected)


def test_now_and_today_are_those_of_the_house_clock() -> None:
    with clock.running_on(clock.FakeClock(datetime(2026, 5, 5, 17, 0, tzinfo=UTC))):
        assert value("now()") == datetime(2026, 5, 5, 17, 0, tzinfo=UTC)
        assert value("today()") == date(2026, 5, 6), "in Shanghai it is already the next day"
        assert value("date(now()) = today()") is True


def test_names_that_an_expression_reads_are_known_before_it_runs() -> None:
    names = compile_expression("for c in cards return c.limit + {a: b, d: a}.d + sum(list[x > item])").names
    assert names == {"cards", "b", "list", "x"}


def test_names_inside_a_filter_may_be_the_elements_own() -> None:
    compiled = compile_expression('orders[status = "open"].total + tax + (for o in orders return o[x > 1])')
    assert compiled.names == {"orders", "status", "tax", "x"}
    assert compiled.sure_names == {"orders", "tax"}


def test_an_expression_is_compiled_once() -> None:
    assert compile_expression("1 + 1") is compile_expression("1 + 1")


def test_an_expression_explains_why_it_is_null() -> None:
    got, warnings = compile_expression("amonut > 1000 and risk + 1 > 2").explain(CASE)
    assert got is None
    assert [warning.explain("en") for warning in warnings] == [
        "Column 1: there is no “amonut”; it is null.",
        "Column 8: “>” has no value for these kinds; it is null.",
        "Column 19: “+” has no value for these kinds; it is null.",
        "Column 28: “>” has no value for these kinds; it is null.",
    ]


def test_values_become_json_and_integral_numbers_integers() -> None:
    made = to_json(value('{n: 2.50 * 2, d: @"2026-05-06", p: @"P1Y", l: [1.5], r: [1..2]}'))
    assert made == {
        "n": 5, "d": "2026-05-06", "p": "P1Y", "l": [Decimal("1.5")],
        "r": {"start": 1, "end": 2, "start included": True, "end included": True},
    }  # fmt: skip
    assert type(made["n"]) is int
