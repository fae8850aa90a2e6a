"""What the README tells people to type exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def code(text: str) -> str:
    """Code blocks, indented or fenced, and code within lines."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    indented = re.findall(r"^ {4}.*$", text, re.M)
    inline = re.findall(r"`([^`\n]+)`", text)
    return "\n".join([*fenced, *indented, *inline])


def made(text: str) -> set[str]:
    return set(re.findall(r"\bmake (\w+)", code(text)))


def test_the_readme_names_the_two_commands(readme: str) -> None:
    assert {"run", "test"} <= made(readme)


def test_every_make_target_of_the_readme_exists(readme: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert made(readme) <= targets


def test_ci_runs_what_the_readme_says(readme: str) -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    ran = set(re.findall(r"^timed (\w+)", script, re.M))
    assert ran == {"check", "test"}
    assert ran <= made(readme)


def test_every_laneway_command_of_the_readme_exists(readme: str) -> None:
    laneway = Path(sys.executable).with_name("laneway")
    for command in sorted(set(re.findall(r"\blaneway ([a-z]+)", code(readme)))):
        done = subprocess.run([laneway, command, "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_every_file_of_the_readme_exists(readme: str) -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#\s]+)", readme)
    assert [name for name in linked if not (ROOT / name).exists()] == []
