"""How much one expression may ask for. All bounds in one place, so that none is forgotten."""

from __future__ import annotations

TEXT = 10_000  #: characters of an expression
DEPTH = 50  #: nesting of brackets, functions and else-ifs
STEPS = 400_000  #: node evaluations of one evaluation; about a tenth of a second
WAIT = 16  #: characters of a string made that cost as much as one step
ITEMS = 50_000  #: elements of a list or range made by an expression
STRING = 1_000_000  #: characters of a string made by an expression
NESTING = 60  #: levels of lists and contexts that are compared, printed or returned
DIGITS = 34  #: significant digits of a number (DMN: IEEE 754-2008 decimal128)
EXPONENT = 6144  #: largest decimal exponent, from the same source
