"""`laneway feel EXPRESSION`: the value of an expression, and why it is null where it is."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from app.core import jsontext
from app.core.errors import Invalid
from app.expressions import compile_expression, to_json


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("feel", help="evaluate a FEEL expression")
    parser.add_argument("expression", help="for example: amount > 1000 (after --, when it begins with a minus)")
    parser.add_argument("--context", default="{}", help="the names it can see, a JSON object")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    value, warnings = compile_expression(args.expression).explain(context_of(args.context))
    answer: dict[str, Any] = {"value": to_json(value)}
    if warnings:
        answer["warnings"] = [warning.explain("en") for warning in warnings]
    write(answer, as_json=args.json)
    return 0


def context_of(text: str) -> dict[str, Any]:
    """The JSON object a person gave with --context. Raises Invalid."""
    try:
        context = jsontext.loads(text)
    except jsontext.UnreadableJson as fault:
        raise Invalid(f"--context: {fault}") from fault
    if not isinstance(context, dict):
        raise Invalid("--context: this is not a JSON object")
    return context


def write(answer: dict[str, Any], *, as_json: bool) -> None:
    """The document, or for a reader the value alone with its warnings on stderr."""
    if as_json:
        sys.stdout.write(f"{jsontext.dumps(answer)}\n")
        return
    sys.stdout.write(f"{jsontext.dumps(answer['value'])}\n")
    for warning in answer.get("warnings", ()):
        sys.stderr.write(f"warning: {warning}\n")
