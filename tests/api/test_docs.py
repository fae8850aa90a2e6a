"""docs/api.md tells of calls and codes that are there, and leaves none out."""

from __future__ import annotations

import re
from pathlib import Path

from app.api.calls import CALLS
from app.api.errors import HTTP, code_of
from app.core.errors import LanewayError

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def part(title: str) -> str:
    """What stands below a heading."""
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def plain(path: str) -> str:
    """An address without the names of its places."""
    return re.sub(r"<[^>]+>|{[^}]+}", "{}", path.partition("?")[0])


def told() -> set[str]:
    """`POST /a/{id}/b`, `/c` in one cell are two calls."""
    calls = set()
    for row in re.findall(r"^\| (`(?:GET|POST).*?) \| ", part("The calls"), re.M):
        method, before = "", ""
        for text in re.findall(r"`((?:GET |POST )?/[^`]*)`", row):
            verb, _, path = text.rpartition(" ")
            method = verb or method
            before = path if verb else before.rpartition("/")[0] + path
            calls.add(f"{method} {plain(before)}")
    return calls


def test_every_call_is_told_and_none_is_invented() -> None:
    assert told() == {f"{each.method} {plain(each.path)}" for each in CALLS.values() if not each.public}


def errors(above: type[LanewayError]) -> set[type[LanewayError]]:
    return {above}.union(*(errors(each) for each in above.__subclasses__()))


def test_every_code_that_is_told_exists() -> None:
    rows = re.findall(r"^\| \d{3} \| (.*?) \|", part("When it is refused"), re.M)
    codes = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    own = {"csrf", "unusable_value", "unreadable_diagram"}
    assert len(codes) > 25
    assert codes - own <= {code_of(each) for each in errors(LanewayError)} | set(HTTP.values())
    assert set(HTTP.values()) <= codes
