"""`laneway migrate-cases KEY`: what would become of running cases on another version; with --go they go there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.installation import opened
from app.core import jsontext
from app.core.database import reading
from app.core.errors import Invalid
from app.core.translations import LANGUAGES, catalog, translate
from app.definitions import queries as definitions
from app.definitions.queries import VersionFacts
from app.instances import moves, orders, prospects
from app.instances.carrying_out import carry_on
from app.instances.prospects import Hindrance
from app.people.actor import SYSTEM


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "migrate-cases",
        help="take running cases to another version of their diagram",
        description="Without --go nothing is changed: it says case by case what would become of it.",
    )
    parser.add_argument("key", metavar="KEY", help="the process")
    parser.add_argument("--to", type=_number, metavar="VERSION", help="where to; the newest in use without it")
    parser.add_argument(
        "--from", dest="only", type=_number, action="append", default=[], metavar="VERSION", help="only cases on this"
    )
    parser.add_argument(
        "--map",
        dest="given",
        type=_pair,
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="an element of the old version stands at this one of the new; nothing behind = is no place",
    )
    parser.add_argument("--reason", default="", help="why, for the record")
    parser.add_argument("--go", action="store_true", help="do it: every case that can go")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the messages")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    given = dict(args.given)
    with opened():
        version = _version(args.key, args.to)
        _require_map(version, given, args.lang)
        cases = _go(version, given, args) if args.go else _look(version, given, args)
    stayed = [case for case in cases if case["state"] not in ("ready", "migrated")]
    if args.json:
        document = {"process": version.key, "version": version.version, "changed": args.go, "cases": cases}
        sys.stdout.write(f"{jsontext.dumps(document)}\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(version, cases))
    return 1 if stayed else 0


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number of a version")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    element, equals, target = text.partition("=")
    if not (element and equals):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not OLD=NEW")
    return element, target


def _version(key: str, number: int | None) -> VersionFacts:
    with reading() as session:
        return definitions.version(session, key, number) if number else definitions.begins_on(session, key)


def _require_map(version: VersionFacts, given: Mapping[str, str], lang: str) -> None:
    """Raises Invalid naming the first pair that cannot be."""
    try:
        with reading() as session:
            prospects.require_map(session, version.id, given)
    except Invalid as fault:
        place, messages = next(iter(fault.fields.items()))
        element = place.removeprefix("map.")
        said = translate(messages[0], lang)
        raise Invalid(f"--map {element}={given.get(element, '')}: {said}") from None


def _look(version: VersionFacts, given: Mapping[str, str], args: argparse.Namespace) -> list[dict[str, Any]]:
    with reading() as session:
        made = prospects.plan(session, version.id, given, args.only)
    return [
        _case(case.id, case.reference, "ready" if case.is_free else "held up", case.obstacles, "", args.lang)
        for case in made.cases
    ]


def _go(version: VersionFacts, given: Mapping[str, str], args: argparse.Namespace) -> list[dict[str, Any]]:
    told = moves.migrate_all(version.id, given, by=SYSTEM, versions=args.only, reason=args.reason)
    order, cases, after = int(told["id"]), [], 0
    while carry_on(order):  # a server's runner may work at it as well
        pass
    while after is not None:
        with reading() as session:
            results, following = orders.results(session, order, after)
        cases += [_case(it.id, it.reference, it.state, it.obstacles, it.fault, args.lang) for it in results]
        after = following  # type: ignore[assignment]
    return cases


def _case(case: int, reference: str, state: str, obstacles: Any, fault: str, lang: str) -> dict[str, Any]:
    found: list[Hindrance] = list(obstacles)
    reasons = [{"code": it.code, "element": it.element, "message": it.text(lang)} for it in found]
    if fault:
        key = f"errors.{fault}"
        message = translate(key, lang, reference=reference) if key in catalog(lang) else fault
        reasons.append({"code": fault, "element": "", "message": message})
    return {"id": str(case), "reference": reference, "state": state, "reasons": reasons}


def _lines(version: VersionFacts, cases: list[dict[str, Any]]) -> Iterator[str]:
    for case in cases:
        yield f"{case['reference']}: {case['state']}"
        for reason in case["reasons"]:
            yield f"  {reason['message']}"
    counted = {state: sum(case["state"] == state for case in cases) for state in sorted({it["state"] for it in cases})}
    said = ", ".join(f"{count} {state}" for state, count in counted.items()) or "no case runs on another version"
    yield f"{version.key} version {version.version}: {said}"
