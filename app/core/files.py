"""What an ordinary file holds: nothing else that a path may name is read, and no more of it than is wanted."""

from __future__ import annotations

from pathlib import Path


def content(file: Path, most: int) -> bytes:
    """At most this many bytes of a file. Folders, pipes and devices are none. Raises OSError."""
    if not file.is_file():
        if file.exists():
            raise IsADirectoryError(0, "this is no ordinary file", str(file))
        raise FileNotFoundError(0, "there is no such file", str(file))
    with file.open("rb") as stream:
        return stream.read(most)
