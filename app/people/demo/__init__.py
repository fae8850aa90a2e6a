"""The demo organisation: seven departments and the cast, all with one password that everybody knows.

Only ever loaded into a database in which nobody has an account.
"""

from __future__ import annotations

from importlib.resources import files

from app.core.database import reading
from app.core.errors import Refused
from app.people import queries
from app.people.actor import SYSTEM
from app.people.csvfiles import Table, parse_table
from app.people.importing import Report, load

PASSWORD = "laneway-demo"  # noqa: S105  printed at start: it protects nothing but a demo


class NotEmpty(Refused):
    """People have accounts here already; the demo organisation is for an empty database only."""


def load_people(password: str = PASSWORD) -> Report:
    """Departments and people. Raises NotEmpty."""
    with reading() as session:
        if not queries.is_empty(session):
            raise NotEmpty
    return load(tables(), by=SYSTEM, password=password)


def tables() -> list[Table]:
    folder = files(__package__)
    return [parse_table(name, (folder / name).read_bytes()) for name in ("departments.csv", "people.csv")]


def cast() -> list[tuple[str, str, str, str]]:
    """(login, name, department code, role) of everybody, for telling people how to log in."""
    [_, people] = tables()
    return [(row["login"], row["name"], row["department"], row["role"]) for row in people.rows]
