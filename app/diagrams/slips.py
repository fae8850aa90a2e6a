"""Which known name is probably meant by one that nothing knows."""

from __future__ import annotations

from collections.abc import Iterable

#: letters of a name that may be a slip of another
_SHORTEST, _LONGEST = 4, 40


class Slips:
    """Known names, found by a slip: one letter missing, too many, wrong, two swapped, or another case."""

    def __init__(self, known: Iterable[str]) -> None:
        self._by_part: dict[str, str] = {}
        for name in sorted(known):
            for part in _parts(name):
                self._by_part.setdefault(part, name)

    def find(self, name: str) -> str:
        """The known name that this one is probably a slip of; "" when there is none."""
        found = (self._by_part.get(part) for part in _parts(name))
        return next((other for other in found if other is not None and _is_slip(name, other)), "")


def _parts(name: str) -> list[str]:
    """The name, and it without each of its letters: two names that differ by a slip have one of these in common."""
    lower = name.lower()
    if not _SHORTEST <= len(name) <= _LONGEST:
        return []
    return [lower, *(lower[:at] + lower[at + 1 :] for at in range(len(lower)))]


def _is_slip(name: str, other: str) -> bool:
    """Not `orders` for `order`, nor `a2` for `a1`: a last letter or a number tells names apart on purpose."""
    if name.lower() == other.lower():
        return True
    start = next((at for at, (one, two) in enumerate(zip(name, other, strict=False)) if one != two), None)
    one, two = name[start:], other[start:]
    return start is not None and len(one) + len(two) > 2 and not one[0].isdigit() and not two[0].isdigit()
