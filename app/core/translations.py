"""Every visible sentence, in Chinese and English.

The catalogs are flat JSON files `translations/<language>/<area>.json`; both languages hold the same keys (a house test
checks). Sentences are never built by adding strings: they have named places, `{name}`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from app.core.errors import LanewayError

LANGUAGES = ("zh", "en")
_FOLDER = Path(__file__).parent / "translations"


@cache
def catalog(lang: str) -> dict[str, str]:
    """All sentences of one language, of every area."""
    sentences: dict[str, str] = {}
    for file in sorted((_FOLDER / lang).glob("*.json")):
        sentences.update(json.loads(file.read_text(encoding="utf-8")))
    return sentences


def translate(key: str, lang: str, /, **values: Any) -> str:
    """The sentence for a key. A key without a sentence is shown as it is, so that nothing ever breaks on it.

    With a value `n` equal to 1, the key `<key>.one` is preferred where it exists.
    """
    sentences = catalog(lang if lang in LANGUAGES else "en")
    text = sentences.get(f"{key}.one") if values.get("n") == 1 else None
    if text is None:
        text = sentences.get(key, key)
    return text.format_map(_Gaps(values)) if values else text


def explain(error: LanewayError, lang: str) -> str:
    """What an error says to a person: the sentence for its class, else its own message."""
    key, known = f"errors.{type(error).__name__}", catalog(lang if lang in LANGUAGES else "en")
    if error.details.get("first", "") is None and ("{first}" in known.get(key, "") or f"{key}.nobody" in known):
        key = f"{key}.nobody"  # nobody was first: the case itself moved on
    return translate(key, lang, **error.details) if key in known else error.message


def pick(names: dict[str, str] | None, lang: str, otherwise: str) -> str:
    """The name in the reader's language, else the one on the drawing."""
    return (names or {}).get(lang) or otherwise


class _Gaps(dict[str, Any]):
    """A missing value leaves its place visible instead of failing."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
