"""Why a diagram is not deployed, or not found."""

from __future__ import annotations

from app.core.errors import Invalid, NotFound, Refused


class NoSuchDefinition(NotFound):
    """There is no such process, or no deployed version of it."""


class DiagramRefused(Invalid):
    """This diagram cannot be deployed as it is."""


class NotAnalyst(Refused):
    """Only process analysts and administrators deploy diagrams."""
