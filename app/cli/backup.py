"""`laneway backup FILE` and `laneway restore FILE`: one file for whichever database, restored whole or not at all."""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from app.cli import archive
from app.cli.archive import Archive, Manifest, UnreadableBackup
from app.cli.installation import opened, refuse, require_tables, said
from app.core import clock, jsontext, migrations
from app.core.database import Base, Tx, db, reading, writing
from app.core.errors import Refused
from app.core.files import shown
from app.definitions import library
from app.history.verify import Verdict, verify
from app.instances import live

#: Rows that are written at once.
CHUNK = 500


class NotEmpty(Refused):
    """There are rows in this database already; a backup is restored into an empty one."""


class BrokenRecord(Refused):
    """The record in this backup is not whole; nothing was restored."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser("backup", help="everything in the database, as of one moment, in one file")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="a backup into an empty database of either kind")
    restore.add_argument(
        "--even-broken", action="store_true", help="also where the record in it is broken (it was so when backed up)"
    )
    restore.set_defaults(run=_restore)
    for each in (backup, restore):
        each.add_argument("file", type=Path, metavar="FILE.zip")
        each.add_argument("--json", action="store_true", help="one JSON document on stdout")


def tables() -> dict[str, sa.Table]:
    """Every table of ours, parents first."""
    return archive.plain(Base.metadata.sorted_tables)


# -- backup ----------------------------------------------------------------------------------------------------------


def _backup(args: argparse.Namespace) -> int:
    if not args.file.absolute().parent.is_dir():
        raise NotADirectoryError(0, "there is no such folder", str(args.file.parent))
    if args.file.is_dir():
        raise IsADirectoryError(0, "this is a folder", str(args.file))
    with opened():
        manifest = _write(args.file)
    answer = {"file": shown(args.file), "rows": manifest.rows, "migration": manifest.migration}
    answer |= {"bytes": args.file.stat().st_size}
    answer |= {"tables": {name: member.rows for name, member in manifest.tables.items()}}
    _tell(args, answer, f"{args.file}: {manifest.rows} rows, {answer['bytes']} bytes")
    return 0


def _write(file: Path) -> Manifest:
    """The rows of all tables as of one moment, beside the file's place, and then in it."""
    with (
        reading() as session,
        archive.written(file) as out,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as into,
    ):
        members = {}
        for name, table in tables().items():
            question = sa.select(table).order_by(*table.primary_key)
            rows = session.execute(question, execution_options={"yield_per": CHUNK})
            members[name] = archive.put_table(into, table, rows)
        database, made_at = db.engine.dialect.name, clock.now().isoformat()
        manifest = Manifest(archive.FORMAT, made_at, database, migrations.newest(), members)
        archive.put_manifest(into, manifest)
    return manifest


# -- restore ---------------------------------------------------------------------------------------------------------


def _restore(args: argparse.Namespace) -> int:
    try:
        with opened(with_tables=False), archive.opened(args.file, tables()) as backup:
            _require_same_step(backup.manifest)
            _make_tables()
            verdict = _load(backup, even_broken=args.even_broken)
    except (NotEmpty, BrokenRecord) as refusal:
        return refuse(f"restore: {args.file}", refusal, as_json=args.json)
    live.clear()
    library.forget()
    manifest = backup.manifest
    answer = {"file": shown(args.file), "rows": manifest.rows, "migration": manifest.migration}
    answer |= {"created_at": manifest.created_at, "events": verdict.events, "whole": verdict.is_whole}
    whole = "the record is whole" if verdict.is_whole else "the record is broken: see laneway history verify"
    _tell(args, answer, f"{args.file} of {manifest.created_at}: {manifest.rows} rows restored, {whole}")
    return 0 if verdict.is_whole else 1


def _require_same_step(manifest: Manifest) -> None:
    if manifest.migration != migrations.newest():
        raise UnreadableBackup(
            f"its tables are at step {manifest.migration[:100]}, those of this version at {migrations.newest()}: "
            "restore it with the version that made it, then upgrade"
        )


def _make_tables() -> None:
    """A database without any table gets ours; one with other tables is left alone."""
    if not set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}:
        migrations.upgrade()
    require_tables()


def _load(backup: Archive, *, even_broken: bool) -> Verdict:
    """All rows in one transaction, with the record verified before it commits. Raises NotEmpty, BrokenRecord."""
    with writing() as tx:
        ours = tables()
        _lock(tx, ours)
        for table in ours.values():
            if tx.connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
                raise NotEmpty
        for table in ours.values():
            _fill(tx, backup, table)
        verdict = verify(tx.session)
        if not verdict.is_whole and not even_broken:
            first = verdict.faults[0]
            raise BrokenRecord(
                f"the record in this backup is broken, first in stream {first.stream_id}: {first.words('en')}; "
                "nothing was restored"
            )
        return verdict


def _lock(tx: Tx, ours: dict[str, sa.Table]) -> None:
    """Nobody else writes meanwhile. On SQLite the transaction sees to that by itself."""
    if tx.dialect.name == "postgresql":
        names = ", ".join(tx.dialect.identifier_preparer.format_table(table) for table in ours.values())
        tx.connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def _fill(tx: Tx, backup: Archive, table: sa.Table) -> None:
    rows = backup.rows(table)
    try:
        for chunk in _chunks(rows):
            tx.connection.execute(sa.insert(table), chunk)
    except (sa.exc.IntegrityError, sa.exc.DataError, psycopg.DataError) as fault:
        raise UnreadableBackup(f"tables/{table.name}.jsonl: {said(fault)}") from fault


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _tell(args: argparse.Namespace, answer: dict[str, Any], line: str) -> None:
    sys.stdout.write(f"{jsontext.dumps(answer)}\n" if args.json else f"{line}\n")
