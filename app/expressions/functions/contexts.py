"""Built-in functions on contexts. A new context is made each time; none is ever changed."""

from __future__ import annotations

from typing import Any

from ..values import Budget, enter
from .registry import Functions

functions = Functions()


@functions.add("get value", 2)
def get_value(_: Budget, context: Any, key: Any) -> Any:
    return enter(context.get(key)) if type(context) is dict and type(key) is str else None


@functions.add("get entries")
def get_entries(budget: Budget, context: Any) -> list[dict[str, Any]] | None:
    if type(context) is not dict:
        return None
    budget.items(2 * len(context))
    return [{"key": key, "value": enter(value)} for key, value in context.items()]


@functions.add("context put", 3)
def context_put(budget: Budget, context: Any, key: Any, value: Any) -> dict[str, Any] | None:
    if type(context) is not dict or type(key) is not str:
        return None
    budget.items(len(context) + 1)
    return {**context, key: value}


@functions.add("context merge")
def context_merge(budget: Budget, contexts: Any) -> dict[str, Any] | None:
    """Later contexts win."""
    items = contexts if type(contexts) is list else [contexts]
    merged: dict[str, Any] = {}
    for item in items:
        if type(item) is not dict:
            return None
        merged.update(item)
        budget.items(len(merged))
    return merged


@functions.add("context")
def context(budget: Budget, entries: Any) -> dict[str, Any] | None:
    """From a list of `{key, value}`; the same key twice is null."""
    items = entries if type(entries) is list else [entries]
    budget.items(len(items))
    made: dict[str, Any] = {}
    for item in items:
        if type(item) is not dict or type(item.get("key")) is not str or "value" not in item or item["key"] in made:
            return None
        made[item["key"]] = enter(item["value"])
    return made
