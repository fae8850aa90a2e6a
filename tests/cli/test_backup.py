"""`laneway backup` and `laneway restore`: whole or not at all, into either database, whoever made the file."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import history
from app.cli import archive, backup, installation, main
from app.core import database, migrations
from app.core.clock import FakeClock
from app.core.database import Base, db, reading, writing
from app.definitions import library
from app.definitions.deploy import deploy
from app.definitions.folder import deploy_folder
from app.history.verify import verify
from app.instances import live, moves, rebuild
from app.people import demo
from app.tasks.models import Task
from tests import conftest
from tests.conftest import Cast
from tests.history.through import go
from tests.instances.conftest import END, START, Files, flow, lanes, process, task
from tests.processes.journeys import COMPLAINT, ONBOARDING
from tests.processes.walk import ROOT

RELAY = process(
    "relay",
    lanes(CS="start capture", OP="check end"),
    START,
    task("capture", due="PT4H"),
    task("check"),
    END,
    flow("start > capture", "capture > check", "check > end"),
)


@pytest.fixture(autouse=True)
def installed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands meet the database of the test, or the one it points at."""
    monkeypatch.setattr(installation, "installed", lambda: app)
    yield
    live.clear()
    library.forget()


@pytest.fixture(params=["sqlite", "postgres"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Another installation, whose database has no tables yet."""
    url = f"sqlite:///{tmp_path / 'other.db'}"
    server = None
    if request.param == "postgres":
        postgres = request.getfixturevalue("postgres")
        server = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE other")
        url = postgres.replace("/laneway?", "/other?")
    made = conftest._app(url, tmp_path)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    if server is not None:
        with server.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE other")
        server.dispose()


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, JSON as the text that is stored."""
    with reading() as session:
        return {
            name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
            for name, table in backup.tables().items()
        }


def is_empty() -> bool:
    return not any(dump().values())


def a_busy_day(clock: FakeClock) -> None:
    """Finished, running and waiting cases, with services, timers, messages, an erasure."""
    deploy_folder(ROOT / "processes", ROOT / "forms")
    case = go(ONBOARDING[0], clock)
    go(next(each for each in COMPLAINT if each.end == "chased"), clock)
    moves.start("complaint", {"channel": "线下"}, by=Cast().lin)
    moves.receive("nobody.listens", {"a": 1}, {"text": "“引号” \\ \n"}, sender_id="m1", by=Cast().admin)
    with writing() as tx:
        history.erase(tx, case, [1, 2, 3], by=None)


# -- from one database into another ----------------------------------------------------------------------------------


def test_a_backup_of_either_database_becomes_either(
    app: Flask,
    cast: Cast,
    morning: FakeClock,
    other: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    a_busy_day(morning)
    file, before = tmp_path / "laneway.zip", dump()
    assert main(["backup", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tables"] == {name: len(rows) for name, rows in before.items()}
    assert told["rows"] == sum(told["tables"].values()) > 500
    monkeypatch.setattr(installation, "installed", lambda: other)
    assert main(["restore", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["whole"]) == (sum(map(len, before.values())), True)
    with other.app_context():
        assert migrations.current() == migrations.newest()
        assert dump() == before
        assert verify().is_whole
        assert rebuild.check().different == 0
        # Work goes on where it stood.
        with reading() as session:
            found = sa.select(Task.id).where(Task.state == "open", Task.element == "register")
            left = session.scalars(found).first()
        assert left is not None
        moves.claim(left, by=Cast().lin)
        moves.start("complaint", {}, by=Cast().lin)
        assert verify().is_whole


def test_what_was_restored_is_backed_up_the_same(
    app: Flask, good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    first.write_bytes(good)
    assert main(["restore", str(first)]) == 0
    assert main(["backup", str(second)]) == 0
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as two:
        assert one.namelist() == two.namelist()
        assert [one.read(name) for name in one.namelist()[:-1]] == [two.read(name) for name in two.namelist()[:-1]]


def test_a_backup_is_as_of_one_moment(
    app: Flask, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: Flask
) -> None:
    deploy(RELAY, by=cast.chen, sources=Files(), file_name="relay.bpmn")
    moves.start("relay", {}, by=cast.lin)
    before = dump()
    put, begun = archive.put_table, []

    def meanwhile(into: zipfile.ZipFile, table: sa.Table, rows: Any) -> archive.Member:
        if table.name == "history_event":
            begun.append(moves.start("relay", {}, by=cast.lin))
        return put(into, table, rows)

    monkeypatch.setattr(archive, "put_table", meanwhile)
    file = tmp_path / "laneway.zip"
    assert main(["backup", str(file)]) == 0
    assert begun
    monkeypatch.setattr(installation, "installed", lambda: other)
    assert main(["restore", str(file)]) == 0
    with other.app_context():
        assert dump() == before


def test_no_id_is_given_by_the_database_itself() -> None:
    """A sequence of PostgreSQL would have to be moved on after a restore."""
    assert [table.name for table in Base.metadata.sorted_tables if table._autoincrement_column is not None] == []


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("cast")
def test_the_file_is_its_owners_only_and_holds_no_key(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text("the-installation-key")
    file = tmp_path / "laneway.zip"
    assert main(["backup", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file}: ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as made:
        assert set(made.namelist()) == {"manifest.json", *(f"tables/{name}.jsonl" for name in backup.tables())}
        assert not any(b"the-installation-key" in made.read(name) for name in made.namelist())
        manifest = json.loads(made.read("manifest.json"))
        for name, member in manifest["tables"].items():
            body = made.read(f"tables/{name}.jsonl")
            assert member["sha256"] == hashlib.sha256(body).hexdigest()
            assert (member["bytes"], member["rows"]) == (len(body), body.count(b"\n"))
    assert manifest["migration"] == migrations.newest()
    assert manifest["database"] == db.engine.dialect.name


@pytest.mark.usefixtures("cast")
def test_a_backup_that_fails_leaves_the_last_one_and_nothing_else(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    file = folder / "laneway.zip"
    file.write_bytes(b"the last one")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setattr(archive, "put_manifest", full)
    assert main(["backup", str(file)]) == 2
    assert capsys.readouterr().err == f"laneway backup: {file}: No space left on device\n"
    assert file.read_bytes() == b"the last one"
    assert list(folder.iterdir()) == [file]
    monkeypatch.undo()


def test_a_killed_backup_is_not_there(tmp_path: Path, empty_sqlite: Path) -> None:
    """kill -9 before the last byte is synced: under the name that was asked for there is nothing."""
    file = tmp_path / "laneway.zip"
    script = (
        "import os, signal; from app.cli import archive, main\n"
        "archive.os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"main(['backup', {str(file)!r}])"
    )
    database = tmp_path / "laneway.db"
    database.write_bytes(empty_sqlite.read_bytes())
    settings = {"LANEWAY_DATABASE_URL": f"sqlite:///{database}", "LANEWAY_DATA": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=os.environ | settings, cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not file.exists()


@pytest.mark.usefixtures("cast")
def test_the_name_comes_after_the_bytes(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(archive.os, "fsync", lambda descriptor: (told.append("sync"), sync(descriptor)))
    monkeypatch.setattr(archive.os, "replace", lambda one, two: (told.append("rename"), replace(one, two)))
    assert main(["backup", str(tmp_path / "laneway.zip")]) == 0
    assert told == ["sync", "rename", "sync"]


@pytest.mark.parametrize(("place", "said"), [("none/x.zip", "there is no such folder"), ("", "this is a folder")])
def test_a_place_that_is_none_is_named(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, said: str
) -> None:
    assert main(["backup", str(tmp_path / place)]) == 2
    assert said in capsys.readouterr().err


def test_a_database_without_tables_has_no_backup(
    other: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "installed", lambda: other)
    assert main(["backup", str(tmp_path / "x.zip")]) == 2
    assert "laneway migrate" in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> bytes:
    """A backup of an installation with people, a version and a finished case."""
    folder = tmp_path_factory.mktemp("good")
    file = folder / "laneway.db"
    file.write_bytes(empty_sqlite.read_bytes())
    made = conftest._app(f"sqlite:///{file}", folder)
    with pytest.MonkeyPatch.context() as patch, made.app_context():
        patch.setattr(installation, "installed", lambda: made)
        demo.load_people()
        deploy(RELAY, by=Cast().chen, sources=Files(), file_name="relay.bpmn")
        begun = moves.start("relay", {"amount": 5}, by=Cast().lin)
        done = moves.complete(int(begun["tasks"][0]), {"amount": 6}, by=Cast().lin)
        moves.complete(int(done["tasks"][0]), {}, by=Cast().wang)
        moves.start("relay", {}, by=Cast().lin)
        assert main(["backup", str(folder / "good.zip")]) == 0
        db.session.remove()
        db.engine.dispose()
    live.clear()
    library.forget()
    return (folder / "good.zip").read_bytes()


class Parcel:
    """A backup taken apart, to be put together otherwise."""

    def __init__(self, body: bytes, folder: Path) -> None:
        self.file = folder / "parcel.zip"
        self.file.write_bytes(body)
        with zipfile.ZipFile(self.file) as made:
            self.members = {name: made.read(name) for name in made.namelist()}
        self.manifest: dict[str, Any] = json.loads(self.members.pop("manifest.json"))

    def rows(self, table: str) -> list[list[Any]]:
        return [json.loads(line) for line in self.members[f"tables/{table}.jsonl"].splitlines()]

    def put(self, table: str, rows: list[list[Any]]) -> None:
        """Other rows, with a manifest that agrees."""
        self.put_bytes(table, b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))

    def put_bytes(self, table: str, body: bytes) -> None:
        self.members[f"tables/{table}.jsonl"] = body
        said = self.manifest["tables"][table]
        said |= {"rows": body.count(b"\n"), "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}

    def change(self, table: str, column: str, value: Any, row: int = 0) -> None:
        rows = self.rows(table)
        rows[row][self.manifest["tables"][table]["columns"].index(column)] = value
        self.put(table, rows)

    def write(self, packing: int = zipfile.ZIP_DEFLATED) -> Path:
        with zipfile.ZipFile(self.file, "w", packing) as made:
            for name, body in self.members.items():
                made.writestr(name, body)
            if self.manifest:
                made.writestr("manifest.json", json.dumps(self.manifest))
        return self.file


@pytest.fixture
def parcel(good: bytes, tmp_path: Path) -> Parcel:
    return Parcel(good, tmp_path)


def assert_refused(file: Path, capsys: pytest.CaptureFixture[str], *said: str, exit_status: int = 2) -> None:
    capsys.readouterr()
    assert main(["restore", str(file)]) == exit_status
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("laneway restore: ")
    assert told.err.count("\n") == 1, told.err
    assert "Traceback" not in told.err
    for each in (str(file), *said):
        assert each in told.err
    assert is_empty()


#: What is refused before any database is asked.
on_one_database = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


@pytest.mark.usefixtures("app")
def test_the_parcel_itself_is_good(parcel: Parcel, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", str(parcel.write())]) == 0
    assert "the record is whole" in capsys.readouterr().out
    assert not is_empty()
    capsys.readouterr()
    # And now there is something in it.
    assert main(["restore", str(parcel.file)]) == 1
    told = capsys.readouterr().err
    assert "There are rows in this database already" in told
    assert told.count("\n") == 1


@on_one_database
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(
    good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], share: float
) -> None:
    file = tmp_path / "cut.zip"
    file.write_bytes(good[: int(len(good) * share)])
    assert_refused(file, capsys)


@on_one_database
def test_a_byte_that_fell_over_is_found_wherever_it_is(
    good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rotten.zip"
    with zipfile.ZipFile(io_of(good, tmp_path)) as made:
        events = made.getinfo("tables/history_event.jsonl")
    for place in range(events.header_offset + 200, events.header_offset + events.compress_size, 997):
        file.write_bytes(good[:place] + bytes([good[place] ^ 0x40]) + good[place + 1 :])
        assert_refused(file, capsys)


def io_of(body: bytes, folder: Path) -> Path:
    (folder / "whole.zip").write_bytes(body)
    return folder / "whole.zip"


@on_one_database
def test_what_is_no_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.zip").write_text("no zip at all")
    for file in (tmp_path / "text.zip", tmp_path / "none.zip", tmp_path):
        assert_refused(file, capsys)


_Spoil = Callable[[Parcel], Any]
_MANIFEST: dict[str, _Spoil] = {
    "no manifest": lambda parcel: parcel.manifest.clear(),
    "another format": lambda parcel: parcel.manifest.update(format=2),
    "another step": lambda parcel: parcel.manifest.update(migration="0000"),
    "no step": lambda parcel: parcel.manifest.update(migration=None),
    "a word too many": lambda parcel: parcel.manifest.update(more=1),
    "a word too few": lambda parcel: parcel.manifest.pop("tables"),
    "tables are a list": lambda parcel: parcel.manifest.update(tables=[]),
    "a wrong hash": lambda parcel: parcel.manifest["tables"]["task"].update(sha256="0" * 64),
    "a wrong count": lambda parcel: parcel.manifest["tables"]["task"].update(rows=1),
    "a wrong size": lambda parcel: parcel.manifest["tables"]["task"].update(bytes=1),
    "a negative size": lambda parcel: parcel.manifest["tables"]["task"].update(bytes=-1),
    "columns in another order": lambda parcel: parcel.manifest["tables"]["task"]["columns"].reverse(),
    "a column that is none": lambda parcel: parcel.manifest["tables"]["task"]["columns"].append("x); DROP TABLE task"),
    "an unknown table": lambda parcel: parcel.manifest["tables"].update(
        evil={"rows": 0, "bytes": 0, "sha256": "", "columns": []}
    ),
    "a missing table": lambda parcel: parcel.manifest["tables"].pop("task"),
    "an unknown member": lambda parcel: parcel.members.update({"tables/evil.jsonl": b""}),
    "a path": lambda parcel: parcel.members.update({"../../evil": b"x"}),
    "an absolute path": lambda parcel: parcel.members.update({"/etc/evil": b"x"}),
    "a missing member": lambda parcel: parcel.members.pop("tables/task.jsonl"),
    "another member instead": lambda parcel: parcel.members.update(
        {"x" * 5000: parcel.members.pop("tables/task.jsonl")}
    ),
    "a thousand members": lambda parcel: parcel.members.update({f"tables/{n}.jsonl": b"" for n in range(1000)}),
    "an end without a line": lambda parcel: parcel.put_bytes("task", b"[]"),
}


@on_one_database
@pytest.mark.parametrize("spoil", _MANIFEST.values(), ids=_MANIFEST)
def test_a_file_that_is_not_what_its_manifest_says_is_refused(
    parcel: Parcel, capsys: pytest.CaptureFixture[str], spoil: _Spoil
) -> None:
    spoil(parcel)
    assert_refused(parcel.write(), capsys)


@on_one_database
def test_a_bomb_is_not_unpacked(parcel: Parcel, capsys: pytest.CaptureFixture[str]) -> None:
    parcel.put_bytes("task", b" " * 30_000_000 + b"\n")
    assert_refused(parcel.write(), capsys, "would unpack to 30000001 bytes")


@on_one_database
@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b'{"format": 1e999}', b" " * 2_000_000])
def test_a_manifest_that_is_none_is_refused(parcel: Parcel, capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    parcel.members["manifest.json"] = body
    parcel.manifest = {}
    assert_refused(parcel.write(), capsys, "manifest.json")


@on_one_database
def test_a_member_that_is_there_twice_is_refused(parcel: Parcel, capsys: pytest.CaptureFixture[str]) -> None:
    del parcel.members["tables/job.jsonl"]
    file = parcel.write()
    with zipfile.ZipFile(file, "a") as made, pytest.warns(UserWarning, match="Duplicate name"):
        made.writestr("tables/task.jsonl", b"")
    assert_refused(file, capsys, "twice")


@on_one_database
@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_packing_is_refused(parcel: Parcel, capsys: pytest.CaptureFixture[str], packing: int) -> None:
    assert_refused(parcel.write(packing), capsys)


@on_one_database
def test_a_locked_zip_is_refused(parcel: Parcel, capsys: pytest.CaptureFixture[str]) -> None:
    file = parcel.write()
    body = bytearray(file.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = body.find(sign)
        while place >= 0:
            body[place + offset] |= 1
            place = body.find(sign, place + 4)
    file.write_bytes(bytes(body))
    assert_refused(file, capsys)


@on_one_database
def test_a_row_without_end_is_refused(
    parcel: Parcel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LONGEST_ROW", 10_000)
    parcel.put_bytes("job", b"[" + b"1," * 10_000 + b"1]\n")
    assert_refused(parcel.write(), capsys, "tables/job.jsonl")


_ROWS: dict[str, _Spoil] = {
    "text for a number": lambda parcel: parcel.change("task", "priority", "high"),
    "a fraction for a number": lambda parcel: parcel.change("task", "priority", 1.5),
    "yes for a number": lambda parcel: parcel.change("task", "priority", True),
    "a number for yes": lambda parcel: parcel.change("account", "active", 1),
    "a number for text": lambda parcel: parcel.change("task", "ref", 5),
    "a list for text": lambda parcel: parcel.change("task", "ref", [1]),
    "a number without end": lambda parcel: parcel.change("task", "id", 2**63),
    "a moment without a zone": lambda parcel: parcel.change("task", "created_at", "2026-01-01T00:00:00"),
    "no moment": lambda parcel: parcel.change("task", "created_at", "yesterday"),
    "a moment before time": lambda parcel: parcel.change("task", "created_at", "0001-01-01T00:00:00+14:00"),
    "no day": lambda parcel: parcel.change("membership", "starts_on", "2026-02-30"),
    "no base64": lambda parcel: parcel.change("history_stream", "head", "*"),
    "text that is no JSON": lambda parcel: parcel.change("history_event", "facts", "{"),
    "nothing where something is needed": lambda parcel: parcel.change("task", "ref", None),
    "a stranger's lane": lambda parcel: parcel.change("task", "lane_id", 7),
    "the same row twice": lambda parcel: parcel.put("account", [*parcel.rows("account"), parcel.rows("account")[0]]),
    "a state that is none": lambda parcel: parcel.change("process_instance", "state", "lost"),
    "a value too few": lambda parcel: parcel.put("task", [parcel.rows("task")[0][1:]]),
    "no list": lambda parcel: parcel.put_bytes("task", b'{"id": 1}\n'),
    "no JSON": lambda parcel: parcel.put_bytes("task", b"[1,\n"),
    "deep JSON": lambda parcel: parcel.put_bytes("task", b"[" * 100_000 + b"\n"),
}


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("spoil", _ROWS.values(), ids=_ROWS)
def test_a_row_that_cannot_be_is_named_and_nothing_is_restored(
    parcel: Parcel, capsys: pytest.CaptureFixture[str], spoil: _Spoil
) -> None:
    spoil(parcel)
    assert_refused(parcel.write(), capsys, "tables/")


def _forge(parcel: Parcel) -> None:
    """Another actor in an event, and the manifest made to agree."""
    kinds = [
        row[parcel.manifest["tables"]["history_event"]["columns"].index("kind")] for row in parcel.rows("history_event")
    ]
    parcel.change("history_event", "actor_id", 1, kinds.index("task.completed"))


@pytest.mark.usefixtures("app")
def test_a_forged_record_is_not_restored(parcel: Parcel, capsys: pytest.CaptureFixture[str]) -> None:
    _forge(parcel)
    assert_refused(parcel.write(), capsys, "is not what was written", exit_status=1)


@pytest.mark.usefixtures("app")
def test_a_record_that_was_broken_when_it_was_backed_up_can_be_had_by_name(
    parcel: Parcel, capsys: pytest.CaptureFixture[str]
) -> None:
    _forge(parcel)
    assert main(["restore", str(parcel.write()), "--even-broken"]) == 1
    assert "broken" in capsys.readouterr().out
    assert not is_empty()
    assert not verify().is_whole


@pytest.mark.usefixtures("app")
def test_a_salt_of_another_stream_is_no_salt(parcel: Parcel, capsys: pytest.CaptureFixture[str]) -> None:
    parcel.change("history_stream", "salt", base64.b64encode(b"x" * 16).decode())
    assert_refused(parcel.write(), capsys, exit_status=1)


def test_a_database_with_other_tables_is_left_alone(
    other: Flask, parcel: Parcel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "installed", lambda: other)
    with other.app_context():
        with db.engine.connect().execution_options(laneway_writes=True) as connection, connection.begin():
            connection.exec_driver_sql("CREATE TABLE recipes (name TEXT)")
        assert main(["restore", str(parcel.write())]) == 2
        assert "laneway migrate" in capsys.readouterr().err
        assert sa.inspect(db.engine).get_table_names() == ["recipes"]


def test_a_refused_file_makes_no_tables(
    other: Flask, parcel: Parcel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "installed", lambda: other)
    parcel.manifest["tables"]["task"]["rows"] += 1
    assert main(["restore", str(parcel.write())]) == 2
    with other.app_context():
        assert sa.inspect(db.engine).get_table_names() == []


@pytest.mark.usefixtures("app")
def test_a_database_that_goes_away_is_one_line(
    parcel: Parcel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise sa.exc.OperationalError("INSERT", {}, Exception("the server is gone\nand says more"))

    monkeypatch.setattr(backup, "verify", gone)
    assert main(["restore", str(parcel.write())]) == 2
    told = capsys.readouterr().err
    assert told.endswith("the server is gone\n")
    assert told.count("\n") == 1
    assert is_empty()
    assert not database._open.get()
