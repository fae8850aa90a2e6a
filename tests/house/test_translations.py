"""Both languages say the same things, in the house's voice."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGS = ROOT / "app" / "core" / "translations"
AREAS = sorted({file.name for file in CATALOGS.glob("*/*.json")})


def sentences(lang: str, area: str) -> dict[str, str]:
    file = CATALOGS / lang / area
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def all_sentences(lang: str) -> list[tuple[str, str]]:
    return [pair for area in AREAS for pair in sentences(lang, area).items()]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_hold_the_same_keys(area: str) -> None:
    # English counts: "<key>.one" is its singular, and Chinese has none.
    chinese, english = sentences("zh", area), sentences("en", area)
    singulars = {key for key in english if key.endswith(".one") and key.removesuffix(".one") in english}
    assert english.keys() - singulars == chinese.keys() - singulars


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_name_the_same_places(area: str) -> None:
    chinese, english = sentences("zh", area), sentences("en", area)
    # A month has a number in Chinese and a name in English: both are given, each language takes its own.
    days = {"web.day.full", "web.day.short"}
    different = {key for key in chinese.keys() & english.keys() if places(chinese[key]) != places(english[key])}
    assert different - days == set()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_key_belongs_to_one_area(lang: str) -> None:
    counted = Counter(key for key, _ in all_sentences(lang))
    assert [key for key, times in counted.items() if times > 1] == []


def test_chinese_has_full_width_punctuation_and_no_empty_courtesies() -> None:
    half_width = re.compile(r"[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]")
    empty = re.compile("成功|请稍候|请稍后|！")
    assert [pair for pair in all_sentences("zh") if half_width.search(pair[1]) or empty.search(pair[1])] == []


def test_english_is_plain() -> None:
    courtesies = re.compile(r"\bplease\b|\bsuccessfully\b|!", re.IGNORECASE)
    assert [pair for pair in all_sentences("en") if courtesies.search(pair[1])] == []
