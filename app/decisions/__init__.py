"""Decisions in DMN 1.1 to 1.5: read, checked, decided. Cells and expressions are FEEL (app/expressions)."""

from .check import check
from .decide import Decided, Undecidable, decide
from .model import Decision, DecisionFile, Finding, Matched
from .read import UnreadableDecision, read

__all__ = [
    "Decided",
    "Decision",
    "DecisionFile",
    "Finding",
    "Matched",
    "Undecidable",
    "UnreadableDecision",
    "check",
    "decide",
    "read",
]
