"""The built-in functions: a fixed list, each by its FEEL name. A call gets the budget and the values, nothing else.

Wrong kinds of arguments give null, as the standard says.
"""

from __future__ import annotations

from .. import tree
from ..errors import ExpressionError
from . import contexts, lists, moments, numbers, text
from .registry import Function

FUNCTIONS: dict[str, Function] = {
    function.name: function for module in (text, numbers, lists, contexts, moments) for function in module.functions.all
}

#: names of several words, with those of the standard that are not built yet: a text is never read around one
MULTIWORD = frozenset(name for name in FUNCTIONS if " " in name) | frozenset(
    (
        "list replace",
        "met by",
        "overlaps before",
        "overlaps after",
        "finished by",
        "started by",
        "string join",
        "day of year",
        "week of year",
    )
)


def check_arguments(name: str, arguments: list[tree.Node], column: int) -> None:
    """Raises ExpressionError for a wrong number of arguments, or a pattern that only the full language reads."""
    function = FUNCTIONS[name]
    if not function.least <= len(arguments) <= function.most:
        wanted = f"{function.least}" if function.least == function.most else f"{function.least}–{function.most}"
        raise ExpressionError("arguments", column, found=f"“{name}”", expected=wanted, count=len(arguments))
    for position in function.plain:
        if position < len(arguments) and not _is_plain(arguments[position]):
            raise ExpressionError("pattern", arguments[position].column, found=f"“{name}”")


def _is_plain(node: tree.Node) -> bool:
    """A text without signs that mean something in a regular expression or its replacement."""
    return (
        isinstance(node, tree.Constant) and isinstance(node.value, str) and not set(node.value) & set(r"\^$.|?*+()[]{}")
    )
