"""FEEL: parse, compile, evaluate. What analysts write in conditions, mappings, timers, forms and decision tables.

    compile_expression("amount > 1000 and risk = null").evaluate({"amount": 2000})  # True

The subset and its limits stand in docs/feel.md. There is no eval: an expression reaches data and built-in functions,
never an object of the host.
"""

from .compiled import Compiled, TooLarge, Warned, compile_expression, compile_unary, constant, reference, to_json
from .dialects import from_dialect
from .errors import ExpressionError
from .temporal import parse_date, parse_duration, parse_moment, parse_time
from .values import Budget, Range, YearsMonths, equal

__all__ = [
    "Budget",
    "Compiled",
    "ExpressionError",
    "Range",
    "TooLarge",
    "Warned",
    "YearsMonths",
    "compile_expression",
    "compile_unary",
    "constant",
    "equal",
    "from_dialect",
    "parse_date",
    "parse_duration",
    "parse_moment",
    "parse_time",
    "reference",
    "to_json",
]
