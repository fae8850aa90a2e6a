"""`laneway migrate-cases`: the dry run, doing it, and the exit status that scripts look at."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.cli import installation, main
from app.core.queue import Job
from app.definitions.deploy import Deployed
from app.instances import moves
from tests.conftest import Cast
from tests.instances.conftest import deployed, relay
from tests.instances.seen import events, kinds, one, open_tasks, rows, said
from tests.instances.test_migrate import longer
from tests.instances.test_migrate_many import three, versions

__all__ = ["deployed", "longer", "one", "relay", "three"]


@pytest.fixture(autouse=True)
def installed(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands meet the database of the test."""
    monkeypatch.setattr(installation, "installed", lambda: app)


def test_without_go_nothing_changes(three: list[str], relay: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate-cases", "relay"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith(": held up")
    assert "no element in the new version" in told[1]
    assert told[-1] == "relay version 2: 2 held up, 1 ready"
    assert main(["migrate-cases", "relay", "--map", "capture=register", "--from", "1", "--to", "2"]) == 0
    assert versions() == [relay.id] * 3


def test_with_go_they_go_and_those_that_cannot_say_why(
    three: list[str], relay: Deployed, longer: Deployed, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate-cases", "relay", "--go", "--json"]) == 1
    document: Any = json.loads(capsys.readouterr().out)
    assert (document["process"], document["version"], document["changed"]) == ("relay", 2, True)
    assert [case["state"] for case in document["cases"]] == ["refused", "refused", "migrated"]
    assert [each["code"] for each in document["cases"][0]["reasons"]] == ["no-target"]
    assert versions() == [relay.id, relay.id, longer.id]
    assert main(["migrate-cases", "relay", "--go", "--map", "capture=register", "--reason", "v2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "relay version 2: 2 migrated"
    assert versions() == [longer.id] * 3
    (event,) = [it for it in events(three[0]) if it.kind == "case.migrated"]
    assert (event.actor_id, said(three[0], "case.migrated")["reason"]) == (None, "v2")
    assert rows(sa.select(Job.id)) == []
    assert main(["migrate-cases", "relay"]) == 0
    assert capsys.readouterr().out == "relay version 2: no case runs on another version\n"
    moves.complete(open_tasks(three[0])["register"], {"name": "x"}, by=cast.wang)
    assert kinds(three[0]).count("case.migrated") == 1


@pytest.mark.parametrize(
    ("words", "status", "names"),
    [
        (["nothing"], 2, "no such process"),
        (["relay", "--to", "9"], 2, "no such process"),
        (["relay", "--map", "nowhere=check"], 2, "--map nowhere=check"),
        (["relay", "--map", "capture=gone", "--lang", "zh"], 2, "新版本中没有这个元素"),
    ],
)
def test_what_cannot_be_is_one_line(
    three: list[str], words: list[str], status: int, names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate-cases", *words]) in (1, status)
    told = capsys.readouterr()
    assert len(told.err.splitlines()) == 1
    assert names in told.err
