"""Every setting, with its unit and reason. An environment variable LANEWAY_<NAME> overrides it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from app.core.errors import Invalid
from app.core.translations import LANGUAGES

ROOT = Path(__file__).resolve().parent

DEFAULTS: dict[str, Any] = {
    # Where everything is kept. SQLite needs no server; postgresql+psycopg://user@host/name is for several nodes.
    "DATABASE_URL": f"sqlite:///{ROOT / 'var' / 'laneway.db'}",
    # Signs session cookies and form tokens; empty = made once and kept in var/secret (see app.secret).
    "SECRET_KEY": "",
    "HOST": "127.0.0.1",
    "PORT": 8000,
    "THREADS": 8,  # web threads of one server process
    # Folders of files that analysts own.
    "PROCESSES": str(ROOT / "processes"),
    "FORMS": str(ROOT / "forms"),
    "DATA": str(ROOT / "var"),
    # Load the demo organisation into an empty database at start. `make run` sets it.
    "DEMO": False,
    # The language shown to a reader whose browser asks for neither.
    "LANGUAGE": "zh",
    # Staff sessions: hours without a click, and hours in all.
    "SESSION_IDLE_HOURS": 8,
    "SESSION_HOURS": 24,
    "SECURE_COOKIES": False,  # true behind TLS
    # Background work. Seconds between two looks at due timers and jobs.
    "TICK_SECONDS": 1.0,
    "RUN_JOBS": True,  # false: a server without background work (another process does it)
    # Seconds before a failed service call is tried again; doubles each time. How often is the diagram's (3 if unsaid).
    "SERVICE_BACKOFF_SECONDS": 5,
    # Messages that nobody listens for yet wait this long, hours.
    "MESSAGE_WAIT_HOURS": 24,
    # Idempotency keys are kept this long, days.
    "KEY_DAYS": 30,
    # Largest request body, bytes.
    "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
    # What one case may ask for: elements of a multi-instance and rounds of a loop; processes that call each other;
    # steps of one move, and rounds of one move through the same node (more is an endless loop, and an incident).
    "MOST_INSTANCES": 5_000,
    "MOST_CALLS": 50,
    "MOST_STEPS": 10_000,
    "MOST_ROUNDS": 1_000,
    # Live states kept warm in one server process.
    "LIVE_CACHE": 2000,
}

#: The least and the most of numbers that cannot be just any.
RANGES: dict[str, tuple[float, float]] = {
    "PORT": (0, 65535),
    "THREADS": (1, 1000),
    "TICK_SECONDS": (0.01, 3600),
    "SESSION_IDLE_HOURS": (1, 24 * 365),
    "SESSION_HOURS": (1, 24 * 365),
    "SERVICE_BACKOFF_SECONDS": (0, 24 * 3600),
    "MESSAGE_WAIT_HOURS": (0, 24 * 365),
    "KEY_DAYS": (1, 3650),
    "MAX_CONTENT_LENGTH": (1024, 2**31),
    "MOST_INSTANCES": (1, 1_000_000),
    "MOST_CALLS": (1, 1_000),
    "MOST_STEPS": (10, 1_000_000),
    "MOST_ROUNDS": (2, 1_000_000),
    "LIVE_CACHE": (0, 10_000_000),
}
_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


class BadSetting(Invalid):
    """A setting is not what it has to be."""


def load(overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """The settings: defaults, then the environment, then `overrides`. Raises BadSetting."""
    settings = dict(DEFAULTS)
    for name, default in DEFAULTS.items():
        text = os.environ.get(f"LANEWAY_{name}")
        if text is not None:
            settings[name] = _read(name, text, default)
    settings |= overrides or {}
    for name, (least, most) in RANGES.items():
        if not least <= settings[name] <= most:
            raise BadSetting(f"LANEWAY_{name}: {settings[name]} is not between {least} and {most}")
    if settings["LANGUAGE"] not in LANGUAGES:
        raise BadSetting(f"LANEWAY_LANGUAGE: {settings['LANGUAGE'][:80]!r} is none of {', '.join(LANGUAGES)}")
    settings["DATABASE_URL"] = _absolute(settings["DATABASE_URL"])
    return settings


def _absolute(url: str) -> str:
    """A file of SQLite is meant from where the command was typed; Flask would look in a folder of its own."""
    file = url.removeprefix("sqlite:///")
    if file == url or file.startswith(("/", ":memory:")) or not file:
        return url
    return f"sqlite:///{Path(file).absolute()}"


def _read(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        word = text.strip().lower()
        if word not in _YES | _NO:
            raise BadSetting(f"LANEWAY_{name}: {text[:80]!r} is neither yes nor no")
        return word in _YES
    try:
        return type(default)(text)
    except ValueError:
        raise BadSetting(f"LANEWAY_{name}: {text[:80]!r} is no number") from None
