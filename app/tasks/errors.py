"""Why a task cannot be had or done. Details name who and what, so that a screen can say whom to ask."""

from __future__ import annotations

from app.core.errors import NotFound, Refused, Stale


class NoSuchTask(NotFound):
    """There is no such task."""


class NotInDepartment(Refused):
    """This task belongs to another department."""


class AlreadyClaimed(Stale):
    """Somebody else is working on this task."""


class TaskIsOver(Stale):
    """This task is finished or no longer wanted."""


class TaskChanged(Stale):
    """The task changed since you looked at it."""


class NotHeld(Refused):
    """Nobody holds this task, or not you."""


class NotHead(Refused):
    """Only a head of the department or an administrator assigns tasks."""


class FourEyes(Refused):
    """You already had another part in this: a second person must do it."""
