"""The demo organisation: seven departments and the cast, all with one password that everybody knows.

Only ever loaded into a database in which nobody has an account, and the record says that it was.
"""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa

from app import history
from app.core.database import again, reading, writing
from app.core.errors import Refused
from app.people import queries
from app.people.actor import SYSTEM
from app.people.csvfiles import Table, parse_table
from app.people.importing import Report, load

PASSWORD = "laneway-demo"  # noqa: S105  printed at start: it protects nothing but a demo
_LOADED = "demo.loaded"


class NotEmpty(Refused):
    """People have accounts here already; the demo organisation is for an empty database only."""


def load_people(password: str = PASSWORD) -> Report:
    """Departments and people. Raises NotEmpty."""
    with reading() as session:
        if not queries.is_empty(session):
            raise NotEmpty
    report = load(tables(), by=SYSTEM, password=password)
    _note()
    return report


@again
def _note() -> None:
    with writing() as tx:
        history.record(tx, history.SYSTEM, "system", [history.Fact(_LOADED)], by=None)


def load_if_empty() -> bool:
    """What a server with the setting DEMO does at start. True when it loaded."""
    with reading() as session:
        if not queries.is_empty(session):
            return False
    load_people()
    return True


def is_loaded() -> bool:
    """Whether this database began as the demo: only there may anything stand in for the outside world."""
    found = sa.select(history.HistoryEvent.seq).where(
        history.HistoryEvent.stream_id == history.SYSTEM, history.HistoryEvent.kind == _LOADED
    )
    with reading() as session:
        return session.scalar(found.limit(1)) is not None


def tables() -> list[Table]:
    folder = files(__package__)
    return [parse_table(name, (folder / name).read_bytes()) for name in ("departments.csv", "people.csv")]


def cast() -> list[tuple[str, str, str, str]]:
    """(login, name, department code, role) of everybody, for telling people how to log in."""
    [_, people] = tables()
    return [(row["login"], row["name"], row["department"], row["role"]) for row in people.rows]


def greeting() -> str:
    """Who can log in to the demo, and as what."""
    lines = [f"Demo logins, all with the password {PASSWORD}"]
    lines += [
        f"  {login:<6} {name}  {' '.join(part for part in (department, role) if part)}"
        for login, name, department, role in cast()
    ]
    return "\n".join(lines) + "\n"
