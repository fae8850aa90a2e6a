"""`laneway batch`: commands from stdin, one a line, answered one a line by one warm process."""

from __future__ import annotations

import argparse
import codecs
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, BinaryIO

from app.core import jsontext

#: These read commands themselves, or never end.
REFUSED = ("batch", "serve")
#: Bytes of one line: more is no command.
MOST = 16 * 1024 * 1024


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "batch",
        help="many commands in one process",
        description='One {"args": ["check", "x.bpmn"]} a line on stdin; one {"exit", "out", "err"} a line on stdout.',
    )
    parser.add_argument("--json", action="store_true", help="answers are JSON anyway")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    # Bytes, so that a line that is no UTF-8 is an answer too and not the end.
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline(MOST + 1):
        if line.strip():
            answers.write(jsontext.dump_bytes(_answer(line, source)) + b"\n")
            answers.flush()
    return 0


def _answer(line: bytes, source: BinaryIO) -> dict[str, Any]:
    if len(line) > MOST:
        while line and not line.endswith(b"\n"):
            line = source.readline(MOST)
        return _refusal(f"a line has at most {MOST} bytes")
    try:
        asked = jsontext.loads(line.removeprefix(codecs.BOM_UTF8))
    except jsontext.UnreadableJson as fault:
        return _refusal(f"this line is no JSON: {fault}")
    words = asked.get("args") if isinstance(asked, dict) else None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return _refusal('a line looks like {"args": ["check", "x.bpmn"]}')
    name = next((word for word in words if not word.startswith("-")), "")
    if name in REFUSED:
        return _refusal(f"{name} cannot be called from here")
    return _run(name, words)


def _refusal(reason: str) -> dict[str, Any]:
    return {"exit": 2, "out": "", "err": f"laneway batch: {reason}\n"}


def _run(name: str, words: list[str]) -> dict[str, Any]:
    from app.cli import command

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), _no_stdin():
        try:
            status = command(words)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 2
        except Exception as fault:  # noqa: BLE001  a command that breaks must not take the others with it
            status = 2
            err.write(f"laneway {name}: {_first_line(fault)}\n")
    return {"exit": status, "out": _sayable(out.getvalue()), "err": _sayable(err.getvalue())}


@contextmanager
def _no_stdin() -> Iterator[None]:
    """A command that asks on stdin must not eat the commands after it."""
    before, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = before


def _first_line(fault: Exception) -> str:
    text = str(fault).strip().partition("\n")[0]
    return f"{type(fault).__name__}: {text}" if text else type(fault).__name__


def _sayable(text: str) -> str:
    """File names may hold bytes that are no text; JSON may not."""
    return text.encode(errors="replace").decode()
