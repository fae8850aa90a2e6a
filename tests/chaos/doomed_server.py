"""A server that dies by SIGKILL at the n-th fault point it passes: `doomed_server.py PORT POINTS`.

The points lie inside moves: before and after every statement (of those that travel together: before and after the trip,
and when all is sent and nothing answered), before and after the commit, and after the answer was made. Nothing is
cleaned up, as when the power goes.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import waitress

from app import create_app
from app.core import postgres
from app.core.database import Tx, db
from app.core.lines import Here
from app.jobs.runner import Runner

_left = int(sys.argv[2])
_lock = threading.Lock()
_armed = threading.Event()


def point() -> None:
    """Pass a fault point; the one that was drawn is the last thing this process does."""
    global _left
    if not _armed.is_set():
        return
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def around(function: Callable[..., Any]) -> Callable[..., Any]:
    """A fault point before and after a call."""

    def run(*args: Any, **kwargs: Any) -> Any:
        point()
        result = function(*args, **kwargs)
        point()
        return result

    return run


def main() -> None:
    app = create_app()
    for name in ("run", "flush"):
        setattr(Tx, name, around(getattr(Tx, name)))
    tell = around(Here.tell)
    Here.tell = lambda line, calls, commit=False: [tell(line, [call]) for call in calls] and None  # type: ignore[method-assign]
    postgres._answers = around(postgres._answers)
    with app.app_context():
        commit = db.engine.dialect.do_commit
        db.engine.dialect.do_commit = around(commit)  # type: ignore[method-assign]
        sa.event.listen(db.engine, "begin", lambda _connection: point())
    app.after_request(lambda response: (point(), response)[1])
    runner = Runner(app)
    runner.start()
    _armed.set()
    waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=4, _quiet=True)


if __name__ == "__main__":
    main()
