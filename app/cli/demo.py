"""`laneway demo`: the demo organisation, for an empty database only."""

from __future__ import annotations

import argparse
import json
import sys

from app import create_app
from app.core.database import reading
from app.core.errors import LanewayError
from app.core.translations import explain
from app.people import demo, queries


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("demo", help="load the demo organisation into an empty database")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        with create_app().app_context():
            report = demo.load_people()
    except LanewayError as error:
        sys.stderr.write(f"laneway demo: {explain(error, 'en')}\n")
        return 1
    answer = {"departments": report.departments, "people": report.people, "password": demo.PASSWORD}
    sys.stdout.write(f"{json.dumps(answer)}\n" if args.json else greeting())
    return 0


def load_if_empty() -> bool:
    """What a server with the setting DEMO does at start, within the application. True when it loaded."""
    with reading() as session:
        if not queries.is_empty(session):
            return False
    demo.load_people()
    return True


def greeting() -> str:
    """Who can log in to the demo, and as what."""
    lines = [f"Demo logins, all with the password {demo.PASSWORD}"]
    lines += [
        f"  {login:<6} {name}  {' '.join(part for part in (department, role) if part)}"
        for login, name, department, role in demo.cast()
    ]
    return "\n".join(lines) + "\n"
