"""People and departments from CSV files: what a careful, a careless and a hostile file do."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.core.database import reading
from app.people import logins, moves, queries
from app.people.actor import SYSTEM
from app.people.csvfiles import ImportRefused, Table, parse_table, read_tables
from app.people.errors import NotAdministrator
from app.people.importing import Report, load
from app.people.models import Post, Role

pytestmark = pytest.mark.usefixtures("app")

DEPARTMENTS = """\
code,name,name_en,short,seal,position
CS,客服部,Customer service,客服,客,1
OP,运营部,Operations,运营,运,2
"""
PEOPLE = """\
login,name,name_en,department,role,email
lin,林,Lin,CS,staff,lin@bank.example
zhao,赵,Zhao,OP,head,
zhao,赵,Zhao,CS,,
chen,陈,Chen,,analyst,
qian,钱,Qian,OP,auditor,
"""


def tables(*texts: str) -> list[Table]:
    return [parse_table(f"file{place}.csv", text.encode()) for place, text in enumerate(texts, 1)]


def imported(*texts: str) -> Report:
    return load(tables(*texts), by=SYSTEM)


def refused(*texts: str) -> list[str]:
    with pytest.raises(ImportRefused) as refusal:
        imported(*texts)
    return [problem.sentence("en") for problem in refusal.value.problems]


def logins_known() -> set[str]:
    with reading() as session:
        return {person.login for person in queries.people(session)}


def test_two_files_make_an_organisation() -> None:
    report = imported(DEPARTMENTS, PEOPLE)
    assert (report.departments, report.people, report.memberships, report.roles) == (2, 4, 4, 2)
    with reading() as session:
        people = {person.login: person for person in queries.people(session)}
    assert people["zhao"].posts == {"CS": Post.STAFF, "OP": Post.HEAD}
    assert people["chen"].roles == {Role.ANALYST}
    assert people["qian"].posts == {"OP": Post.STAFF}
    assert people["lin"].email == "lin@bank.example"
    assert not people["lin"].can_log_in


def test_the_same_files_again_change_nothing() -> None:
    imported(DEPARTMENTS, PEOPLE)
    assert imported(DEPARTMENTS, PEOPLE) == Report()


def test_a_corrected_file_corrects() -> None:
    imported(DEPARTMENTS, PEOPLE)
    report = imported(DEPARTMENTS.replace("运营部", "营运部"), PEOPLE.replace("林,Lin", "林月,Lin Yue"))
    assert report == Report(changed=2)


def test_a_dry_run_tells_and_leaves_nothing() -> None:
    report = load(tables(DEPARTMENTS, PEOPLE), by=SYSTEM, dry_run=True, with_passwords=True)
    assert (report.people, report.passwords) == (4, {})
    assert logins_known() == set()


def test_one_mistake_keeps_everything_out_and_is_named_with_file_line_and_column() -> None:
    assert refused(DEPARTMENTS, PEOPLE + "wu,吴,Wu,RC,staff,\n") == [
        "file2.csv:7:department: There is no department “RC”."
    ]
    assert logins_known() == set()


def test_all_mistakes_are_told_at_once() -> None:
    people = """\
login,name,department,role,starts_on,ends_on,email
林,林,CS,,,,
sun,,CS,,,,
wang,王,OP,boss,,,
wu,吴,,head,,,
xu,许,OP,,24.11.2026,,
feng,冯,OP,,2026-11-24,2026-11-01,
"""
    assert refused(DEPARTMENTS, people) == [
        "file2.csv:2:login: A login is 1 to 64 letters a-z, digits and . _ @ -, beginning with a letter or digit;"
        " “林” is not.",
        "file2.csv:3:name: This has to be filled in.",
        "file2.csv:4:role: “boss” is no role. A role is staff, head, analyst, auditor or admin.",
        "file2.csv:5:department: This has to be filled in.",
        "file2.csv:6:starts_on: “24.11.2026” is no day. A day is written as 2026-11-24.",
        "file2.csv:7:ends_on: The end lies before the start.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "file1.csv:1: The first line must name the columns"),
        ("lin,林\n", "file1.csv:1: The first line must name the columns"),
        ("login,name,salary\n", "file1.csv:1:salary: There is no column “salary”."),
        ("login,name,name\n", "file1.csv:1:name: The column “name” stands there twice."),
        ("login,name\n\nlin,林,CS\n", "file1.csv:3: This line has more cells than the header."),
        ('login,name\nlin,"林\n', "file1.csv:2: The quotation marks of this line do not fit."),
        ('login,name\n"a\nb",x\nlin,"林"x\n', "file1.csv:4: The quotation marks of this line do not fit."),
        (f"login,name\nlin,{'林' * 200_000}\n", "file1.csv:2:name: This text is too long; 200 characters fit."),
        ("login,name\nlin,\0\n", "file1.csv:1: This is not a text file"),
        ("code,name,position\nCS,客服部,first\n", "file1.csv:2:position: “first” is no position."),
        ("code,name,calendar\nCS,客服部,moon\n", "file1.csv:2:calendar: There is no calendar “moon”."),
    ],
)
def test_a_broken_file_is_refused_by_its_line(text: str, said: str) -> None:
    [sentence] = refused(text)
    assert sentence.startswith(said)


def test_a_file_that_a_chinese_spreadsheet_saved_is_read() -> None:
    table = parse_table("people.csv", PEOPLE.encode("gb18030"))
    assert table.rows[0]["name"] == "林"
    assert parse_table("people.csv", PEOPLE.encode("utf-8-sig")).rows == table.rows


def test_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xff")
    with pytest.raises(ImportRefused) as refusal:
        read_tables([tmp_path / "none.csv", tmp_path / "picture.csv", tmp_path])
    assert [Path(problem.file).name for problem in refusal.value.problems] == ["none.csv", "picture.csv", tmp_path.name]


def test_a_thousand_mistakes_are_not_all_told() -> None:
    assert len(refused("login,name\n" + "林,林\n" * 1000)) == 50


def test_new_people_get_one_time_passwords_when_asked_for() -> None:
    report = load(tables(DEPARTMENTS, PEOPLE), by=SYSTEM, with_passwords=True)
    assert report.passwords.keys() == {"lin", "zhao", "chen", "qian"}
    assert logins.log_in("lin", report.passwords["lin"]).actor.must_change_password
    again = load(tables(PEOPLE), by=SYSTEM, with_passwords=True)
    assert again.passwords == {}


def test_lin_imports_nobody() -> None:
    imported(DEPARTMENTS, PEOPLE)
    with reading() as session:
        lin = queries.find_by_login(session, "lin")
    assert lin is not None
    with pytest.raises(NotAdministrator):
        load(tables(PEOPLE), by=lin)


def test_the_first_administrator_may_come_before_the_import(app: Flask) -> None:
    moves.create_admin("admin", "管理员", "correct horse battery")
    imported(DEPARTMENTS, PEOPLE)
    assert logins_known() == {"admin", "lin", "zhao", "chen", "qian"}
