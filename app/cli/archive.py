"""The file of a backup: a zip with one member a table, a row a line, and a manifest that says what must be in it.

Nothing in it depends on the database it came from. A file from outside is read as if an enemy had made it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any

import msgspec
import sqlalchemy as sa

from app.core import jsontext
from app.core.errors import LanewayError
from app.core.tables import JsonText, UtcDateTime

FORMAT = 1
MANIFEST = "manifest.json"
#: Bytes of one row, and of the manifest.
LONGEST_ROW = 64 * 1024 * 1024
LONGEST_MANIFEST = 1024 * 1024
#: No table of ours is packed better than this; what is, was made to fill a disk.
MOST_PACKED = 200
#: Bytes below which nobody asks how well something is packed.
HARMLESS = 10 * 1024 * 1024


class UnreadableBackup(LanewayError):
    """This file is no backup that can be restored."""


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifest says about one table."""

    rows: int
    bytes: int
    sha256: str
    columns: list[str]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in a backup."""

    format: int
    created_at: str
    database: str  #: sqlite or postgresql: where it came from, for people
    migration: str  #: the step that the tables stand at
    tables: dict[str, Member]

    @property
    def rows(self) -> int:
        return sum(member.rows for member in self.tables.values())


# -- writing ---------------------------------------------------------------------------------------------------------


@contextmanager
def written(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all: written beside its place, synced, and renamed.

    Only its owner may read it, from its first byte on.
    """
    descriptor, name = mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, file)
        _sync(file.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _sync(folder: Path) -> None:
    """The new name, too, must outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_table(into: zipfile.ZipFile, table: sa.Table, rows: Iterable[Sequence[Any]]) -> Member:
    """Write the rows of a table as a member, a JSON array a line."""
    writers = [_WRITERS.get(type(column.type), _as_it_is) for column in table.columns]
    digest, count, size = hashlib.sha256(), 0, 0
    with into.open(_member(table.name), "w", force_zip64=True) as out:
        for row in rows:
            values = [None if value is None else write(value) for write, value in zip(writers, row, strict=True)]
            line = jsontext.dump_bytes(values) + b"\n"
            out.write(line)
            digest.update(line)
            count, size = count + 1, size + len(line)
    return Member(count, size, digest.hexdigest(), [str(column.name) for column in table.columns])


def put_manifest(into: zipfile.ZipFile, manifest: Manifest) -> None:
    text = json.dumps(msgspec.to_builtins(manifest), indent=2, sort_keys=True)
    into.writestr(zipfile.ZipInfo(MANIFEST, (1980, 1, 1, 0, 0, 0)), text + "\n", zipfile.ZIP_DEFLATED)


class StoredJson(sa.Text):
    """A JSON value as the text that is stored: the record's hashes are over these very bytes."""


def plain(tables: Iterable[sa.Table]) -> dict[str, sa.Table]:
    """The tables by name, in their order, with JSON as stored text."""
    bare = sa.MetaData()
    return {
        str(table.name): sa.Table(
            table.name,
            bare,
            *[
                sa.Column(
                    each.name,
                    StoredJson() if isinstance(each.type, JsonText) else each.type,
                    primary_key=each.primary_key,
                )
                for each in table.columns
            ],
        )
        for table in tables
    }


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup whose manifest and hashes hold."""

    manifest: Manifest
    file: zipfile.ZipFile

    def rows(self, table: sa.Table) -> Iterator[dict[str, Any]]:
        """The rows of a table, ready to be stored. Raises UnreadableBackup with the line of the first that is not."""
        readers = [(column.name, _reader(column)) for column in table.columns]
        for number, line in enumerate(_lines(self.file, table.name), start=1):
            try:
                values = jsontext.loads(line)
                if not isinstance(values, list) or len(values) != len(readers):
                    raise ValueError(f"not {len(readers)} values")
                row = {name: read(value) for (name, read), value in zip(readers, values, strict=True)}
            except (ValueError, TypeError, OverflowError) as fault:
                raise UnreadableBackup(f"{_member(table.name)}:{number}: {fault}") from fault
            yield row


@contextmanager
def opened(file: Path, tables: dict[str, sa.Table]) -> Iterator[Archive]:
    """A backup, after everything that its manifest says has been found to be so. Raises UnreadableBackup, OSError."""
    if file.exists() and not file.is_file():
        raise UnreadableBackup(f"{file}: this is no ordinary file")
    try:
        with zipfile.ZipFile(file) as source:
            manifest = _manifest(source)
            _check_members(source, manifest, tables)
            for name, member in manifest.tables.items():
                _check_content(source, name, member)
            yield Archive(manifest, source)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as fault:
        raise UnreadableBackup(f"{file}: this is no whole zip file ({fault})") from fault
    except UnreadableBackup as fault:
        raise UnreadableBackup(f"{file}: {fault.message}") from fault


def _manifest(source: zipfile.ZipFile) -> Manifest:
    names = [info.filename for info in source.infolist()]
    if names.count(MANIFEST) != 1:
        raise UnreadableBackup(f"there is no {MANIFEST} in it, or more than one")
    _check_packing(source.getinfo(MANIFEST))
    with source.open(MANIFEST) as member:
        body = member.read(LONGEST_MANIFEST + 1)
    if len(body) > LONGEST_MANIFEST:
        raise UnreadableBackup(f"{MANIFEST} is too long")
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as fault:
        raise UnreadableBackup(f"{MANIFEST}: {fault}") from fault
    if manifest.format != FORMAT:
        raise UnreadableBackup(f"{MANIFEST}: format {manifest.format} is not known here")
    return manifest


def _check_members(source: zipfile.ZipFile, manifest: Manifest, tables: dict[str, sa.Table]) -> None:
    """Exactly the members of our tables, each once, with their columns."""
    there = [info.filename for info in source.infolist()]
    wanted = {MANIFEST, *map(_member, tables)}
    if len(there) > len(wanted):
        raise UnreadableBackup(f"there are {len(there)} files in it, and {len(wanted)} belong there")
    for name in there:
        if name not in wanted or there.count(name) > 1:
            raise UnreadableBackup(f"{name[:100]!r} does not belong in a backup, or is there twice")
    for name, table in tables.items():
        if name not in manifest.tables or _member(name) not in there:
            raise UnreadableBackup(f"the table {name} is missing")
        if manifest.tables[name].columns != [column.name for column in table.columns]:
            raise UnreadableBackup(f"the columns of {name} are not ours")
    unknown = next((name for name in manifest.tables if name not in tables), None)
    if unknown is not None:
        raise UnreadableBackup(f"{MANIFEST}: there is no table {unknown[:100]!r}")
    for info in source.infolist():
        _check_packing(info)


def _check_packing(info: zipfile.ZipInfo) -> None:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 0x1:
        raise UnreadableBackup(f"{info.filename} is packed in a way that no backup is")
    if info.file_size > HARMLESS and info.file_size > MOST_PACKED * info.compress_size:
        raise UnreadableBackup(f"{info.filename} would unpack to {info.file_size} bytes: no backup does")


def _check_content(source: zipfile.ZipFile, name: str, member: Member) -> None:
    digest, count, size = hashlib.sha256(), 0, 0
    for line in _lines(source, name):
        digest.update(line)
        count, size = count + 1, size + len(line)
        if size > member.bytes:
            break
    if (digest.hexdigest(), count, size) != (member.sha256, member.rows, member.bytes):
        raise UnreadableBackup(f"{_member(name)} is not what the manifest says")


def _lines(source: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with source.open(_member(name)) as member:
        while line := member.readline(LONGEST_ROW + 1):
            if len(line) > LONGEST_ROW or not line.endswith(b"\n"):
                raise UnreadableBackup(f"{_member(name)}: a row is too long, or cut off")
            yield line


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


# -- values ----------------------------------------------------------------------------------------------------------


def _as_it_is(value: Any) -> Any:
    return value


_WRITERS: dict[type[Any], Callable[[Any], Any]] = {
    sa.LargeBinary: lambda value: base64.b64encode(value).decode(),
    UtcDateTime: lambda value: value.isoformat(),
    sa.Date: lambda value: value.isoformat(),
}


def _reader(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """Reads a value of the column, strictly. What it raises names the column."""
    read = next(read for kind, read in _READERS.items() if isinstance(column.type, kind))

    def checked(value: Any) -> Any:
        if value is None:
            return None
        try:
            return read(value)
        except (ValueError, TypeError) as fault:
            raise ValueError(f"{column.name}: {fault}") from fault

    return checked


def _number(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError("this is no whole number")
    return value


def _yes_or_no(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("this is neither true nor false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("this is no text")
    return value


def _json(value: Any) -> str:
    """Text that pages will read as JSON: what is none would break them later."""
    jsontext.loads(_text(value))
    return str(value)


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except binascii.Error as fault:
        raise ValueError("this is no base64") from fault


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("this moment has no time zone")
    return moment.astimezone(UTC)


def _day(value: Any) -> date:
    return date.fromisoformat(_text(value))


#: In this order: some kinds are kinds of others.
_READERS: dict[type[Any], Callable[[Any], Any]] = {
    sa.Boolean: _yes_or_no,
    sa.Integer: _number,
    UtcDateTime: _moment,
    sa.Date: _day,
    sa.LargeBinary: _bytes,
    StoredJson: _json,
    sa.String: _text,
}
