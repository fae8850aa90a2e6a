"""What can go wrong, in the four ways a caller can answer it. Subjects derive their own from these.

The docstring of a class is its default message; details are attributes, so that a screen can translate them.
"""

from __future__ import annotations

from typing import Any


class LanewayError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.details = details
        super().__init__(self.message)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["details"][name]
        except KeyError:
            raise AttributeError(name) from None


class Refused(LanewayError):
    """This may not be done, or not now."""


class NotFound(LanewayError):
    """There is no such thing, or it is not yours to see."""


class Invalid(LanewayError):
    """Some fields are not right."""

    def __init__(self, message: str | None = None, *, fields: dict[str, Any] | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        #: field name -> list of messages; nested for nested fields
        self.fields: dict[str, Any] = fields or {}


class Stale(LanewayError):
    """Someone else was first."""
