"""A file that says isExecutable="false" is marked as its author would have marked it, and nothing else is touched."""

from __future__ import annotations

import pytest

from app import diagrams

BODY = """<?xml version="1.0" encoding="{0}"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL">
  <!-- <process id="n" isExecutable="false"> -->
  <process id="p" name='a>b "x" {1}' isExecutable="false" >
    <documentation><![CDATA[<process id="q">]]></documentation>
  </process>
  <b:process
     id="r"/>
  <processes/>
</definitions>"""
MARKED = [('isExecutable="false" >', 'isExecutable="true" >'), ('id="r"/>', 'id="r" isExecutable="true"/>')]


@pytest.mark.parametrize(
    ("written", "named", "before"),
    [
        ("utf-8", "UTF-8", b""),
        ("utf-8", "UTF-8", b"\xef\xbb\xbf"),
        ("utf-16-le", "UTF-16", b"\xff\xfe"),
        ("utf-16-be", "UTF-16", b"\xfe\xff"),
        ("iso-8859-1", "ISO-8859-1", b""),
        ("gb18030", "GB18030", b""),
    ],
)
def test_every_process_is_marked_in_whatever_encoding(written: str, named: str, before: bytes) -> None:
    text = BODY.format(named, "é" if written == "iso-8859-1" else "办理")
    marked = diagrams.marked_executable(before + text.encode(written))
    for old, new in MARKED:
        assert old in text
        text = text.replace(old, new)
    assert marked == before + text.encode(written)
    assert [process.executable for process in diagrams.read(marked).processes.values()] == [True, True]


def test_what_is_no_diagram_is_refused() -> None:
    with pytest.raises(diagrams.UnreadableDiagram):
        diagrams.marked_executable(b"<process/>")
