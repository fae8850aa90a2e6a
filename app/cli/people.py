"""`laneway people import FILE...`: people and departments from CSV files, all or nothing."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.cli.installation import opened, refuse
from app.core.errors import Refused
from app.core.files import shown
from app.core.translations import explain
from app.people.actor import SYSTEM
from app.people.csvfiles import DEPARTMENTS, PEOPLE, ImportRefused, Problem, Table, read_tables
from app.people.importing import Report, load


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("people", help="people and departments from CSV files")
    parser.set_defaults(run=run)
    does = parser.add_subparsers(dest="does", required=True, metavar="WHAT")
    load_files = does.add_parser(
        "import",
        help="load CSV files in the order given",
        description=f"Columns of departments: {','.join(DEPARTMENTS)}. Columns of people: {','.join(PEOPLE)}. "
        "The first two are needed; roles are staff, head, analyst, auditor, admin; a person may have several lines.",
    )
    load_files.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load_files.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
    load_files.add_argument(
        "--passwords", type=Path, metavar="FILE", help="write one-time passwords of new people here"
    )
    load_files.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(args: argparse.Namespace) -> int:
    try:
        tables = read_tables(args.files)
        with opened(), _keeping(args.passwords) as keep:
            report = _load(tables, args)
            keep(report.passwords)
    except ImportRefused as refusal:
        return _refuse(refusal.problems, args.json)
    except Refused as refusal:
        return refuse("people import", refusal, as_json=args.json)
    _tell(report, args)
    return 0


def _load(tables: list[Table], args: argparse.Namespace) -> Report:
    return load(tables, by=SYSTEM, dry_run=args.dry_run, with_passwords=args.passwords is not None)


@contextmanager
def _keeping(file: Path | None) -> Iterator[Callable[[dict[str, str]], None]]:
    """A new file for passwords, made before anybody is given one that could then not be written down.

    Nobody else may read it from its first byte on. Where there is none to write, it is gone afterwards.
    """
    if file is None:
        yield lambda _: None
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    written: dict[str, str] = {}
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as text:
            yield written.update
            csv.writer(text).writerows([("login", "password"), *written.items()])
    finally:
        if not written:
            file.unlink()


def _refuse(problems: list[Problem], as_json: bool) -> int:
    for problem in problems:
        sys.stderr.write(f"{problem.sentence('en')}\n")
    if as_json:
        said = [
            {
                "file": shown(Path(each.file)),
                "line": each.line,
                "column": each.column,
                "message": explain(each.error, "en"),
            }
            for each in problems
        ]
        sys.stdout.write(f"{json.dumps({'problems': said}, ensure_ascii=False)}\n")
    return 2


def _tell(report: Report, args: argparse.Namespace) -> None:
    counts: dict[str, Any] = asdict(report)
    del counts["passwords"]
    if args.json:
        sys.stdout.write(f"{json.dumps(counts | {'dry_run': args.dry_run})}\n")
        return
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing to do"
    sys.stdout.write(f"{'would be: ' if args.dry_run else ''}{said}\n")
