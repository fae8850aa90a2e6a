"""Variables: who sees them, where they are written, and that nobody outside ever holds a part of the live ones.

Values are never changed in place: a write puts a new value under its name. So a copy is made only where a value
crosses the border of the engine.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.expressions import TooLarge, to_json

from .errors import StepFault, TooLargeData

if TYPE_CHECKING:
    from .spec import Mapped


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was made for the case, as JSON and as our own. Raises StepFault."""
    try:
        return {str(name): to_json(value) for name, value in values.items()}
    except TooLarge as fault:
        raise StepFault("too-large", "A value is too large or nested too deeply to be kept.") from fault


def taken(values: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody outside gives, as JSON and as our own: refused before anything has changed. Raises TooLargeData."""
    try:
        return clean(values)
    except StepFault as fault:
        raise TooLargeData from fault


def copied(value: Any) -> Any:
    """A copy of a JSON value for somebody outside."""
    if type(value) is dict:
        return {name: copied(part) for name, part in value.items()}
    if type(value) is list:
        return [copied(part) for part in value]
    return value


class Seen(ChainMap[str, Any]):
    """Variables that may be called by other names too, without being listed twice.

    `others` are pairs of such names with the variables they mean, nearest scope first.
    """

    others: Sequence[tuple[Mapping[str, str], Mapping[str, Any]]] = ()

    def __missing__(self, name: str) -> Any:
        for names, values in self.others:
            if name in names:
                return values.get(names[name])
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or any(name in names for names, _ in self.others)


def volume(value: Any) -> int:
    """How large a JSON value is, roughly: its characters, and one for each part."""
    if type(value) is str:
        return len(value)
    if type(value) is list:
        return len(value) + sum(map(volume, value))
    if type(value) is dict:
        return len(value) + sum(map(len, value)) + sum(map(volume, value.values()))
    return 1


class Shown(Mapping[str, Any]):
    """The variables as they are now, for somebody outside: each is copied when it is looked at.

    So a thousand tasks of one multi-instance may each be told the list they are made from.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return copied(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, kinds included: true is not 1."""
    if type(one) is not type(other):
        return False
    if type(one) is dict:
        return one.keys() == other.keys() and all(same(part, other[name]) for name, part in one.items())
    if type(one) is list:
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def apply(mappings: Sequence[Mapped], visible: Mapping[str, Any], *, nested: bool) -> dict[str, Any]:
    """Evaluate mappings in their order; a later one sees what an earlier one made.

    With `nested`, a path such as `customer.name` changes that part of the variable that exists; without, it begins
    from nothing. Raises StepFault.
    """
    made: dict[str, Any] = {}
    seen = ChainMap(made, visible)  # type: ignore[arg-type]
    for mapping in mappings:
        value = clean({"": mapping.source.evaluate(seen)})[""]
        name, *rest = mapping.path
        made[name] = put(made.get(name, visible.get(name) if nested else None), rest, value) if rest else value
    return made


def put(into: Any, path: Sequence[str], value: Any) -> dict[str, Any]:
    """A copy of `into` with `value` under `path`; what is no context on the way becomes one."""
    whole = dict(into) if type(into) is dict else {}
    inner = whole
    for name in path[:-1]:
        part = inner.get(name)
        inner[name] = dict(part) if type(part) is dict else {}
        inner = inner[name]
    inner[path[-1]] = value
    return whole
