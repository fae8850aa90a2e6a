"""`laneway serve`: tables, diagrams, pages, API and background work in one process."""

from __future__ import annotations

import argparse
from typing import Any

import config
from app import serve
from app.cli.installation import answering


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("serve", help="serve pages, API and background work until Ctrl+C")
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8000); 0 takes a free one")
    parser.add_argument("--no-jobs", action="store_true", help="leave background work to another process")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout once it answers")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    chosen: dict[str, Any] = {"HOST": args.host, "PORT": args.port, "RUN_JOBS": False if args.no_jobs else None}
    settings = {name: value for name, value in chosen.items() if value is not None}
    with answering(config.load()["DATABASE_URL"]):
        return serve(settings, as_json=args.json)
