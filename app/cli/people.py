"""`laneway people import FILE...`: people and departments from CSV files, all or nothing."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app import create_app
from app.core.errors import LanewayError
from app.core.translations import explain
from app.people.actor import SYSTEM
from app.people.csvfiles import DEPARTMENTS, PEOPLE, ImportRefused, Problem, read_tables
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
        with create_app().app_context():
            _check_free(args.passwords)
            report = load(tables, by=SYSTEM, dry_run=args.dry_run, with_passwords=args.passwords is not None)
    except ImportRefused as refusal:
        return _refuse(refusal.problems, args.json)
    except LanewayError as error:
        sys.stderr.write(f"laneway people import: {explain(error, 'en')}\n")
        return 1
    except OSError as fault:
        sys.stderr.write(f"laneway people import: {fault.filename}: {fault.strerror}\n")
        return 2
    if report.passwords:
        _write_passwords(args.passwords, report.passwords)
    _tell(report, args)
    return 0


def _check_free(file: Path | None) -> None:
    if file is not None and file.exists():
        raise FileExistsError(0, "exists already", str(file))


def _write_passwords(file: Path, passwords: dict[str, str]) -> None:
    # Readable for nobody else from its first byte on.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([("login", "password"), *passwords.items()])


def _refuse(problems: list[Problem], as_json: bool) -> int:
    for problem in problems:
        sys.stderr.write(f"{problem.sentence('en')}\n")
    if as_json:
        said = [
            {"file": each.file, "line": each.line, "column": each.column, "message": explain(each.error, "en")}
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
