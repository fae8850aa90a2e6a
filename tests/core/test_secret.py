"""The key of an installation: made once, read by all, and never half a key."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app import secret
from app.secret import SpoiledKey, secret_key


def test_a_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    key = secret_key(str(tmp_path / "var"))
    assert secret_key(str(tmp_path / "var")) == key
    assert stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "var") == ["secret"]
    assert secret_key(str(tmp_path / "other")) != key


def test_of_two_that_make_one_at_once_the_first_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def late(made: Path, file: Path) -> None:
        file.write_text("k" * 64)
        link(made, file)

    monkeypatch.setattr(secret.os, "link", late)
    assert secret_key(str(tmp_path)) == "k" * 64
    assert os.listdir(tmp_path) == ["secret"]


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 64, "泳".encode() * 40])
def test_what_is_no_key_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(SpoiledKey, match="secret: this is no key"):
        secret_key(str(tmp_path))
