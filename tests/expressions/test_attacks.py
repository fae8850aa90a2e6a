"""Nothing an expression says reads or changes the host, and nothing makes it work for long or hold much."""

# ruff: noqa: E501 - tables of attacks
from __future__ import annotations

import copy
import resource
from decimal import Decimal
from typing import Any

import pytest

from app.expressions import ExpressionError, TooLarge, compile_expression, compile_unary, to_json
from tests.cpu import spent

CANARY = "canary-7f3a"


class Host:
    """An object that must never be reached."""

    secret = CANARY

    def __getattr__(self, name: str) -> str:
        raise AssertionError(f"touched {name}")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        raise AssertionError("printed")

    __repr__ = __str__


DATA: dict[str, Any] = {
    "host": Host(),
    "inside": [Host(), {"host": Host()}],
    "text": "abc",
    "number": 5,
    "huge": 10**5000,
    "tiny": Decimal("1e-999999"),
    "vast": Decimal("9e999999"),
    "nan": float("nan"),
    "broken": Decimal("sNaN"),
    "call": len,
    "kind": int,
    "raw": b"bytes",
    "deep": None,
}
for _ in range(3000):
    DATA["deep"] = [DATA["deep"]]

ESCAPES = [
    "host", "host.secret", "host.__class__", "inside[1].secret", "inside[2].host.secret", "inside.secret", "string(host)", "string(inside)",
    "host = host", "inside = inside", "host in inside", "list contains(inside, host)", "distinct values(inside)", "host[1].secret",
    "host[secret != null].secret", "for h in inside return h.secret", "get value(host, \"secret\")", "get entries(host)",
    "context put({}, \"a\", host).a.secret", "text.__class__", "text.__class__.__mro__", "number.__class__.__base__.__subclasses__",
    "text.format", "text.upper", "call", "call.__self__", "call(text)", "kind.__subclasses__()", "raw", "raw.decode", "text[1].__class__",
    "__import__(\"os\")", "__builtins__", "globals()", "open(\"/etc/passwd\")", "eval(\"1\")", "exec(\"1\")", "getattr(text, \"upper\")",
    "\"{0.__class__}\"", "\"%(secret)s\"", "\"{host.secret}\"", "string join([\"{\", \"0.__class__}\"])", "date.__class__", "date(host)",
    "@\"P1D\".__class__", "@\"P1D\".total_seconds", "@\"2026-05-06\".today", "@\"2026-05-06\".strftime", "@\"2026-05-06\".resolution",
    "[1..2].__class__", "[1..2].__slots__", "[1..2].__init__", "{__class__: 1}.__class__.__class__", "{}.keys", "[].append", "[].__len__",
    "item.__class__", "_look_up", "scope.budget", "now().tzinfo", "now().__reduce__", "duration(\"P1D\").max", "1.__class__", "(1).real",
    "nan", "nan = nan", "broken + 1", "broken", "vast", "tiny", "huge.bit_length", "import os", "lambda: 1", "`id`", "$HOME", "a; b", "#!",
]  # fmt: skip


@pytest.mark.parametrize("text", ESCAPES)
def test_nothing_of_the_host_can_be_seen(text: str) -> None:
    for compiler in (compile_expression, compile_unary):
        try:
            got = compiler(text).evaluate(DATA)
        except ExpressionError:
            continue
        assert CANARY not in repr(to_json(got))
        if compiler is compile_expression and not text.startswith('"') and "==" not in text:
            assert "class" not in repr(to_json(got)).lower().replace("0.__class__}", "")


