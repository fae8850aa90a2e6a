"""What the record is read for is what moves write into it."""

from __future__ import annotations

from pathlib import Path

from app.instances import replay


def test_every_event_that_is_replayed_is_said_by_some_move() -> None:
    writers = [file for file in Path(replay.__file__).parent.glob("*.py") if file.name != "replay.py"]
    written = "".join(file.read_text(encoding="utf-8") for file in writers)
    assert [kind for kind in replay._KINDS if f'"{kind}"' not in written] == []
