"""Whatever a command is given: one clear line, an exit status that means something, and never a traceback."""

from __future__ import annotations

import errno
import http.client
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import config
from app.cli import COMMANDS, NOT_BUILT, feel, installation, main
from tests.instances.conftest import END, START, flow, lanes, process, task
from tests.processes.walk import ROOT

REVIEW = str(ROOT / "processes" / "review.bpmn")
SMALL = process("small", lanes(CS="start work end"), START, task("work"), END, flow("start > work", "work > end"))
PEOPLE = "login,name\nlin,林志强\n"

#: command and options up to the file, and the ending of such files
READERS = {
    "check a diagram": (["check"], "bpmn"),
    "check a decision": (["check"], "dmn"),
    "check a form": (["check"], "form"),
    "trace": (["trace"], "bpmn"),
    "trace --answers": (["trace", REVIEW, "--answers"], "json"),
    "trace --steps": (["trace", REVIEW, "--steps"], "json"),
    "deploy": (["deploy"], "bpmn"),
    "deploy a form": (["deploy", REVIEW], "form"),
    "decide": (["decide"], "dmn"),
    "people": (["people", "import"], "csv"),
    "restore": (["restore"], "zip"),
}
#: what stands behind the file
BEHIND = {"decide": ["risk"]}
#: what is no file of the kind, however it looks
CONTENTS = {
    "empty": b"",
    "blank": b" \r\n\r\n",
    "binary": bytes(range(256)) * 20,
    "zeros": b"\0" * 100,
    "Chinese of another encoding": "流程图，姓名".encode("gb18030"),
    "UTF-16": "<流程/>".encode("utf-16"),
    "half a character": '{"a": "流'.encode()[:-1],
    "half a file": b'<?xml version="1.0"?><definitions',
    "deep": b"[" * 100_000,
}


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int
    out: str
    err: str


Ask = Callable[..., Said]


