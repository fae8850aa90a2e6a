"""What the code imports is asked for in requirements/, and what is asked for is imported."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Used without being imported by us: the PostgreSQL driver by SQLAlchemy, time zones by zoneinfo, and tools by name.
BY_NAME = {"psycopg", "tzdata", "djlint", "mypy", "pytest-xdist", "ruff", "types-lxml"}
#: Flask's own parts, which come with it.
WITH_FLASK = {"click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}
OURS = {"app", "bench", "config", "migrations", "run", "tests", "tools"}
DISTRIBUTIONS = packages_distributions()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for(*files: str) -> set[str]:
    lines = [line for file in files for line in (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines()]
    return {normal(re.split(r"[\[<>=~ ]", line)[0]) for line in lines if line and line[0].isalnum()}


def imported(places: Iterable[str]) -> set[str]:
    """The distributions that the Python files below these places import."""
    files = [
        file for place in places for file in ((ROOT / place).rglob("*.py") if "." not in place else [ROOT / place])
    ]
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    foreign = names - set(sys.stdlib_module_names) - OURS
    return {normal(DISTRIBUTIONS[name][0]) for name in foreign if name in DISTRIBUTIONS}


PRODUCT = ["app", "migrations", "config.py", "run.py"]


def test_what_the_product_imports_is_asked_for() -> None:
    assert imported(PRODUCT) - WITH_FLASK <= asked_for("runtime.in")


def test_what_tests_and_tools_import_is_asked_for() -> None:
    assert imported(["tests", "bench", "tools"]) - WITH_FLASK <= asked_for("runtime.in", "dev.in")


def test_nothing_is_asked_for_in_vain() -> None:
    assert asked_for("runtime.in") - BY_NAME - imported(PRODUCT) == set()
    assert asked_for("dev.in") - BY_NAME - imported(["tests", "bench", "tools"]) == set()
