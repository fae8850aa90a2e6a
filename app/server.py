"""A server's life: tables, demo, diagrams, background work, pages; and what it tells the person who started it."""

from __future__ import annotations

import gc
import json
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import waitress
from flask import Flask

from app import create_app, demo
from app.core import migrations
from app.core.errors import Invalid, Refused
from app.core.translations import explain
from app.definitions.errors import DiagramRefused
from app.definitions.folder import FileResult, deploy_folder
from app.jobs.runner import Runner
from app.people import demo as people

Tell = Callable[[str], None]


class PortTaken(Refused):
    """Something else answers at this address already."""


class NoAddress(Invalid):
    """Nobody can be served at this address."""


def prepare(app: Flask, tell: Tell) -> None:
    """Bring the tables up to date, load the demo into an empty database, deploy what changed in the folder.

    A file that is refused is told and does not keep the others, or the server, from starting.
    """
    with app.app_context():
        if migrations.upgrade():
            tell("Tables are up to date.")
        fresh = bool(app.config["DEMO"]) and people.load_if_empty()
        for result in deploy_folder(Path(app.config["PROCESSES"]), Path(app.config["FORMS"])):
            for line in _told(result):
                tell(line)
        if fresh:
            tell(f"Demo organisation with {demo.load(app)} cases.")


def _told(result: FileResult) -> list[str]:
    if isinstance(result.error, DiagramRefused):
        faults = [each for each in result.error.findings if each.severity == "error"]
        return [f"{result.name} is not deployed:"] + [
            f"  line {each.line}, {each.element}: {each.message}" for each in faults
        ]
    if result.error is not None:
        return [f"{result.name} is not deployed: {explain(result.error, 'en')}"]
    return [f"{result.name}: {each.key} version {each.version}" for each in result.deployed if each.is_new]


def serve(settings: dict[str, object] | None = None, *, as_json: bool = False) -> int:
    """Prepare, then answer on the configured address until SIGINT or SIGTERM. Returns the exit status.

    `as_json` is for whoever starts it by a script: one document once it answers, everything else on stderr.
    """
    tell = _say_aside if as_json else _say
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("alembic", "apscheduler", "waitress"):
        logging.getLogger(name).setLevel(logging.WARNING)
    app = create_app(settings)
    host, port = app.config["HOST"], app.config["PORT"]
    try:
        server = waitress.create_server(app, host=host, port=port, threads=app.config["THREADS"])
    except OSError as fault:
        raise PortTaken(f"{host}:{port} is taken ({fault.strerror}); set LANEWAY_PORT to another number.") from fault
    except ValueError as fault:
        raise NoAddress(f"{host}:{port} is no address of this machine; set LANEWAY_HOST to one.") from fault
    runner = None
    try:
        prepare(app, tell)
        runner = _background(app)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if as_json:
            _say(json.dumps({"address": f"http://{host}:{server.effective_port}"}))
        else:
            _say(_greeting(app, host, server.effective_port))
        settle()
        with suppress(KeyboardInterrupt):
            server.run()
    finally:
        server.close()
        if runner is not None:
            runner.stop()
    tell("Stopped.")
    return 0


def settle() -> None:
    """Have Python's collector leave alone what a server holds for its whole life: code, tables, programs.

    Else it goes through all of it every few hundred moves: a quarter of their CPU, and a third of a second for one.
    Nor does it look as often as its usual 700 new things say: one move makes some thousands that go by themselves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)


def _background(app: Flask) -> Runner | None:
    """Start background work, and let it be asked for by `/readyz`."""
    with app.app_context():
        if app.config["DEMO"] and people.is_loaded():
            demo.register()
    if not app.config["RUN_JOBS"]:
        return None
    runner = app.extensions["laneway_runner"] = Runner(app)
    runner.start()
    return runner


def _greeting(app: Flask, host: str, port: int) -> str:
    lines = ["", f"Laneway 泳道 serves http://{host}:{port}", ""]
    with app.app_context():
        if app.config["DEMO"] and people.is_loaded():
            lines.append(people.greeting())
    return "\n".join([*lines, "Ctrl+C stops it.", ""])


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _say_aside(line: str) -> None:
    sys.stderr.write(line + "\n")
