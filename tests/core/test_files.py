"""What an ordinary file holds, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.files import content, is_folder


def test_no_more_is_read_than_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abcdef")
    assert content(tmp_path / "a", 3) == b"abc"
    assert content(tmp_path / "a", 100) == b"abcdef"


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/", "/no/such/file", "x" * 300])
def test_what_is_no_ordinary_file_is_not_read(name: str) -> None:
    with pytest.raises(OSError, match=r"ordinary|no such|too long") as refused:
        content(Path(name), 10)
    assert refused.value.strerror


def test_a_name_that_no_machine_takes_is_no_folder(tmp_path: Path) -> None:
    assert is_folder(tmp_path)
    assert not is_folder(Path("x" * 300))
