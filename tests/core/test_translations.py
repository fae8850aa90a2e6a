"""Sentences in the reader's language, which never break on what is missing."""

from __future__ import annotations

from app.core.errors import LanewayError
from app.core.translations import catalog, explain, pick, translate
from app.tasks.errors import AlreadyClaimed


def test_a_sentence_is_in_the_readers_language_with_its_values() -> None:
    fault = AlreadyClaimed(first="林志强")
    assert "林志强" in explain(fault, "zh")
    assert "林志强" in explain(fault, "en")
    assert explain(fault, "zh") != explain(fault, "en")


def test_an_unknown_language_reads_english_and_an_unknown_key_is_shown() -> None:
    assert explain(AlreadyClaimed(first="Lin"), "fr") == explain(AlreadyClaimed(first="Lin"), "en")
    assert translate("no.such.key", "zh") == "no.such.key"


def test_a_missing_value_leaves_its_place_visible() -> None:
    key = next(key for key, text in catalog("en").items() if "{first}" in text)
    assert "{first}" in translate(key, "en", other=1)


def test_values_are_not_read_as_sentences() -> None:
    key = next(key for key, text in catalog("en").items() if text.count("{") == 1 and "{first}" in text)
    assert "{secret}" in translate(key, "en", first="{secret}", secret="gone")


def test_one_thing_has_a_sentence_of_its_own_where_there_is_one() -> None:
    key = next(key for key in catalog("en") if key.endswith(".one")).removesuffix(".one")
    assert translate(key, "en", n=1) != translate(key, "en", n=2)


def test_an_error_without_a_sentence_says_its_own() -> None:
    class Odd(LanewayError):
        """Something odd."""

    assert explain(Odd(), "zh") == "Something odd."


def test_a_name_is_picked_by_language_else_the_drawings() -> None:
    assert pick({"en": "Check"}, "en", "核对") == "Check"
    assert pick({"en": "Check"}, "zh", "核对") == "核对"
    assert pick({"en": ""}, "en", "核对") == pick(None, "en", "核对") == "核对"
