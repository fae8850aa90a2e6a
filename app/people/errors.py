"""What people can be refused, and why. Field messages are translation keys."""

from __future__ import annotations

from app.core.errors import Invalid, NotFound, Refused


class NotAdministrator(Refused):
    """Only an administrator may do this."""


class LoginTaken(Invalid):
    """Somebody has this login already."""


class BadLogin(Invalid):
    """A login is 1 to 64 letters a-z, digits and . _ @ -, beginning with a letter or digit."""


class TooLong(Invalid):
    """This text is too long."""


class Missing(Invalid):
    """This has to be filled in."""


class WeakPassword(Invalid):
    """A password needs 12 to 200 characters, and may not be the login or one that everybody tries."""


class WrongLogin(Refused):
    """Login or password is wrong."""


class TooManyAttempts(Refused):
    """Too many failed logins; wait before the next one."""


class WrongPassword(Invalid):
    """The present password is wrong."""


class UnknownAccount(NotFound):
    """Nobody has this login."""


class UnknownDepartment(NotFound):
    """There is no such department."""


class UnknownLane(NotFound):
    """There is no such lane."""


class UnknownCalendar(NotFound):
    """There is no such calendar."""


class UnknownToken(NotFound):
    """There is no such token, or it is somebody else's."""


class CodeTaken(Invalid):
    """This code is in use already."""


class BadCode(Invalid):
    """A code is 1 to 40 letters a-z, digits, - and _."""


class AlreadyMember(Refused):
    """This person works in that department already."""


class NotMember(NotFound):
    """This person does not work in that department."""


class NotInRole(NotFound):
    """This person does not have that role."""


class LastAdministrator(Refused):
    """The last administrator cannot go: nobody could let the next one in."""
