"""The command line: `laneway COMMAND`. Each command is a module with `register(subparsers)`.

Exit status: 0 done and clean, 1 done and something was found or refused, 2 wrong use or unreadable input, 3 not built;
as a shell says it of signals, 130 interrupted by Ctrl+C, and 141 when whoever reads the output has gone.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

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
    "migrate-cases": "migrate_cases",
    "people": "people",
    "restore": "backup",
    "serve": "serve",
    "trace": "trace",
    "worktime": "worktime",
}
#: public, not there yet (contract.md): said plainly, with a status of its own
NOT_BUILT = ("match", "duplicates", "clones", "log", "verdict", "simulate")


INTERRUPTED = 130
UNREAD = 141


class _Parser(argparse.ArgumentParser):
    """Wrong use is one line. Options are not abbreviated: a new one would change what a script's short one means."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False} | options)

    def error(self, message: str) -> Any:
        self.exit(2, f"{self.prog}: {_one_line(message)} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, as the process of a shell: its output is written, or why not is said, before it ends."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names of files need not be text, and not every terminal has every character.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _tell(arguments, "interrupted")
        return INTERRUPTED
    except OSError as fault:
        _write_no_more()
        if isinstance(fault, BrokenPipeError):  # `| head -1` has what it wants
            return UNREAD
        _tell(arguments, fault.strerror or str(fault))
        return 2
    return status


def _write_no_more() -> None:
    """What is still held back finds no place either: Python would try again at its end, and complain."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def command(arguments: Sequence[str]) -> int:
    """Run one command. Faults of the input are one clear line on stderr, never a traceback."""
    name = _name(arguments)
    if name in NOT_BUILT:
        _tell(arguments, "not built yet")
        return 3
    parser = _Parser(prog="laneway", description="Runs service processes from BPMN diagrams.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = [COMMANDS[name]] if name in COMMANDS else sorted(set(COMMANDS.values()))
    for module in modules:
        import_module(f"app.cli.{module}").register(subparsers)
    try:
        options, unknown = parser.parse_known_args(arguments)
        if unknown:
            parser.prog = f"laneway {name}"
            parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    return _run(arguments, options)


def _run(arguments: Sequence[str], options: argparse.Namespace) -> int:
    try:
        status: int = options.run(options)
    except LanewayError as fault:
        _tell(arguments, fault.message)
        return 2
    except OSError as fault:
        if fault.filename is None:  # of the output, not of a file that was named
            raise
        _tell(arguments, ": ".join(str(part) for part in (fault.filename, fault.strerror or fault) if part))
        return 2
    return status


def _name(arguments: Sequence[str]) -> str:
    return next((word for word in arguments if not word.startswith("-")), "")


def _tell(arguments: Sequence[str], what: str) -> None:
    with suppress(BrokenPipeError):
        print(f"laneway {_name(arguments)}: {_one_line(what)}", file=sys.stderr)  # noqa: T201


def _one_line(text: str) -> str:
    """Names of files and what people typed may hold line ends."""
    return " ".join(text.split("\n")).strip()
