"""`laneway history`: the verdict on the record, and its projections."""

# ruff: noqa: S608  whoever tampers writes SQL

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import history as records
from app.cli import history, installation, main
from app.core.database import reading, writing
from app.history import HistoryEvent
from app.instances import moves
from tests.conftest import Cast
from tests.history.conftest import Tamper, tamper  # noqa: F401  the fixture
from tests.instances.conftest import deployed, relay  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def installed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands meet the database of the test."""
    monkeypatch.setattr(installation, "installed", lambda: app)


@pytest.fixture
def case(cast: Cast, relay: Any) -> int:  # noqa: F811
    """A finished case, C-2026-00001 or of whichever year it is."""
    begun = moves.start("relay", {"amount": 5}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {"amount": 6}, by=cast.lin)
    moves.complete(int(done["tasks"][0]), {}, by=cast.wang)
    return int(begun["id"])


def reference(case: int) -> str:
    with reading() as session:
        return str(session.scalar(sa.text(f"SELECT reference FROM process_instance WHERE id = {case}")))


def completion(case: int) -> int:
    found = sa.select(HistoryEvent.seq).where(HistoryEvent.stream_id == case, HistoryEvent.kind == "task.completed")
    with reading() as session:
        return int(session.scalars(found.order_by(HistoryEvent.seq)).first() or 0)


def test_a_whole_record_is_said_to_be_whole(case: int, capsys: pytest.CaptureFixture[str]) -> None:
    with writing() as tx:
        records.erase(tx, case, [1], by=None)
    assert main(["history", "verify"]) == 0
    assert capsys.readouterr().out.startswith("whole: ")
    assert main(["history", "verify", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["whole"], told["first"], told["faults"], told["erased"]) == (True, None, [], 1)
    assert told["events"] > told["payloads"] > 0
    assert told["streams"] >= 3


def test_the_first_broken_event_is_named_by_case_number_and_kind(
    case: int,
    tamper: Tamper,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    seq = completion(case)
    tamper(f"UPDATE history_event SET element = 'x' WHERE stream_id = {case} AND seq = {seq}")
    tamper(f"DELETE FROM history_payload WHERE stream_id = {case} AND seq = 1")
    assert main(["history", "verify"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("broken: 2 faults in ")
    assert told[1:] == [
        f"{reference(case)}, event 1 (instance.started): The content of event 1 is missing, and no erasure is recorded",
        f"{reference(case)}, event {seq} (task.completed): Event {seq} is not what was written",
    ]
    assert main(["history", "verify", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["first"] == {
        "subject": reference(case),
        "stream": str(case),
        "seq": 1,
        "kind": "missing_payload",
        "event": "instance.started",
        "message": "The content of event 1 is missing, and no erasure is recorded",
    }
    assert [fault["kind"] for fault in document["faults"]] == ["missing_payload", "changed_event"]


def test_every_record_has_a_name(
    relay: Any,  # noqa: F811
    cast: Cast,
    tamper: Tamper,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    with writing() as tx:
        records.record(tx, 12345, "other", [records.Fact("x")], by=None)
    tamper("UPDATE history_event SET element = 'x' WHERE seq = 1")
    assert main(["history", "verify"]) == 1
    told = capsys.readouterr().out
    for name in ("system, event 1", "people, event 1", "relay version 1, event 1", "stream 12345, event 1"):
        assert f"\n{name} (" in told


def test_many_faults_are_cut_short_for_people_only(
    case: int,
    tamper: Tamper,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "MOST_LINES", 3)
    count = tamper(f"UPDATE history_event SET element = 'x' WHERE stream_id = {case}")
    assert main(["history", "verify"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 5
    assert told[-1] == f"and {count - 3} more; --json names them"
    main(["history", "verify", "--json"])
    assert len(json.loads(capsys.readouterr().out)["faults"]) == count


def test_a_case_without_any_record_is_named(
    case: int,
    tamper: Tamper,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    for table, column in (("history_payload", "stream_id"), ("history_event", "stream_id"), ("history_stream", "id")):
        tamper(f"DELETE FROM {table} WHERE {column} = {case}")
    assert main(["history", "verify"]) == 1
    assert f"\n{reference(case)}: There is no record of it at all\n" in capsys.readouterr().out


def test_the_projections_are_checked_and_put_right(
    case: int,
    tamper: Tamper,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["history", "rebuild", "--check"]) == 0
    assert capsys.readouterr().out.startswith("as recorded: 1 cases, ")
    tamper("UPDATE step SET outcome = 'error' WHERE element = 'capture'")
    tamper("DELETE FROM field_change")
    assert main(["history", "rebuild", "--check"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("3 rows differ; ")
    assert f"{reference(case)}: step " in told
    assert "changed (outcome)" in told
    assert main(["history", "rebuild", "--check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["different"], document["replaced"]) == (3, False)
    assert {each["what"] for each in document["differences"]} == {"changed", "missing"}
    assert {(each["case"], each["instance_id"]) for each in document["differences"]} == {(reference(case), str(case))}
    assert main(["history", "rebuild"]) == 0
    assert capsys.readouterr().out.startswith("3 rows put right; ")
    assert main(["history", "rebuild", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["different"] == 0


@pytest.mark.parametrize("way", [[], ["--check"]])
def test_nothing_is_rebuilt_from_a_broken_record(
    case: int,
    tamper: Tamper,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    way: list[str],
) -> None:
    tamper("UPDATE history_event SET element = 'x' WHERE seq = 1")
    assert main(["history", "rebuild", *way]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "laneway history verify" in told.err


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "--evidence", "x.zip"],
        ["export", "C-2026-00001", "-o", "x.zip"],
        ["export", "5", "-o", "x", "--json"],
    ],
)
def test_what_is_not_built_says_so(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["history", *words]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "not built yet" in told.err


def test_a_database_without_tables_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests import conftest

    bare = conftest._app(f"sqlite:///{tmp_path / 'bare.db'}", tmp_path)
    monkeypatch.setattr(installation, "installed", lambda: bare)
    assert main(["history", "verify"]) == 2
    assert "laneway migrate" in capsys.readouterr().err
    nowhere = conftest._app(f"sqlite:///{tmp_path / 'no' / 'folder.db'}", tmp_path)
    monkeypatch.setattr(installation, "installed", lambda: nowhere)
    assert main(["history", "verify"]) == 2
    told = capsys.readouterr().err
    assert "unable to open database file" in told
    assert told.count("\n") == 1
    for app in (bare, nowhere):
        with app.app_context():
            from app.core.database import db

            db.engine.dispose()


def test_a_password_of_the_database_is_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests import conftest

    away = conftest._app("postgresql+psycopg://laneway:geheim@127.0.0.1:1/laneway", tmp_path)
    monkeypatch.setattr(installation, "installed", lambda: away)
    assert main(["history", "verify"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "geheim" not in told
