"""Regular expressions of forms: JavaScript's meaning, with a time limit, since anyone may write one that never ends."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import regex  # type: ignore[import-untyped]

LONGEST = 500
TIMEOUT_SECONDS = 0.05
#: how often a counted part may repeat, nested counts multiplied: compiling takes memory for each
MOST_REPEATS = 10_000
_COUNT = re.compile(r"(\)?)\{([0-9]*),?([0-9]*)\}")
#: what JavaScript has
_GROUPS = ("(?:", "(?=", "(?!", "(?<")


class BadPattern(ValueError):
    """This regular expression cannot be used."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """Raises BadPattern with the reason."""
    if len(pattern) > LONGEST:
        raise BadPattern(f"longer than {LONGEST} characters")
    try:
        _check_repeats(pattern)
        return regex.compile(_as_python(pattern), regex.V0)
    except (regex.error, OverflowError, RecursionError) as fault:
        raise BadPattern(str(fault)) from fault


def _check_repeats(pattern: str) -> None:
    """Counts behind a bracket may contain others: all of them, times the largest other count, stay small."""
    nested, single = 1, 1
    for closing, low, high in _COUNT.findall(pattern):
        count = max(int(low or 1), int(high or 1), 1)
        nested, single = (nested * count, single) if closing else (nested, max(single, count))
        if nested * single > MOST_REPEATS:
            raise BadPattern(f"more than {MOST_REPEATS} repeats")


def matches(pattern: str, text: str) -> bool:
    """Whether the text has a match anywhere. A pattern that takes too long matches nothing."""
    try:
        return compiled(pattern).search(text, timeout=TIMEOUT_SECONDS) is not None
    except (TimeoutError, BadPattern):
        return False


def _as_python(pattern: str) -> str:
    r"""JavaScript: `$` is the very end, \d and \w are ASCII, groups are named (?<n>)."""
    parts: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        char, following = pattern[at], pattern[at + 1 : at + 2]
        if char == "\\" and following:
            parts.append(_escape(following, in_class=in_class))
            at += 2
            continue
        if pattern.startswith("(?", at) and not in_class and not pattern.startswith(_GROUPS, at):
            raise BadPattern("(? group that JavaScript does not have")
        if char == "[" and in_class:
            char = "\\["
        in_class = (in_class or char == "[") and char != "]"
        parts.append("\\Z" if char == "$" and not in_class else char)
        at += 1
    return "".join(parts)


def _escape(letter: str, *, in_class: bool) -> str:
    if letter in "AZz" and not in_class:
        return letter
    wide = {"d": "0-9", "w": "A-Za-z0-9_"}.get(letter)
    if wide:
        return wide if in_class else f"[{wide}]"
    narrow = {"D": "0-9", "W": "A-Za-z0-9_"}.get(letter)
    return f"[^{narrow}]" if narrow and not in_class else f"\\{letter}"
