"""`laneway deploy PATH...`: diagrams with their forms and decisions into the database, and what became of each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import config
from app import decisions, diagrams
from app.cli.beside import content
from app.cli.installation import opened
from app.core import jsontext
from app.core.errors import Invalid, LanewayError
from app.core.files import is_folder, shown
from app.core.translations import LANGUAGES, explain, translate
from app.definitions.deploy import Deployed, deploy
from app.definitions.errors import DiagramRefused
from app.definitions.sources import Folders, Given, Sources
from app.people.actor import SYSTEM

_DIAGRAMS = (".bpmn", ".bpmn20.xml")
_FORMS = (".form", ".json")
UNREADABLE = 2


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "deploy",
        help="deploy diagrams with their forms and decisions",
        description="Forms lie in forms/ beside the diagrams or in the project's forms/, decisions beside the "
        "diagrams; a form or decision file that is named comes before those. Files may call each other's processes.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder of diagrams")
    parser.add_argument(
        "--executable", action="store_true", help='files that say isExecutable="false", as bpmn.io writes it, as well'
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the messages")
    parser.set_defaults(run=run)


@dataclass(slots=True)
class _Entry:
    """What became of one file."""

    file: Path
    exit: int = 0  #: 0 deployed or unchanged, 1 refused, 2 unreadable
    deployed: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return shown(self.file)


def run(args: argparse.Namespace) -> int:
    files = list(dict.fromkeys(file for path in args.paths for file in _below(path)))
    drawings = [file for file in files if file.suffix != ".dmn" and file.suffix not in _FORMS]
    if not drawings:
        raise Invalid(f"{', '.join(map(str, args.paths))}: there is no diagram in there")
    entries = {file: _Entry(file) for file in files}
    read = {file: diagram for file in drawings if (diagram := _read(entries[file], args.lang)) is not None}
    given = _given([entry for file, entry in entries.items() if file not in drawings], args.lang)
    known = {key for diagram in read.values() for key in diagram.processes}
    with opened():
        for file, diagram in read.items():
            _deploy(entries[file], diagram, _sources(file, *given), known, args)
    told = [entry for entry in entries.values() if entry.file in drawings or entry.exit]
    for entry in told:
        if entry.exit == UNREADABLE:
            sys.stderr.write(f"laneway deploy: {next(_findings(entry))}\n")
    if args.json:
        sys.stdout.write(f"{jsontext.dumps({'files': [_document(entry) for entry in told]})}\n")
    else:
        sys.stdout.writelines(f"{line}\n" for entry in told if entry.exit != UNREADABLE for line in _lines(entry))
    return max(entry.exit for entry in told)


def _below(path: Path) -> Iterator[Path]:
    """The file itself, or the diagrams of a folder."""
    if not is_folder(path):
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.name.endswith(_DIAGRAMS) and file.is_file():
            yield file


def _read(entry: _Entry, lang: str) -> diagrams.Diagram | None:
    try:
        return diagrams.read(content(entry.file))
    except (LanewayError, OSError) as fault:
        _unreadable(entry, fault, lang)
        return None


def _given(entries: Iterable[_Entry], lang: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Forms by their id, which is the file's name, and decisions by theirs, of the files that were named."""
    forms: dict[str, bytes] = {}
    found: dict[str, bytes] = {}
    for entry in entries:
        try:
            body = content(entry.file)
            if entry.file.suffix == ".dmn":
                found |= dict.fromkeys(decisions.read(body).decisions, body)
            else:
                forms[entry.file.stem] = body
        except (LanewayError, OSError) as fault:
            _unreadable(entry, fault, lang)
    return forms, found


def _sources(file: Path, forms: dict[str, bytes], found: dict[str, bytes]) -> Sources:
    """Where `laneway check` looks too: named files, forms/ beside the file or its folder, the project's forms/."""
    folder = file.absolute().parent
    project = Folders(folder, Path(config.load()["FORMS"]))
    return Given(forms, found, _First(Folders(folder, folder.parent / "forms"), project))


@dataclass(slots=True)
class _First:
    """One source, then another."""

    one: Sources
    other: Sources

    def form(self, form_id: str) -> bytes | None:
        return self.one.form(form_id) or self.other.form(form_id)

    def decision(self, decision_id: str) -> bytes | None:
        return self.one.decision(decision_id)


def _deploy(
    entry: _Entry, diagram: diagrams.Diagram, sources: Sources, known: set[str], args: argparse.Namespace
) -> None:
    lang, name = args.lang, entry.file.name
    try:
        done = deploy(
            diagram.source,
            by=SYSTEM,
            sources=sources,
            file_name=name,
            source="cli",
            known=known,
            executable=args.executable,
        )
    except DiagramRefused as refusal:
        entry.exit, entry.findings = 1, [_finding(each, lang) for each in refusal.findings]
        if not any(each["severity"] == "error" for each in entry.findings):
            entry.findings.append(_fault("nothing-to-run", "There is no executable process in this file."))
    except (LanewayError, OSError) as fault:
        _unreadable(entry, fault, lang)
    else:
        entry.deployed = [_version(each) for each in done]
        entry.findings = [_finding(each, lang) for each in done[0].findings]


def _version(done: Deployed) -> dict[str, Any]:
    return {"process": done.key, "version": done.version, "new": done.is_new}


def _finding(found: diagrams.Finding, lang: str) -> dict[str, Any]:
    where = {"rule": found.rule, "severity": found.severity, "element": found.element, "line": found.line}
    return where | {"message": found.text(lang)}


def _unreadable(entry: _Entry, fault: LanewayError | OSError, lang: str) -> None:
    if isinstance(fault, LanewayError):
        reason, line = explain(fault, lang), fault.details.get("line") or 1
    else:
        reason, line = fault.strerror or str(fault), 1
    entry.exit = UNREADABLE
    entry.findings = [_fault("unreadable", translate("rules.unreadable", lang, reason=reason), line)]


def _fault(rule: str, message: str, line: int = 1) -> dict[str, Any]:
    return {"rule": rule, "severity": "error", "element": "", "line": line, "message": message}


_OUTCOMES = ("deployed", "refused", "unreadable")


def _document(entry: _Entry) -> dict[str, Any]:
    said = {"file": entry.name, "ok": not entry.exit, "outcome": _OUTCOMES[entry.exit]}
    return said | {"deployed": entry.deployed, "findings": entry.findings}


def _lines(entry: _Entry) -> Iterator[str]:
    for each in entry.deployed:
        yield f"{entry.name}: {each['process']} version {each['version']}{'' if each['new'] else ', unchanged'}"
    if entry.exit:
        yield f"{entry.name}: {_OUTCOMES[entry.exit]}"
    yield from _findings(entry)


def _findings(entry: _Entry) -> Iterator[str]:
    for each in entry.findings:
        element = f" {each['element']}" if each["element"] else ""
        yield f"{entry.name}:{each['line']}: {each['severity']} {each['rule']}{element}: {each['message']}"
