"""Numbers in addresses and fields, which anybody may write anything into."""

from __future__ import annotations

LARGEST = 2**63 - 1


def whole(text: str | None) -> int:
    """A whole number that a database key can hold; 0 for anything else."""
    if not text or len(text) > 19 or not (text.isascii() and text.isdigit()):
        return 0
    number = int(text)
    return number if number <= LARGEST else 0
