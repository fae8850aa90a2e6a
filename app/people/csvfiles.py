"""Reads a CSV of people or departments into rows that remember where they stood."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import Invalid, LanewayError
from app.core.files import content
from app.core.translations import explain

MOST_BYTES = 10 * 1024 * 1024

DEPARTMENTS = ("code", "name", "name_en", "short", "short_en", "seal", "position", "calendar")
PEOPLE = ("login", "name", "name_en", "email", "language", "department", "role", "starts_on", "ends_on")


class NotText(Invalid):
    """This is not a text file in UTF-8 or GB 18030."""


class TooLarge(Invalid):
    """The file is larger than 10 MiB."""


class BrokenCsv(Invalid):
    """The quotation marks of this line do not fit."""


class NoHeader(Invalid):
    """The first line must name the columns: login,name,... for people or code,name,... for departments."""


class UnknownColumn(Invalid):
    """There is no such column."""


class RepeatedColumn(Invalid):
    """This column stands there twice."""


class TooManyCells(Invalid):
    """This line has more cells than the header."""


class Unreadable(Invalid):
    """The file cannot be read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place of a file."""

    file: str
    line: int
    column: str  #: empty: the whole line
    error: LanewayError

    def sentence(self, lang: str) -> str:
        place = ":".join(part for part in (self.file, str(self.line), self.column) if part)
        return f"{place}: {explain(self.error, lang)}"


class ImportRefused(Invalid):
    """The files have mistakes; nothing was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(count=len(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Row:
    """One line, every known column present, blanks cut off."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def problem(self, column: str, error: LanewayError) -> Problem:
        return Problem(self.file, self.line, column, error)


@dataclass(frozen=True, slots=True)
class Table:
    """A file: rows of people, or of departments."""

    columns: tuple[str, ...]  #: PEOPLE or DEPARTMENTS
    rows: list[Row]


def read_tables(paths: Iterable[Path]) -> list[Table]:
    """Raises ImportRefused, naming the lines of every file that cannot be read."""
    tables, problems = [], []
    for path in paths:
        try:
            tables.append(parse_table(str(path), content(path, MOST_BYTES + 1)))
        except OSError as fault:
            problems.append(Problem(str(path), 1, "", Unreadable(reason=fault.strerror)))
        except ImportRefused as refusal:
            problems += refusal.problems
    if problems:
        raise ImportRefused(problems)
    return tables


def parse_table(file: str, content: bytes) -> Table:
    """The table in a file's bytes. Raises ImportRefused, naming the line."""
    lines = _lines(file, content)
    header_line, header = next(lines, (1, []))
    names = [name.strip().lower() for name in header]
    columns = DEPARTMENTS if "code" in names else PEOPLE
    problems = [Problem(file, header_line, name, error) for name, error in _header_faults(names, columns)]
    rows = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            problems.append(Problem(file, line, "", TooManyCells()))
        found = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
        rows.append(Row(file, line, dict.fromkeys(columns, "") | found))
    if problems:
        raise ImportRefused(problems)
    return Table(columns, rows)


def _header_faults(names: list[str], columns: tuple[str, ...]) -> Iterator[tuple[str, LanewayError]]:
    if not set(columns[:2]) <= set(names):
        yield "", NoHeader()
        return
    for place, name in enumerate(names):
        if name not in columns:
            yield name, UnknownColumn(column=name)
        elif name in names[:place]:
            yield name, RepeatedColumn(column=name)


def _lines(file: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line on which it begins."""
    csv.field_size_limit(MOST_BYTES)  # a long cell is told as what it is, by the field it is too long for
    reader = csv.reader(io.StringIO(_decode(file, content), newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as fault:
        raise ImportRefused([Problem(file, begins, "", BrokenCsv())]) from fault


def _decode(file: str, content: bytes) -> str:
    """UTF-8, or what Chinese spreadsheets save."""
    if len(content) > MOST_BYTES:
        raise ImportRefused([Problem(file, 1, "", TooLarge())])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ImportRefused([Problem(file, 1, "", NotText())])