BOMBS = [
    "9 ** 9999999", "9 ** (9 ** 9)", "1.1 ** 999999999999", "10 ** 6144 * 10", "huge * huge", "huge ** huge", "vast * vast", "string(vast)",
    "decimal(1/3, 6000)", "decimal(number, -6000)", "exp(999999999)", "exp(-999999999)", "log(tiny)", "sqrt(vast)",
    "for i in 1..1000000000 return i", "for i in 1..50000, j in 1..50000 return i", "count(for i in 1..50000 return 1..5)",
    "some i in 1..50000 satisfies some j in 1..50000 satisfies i + j < 0", "every i in [1..999999999] satisfies i > 0",
    "for a in 1..9999 return for b in 1..9999 return for c in 1..9999 return a",
    "count(for i in 1..40000 return for j in 1..40000 return [i, j])", "[1..9999999999][1]", "999999999 in [1..9999999999]",
    "for i in 1..30000 return string join(for j in 1..30000 return \"aaaaaaaa\")", "for i in 1..9 return " * 40 + "1",
    "{a: \"" + "x" * 5000 + "\", b: a + a, c: b + b, d: c + c, e: d + d, f: e + e, g: f + f, h: g + g, i: h + h, j: i + i, k: j + j}.k",
    "{" + "a0: [1, 1], " + ", ".join(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 45)) + "}.a44",
    "string({" + "a0: [1, 1], " + ", ".join(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 45)) + "}.a44)",
    "{" + "a0: [1, 1], " + ", ".join(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 45)) + ", z: flatten(a44)}.z",
    "{" + "a0: [1, 1], " + ", ".join(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 45)) + ", z: a44 = a43}.z",
    "{" + "a0: [1, 1], " + ", ".join(f"a{n}: concatenate(a{n - 1}, a{n - 1})" for n in range(1, 45)) + "}.a44",
    "{" + "a0: \"ab\", " + ", ".join(f"a{n}: replace(a{n - 1}, \"a\", \"aaaaaaaaaaaa\")" for n in range(1, 45)) + "}.a44",
    "{" + "a0: \"a,\", " + ", ".join(f"a{n}: a{n - 1} + a{n - 1}" for n in range(1, 18)) + ", z: count(split(a17, \",\"))}.z",
    "distinct values(for i in 1..40000 return i)", "index of(for i in 1..40000 return [i], [1])", "string(deep)", "deep = deep", "flatten(deep)",
    "deep", "[deep]", "distinct values([deep, deep])", "upper case(string(for i in 1..40000 return i))", "median(for i in 1..40000 return -i)",
    "(" * 3000 + "1" + ")" * 3000, "[" * 3000 + "]" * 3000, "-" * 3000 + "1", "not(" * 3000 + "true" + ")" * 3000, "{a:" * 3000 + "1" + "}" * 3000,
    "if true then " * 2000 + "1", "a" + ".b" * 4000, "a" + "[1]" * 2000, "1" + " + 1" * 2400, "true" + " and true" * 1100,
    "\"" + "x" * 20_000_000 + "\"", "1" * 9000, "/*" * 5000, "\"\\u0041" * 1500, "@\"P" + "9" * 5000 + "D\"", "duration(\"P999999999999D\")",
    "@\"9999-12-31\" + duration(\"P999999999D\")", "duration(\"P999999999D\") * 999999999999", "sublist([1], -999999999999999)",
    "substring(\"a\", 99999999999999999999)", "date(99999999999999999999, 1, 1)", "date(vast, vast, vast)", "modulo(vast, tiny)",
]  # fmt: skip


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
def test_nothing_works_for_long_or_holds_much(text: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with spent() as cpu:
        for compiler in (compile_expression, compile_unary):
            try:
                to_json(compiler.__wrapped__(text).evaluate(DATA))
            except (ExpressionError, TooLarge):
                continue
    assert cpu.seconds < 2
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 50


def test_an_expression_never_changes_the_data() -> None:
    data = {"list": [3, 1, [2]], "context": {"a": {"b": 1}}}
    before = copy.deepcopy(data)
    for text in (
        "append(list, 4)", "remove(list, 1)", "insert before(list, 1, 0)", "reverse(list)", "concatenate(list, list)", "flatten(list)",
        'context put(context, "a", 2)', "context merge([context, {a: 2}])", "{a: context, a2: list}", "union(list, list)", "distinct values(list)",
        "for x in list return append([x], list)", "list[item = 3]",
    ):  # fmt: skip
        compile_expression(text).evaluate(data)
        assert data == before


def test_json_made_from_data_is_a_copy() -> None:
    data = {"list": [[1]]}
    made = compile_expression("list").evaluate_json(data)
    made[0].append(2)
    assert data == {"list": [[1]]}
