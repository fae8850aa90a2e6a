"""The key that signs cookies and form tokens, made once and kept beside the data."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from app.core.errors import Refused

#: Characters; what is shorter was cut off, and signs nothing.
SHORTEST = 32


class SpoiledKey(Refused):
    """The key of this installation is spoiled."""


def secret_key(folder: str) -> str:
    """The installation's key. Two servers of one installation share the folder, or set LANEWAY_SECRET_KEY.

    Raises SpoiledKey.
    """
    file = Path(folder) / "secret"
    if not file.exists():
        _make(file)
    key = file.read_bytes().strip()
    if len(key) < SHORTEST or not key.isascii():
        raise SpoiledKey(f"{file}: this is no key; without the file a new one is made, and everybody logs in again")
    return key.decode()


def _make(file: Path) -> None:
    """There whole or not at all, whatever dies meanwhile; of two that make one at once, the first one counts."""
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f".secret.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(48))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(made, file)
    finally:
        made.unlink()
