"""The command line: `laneway COMMAND`. Each command is a module with `register(subparsers)`.

Exit status: 0 done and clean, 1 done and something was found or refused, 2 wrong use or unreadable input, 3 not built.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from app.core.errors import LanewayError

#: command -> module; only the module of the command at hand is imported, so that `check` starts at once
COMMANDS = {
    "admin": "admin",
    "backup": "backup",
    "batch": "batch",
    "check": "check",
    "decide": "decide",
    "demo": "demo",
    "deploy": "deploy",
    "feel": "feel",
    "history": "history",
    "migrate": "migrate",
    "people": "people",
    "restore": "backup",
    "serve": "serve",
    "trace": "trace",
    "worktime": "worktime",
}
#: public, not there yet (contract.md): said plainly, with a status of its own
NOT_BUILT = ("match", "duplicates", "clones", "log", "verdict", "simulate")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Faults of the input are one clear line on stderr, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = next((word for word in arguments if not word.startswith("-")), "")
    if name in NOT_BUILT:
        print(f"laneway {name}: not built yet", file=sys.stderr)  # noqa: T201
        return 3
    parser = argparse.ArgumentParser(prog="laneway", description="Runs service processes from BPMN diagrams.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = [COMMANDS[name]] if name in COMMANDS else sorted(set(COMMANDS.values()))
    for module in modules:
        import_module(f"app.cli.{module}").register(subparsers)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    return _run(name, options)


def _run(name: str, options: argparse.Namespace) -> int:
    try:
        status: int = options.run(options)
    except LanewayError as fault:
        print(f"laneway {name}: {fault.message}", file=sys.stderr)  # noqa: T201
        return 2
    except OSError as fault:
        print(f"laneway {name}: {fault.filename or ''}: {fault.strerror or fault}", file=sys.stderr)  # noqa: T201
        return 2
    return status
