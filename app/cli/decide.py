"""`laneway decide FILE.dmn DECISION`: what a decision answers, with the rules that applied."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app import decisions
from app.cli.beside import content
from app.cli.feel import context_of, write
from app.core.errors import Invalid


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("decide", help="decide by a DMN file")
    parser.add_argument("file", help="a DMN file")
    parser.add_argument("decision", help="id or name of a decision in it")
    parser.add_argument("--context", default="{}", help="the input data, a JSON object; dates are ISO text")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    context = context_of(args.context)
    file = _read(args.file)
    if file.find(args.decision) is None:
        if _has_services(file):
            sys.stderr.write(f"laneway decide: {args.file}: decision services are not built yet\n")
            return 3
        raise Invalid(f"{args.file}: there is no decision {args.decision}")
    try:
        decided = decisions.decide(file, args.decision, context)
    except decisions.Undecidable as fault:
        errors = [f"line {each.line}: {each.message}" for each in decisions.check(file) if each.severity == "error"]
        write({"value": None, "warnings": [fault.message, *errors]}, as_json=args.json)
        return 1
    write(_answer(decided), as_json=args.json)
    return 0


def _has_services(file: decisions.DecisionFile) -> bool:
    return any(each.values.get("found") == "decisionService" for each in file.problems)


def _read(path: str) -> decisions.DecisionFile:
    try:
        return decisions.read(content(Path(path)))
    except decisions.UnreadableDecision as fault:
        raise Invalid(f"{path}: {fault.message}") from fault


def _answer(decided: decisions.Decided) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "value": decided.value,
        "rules": [{"number": rule.number, "id": rule.id, "outputs": rule.outputs} for rule in decided.rules],
        "inputs": [{"label": label, "value": value} for label, value in decided.inputs],
    }
    if decided.warnings:
        answer["warnings"] = [warning.message for warning in decided.warnings]
    return answer
