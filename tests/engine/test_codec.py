"""What is stored stays readable: pieces written once are loaded and run to the end, for ever (docs/state-format.md)."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import engine
from app.engine import codec, data
from tests.engine.golden import CASES, FOLDER, read
from tests.engine.story import Story

KINDS = (codec.Piece, codec.StepNote, codec.Wait, codec.LoopNote, codec.Done, codec.Undo)


def restored(name: str, pieces: dict[str, bytes]) -> Story:
    """The case as a later version of Laneway finds it: only the pieces are left."""
    story = CASES[name].begin(name)
    story.pieces = dict(pieces)
    story.reload()
    return story


@pytest.mark.parametrize("name", CASES)
def test_a_case_that_was_stored_long_ago_runs_to_its_end(name: str) -> None:
    story = restored(name, read(name))
    CASES[name].to_end(story)
    assert story.ended == "completed"
    assert data.same(story.data, CASES[name].result)


@pytest.mark.parametrize("name", CASES)
def test_the_same_case_is_stored_in_the_same_bytes_today(name: str) -> None:
    """When this fails the format has changed: cases that run on somebody's database would not be understood."""
    assert CASES[name].begin(name).pieces == read(name)


def test_every_stored_case_is_told() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)


def test_the_stored_cases_show_every_field_of_the_format() -> None:
    seen: dict[type, set[str]] = {kind: set() for kind in KINDS}
    for name in CASES:
        for blob in read(name).values():
            piece = msgspec.json.decode(blob)
            steps = piece.get("steps", {}).values()
            waits = [step["wait"] for step in steps if "wait" in step]
            for kind, found in (
                (codec.Piece, [piece]),
                (codec.StepNote, steps),
                (codec.Wait, waits),
                (codec.LoopNote, [piece["loop"]] if "loop" in piece else []),
                (codec.Done, piece.get("done", [])),
                (codec.Undo, [row for step in steps for row in step.get("undo", [])]),
            ):
                for one in found:
                    seen[kind] |= one.keys()
    for kind, names in seen.items():
        assert set(kind.__struct_fields__) - names <= {"terminated"}, kind  # nothing counts it yet


def test_the_format_is_written_down() -> None:
    told = (FOLDER.parents[2] / "docs" / "state-format.md").read_text(encoding="utf-8")
    for kind in KINDS:
        for name in kind.__struct_fields__:
            assert f"`{name}`" in told, f"{kind.__name__}.{name}"


def test_a_field_of_a_later_time_does_not_disturb() -> None:
    """The rule of evolution: fields are added. Whoever does not know one leaves it alone."""
    pieces = read("task-waiting")
    piece = msgspec.json.decode(pieces[""])
    piece["colour"] = "red"
    for step in piece["steps"].values():
        step["mood"] = {"good": True}
    story = restored("task-waiting", {"": msgspec.json.encode(piece)})
    CASES["task-waiting"].to_end(story)
    assert story.ended == "completed"


def test_a_piece_of_a_later_format_is_refused_by_its_number() -> None:
    blob = read("task-waiting")[""].replace(b'"format":1', b'"format":2')
    with pytest.raises(engine.UnreadableState) as refused:
        restored("task-waiting", {"": blob})._places()
    assert refused.value.format == 2


@pytest.mark.parametrize(
    "blob",
    [
        b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"format":1}', b'{"format":1,"kind":"process"}', b'{"format":"1"}',
        b'{"format":1,"kind":"process","program":["h","k"],"steps":{"1":{}}}',
        b'{"format":1,"kind":"process","program":["h","k"],"steps":{"1":{"at":"ask"}}}',
        b'{"format":1,"kind":"process","program":["h","k"],"next":2,"steps":{"1":{"at":"nowhere"}}}',
        b'{"format":1,"kind":"process","program":["h","k"],"next":2,"steps":{"1":{"at":"ask","state":"odd"}}}',
        b'{"format":1,"kind":"process","program":["h","k"],"next":2,"steps":{"1":{"at":"late","host":7}}}',
        b'{"format":1,"kind":"process","program":["h","k"],"tokens":1}',
        b'{"format":1,"kind":"process","program":["h","k"],"joins":{"and":3}}',
        b'{"format":1,"kind":"process","program":["h","k"],"ready":["5"]}',
        b'{"format":1,"kind":"sub"}', b'{"format":1,"kind":"multi"}',
        b'{"format":1,"kind":"process","program":["h","k"],"data":{"x":1e99999999999999999999}}',
    ],
)  # fmt: skip
def test_a_damaged_piece_is_unreadable_and_nothing_worse(blob: bytes) -> None:
    story = CASES["task-waiting"].begin("task-waiting")
    live = engine.load({"": blob}, host=story.host, program=story.program)
    with pytest.raises(engine.UnreadableState):
        live.waiting()


