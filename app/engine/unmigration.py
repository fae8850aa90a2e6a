"""What a migration changed in the stored pieces of a case, field by field, and the way back.

A migration changes where steps stand, never what the case knows: of its variables only those are in it that a
compensation keeps for itself, in fields that name an element as well. Who keeps it must be able to erase it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from . import codec
from .codec import Piece, StepNote
from .errors import UnreadableState

Fields = dict[str, Any]
_plain = msgspec.json.Decoder(float_hook=Decimal)


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, Any]:
    """By piece: the fields that were otherwise, those that were not there, and the same of its steps."""
    return {path: _piece(_plain.decode(before[path]), _plain.decode(stored)) for path, stored in after.items()}


def restored(pieces: Mapping[str, bytes], before: Mapping[str, Any]) -> dict[str, bytes]:
    """The pieces as they were. Raises UnreadableState where they are not those that were changed."""
    return {path: _restored(path, pieces, was) for path, was in before.items()}


def _piece(was: Fields, now: Fields) -> Fields:
    steps, others = was.pop("steps", {}), now.pop("steps", {})
    changed = {number: _fields(steps[number], others[number]) for number in steps if number in others}
    return _fields(was, now) | {
        "steps": {number: fields for number, fields in changed.items() if any(fields.values())},
        "gone": {number: note for number, note in steps.items() if number not in others},
        "new": [number for number in others if number not in steps],
    }


def _fields(was: Fields, now: Fields) -> Fields:
    changed = {name: value for name, value in was.items() if name not in now or now[name] != value}
    return {"was": changed, "without": [name for name in now if name not in was]}


def _restored(path: str, pieces: Mapping[str, bytes], was: Mapping[str, Any]) -> bytes:
    if path not in pieces:
        raise UnreadableState(piece=path)
    now = _plain.decode(pieces[path])
    steps = {number: note for number, note in now.get("steps", {}).items() if number not in was["new"]}
    for number, fields in was["steps"].items():
        if number not in steps:
            raise UnreadableState(piece=path, step=number)
        steps[number] = _put_back(steps[number], fields)
    steps |= was["gone"]
    notes = {int(number): msgspec.convert(note, StepNote) for number, note in steps.items()}
    made = _put_back({name: value for name, value in now.items() if name != "steps"}, was)
    piece = msgspec.convert(made, Piece)
    piece.steps = {number: codec.encode_step(notes[number]) for number in sorted(notes)}
    return codec.encode(piece)


def _put_back(now: Fields, was: Mapping[str, Any]) -> Fields:
    return {name: value for name, value in now.items() if name not in was["without"]} | dict(was["was"])
