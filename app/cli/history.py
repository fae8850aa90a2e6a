"""`laneway history`: whether the record is whole, and the projections made again from it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.cli.installation import opened, refuse
from app.core import jsontext
from app.core.database import reading
from app.definitions.models import ProcessDefinition
from app.history import PEOPLE, SYSTEM
from app.history.chains import Fault
from app.history.verify import Verdict, verify
from app.instances import rebuild
from app.instances.models import ProcessInstance
from app.people.actor import SYSTEM as LANEWAY

#: Lines of findings that are printed; --json has more.
MOST_LINES = 20


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("history", help="the record: verify it, make its projections again")
    parser.set_defaults(run=lambda args: args.act(args))
    does = parser.add_subparsers(dest="does", required=True, metavar="WHAT")
    check = does.add_parser("verify", help="whether every chain is what was written; names the first broken event")
    check.add_argument("--evidence", metavar="FILE", help="an exported file instead of the database")
    check.set_defaults(act=_verify)
    again = does.add_parser("rebuild", help="make steps and field changes again from the events")
    again.add_argument("--check", action="store_true", help="say what differs, change nothing")
    again.set_defaults(act=_rebuild)
    export = does.add_parser("export", help="everything an auditor needs of one case, verifiable offline")
    export.add_argument("instance", metavar="INSTANCE")
    export.add_argument("-o", "--output", metavar="FILE", required=True)
    export.set_defaults(act=_not_built)
    for each in (check, again, export):
        each.add_argument("--json", action="store_true", help="one JSON document on stdout")


def _not_built(args: argparse.Namespace) -> int:
    sys.stderr.write(f"laneway history {args.does}: not built yet\n")
    return 3


# -- verify ----------------------------------------------------------------------------------------------------------


def _verify(args: argparse.Namespace) -> int:
    if args.evidence is not None:
        sys.stderr.write("laneway history verify --evidence: not built yet\n")
        return 3
    with opened():
        verdict = verify()
        with reading() as session:
            names = _names(session, {fault.stream_id for fault in verdict.faults})
    if args.json:
        sys.stdout.write(f"{jsontext.dumps(_document(verdict, names))}\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(verdict, names))
    return 0 if verdict.is_whole else 1


def _document(verdict: Verdict, names: dict[int, str]) -> dict[str, Any]:
    faults = [
        {
            "subject": names[fault.stream_id],
            "stream": str(fault.stream_id),
            "seq": fault.seq,
            "kind": fault.kind,
            "event": fault.event,
            "message": fault.words("en"),
        }
        for fault in verdict.faults
    ]
    counts = {"streams": verdict.streams, "events": verdict.events, "payloads": verdict.payloads}
    counts |= {"erased": verdict.erased}
    found = {"first": faults[0] if faults else None, "faults": faults, "more": verdict.more}
    return {"whole": verdict.is_whole, **counts, "seconds": round(verdict.seconds, 3), **found}


def _lines(verdict: Verdict, names: dict[int, str]) -> list[str]:
    counts = f"{verdict.streams} records, {verdict.events} events, {verdict.payloads} contents, {verdict.erased} erased"
    if verdict.is_whole:
        return [f"whole: {counts} ({verdict.seconds:.1f} s)"]
    lines = [f"broken: {len(verdict.faults) + verdict.more} faults in {counts} ({verdict.seconds:.1f} s)"]
    lines += [_line(fault, names) for fault in verdict.faults[:MOST_LINES]]
    return lines + _rest(len(verdict.faults) + verdict.more)


def _line(fault: Fault, names: dict[int, str]) -> str:
    place = f", event {fault.seq}" if fault.seq else ""
    event = f" ({fault.event})" if fault.event else ""
    return f"{names[fault.stream_id]}{place}{event}: {fault.words('en')}"


def _rest(count: int) -> list[str]:
    return [f"and {count - MOST_LINES} more; --json names them"] if count > MOST_LINES else []


def _names(session: Session, streams: Collection[int]) -> dict[int, str]:
    """What people call the things that streams tell about: a case by its reference, a version by its number."""
    names = {stream: f"stream {stream}" for stream in streams} | {SYSTEM: "system", PEOPLE: "people"}
    for chunk in _chunks(sorted(streams)):
        cases = sa.select(ProcessInstance.id, ProcessInstance.reference).where(ProcessInstance.id.in_(chunk))
        names |= dict(session.execute(cases).all())
        versions = sa.select(ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.version)
        for version_id, key, version in session.execute(versions.where(ProcessDefinition.id.in_(chunk))):
            names[version_id] = f"{key} version {version}"
    return names


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + 500] for start in range(0, len(ids), 500)]


# -- rebuild ---------------------------------------------------------------------------------------------------------


def _rebuild(args: argparse.Namespace) -> int:
    with opened():
        try:
            done = rebuild.check() if args.check else rebuild.rebuild(by=LANEWAY)
        except rebuild.RecordBroken as broken:
            return refuse("history rebuild", broken, as_json=args.json)
        with reading() as session:
            names = _names(session, {each.instance_id for each in done.differences})
    if args.json:
        differences = [
            asdict(each) | {"instance_id": str(each.instance_id), "case": names[each.instance_id]}
            for each in done.differences
        ]
        answer = {"cases": done.cases, "steps": done.steps, "changes": done.changes, "different": done.different}
        document = answer | {"replaced": not args.check, "differences": differences}
        sys.stdout.write(f"{jsontext.dumps(document)}\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _told(done, names, args.check))
    return 1 if args.check and done.different else 0


def _told(done: rebuild.Rebuilt, names: dict[int, str], only_checked: bool) -> list[str]:
    counts = f"{done.cases} cases, {done.steps} steps, {done.changes} field changes"
    if not done.different:
        return [f"as recorded: {counts}"]
    lines = [f"{done.different} rows {'differ' if only_checked else 'put right'}; the record has {counts}"]
    for each in done.differences[:MOST_LINES]:
        columns = f" ({', '.join(each.columns)})" if each.columns else ""
        lines.append(f"{names[each.instance_id]}: {each.table} {each.key}: {each.what}{columns}")
    return lines + _rest(done.different)
