"""Format 1 of the live state: what is stored of a running case, readable for ever (docs/state-format.md).

A case is stored in pieces, one for each scope. A piece is one JSON object that speaks of the diagram - element ids,
refs, variables, waits - and never of the classes that run it. Fields are added, never changed or reused; a field that
has its default is left out.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from .errors import UnreadableState

FORMAT = 1

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Wait(msgspec.Struct, omit_defaults=True, frozen=True):
    """What a step waits for."""

    kind: str  #: timer, message, signal or conditional
    name: str = ""  #: of the message or signal; of a condition, its text
    correlation: str | None = None  #: canonical JSON text of the key; null takes any
    due: Moment | None = None  #: timer: when it fires next
    every: str = ""  #: timer cycle: ISO duration between two occurrences
    left: int | None = None  #: timer cycle: occurrences after the next one; null = without end
    until: Moment | None = None  #: timer cycle: none after this moment
    cron: str = ""  #: timer cycle by a cron line instead of a duration
    first: Moment | None = None  #: timer cycle of months, from the 29th to the 31st: the moment they are counted from
    met: bool = False  #: conditional: it was true when it was asked last

    @property
    def known_as(self) -> str:
        """The name under which somebody looks for it; of a long condition its beginning."""
        return self.name[:200] if self.kind == "conditional" else self.name


class Done(msgspec.Struct, omit_defaults=True, frozen=True):
    """An activity that is over and may have to be undone."""

    at: str  #: element id
    path: str = ""  #: the scope that was kept of it, when it holds something to undo itself
    local: dict[str, Any] = {}  #: an instance of a multi-instance: its variables


class Undo(msgspec.Struct, omit_defaults=True, frozen=True):
    """One thing that a compensation still has to do."""

    path: str  #: the scope it happens in
    at: str = ""  #: compensation boundary event, or event sub-process; "" = all in this scope is undone, it may go
    local: dict[str, Any] = {}


class StepNote(msgspec.Struct, omit_defaults=True):
    """A live step: a token at a node, a join that still waits, or somebody who listens on a token's behalf."""

    at: str  #: element id
    state: str = "waiting"  #: waiting, ready, joining, watching or failed
    previous: tuple[str, ...] = ()  #: refs of the steps it came from
    since: Moment | None = None  #: when it was entered
    wait: Wait | None = None
    host: int | None = None  #: watching: the step it listens for; 0 = for the whole scope (event sub-process)
    watches: tuple[int, ...] = ()  #: the steps that listen for this one
    arrived: dict[str, list[str]] = {}  #: tokens that wait for others here: flow id -> refs that came over it
    local: dict[str, Any] = {}  #: variables of its input mappings
    caught: dict[str, Any] | None = None  #: what a message or signal brought, before the step has run
    came: dict[str, Any] | None = None  #: failed: what it waited for has come, only writing it failed
    worked: bool = False  #: its work is done and written, only its leaving failed
    used: tuple[str, ...] = ()  #: complex gateway that waits for reset: the flows whose tokens it has taken
    quiet: bool = False  #: nobody was told that it was entered: it stands for what is still to come of another step
    undo: tuple[Undo, ...] = ()  #: what is to be undone when this handler is over, in order
    undoes: str = ""  #: ref of the step that waits until everything is undone
    code: str = ""  #: failed: the kind of fault
    message: str = ""  #: failed: what is wrong


class LoopNote(msgspec.Struct, omit_defaults=True):
    """The counters of a multi-instance or loop; its children are pieces of their own."""

    total: int  #: instances in all; -1 for a standard loop
    active: int = 0
    completed: int = 0
    terminated: int = 0


class Piece(msgspec.Struct, omit_defaults=True):
    """One scope."""

    format: int
    kind: str  #: process, call, sub (sub-process), multi (multi-instance), child (one of its instances) or result
    program: tuple[str, str] | None = None  #: process and call: (content hash, process id)
    next: int = 1  #: number of the next step
    tokens: int = 0  #: live steps that are tokens
    data: dict[str, Any] = {}  #: variables that this scope declares
    written: tuple[str, ...] = ()  #: call: names of the variables that were written since it began
    steps: dict[int, msgspec.Raw] = {}  #: number -> StepNote
    joins: dict[str, int] = {}  #: element id of a join that waits -> its step
    ready: tuple[str, ...] = ()  #: the root: refs of the steps that the step budget stopped, in their order
    watches: tuple[int, ...] = ()  #: steps that listen for the whole scope
    loop: LoopNote | None = None
    of: str = ""  #: kept for compensation after it was over: the element that had opened it
    undo: tuple[Undo, ...] = ()  #: kept, while something still runs in it: what is to be undone after that
    undoes: str = ""  #: of the same: ref of the step that waits for it
    done: tuple[Done, ...] = ()  #: what may have to be undone, in the order in which it was completed
    result: dict[str, Any] = {}  #: child that is kept: what it yielded
    left: tuple[str, ...] = ()  #: ad-hoc sub-process: entries that have not begun
    closing: bool = False  #: ad-hoc sub-process: its condition is met, nothing begins any more
    conditions: tuple[str, ...] = ()  #: the root: refs of the steps that wait for a condition
    ended: str = ""  #: the root, when the case is over: how


_encoder = msgspec.json.Encoder(decimal_format="number")
_pieces = msgspec.json.Decoder(Piece, float_hook=Decimal)
_steps = msgspec.json.Decoder(StepNote, float_hook=Decimal)
#: what reading raises; ArithmeticError comes from a number with an absurd exponent
_DAMAGE = (msgspec.MsgspecError, UnicodeError, RecursionError, ArithmeticError)


def encode_step(step: StepNote) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(step))


def decode_step(stored: msgspec.Raw) -> StepNote:
    """Raises UnreadableState."""
    try:
        return _steps.decode(stored)
    except _DAMAGE as fault:
        raise UnreadableState(reason=str(fault)) from fault


def encode(piece: Piece) -> bytes:
    return _encoder.encode(piece)


def decode(stored: bytes) -> Piece:
    """Raises UnreadableState."""
    try:
        piece = _pieces.decode(stored)
    except _DAMAGE as fault:
        raise UnreadableState(reason=str(fault)) from fault
    if piece.format != FORMAT:
        raise UnreadableState(format=piece.format)
    if not _is_whole(piece):
        raise UnreadableState(reason="its parts do not belong together")
    return piece


def _is_whole(piece: Piece) -> bool:
    known = piece.steps.keys()
    return (
        (piece.program is not None) == (piece.kind in ("process", "call"))
        and (piece.loop is not None) == (piece.kind == "multi")
        and 0 <= piece.tokens <= len(known)
        and all(0 < number < piece.next for number in known)
        and all(number in known for number in piece.joins.values())
    )
