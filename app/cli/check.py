"""`laneway check PATH...`: what is wrong in diagrams, and in the forms and decisions beside them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import decisions, diagrams, forms
from app.cli.beside import Beside, content
from app.core import jsontext
from app.core.errors import Invalid
from app.core.files import is_folder, shown
from app.core.translations import LANGUAGES, translate

_DIAGRAMS = (".bpmn", ".bpmn20.xml")
_FORMS = (".form", ".json")
_Finding = dict[str, Any]


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("check", help="judge diagrams, decisions and forms")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a folder of files")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the messages")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    files = [file for path in args.paths for file in _below(Path(path))]
    if not files:
        raise Invalid(f"{', '.join(args.paths)}: there is no diagram, decision or form in there")
    entries = [_entry(file, files, args.lang) for file in files]
    if args.json:
        sys.stdout.write(f"{jsontext.dumps({'files': entries})}\n")
    else:
        for entry in entries:
            _show(entry)
    return 0 if all(entry["ok"] for entry in entries) else 1


def _below(path: Path) -> Iterator[Path]:
    """The file itself, or what can be judged in a folder; JSON only where forms are kept."""
    if not is_folder(path):
        yield path
        return
    for file in sorted(path.rglob("*")):
        is_form = file.suffix == ".form" or (file.suffix == ".json" and file.absolute().parent.name == "forms")
        if (file.name.endswith((*_DIAGRAMS, ".dmn")) or is_form) and file.is_file():
            yield file


def _entry(file: Path, given: list[Path], lang: str) -> dict[str, Any]:
    try:
        findings = list(_judge(file, given, lang))
    except (diagrams.UnreadableDiagram, decisions.UnreadableDecision, forms.UnreadableForm) as fault:
        findings = [_unreadable(fault.message, fault.details.get("line") or 1, lang)]
    except OSError as fault:
        findings = [_unreadable(fault.strerror or str(fault), 1, lang)]
    ok = not any(finding["severity"] == "error" for finding in findings)
    return {"file": shown(file), "ok": ok, "findings": findings}


def _judge(file: Path, given: list[Path], lang: str) -> Iterator[_Finding]:
    body = content(file)
    if file.suffix == ".dmn":
        for each in decisions.check(decisions.read(body)):
            yield _finding(each.rule.replace("_", "-"), each.severity, each.element, each.line, each.explain(lang))
    elif file.suffix in _FORMS:
        for problem in forms.check(forms.read(body)):
            yield _finding("form-file", "error", problem.path, 1, problem.explain(lang))
    else:
        for found in diagrams.check(diagrams.read(body), Beside(file, given, lang)):
            yield _finding(found.rule, found.severity, found.element, found.line, found.text(lang))


def _unreadable(reason: str, line: int, lang: str) -> _Finding:
    return _finding("unreadable", "error", "", line, translate("rules.unreadable", lang, reason=reason))


def _finding(rule: str, severity: str, element: str, line: int, message: str) -> _Finding:
    return {"rule": rule, "severity": severity, "element": element, "line": line, "message": message}


def _show(entry: dict[str, Any]) -> None:
    if not entry["findings"]:
        sys.stdout.write(f"{entry['file']}: ok\n")
    for each in entry["findings"]:
        where = f"{entry['file']}:{each['line']}"
        sys.stdout.write(f"{where}: {each['severity']} {each['rule']}: {each['message']}\n")
