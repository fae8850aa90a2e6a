"""`laneway migrate`: creates the tables, or brings them to this version."""

from __future__ import annotations

import argparse
import json
import sys

from app.cli.installation import opened
from app.core import migrations


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("migrate", help="create or upgrade the tables of the database")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    with opened(with_tables=False):
        before = migrations.current()
        changed = migrations.upgrade()
    answer = {"from": before, "to": migrations.newest(), "changed": changed}
    said = f"from {before or 'an empty database'} to {answer['to']}" if changed else f"at {answer['to']} already"
    sys.stdout.write(json.dumps(answer) + "\n" if args.json else f"The tables are {said}.\n")
    return 0
