"""How the record grows: one chain a stream, each event chained to the one before."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app import history
from app.core import clock, jsontext
from app.core.database import Faster, Tx, reading, writing
from app.history import Fact, HistoryEvent, HistoryPayload, HistoryStream
from app.history.append import genesis, link

STREAM = 77


def begun(*facts: Fact, by: int | None = None) -> list[int]:
    with writing() as tx:
        return history.append(tx, history.stream_of(tx, STREAM, "system"), facts, by=by)


def stream() -> HistoryStream:
    with reading() as session:
        return session.get_one(HistoryStream, STREAM)


def events() -> list[HistoryEvent]:
    with reading() as session:
        found = sa.select(HistoryEvent).where(HistoryEvent.stream_id == STREAM).order_by(HistoryEvent.seq)
        return list(session.scalars(found))


def test_events_are_numbered_from_one_without_a_gap(app: Flask) -> None:
    assert begun(Fact("a"), Fact("b")) == [1, 2]
    assert begun(Fact("c")) == [3]
    assert [(event.seq, event.kind) for event in events()] == [(1, "a"), (2, "b"), (3, "c")]


def test_each_event_is_chained_to_the_one_before_and_the_head_is_the_last(app: Flask) -> None:
    begun(Fact("a"), Fact("b"))
    begun(Fact("c"))
    before = genesis(STREAM, "system", stream().salt)
    for event in events():
        row = {column.key: getattr(event, column.key) for column in HistoryEvent.__table__.columns}
        assert event.hash == link(before, row)
        before = event.hash
    assert (stream().seq, stream().head) == (3, before)


def test_a_stream_without_events_has_the_hash_of_its_name(app: Flask) -> None:
    with writing() as tx:
        history.open_stream(tx, STREAM, "system")
    assert stream().head == genesis(STREAM, "system", stream().salt)
    assert stream().seq == 0


def test_no_two_streams_begin_alike() -> None:
    salt, other = b"s" * 16, b"o" * 16
    first = {genesis(1, "system", salt), genesis(2, "system", salt), genesis(1, "people", salt)}
    assert len(first | {genesis(1, "system", other)}) == 4


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 2},
        {"stream_id": 78},
        {"seq": 2},
        {"kind": "b"},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"recorded_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"actor_id": 5},
        {"acting_for_id": 5},
        {"element": "start"},
        {"task_id": 9},
        {"facts": {"n": 2}},
        {"facts": None},
        {"digest": b"\1" * 32},
    ],
    ids=str,
)
def test_everything_an_event_says_is_hashed(app: Flask, changed: dict[str, object]) -> None:
    begun(Fact("a", facts={"n": 1}))
    [event] = events()
    row = {column.key: getattr(event, column.key) for column in HistoryEvent.__table__.columns}
    before = genesis(STREAM, "system", stream().salt)
    assert link(before, row) == event.hash
    assert link(before, row | changed) != event.hash
    assert link(b"\0" * 32, row) != event.hash


def test_a_payload_is_kept_once_and_its_salted_digest_in_the_event(app: Flask) -> None:
    said = {"amount": Decimal("10.00"), "name": "李晓明"}
    begun(Fact("a", payload=said), Fact("b"), Fact("c", payload=said))
    with reading() as session:
        kept = list(session.scalars(sa.select(HistoryPayload).order_by(HistoryPayload.seq)))
    assert [payload.seq for payload in kept] == [1, 3]
    assert [jsontext.loads(payload.body) for payload in kept] == [said, said]
    digests = [event.digest for event in events()]
    assert digests[1] is None
    assert digests[0] == hashlib.sha256(kept[0].salt + kept[0].body.encode()).digest()
    # The same words twice: nobody sees that they are the same.
    assert digests[0] != digests[2]


def test_what_happened_before_it_was_written_has_two_moments(app: Flask, morning: clock.FakeClock) -> None:
    earlier = morning.at - timedelta(hours=1)
    begun(Fact("a", at=earlier), Fact("b"))
    assert [(event.at, event.recorded_at) for event in events()] == [(earlier, morning.at), (morning.at, morning.at)]


def test_field_digests_tell_equal_from_different_within_one_stream_only(app: Flask) -> None:
    with writing() as tx:
        one, other = history.open_stream(tx, STREAM, "system"), history.open_stream(tx, STREAM + 1, "system")
        assert one.digest("13800138000") == one.digest("13800138000")
        assert one.digest("13800138000") != one.digest("13800138001")
        assert one.digest("13800138000") != other.digest("13800138000")


def test_nothing_to_say_moves_no_head(app: Flask) -> None:
    begun(Fact("a"))
    head = stream().head
    assert begun() == []
    assert (stream().seq, stream().head) == (1, head)


def test_who_appends_to_a_head_that_has_moved_begins_again(app: Flask) -> None:
    begun(Fact("a"))
    with writing() as tx:
        late = history.stream_of(tx, STREAM)
    begun(Fact("b"))
    with pytest.raises(Faster), writing() as tx:
        history.append(tx, late, [Fact("c", payload={"x": 1})], by=None)
    assert [event.kind for event in events()] == ["a", "b"]
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(HistoryPayload)) == 0


def test_a_transaction_may_append_to_one_stream_more_than_once(app: Flask) -> None:
    """The database does not know yet how far the transaction came."""
    for kinds in (("a", "b"), ("c", "d")):
        with writing() as tx:
            for kind in kinds:
                history.record(tx, STREAM, "system", [Fact(kind)], by=None)
    assert [event.kind for event in events()] == ["a", "b", "c", "d"]
    assert stream().seq == 4


def test_a_stream_that_nobody_began_is_not_begun_by_asking(app: Flask) -> None:
    with pytest.raises(LookupError), writing() as tx:
        history.stream_of(tx, STREAM)


def test_a_move_that_fails_leaves_no_word_in_the_record(app: Flask) -> None:
    with pytest.raises(LookupError), writing() as tx:
        _say_and_fail(tx)
    assert events() == []


def _say_and_fail(tx: Tx) -> None:
    history.record(tx, STREAM, "system", [Fact("a", payload={"x": 1})], by=None)
    tx.flush()
    history.stream_of(tx, STREAM + 1)
