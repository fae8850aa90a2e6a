"""Other tools' expressions as FEEL, where the meaning stays exactly the same; anything else is refused by name.

JUEL (`${amount > 1000}`) and Python agree with FEEL on names, paths, literals, comparisons with a literal, and/or, and
"not" of a comparison. Arithmetic (floats), calls and truth of non-booleans differ: those are refused.
"""

from __future__ import annotations

import re
from typing import Protocol

from .compiled import Compiled, compile_expression, constant, reference
from .errors import ExpressionError
from .lexer import KEYWORDS

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
    |(?P<string>"[^"\\]*"|'[^'\\]*')
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[<>!()]))""",
    re.VERBOSE,
)
_JUEL = re.compile(r"\s*[$#]\{(?P<inside>[^{}]*)\}\s*", re.DOTALL)
_EQUALS = re.compile(r"(?<![<>=!:])=(?![=])")
#: what Python reads another way than FEEL: calls with named arguments, and counting from 0
_CALLS = re.compile(r"\w\s*\(|\[|==|!=\s*None|:=")
_SIGNS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_JUEL_WORDS = {
    "and": "and", "or": "or", "not": "not", "&&": "and", "||": "or", "!": "not",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "true": "true", "false": "false", "null": "null",
}  # fmt: skip
_PYTHON_WORDS = {"and": "and", "or": "or", "not": "not", "True": "true", "False": "false", "None": "null"}
_RESERVED = frozenset(
    ("div", "mod", "empty", "instanceof", "in", "is", "if", "else", "for", "lambda", "await", "yield")
)
_SHOWN = {"juel": "JUEL", "python": "Python"}


class Written(Protocol):
    """What a diagram says: a text and the language its author meant (`diagrams.Expression`)."""

    @property
    def text(self) -> str: ...

    @property
    def language(self) -> str: ...


def from_dialect(expression: Written) -> Compiled:
    """The expression in whichever language its author meant. Raises ExpressionError."""
    match expression.language:
        case "feel":
            return compile_expression(expression.text)
        case "literal":
            return constant(expression.text, expression.text)
        case "name":
            return reference(expression.text)
        case "juel":
            inside = _JUEL.fullmatch(expression.text)
            if inside is None:
                raise ExpressionError("not_translated", 1, found=f"“{expression.text[:40]}”", language="JUEL")
            return compile_expression(_Translation(inside["inside"], "juel", _JUEL_WORDS).text)
        case "python":
            return _python(expression.text)
    raise ExpressionError("language", found=f"“{expression.language[:60]}”")


def _python(text: str) -> Compiled:
    """A condition that names no language. `status = "open"` is none of Python, and FEEL without its sign."""
    try:
        return compile_expression(_Translation(text, "python", _PYTHON_WORDS).text)
    except ExpressionError:
        if not _EQUALS.search(text) or _CALLS.search(text):
            raise
        try:
            return compile_expression(text)
        except ExpressionError:
            pass
        raise


class _Translation:
    """One expression carried over, by descent: or, and, not, comparison with a literal."""

    def __init__(self, source: str, language: str, words: dict[str, str]) -> None:
        self._source, self._language, self._words = source[:2000], language, words
        self._tokens = self._cut()
        self._at = 0
        self._depth = 0
        if len(source) > 2000:
            raise self._refusal()
        #: the same expression in FEEL
        self.text = self._whole()

    def _refusal(self) -> ExpressionError:
        shown = f"“{self._source.strip()[:40]}”"
        return ExpressionError("not_translated", 1, found=shown, language=_SHOWN[self._language])

    def _cut(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        at, text = 0, self._source.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise self._refusal()
            found.append(self._token(match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return [*found, ("end", "")]

    def _token(self, kind: str, text: str) -> tuple[str, str]:
        word = self._words.get(text)
        if self._language == "python" and text in ("&&", "||", "!"):
            raise self._refusal()
        if word is not None:
            return ("literal" if word in ("true", "false", "null") else "sign", word)
        if kind in ("number", "string"):
            return "literal", f'"{text[1:-1]}"' if kind == "string" else text
        if kind == "name" and (text in _RESERVED or KEYWORDS & set(text.split("."))):
            raise self._refusal()
        return kind, text

    def _whole(self) -> str:
        if self._tokens[1:] == [("end", "")] and self._tokens[0][0] in ("name", "literal"):
            return self._tokens[0][1]
        text = self._alternatives()
        if self._tokens[self._at][0] != "end":
            raise self._refusal()
        return text

    def _take(self, *signs: str) -> str | None:
        kind, text = self._tokens[self._at]
        if kind != "sign" or text not in signs:
            return None
        self._at += 1
        return text

    def _alternatives(self) -> str:
        parts = [self._conjunction()]
        while self._take("or"):
            parts.append(self._conjunction())
        return " or ".join(parts)

    def _conjunction(self) -> str:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return " and ".join(parts)

    def _negated(self) -> str:
        self._depth += 1
        if self._depth > 20:
            raise self._refusal()
        if self._take("not"):
            # JUEL's `!` binds to what follows at once, Python's `not` to a whole comparison: only brackets are common.
            text = f"not({self._bracketed() if self._tokens[self._at] == ('sign', '(') else self._path()})"
        elif self._tokens[self._at] == ("sign", "("):
            text = f"({self._bracketed()})"
        else:
            text = self._comparison()
        self._depth -= 1
        return text

    def _bracketed(self) -> str:
        self._take("(")
        text = self._alternatives()
        if not self._take(")"):
            raise self._refusal()
        return text

    def _path(self) -> str:
        kind, text = self._tokens[self._at]
        if kind != "name":
            raise self._refusal()
        self._at += 1
        return text

    def _comparison(self) -> str:
        path = self._path()
        sign = self._take(*_SIGNS)
        if sign is None:
            return path
        kind, literal = self._tokens[self._at]
        if kind != "literal":
            raise self._refusal()
        self._at += 1
        return f"{path} {_SIGNS[sign]} {literal}"