@pytest.fixture
def ask(app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in the installation of the test."""
    monkeypatch.setattr(installation, "installed", lambda: app)

    def run(*words: str) -> Said:
        capsys.readouterr()
        status = main(words)
        told = capsys.readouterr()
        return Said(status, told.out, told.err)

    return run


def refused(said: Said, *names: str) -> None:
    """One line that names the file, and the status for what cannot be read."""
    assert (said.status, said.out) == (2, ""), said
    assert said.err.count("\n") == 1, said.err
    assert len(said.err) < 500
    for name in names:
        assert name in said.err


def unreadable(name: str, file: Path, ask: Ask) -> None:
    words, _ = READERS[name]
    said = ask(*words, str(file), *BEHIND.get(name, []))
    if words[0] == "check":  # an unreadable file is an entry like any other
        assert (said.status, said.err) == (1, "")
        assert said.out.startswith(f"{file}:")
        assert said.out.count("\n") == 1
    elif name == "deploy a form":  # the diagram is deployed or not; the form is named
        assert said.status == 2
        assert [line for line in said.err.splitlines() if str(file) in line]
    else:
        refused(said, str(file))


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", [each for each in READERS if each != "deploy a form"])
def test_what_is_no_file_of_the_kind_is_named(name: str, content: str, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / f"odd.{READERS[name][1]}"
    file.write_bytes(CONTENTS[content])
    unreadable(name, file, ask)


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_not_there_is_named(name: str, ask: Ask, tmp_path: Path) -> None:
    unreadable(name, tmp_path / f"none.{READERS[name][1]}", ask)


@pytest.mark.parametrize("name", READERS)
def test_a_link_that_leads_nowhere_is_no_file(name: str, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / f"loop.{READERS[name][1]}"
    file.symlink_to(file)
    unreadable(name, file, ask)


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_no_file_and_nobody_waits_for_it(name: str, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / f"pipe.{READERS[name][1]}"
    os.mkfifo(file)
    unreadable(name, file, ask)


@pytest.mark.parametrize("name", READERS)
def test_a_folder_is_no_file(name: str, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / f"folder.{READERS[name][1]}"
    file.mkdir()
    words, _ = READERS[name]
    said = ask(*words, str(file), *BEHIND.get(name, []))
    if name == "deploy a form":  # a folder of diagrams, with none in it
        assert said.status in (0, 2)
    else:
        refused(said, str(file))


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_may_not_be_read_is_named(
    name: str, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, who may read everything: the refusal of the machine is played."""
    file = tmp_path / f"locked.{READERS[name][1]}"
    file.write_bytes(b"x")
    opened = io.open

    def locked(path: Any, *rest: Any, **more: Any) -> Any:
        if not isinstance(path, int) and os.fspath(path) == str(file):
            raise PermissionError(errno.EACCES, "Permission denied", str(file))
        return opened(path, *rest, **more)

    monkeypatch.setattr("io.open", locked)
    monkeypatch.setattr("builtins.open", locked)
    unreadable(name, file, ask)


@pytest.mark.parametrize("command", sorted({*COMMANDS}))
def test_wrong_use_is_one_line(command: str, ask: Ask) -> None:
    refused(ask(command, "--no-such-option"), f"laneway {command}", "--help")
    refused(ask(command, "--js"), f"laneway {command}")  # no short forms that later options could take


def test_a_command_that_is_not_there_is_one_line(ask: Ask) -> None:
    refused(ask("no-such-command"), "no-such-command")
    refused(ask())
    refused(ask("check", "--lang", "two\nlines", REVIEW), "two")


@pytest.mark.parametrize("command", NOT_BUILT)
def test_what_is_not_built_says_so(command: str, ask: Ask) -> None:
    for words in ([command], [command, "x.bpmn", "--json"], [command, "--help"]):
        assert ask(*words) == Said(3, "", f"laneway {command}: not built yet\n")


@pytest.mark.parametrize(
    "words",
    [
        ["admin", "token", "lin", "--days", "0"],
        ["admin", "token", "lin", "--days", "99999999999"],
        ["admin", "token", "lin", "--days", "ten"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "-1"],
        ["serve", "--port", "x"],
        ["serve", "--host", "999.1.1.1"],
        ["worktime", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"],
        ["worktime", "yesterday", "2026-11-24T09:00"],
        ["migrate-cases"],
        ["migrate-cases", "a", "--to", "0"],
        ["migrate-cases", "a", "--from", "x"],
        ["migrate-cases", "a", "--map", "check"],
        ["feel", "1", "--context", "[]"],
        ["feel", "1", "--context", "{"],
        ["feel", "1 +"],
        ["feel", ""],
        ["feel", "(" * 5000],
        ["trace", REVIEW, "--advance", "soon"],
        ["trace", REVIEW, "--now", "0001-01-01T00:00:00+14:00"],
        ["trace", REVIEW, "--inputs", '{"a": "\\ud800"}'],
        ["trace", REVIEW, "--process", "no\nsuch"],
        ["backup", "/no/such/folder/a.zip"],
        ["backup", "/"],
    ],
    ids=" ".join,
)
def test_a_wrong_word_is_one_line(words: list[str], ask: Ask) -> None:
    refused(ask(*words))


# -- the database ----------------------------------------------------------------------------------------------------

#: commands that need one, with what they need besides
WITH_DATABASE: dict[str, list[str]] = {
    "admin create": ["--generate", "lin"],
    "admin password": ["--generate", "lin"],
    "admin token": ["lin"],
    "backup": [],
    "demo": [],
    "deploy": [REVIEW],
    "history rebuild": [],
    "history verify": [],
    "migrate-cases": ["complaint"],
    "people import": [],
}


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Another database, as its address in the environment says."""
    installation.installed.cache_clear()
    monkeypatch.setenv("LANEWAY_DATA", str(tmp_path / "data"))
    yield lambda url: monkeypatch.setenv("LANEWAY_DATABASE_URL", url)
    installation.installed.cache_clear()


def run(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> Said:
    capsys.readouterr()
    status = main(words)
    told = capsys.readouterr()
    return Said(status, told.out, told.err)


def words_of(command: str, folder: Path) -> list[str]:
    words = [*command.split(), *WITH_DATABASE[command]]
    if command == "people import":
        (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
        words.append(str(folder / "people.csv"))
    return [*words, str(folder / "a.zip")] if command == "backup" else words


@pytest.mark.parametrize("command", WITH_DATABASE)
def test_without_tables_the_next_command_is_named(
    command: str, elsewhere: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere(f"sqlite:///{tmp_path / 'empty.db'}")
    refused(run(capsys, words_of(command, tmp_path)), "laneway migrate")


@pytest.mark.parametrize("command", [*WITH_DATABASE, "migrate", "serve"])
def test_a_database_that_is_none_is_one_line(
    command: str, elsewhere: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "junk.db").write_bytes(b"this is no database at all, not even a small one\n" * 100)
    words = words_of(command, tmp_path) if command in WITH_DATABASE else [command]
    words += ["--port", "0"] if command == "serve" else []
    addresses = {
        f"sqlite:///{tmp_path / 'junk.db'}": "junk.db",
        f"sqlite:///{tmp_path}": str(tmp_path),
        "postgresql+psycopg://x:secret@127.0.0.1:1/x": "127.0.0.1",
        "postgresql://x:secret@127.0.0.1:1/x": "LANEWAY_DATABASE_URL",
        "mysql://x:secret@127.0.0.1/x": "LANEWAY_DATABASE_URL",
        "nonsense": "LANEWAY_DATABASE_URL",
        "": "LANEWAY_DATABASE_URL",
    }
    for address, name in addresses.items():
        installation.installed.cache_clear()
        elsewhere(address)
        said = run(capsys, words)
        refused(said, name)
        assert "secret" not in said.err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("THREADS", "0"),
        ("THREADS", "1.5"),
        ("TICK_SECONDS", "nan"),
        ("TICK_SECONDS", ""),
        ("DEMO", "maybe"),
        ("LANGUAGE", "de"),
        ("KEY_DAYS", "0"),
        ("MESSAGE_WAIT_HOURS", "-1"),
        ("SERVICE_BACKOFF_SECONDS", "-1"),
        ("SECURE_COOKIES", "ja"),
    ],
)
def test_a_wrong_setting_is_named(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.installed.cache_clear()
    monkeypatch.setenv(f"LANEWAY_{name}", text)
    for words in (["migrate"], ["check", REVIEW], ["serve"]):
        refused(run(capsys, words), f"LANEWAY_{name}")


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("sqlite:///a.db", "sqlite:///{here}/a.db"),
        ("sqlite:///data/a.db?mode=rw", "sqlite:///{here}/data/a.db?mode=rw"),
        ("sqlite:////srv/a.db", "sqlite:////srv/a.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://x@host/a", "postgresql+psycopg://x@host/a"),
    ],
)
def test_a_database_file_is_found_from_where_the_command_is_typed(
    url: str, meant: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANEWAY_DATABASE_URL", url)
    assert config.load()["DATABASE_URL"] == meant.format(here=tmp_path)


@pytest.mark.parametrize(("text", "means"), [("1", True), (" Yes", True), ("ON", True), ("0", False), ("", False)])
def test_a_switch_is_set_in_several_words(text: str, means: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANEWAY_DEMO", text)
    assert config.load()["DEMO"] is means


def test_whoever_starts_a_server_by_a_script_is_told_its_address(tmp_path: Path) -> None:
    folders = {"DATABASE_URL": f"sqlite:///{tmp_path / 'a.db'}", "DATA": str(tmp_path), "PROCESSES": str(tmp_path)}
    outside = {**os.environ, **{f"LANEWAY_{name}": text for name, text in folders.items()}}
    process = started("serve", "--port", "0", "--json", stdout=subprocess.PIPE, env=outside)
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["address"]
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.request("GET", "/readyz")
    assert json.load(connection.getresponse())["status"] == "ok"
    connection.close()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"")
    assert err.splitlines()[-1] == b"Stopped."


def test_a_refusal_is_a_document_where_one_is_wanted(ask: Ask, tmp_path: Path) -> None:
    file = str(tmp_path / "a.zip")
    assert ask("demo").status == 0
    assert ask("backup", file).status == 0
    refusals = {
        ("demo",): "empty database",
        ("admin", "create", "lin", "--generate"): "“lin” already",
        ("admin", "token", "nobody"): "Nobody",
        ("restore", file): "rows in this database",
    }
    for words, reason in refusals.items():
        said = ask(*words, "--json")
        assert (said.status, said.err.count("\n")) == (1, 1)
        message = json.loads(said.out)["error"]["message"]
        assert reason in message
        assert said.err.endswith(f": {message}\n")
        assert ask(*words).out == ""


# -- passwords -------------------------------------------------------------------------------------------------------


def test_where_passwords_cannot_be_kept_nobody_gets_one(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    words = ["people", "import", str(tmp_path / "people.csv"), "--passwords"]
    refused(ask(*words, str(tmp_path / "no" / "such" / "folder.csv")), "folder.csv")
    refused(ask(*words, str(tmp_path)), str(tmp_path))
    loaded = ask(*words, str(tmp_path / "secret.csv"))
    assert (loaded.status, loaded.out) == (0, "1 people\n")
    again = ask(*words, str(tmp_path / "more.csv"))
    assert (again.status, (tmp_path / "more.csv").exists()) == (0, False)


# -- as processes ----------------------------------------------------------------------------------------------------


def started(*words: str, **how: Any) -> subprocess.Popen[bytes]:
    """As a shell starts it in front: output held back, Ctrl+C heard; the tests may run otherwise."""
    heard = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", heard + "from app.cli import main; sys.exit(main())", *words]
    own = {name: value for name, value in how.pop("env", os.environ).items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=own, **how)


@pytest.mark.parametrize("words", [["check", "processes"], ["trace", REVIEW, "--json"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_fault(words: list[str]) -> None:
    """`laneway check … | head -1`: quiet, and the status of a command that SIGPIPE ended."""
    reader, writer = os.pipe()
    os.close(reader)
    process = started(*words, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 141
    assert b"pipe" not in err.lower(), err  # what the command itself has to say may stand there


def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "wb") as full:
        process = started("feel", "1 + 1", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err == b"laneway feel: No space left on device\n"


def test_ctrl_c_ends_a_command_with_one_line() -> None:
    process = started("batch", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"args": ["feel", "1"]}\n')
    process.stdin.flush()
    process.stdout.readline()  # it is there, and waits for more
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"laneway batch: interrupted\n")


def test_ctrl_c_in_a_command_of_a_batch_ends_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(feel, "run", interrupted)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"args": ["feel", "1"]}\n' * 2)))
    assert main(["batch"]) == 130
    assert main(["feel", "1"]) == 130


# -- odd names -------------------------------------------------------------------------------------------------------

#: Bytes that are no text, as a shell hands them over.
NO_TEXT = os.fsdecode(b"\xff")


@pytest.mark.parametrize("command", ["check", "deploy"])
def test_a_name_too_long_for_any_file_is_an_entry_like_any_other(command: str, ask: Ask) -> None:
    said = ask(command, "x" * 300, REVIEW, "--json")
    assert said.status == {"check": 1, "deploy": 2}[command]
    first, second = json.loads(said.out)["files"]
    assert (first["ok"], second["ok"]) == (False, True)
    assert "too long" in first["findings"][0]["message"]


def test_a_name_that_is_no_text_is_shown_as_well_as_can_be(ask: Ask, tmp_path: Path) -> None:
    file = str(tmp_path / NO_TEXT)
    for words in (["backup", f"{file}.zip"], ["backup", f"{file}.zip", "--json"]):
        assert (ask(*words).status, os.path.exists(f"{file}.zip")) == (0, True)
    for words in (["people", "import", file, "--json"], ["deploy", file, "--json"]):
        said = ask(*words)
        assert (said.status, said.err.count("\n")) == (2, 1)
        assert json.loads(said.out)


@pytest.mark.parametrize("what", ["create", "password", "token"])
def test_a_login_that_is_no_text_is_wrong_use(what: str, ask: Ask) -> None:
    refused(ask("admin", what, NO_TEXT), "login")


def test_a_byte_order_mark_is_no_part_of_the_answers(ask: Ask, tmp_path: Path) -> None:
    """What some editors put before every text."""
    (tmp_path / "answers.json").write_bytes(b"\xef\xbb\xbf{}")
    (tmp_path / "steps.json").write_bytes(b"\xef\xbb\xbf[]")
    assert ask("trace", REVIEW, "--answers", str(tmp_path / "answers.json")).status == 0
    assert ask("trace", REVIEW, "--steps", str(tmp_path / "steps.json")).status == 0


def test_a_folder_that_is_called_like_a_decision_is_none(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "folder.dmn").mkdir()
    os.mkfifo(tmp_path / "pipe.dmn")
    file = tmp_path / "small.bpmn"
    file.write_bytes(SMALL)
    assert ask("deploy", str(file)).status == 0


def test_a_terminal_without_chinese_gets_escapes() -> None:
    latin = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    process = started("feel", '"泳道"', stdout=subprocess.PIPE, env=latin)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b'"\\u6cf3\\u9053"\n', b"")
