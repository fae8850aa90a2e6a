"""What can go wrong with customers."""

from __future__ import annotations

from app.core.errors import Invalid, NotFound


class CustomerNumberTaken(Invalid):
    """Another customer has this number."""


class UnknownCustomer(NotFound):
    """There is no such customer."""


class BadCustomer(Invalid):
    """Some fields of the customer are not right."""
