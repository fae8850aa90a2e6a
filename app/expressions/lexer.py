"""Cuts the text of an expression into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import limits
from .errors import ExpressionError

SYMBOLS = ("..", "**", "<=", ">=", "!=", *"()[]{},:.+-*/=<>?@")
_OPERATOR_WORDS = ("and", "or", "in", "between", "instance", "of")
_BLOCK_WORDS = ("if", "then", "else", "for", "return", "some", "every", "satisfies", "function", "external")
KEYWORDS = frozenset((*_OPERATOR_WORDS, *_BLOCK_WORDS, "true", "false", "null"))
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BLANK = re.compile(r"(?:\s|//[^\n\r]*|/\*.*?\*/)+", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_HEX = {"u": 4, "U": 6}
#: after one of these a dot begins a property, not a number
_ENDS = frozenset((")", "]", "}"))


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is name, keyword, number, string, end, or the symbol itself; `column` counts from 1."""

    kind: str
    text: str
    column: int

    @property
    def shown(self) -> str:
        """How an error names it."""
        return "expected.end" if self.kind == "end" else f"“{self.text[:40]}”"


def tokens(text: str) -> list[Token]:
    """All tokens, an `end` token last. Raises ExpressionError."""
    if len(text) > limits.TEXT:
        raise ExpressionError("too_long", limit=limits.TEXT)
    found: list[Token] = []
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            found.append(Token("end", "", len(text) + 1))
            return found
        token, at = _next(text, at, found[-1] if found else None)
        found.append(token)


def _next(text: str, at: int, before: Token | None) -> tuple[Token, int]:
    char = text[at]
    if char == '"':
        return _string(text, at)
    if char in "0123456789" or (char == "." and text[at + 1 : at + 2].isdecimal() and not _is_path(before)):
        return _number(text, at)
    if char == "_" or char.isidentifier():
        return _word(text, at)
    for symbol in SYMBOLS:
        if text.startswith(symbol, at):
            return Token(symbol, symbol, at + 1), at + len(symbol)
    raise ExpressionError("bad_character", at + 1, found=f"“{char}”" if char.isprintable() else f"U+{ord(char):04X}")


def _is_path(before: Token | None) -> bool:
    return before is not None and (before.kind in _ENDS or before.kind in ("name", "string", "number"))


def _number(text: str, at: int) -> tuple[Token, int]:
    match = _NUMBER.match(text, at)
    if match is None or text[match.end() : match.end() + 1].isidentifier():
        raise ExpressionError("bad_number", at + 1)
    return Token("number", match.group(), at + 1), match.end()


def _word(text: str, at: int) -> tuple[Token, int]:
    end = at + 1
    while end < len(text) and f"a{text[end]}".isidentifier():
        end += 1
    word = text[at:end]
    return Token("keyword" if word in KEYWORDS else "name", word, at + 1), end


def _string(text: str, start: int) -> tuple[Token, int]:
    parts: list[str] = []
    at = start + 1
    while at < len(text):
        char = text[at]
        if char == '"':
            return Token("string", _whole("".join(parts), start), start + 1), at + 1
        if char == "\\":
            char, at = _escape(text, at)
            parts.append(char)
        else:
            parts.append(char)
            at += 1
    raise ExpressionError("open_string", start + 1)


def _escape(text: str, at: int) -> tuple[str, int]:
    letter = text[at + 1 : at + 2]
    if letter in _ESCAPES:
        return _ESCAPES[letter], at + 2
    width = _HEX.get(letter)
    digits = text[at + 2 : at + 2 + width] if width else ""
    if width and re.fullmatch(f"[0-9a-fA-F]{{{width}}}", digits) and int(digits, 16) <= 0x10FFFF:
        return chr(int(digits, 16)), at + 2 + width
    raise ExpressionError("bad_escape", at + 1, found=f"“{text[at : at + 2]}”")


def _whole(text: str, start: int) -> str:
    r"""Join surrogate pairs written as two \u escapes; a lone half is no character."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ExpressionError("bad_escape", start + 1, found="\\u") from None
