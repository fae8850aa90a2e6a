"""`laneway demo`: the demo organisation, for an empty database only."""

from __future__ import annotations

import argparse
import json
import sys

from app.cli.installation import opened, refuse
from app.core.errors import LanewayError
from app.people import demo


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("demo", help="load the demo organisation into an empty database")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    with opened():
        try:
            report = demo.load_people()
        except LanewayError as error:
            return refuse("demo", error, as_json=args.json)
    answer = {"departments": report.departments, "people": report.people, "password": demo.PASSWORD}
    sys.stdout.write(f"{json.dumps(answer)}\n" if args.json else demo.greeting())
    return 0
