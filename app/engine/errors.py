"""What the engine refuses, and the faults that become incidents or BPMN errors."""

from __future__ import annotations

from app.core.errors import Invalid, LanewayError, Refused


class NotRunnable(Refused):
    """This diagram says something that is not run."""

    def __init__(self, findings: list[tuple[str, int, str]]) -> None:
        super().__init__("; ".join(f"{element} (line {line}): {message}" for element, line, message in findings))
        #: (element id, line, message)
        self.findings = findings


class NoStart(Refused):
    """The process cannot be started there."""


class UnknownStep(Refused):
    """This step is over, or does not wait for that."""


class CannotMigrate(Invalid):
    """This case cannot go to that version: `obstacles` says what is in the way."""


class TooLargeData(Invalid):
    """A value is too large or nested too deeply to be kept."""


class UnreadableState(LanewayError):
    """The stored state of this case was written by a later version of Laneway, or is damaged."""


DEADLOCK = "join-deadlock"  #: the fault of a node that waits for a token which cannot come


class StepFault(Exception):
    """A step cannot go on. `code` names the kind of fault; `message` says what to look at."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ThrownError(StepFault):
    """A fault of the work itself, which an error event may catch. `error` is the BPMN error code, "" when none."""

    def __init__(self, code: str, message: str, error: str = "") -> None:
        super().__init__(code, message)
        self.error = error
