"""What an ordinary file holds: nothing else that a path may name is read, and no more of it than is wanted."""

from __future__ import annotations

import os
from pathlib import Path


def content(file: Path, most: int) -> bytes:
    """At most this many bytes of a file. Folders, pipes and devices are none. Raises OSError."""
    if not file.is_file():  # raises by itself where the name is too long
        if file.exists():
            raise IsADirectoryError(0, "this is no ordinary file", str(file))
        raise FileNotFoundError(0, "there is no such file", str(file))
    with file.open("rb") as stream:
        return stream.read(most)


def is_folder(path: Path) -> bool:
    """Whether there is a folder. A name that no machine would take, too long or looping, is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def shown(file: Path) -> str:
    """The name of a file as it can be printed, whatever its bytes are."""
    return os.fsencode(file).decode(errors="replace")
