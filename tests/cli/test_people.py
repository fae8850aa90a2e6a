"""`laneway people import`, `laneway admin` and `laneway demo`, on a real database."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest
from flask import Flask

from app.cli import installation, main
from app.core.database import reading
from app.people import logins, queries
from app.people.demo import PASSWORD, load_if_empty
from app.people.errors import WrongLogin

DEPARTMENTS = "code,name\nCS,客服部\n"
PEOPLE = "login,name,department\nlin,林志强,CS\n"


@pytest.fixture(autouse=True)
def installed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands meet the database of the test."""
    monkeypatch.setattr(installation, "installed", lambda: app)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "departments.csv").write_text(DEPARTMENTS, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return [str(tmp_path / "departments.csv"), str(tmp_path / "people.csv")]


def typed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def known() -> set[str]:
    with reading() as session:
        return {person.login for person in queries.people(session)}


def test_the_first_administrator_is_made_by_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("rain on the roof\n", monkeypatch)
    assert main(["admin", "create", "admin", "--name", "管理员"]) == 0
    assert "rain" not in capsys.readouterr().out
    assert logins.log_in("admin", "rain on the roof").actor.is_admin


def test_a_generated_password_is_printed_once_and_has_to_be_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "create", "admin", "--generate", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert logins.log_in("admin", answer["password"]).actor.must_change_password


@pytest.mark.parametrize(("text", "said"), [("", "No password"), ("short\n", "12 to 200 characters")])
def test_an_administrator_without_a_good_password_is_not_made(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    typed(text, monkeypatch)
    assert main(["admin", "create", "admin"]) == 1
    assert said in capsys.readouterr().err
    assert known() == set()


def test_a_forgotten_password_is_replaced(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    assert main(["people", "import", *files]) == 0
    assert main(["admin", "password", "lin", "--generate", "--json"]) == 0
    password = json.loads(capsys.readouterr().out.splitlines()[-1])["password"]
    assert logins.log_in("lin", password)
    assert main(["admin", "password", "nobody", "--generate"]) == 1


def test_a_token_is_made_for_a_machine(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    main(["people", "import", *files])
    assert main(["admin", "token", "lin", "--name", "CRM", "--json"]) == 0
    token = json.loads(capsys.readouterr().out.splitlines()[-1])["token"]
    with reading() as session:
        actor = logins.find_by_token(session, token)
    assert actor is not None
    assert actor.login == "lin"


def test_files_are_loaded(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    assert main(["people", "import", *files, "--dry-run"]) == 0
    assert capsys.readouterr().out == "would be: 1 departments, 1 people, 1 memberships\n"
    assert known() == set()
    assert main(["people", "import", *files, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == 1
    assert main(["people", "import", *files]) == 0
    assert capsys.readouterr().out == "nothing to do\n"
    assert known() == {"lin"}


def test_one_time_passwords_are_written_for_the_owner_only(tmp_path: Path, files: list[str]) -> None:
    secret = tmp_path / "passwords.csv"
    assert main(["people", "import", *files, "--passwords", str(secret)]) == 0
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    [row] = csv.DictReader(secret.read_text(encoding="utf-8").splitlines())
    assert logins.log_in(row["login"], row["password"])


def test_a_file_of_passwords_is_never_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, files: list[str]
) -> None:
    assert main(["people", "import", *files, "--passwords", files[0]]) == 2
    assert "File exists" in capsys.readouterr().err
    assert known() == set()


def test_a_mistake_is_told_by_file_line_and_column(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, files: list[str]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("login,name,department\nsun,孙丽娜,MK\n", encoding="utf-8")
    assert main(["people", "import", *files, str(bad), "--json"]) == 2
    said = capsys.readouterr()
    assert said.err == f"{bad}:2:department: There is no department “MK”.\n"
    assert json.loads(said.out)["problems"][0]["line"] == 2
    assert known() == set()


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["people", "import", str(tmp_path / "none.csv")]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path / 'none.csv'}:1: The file cannot be read")


def test_the_demo_enters_an_empty_database_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    said = capsys.readouterr().out
    assert PASSWORD in said
    assert "lin " in said
    assert logins.log_in("lin", PASSWORD)
    assert main(["demo"]) == 1
    assert not load_if_empty()


def test_outside_of_the_demo_nobody_gets_in_with_its_password(files: list[str]) -> None:
    main(["people", "import", *files])
    with pytest.raises(WrongLogin):
        logins.log_in("lin", PASSWORD)
