"""What may be said to the engine: everything that can make an instance move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TaskDone:
    """Somebody finished the user or manual task `ref`. `answer` holds only what the form may write."""

    ref: str
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimerDue:
    """The clock reached the timer `ref`."""

    ref: str


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """A message, correlated by the caller, for the listener `ref`."""

    ref: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignalArrived:
    """A signal for every listener of that name in this instance."""

    name: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceDone:
    """The call `ref` answered."""

    ref: str
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceFailed:
    """The call `ref` failed for good; with a `code` it is a BPMN error that a boundary event may catch."""

    ref: str
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """An operator: run the failed step `ref` again, after writing `data`."""

    ref: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skip:
    """An operator: leave the failed step `ref` as if it had completed with `data`."""

    ref: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """An operator: write root variables; conditional events react."""

    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Everything stops; every wait is withdrawn."""


Event = (
    TaskDone | TimerDue | MessageArrived | SignalArrived | ServiceDone | ServiceFailed | Retry | Skip | Edit | Cancel
)
