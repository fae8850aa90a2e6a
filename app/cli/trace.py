"""`laneway trace FILE`: run a diagram in memory and see which way it goes. Nothing is stored.

Exit status: 0 completed or waiting, 1 failed or refused, 2 a file or option that cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.cli.tracing import plan as plans
from app.cli.tracing import table
from app.cli.tracing.play import Outcome, play
from app.cli.tracing.shelf import Shelf
from app.core import jsontext
from app.core.errors import Invalid
from app.core.files import shown
from app.core.translations import LANGUAGES, translate

_EPILOG = """\
People and services answer from --answers: {"element": answer} for every time, or {"element": [answers in turn]}; an
answer null leaves the task open, {"@error": code} lets a service fail with a BPMN error. With --steps the outside comes
in order, each step when nothing else can move, and tasks of people wait for theirs:
[{"start": process, "message": name, "data": {}}, {"complete": task, "data": {}, "instance": n}, {"clock": "PT1H"},
{"message": name, "key": value, "data": {}}, {"signal": name, "data": {}}]. "instance" is the number of the round of a
multi-instance, or of the case, from 1. "data" of the result: what the first case knows, and what only later ones know.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "trace",
        help="run a diagram in memory; nothing is stored",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="a BPMN file; called processes and decisions may lie beside it")
    parser.add_argument(
        "--process", action="append", metavar="ID", help="start this one (several: in this order), and no other"
    )
    parser.add_argument("--inputs", default="{}", metavar="JSON", help="what cases know when they start")
    parser.add_argument("--answers", metavar="FILE", help="JSON: what people and services answer, by element")
    parser.add_argument(
        "--advance", action="append", metavar="DURATION", help="move the clock when nothing else can move: PT1H, P3D"
    )
    parser.add_argument("--steps", metavar="FILE", help="JSON: what comes from outside, in order")
    parser.add_argument("--stub-scripts", action="store_true", help="a script task only records itself")
    parser.add_argument("--now", metavar="MOMENT", help="where the clock stands at first (default: now)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of messages and headings")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    plan = plans.read(args)
    shelf = Shelf(Path(args.file), stubbed=args.stub_scripts, lang=args.lang)
    for key in plan.started:
        if key not in shelf.drawn.processes:
            raise Invalid(translate("trace.no_process", args.lang, file=args.file, process=key))
    outcome = play(shelf, plan, args.lang)
    if args.json:
        sys.stdout.write(f"{jsontext.dumps(_document(outcome))}\n")
    else:
        sys.stdout.write(table.text(shown(shelf.file), outcome, args.lang))
    for note in outcome.notes:
        sys.stderr.write(f"laneway trace: {note}\n")
    return 0 if outcome.state in ("completed", "waiting") else 1


def _document(outcome: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = {
        "state": outcome.state,
        "trace": [asdict(entry) for entry in outcome.trace],
        "waiting": [_filled(asdict(wait)) for wait in outcome.waiting],
        "data": outcome.data,
        "error": asdict(outcome.error) if outcome.error is not None else None,
    }
    if outcome.faults:
        document["findings"] = [asdict(fault) for fault in outcome.faults]
    return document


def _filled(wait: dict[str, Any]) -> dict[str, Any]:
    """Without the moment or the name of a message where there is none."""
    return {name: value for name, value in wait.items() if value or name not in ("due_at", "awaits")}