def test_a_case_without_its_root_is_unreadable() -> None:
    story = CASES["task-waiting"].begin("task-waiting")
    with pytest.raises(engine.UnreadableState):
        engine.load({}, host=story.host, program=story.program).waiting()


@pytest.mark.parametrize("path", ["x", "1/", "/1", "2//1", "01", "-1", "9" * 4000, "77", "2/77"])
def test_a_piece_that_belongs_nowhere_is_unreadable(path: str) -> None:
    story = CASES["called-process"].begin("called-process")
    pieces = story.pieces | {path: b'{"format":1,"kind":"sub"}'}
    live = engine.load(pieces, host=story.host, program=story.program)
    with pytest.raises(engine.UnreadableState):
        live.waiting()


# -- fuzz --------------------------------------------------------------------------------------------------------------

EVENTS: tuple[Any, ...] = (
    engine.TaskDone, engine.TimerDue, engine.MessageArrived, engine.ServiceDone, engine.Retry, engine.Skip,
)  # fmt: skip


def poke(name: str, pieces: dict[str, bytes]) -> None:
    """Do everything that can be done with these pieces. Whatever is refused is refused as ours."""
    story = CASES[name].begin(name)

    def live() -> engine.Live:
        return engine.load(pieces, host=story.host, program=story.program)

    try:
        steps = live().waiting()
    except engine.UnreadableState:
        return
    events = [kind(step.ref) for step in steps for kind in EVENTS]
    for event in (*events, engine.SignalArrived("alarm"), engine.Edit({"x": 1}), engine.Cancel()):
        try:
            moved = live()
            engine.advance(moved, event, at=story.at)
            moved.dump()
            moved.waiting()
        except (engine.UnreadableState, engine.UnknownStep):
            continue


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(CASES)), st.randoms(use_true_random=False))
def test_broken_bytes_are_unreadable_or_harmless(name: str, chance: random.Random) -> None:
    pieces = read(name)
    path = chance.choice(sorted(pieces))
    blob = bytearray(pieces[path])
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(blob))
        match chance.randrange(3):
            case 0:
                blob[place] = chance.randrange(256)
            case 1:
                del blob[place : place + chance.randint(1, 10)]
            case 2:
                blob[place:place] = blob[: chance.randint(1, 10)]
    poke(name, pieces | {path: bytes(blob)})


def _parts(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every place in a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found.append((value, key))
        _parts(value[key], found)
    return found


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(CASES)), st.randoms(use_true_random=False))
def test_wrong_values_in_sound_json_are_unreadable_or_harmless(name: str, chance: random.Random) -> None:
    pieces = read(name)
    whole = {path: msgspec.json.decode(blob) for path, blob in pieces.items()}
    places = _parts(whole, [])
    values = [into[key] for into, key in places if not isinstance(into[key], dict | list)]
    for _ in range(chance.randint(1, 2)):
        into, key = chance.choice(places)
        if chance.random() < 0.3:
            if isinstance(into, dict):
                into.pop(key, None)
        elif not (isinstance(into, list) and key >= len(into)):
            odd = [None, -1, 0, 3, 10**9, "", "ask", "multi", "watching", "timer", *values]
            into[key] = chance.choice([*odd, [], {}, [1], {"1": 1}])
    poke(name, {path: msgspec.json.encode(piece) for path, piece in whole.items()})
