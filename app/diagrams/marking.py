"""Marking a file as executable, as its author would have done in the modeler: nothing else of it is touched."""

from __future__ import annotations

import codecs
import re

from app.diagrams.parsing import UnreadableDiagram, parse

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
#: what a start tag may not be found in, then the start tag of a process with its attributes
_PROCESS = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|(?P<open><(?:[\w.-]+:)?process(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<end>/?>)",
    re.DOTALL,
)
_FLAG = re.compile(r"""(\sisExecutable\s*=\s*)(?:"[^"]*"|'[^']*')""")


def marked_executable(xml: bytes) -> bytes:
    """The same file with isExecutable="true" on every process. Raises UnreadableDiagram."""
    encoding = _encoding(xml)
    try:
        return _PROCESS.sub(_mark, xml.decode(encoding)).encode(encoding)
    except (LookupError, UnicodeError):
        raise UnreadableDiagram(
            f"line 1: the encoding {encoding} is not one that can be written back", line=1
        ) from None


def _encoding(xml: bytes) -> str:
    """How the text of the file is written. A mark at its beginning stays where it is, as a character."""
    for mark, encoding in _MARKS.items():
        if xml.startswith(mark):
            return encoding
    return parse(xml).getroottree().docinfo.encoding or "utf-8"


def _mark(found: re.Match[str]) -> str:
    opened = found["open"]
    if opened is None:
        return found[0]
    if _FLAG.search(opened):
        return _FLAG.sub(r'\1"true"', opened) + found["end"]
    return f'{opened.rstrip()} isExecutable="true"{found["end"]}'
