"""Why a case cannot move."""

from __future__ import annotations

from app.core.errors import Invalid, NotFound, Refused, Stale


class NoSuchInstance(NotFound):
    """There is no such case."""


class NoSuchIncident(NotFound):
    """There is no such incident."""


class NotRunning(Refused):
    """This case is suspended or over."""


class NotAllowed(Refused):
    """You may not do this."""


class KeyReused(Refused):
    """This idempotency key was used for something else."""


class AlreadyResolved(Stale):
    """This incident is resolved already."""


class CannotStart(Invalid):
    """This process cannot be started this way."""


class UnknownAccountNamed(Invalid):
    """Nobody has this login."""


class OutOfUse(Refused):
    """This version is out of use."""


class AlreadyThere(Stale):
    """This case is on that version already."""


class MovedSince(Stale):
    """This case has moved since it was migrated."""


class NothingToUndo(Refused):
    """This case was never migrated, or that is undone."""


class NoSuchOrder(NotFound):
    """There is no such migration."""


class StillRunning(Refused):
    """This migration is not done yet."""
