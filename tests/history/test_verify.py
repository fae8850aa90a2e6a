"""Whoever tampers with the record is found, and told where: every column, every kind of tampering, both databases."""

# ruff: noqa: S608  whoever tampers writes SQL

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import history
from app.core.database import db, reading, writing
from app.history import Fact, HistoryEvent, HistoryPayload, HistoryStream, chains, queries
from app.history.erase import NotWhatWasSaid
from app.history.verify import Verdict, verify
from app.instances import moves
from tests.conftest import Cast
from tests.history.conftest import Tamper
from tests.instances.conftest import deployed, relay  # noqa: F401  fixtures

#: the tampered stream stands between two others
BEFORE, STREAM, AFTER = 10, 11, 12
LENGTH = 6
_FACTS = [
    Fact("note.made", "first", 5, {"n": 1}, {"text": "一"}),
    Fact("note.made", "second", 6, {"n": 2}, {"text": "二"}),
    Fact("note.made", "third", None, {"n": 3}),
    Fact("note.made", "fourth", 8, None, {"text": "四"}),
    Fact("note.made", "fifth", 9, {"n": 5}),
    Fact("note.made", "sixth", 9, {"n": 6}, {"text": "六"}),
]


@pytest.fixture
def record(app: Flask) -> None:
    """Three streams of six events; four of each have a payload."""
    for stream_id in (BEFORE, STREAM, AFTER):
        with writing() as tx:
            history.record(tx, stream_id, "system", _FACTS[:4], by=3)
        with writing() as tx:
            history.record(tx, stream_id, "system", _FACTS[4:], by=None)


def told(verdict: Verdict) -> list[tuple[int, int, str]]:
    return [(fault.stream_id, fault.seq, fault.kind) for fault in verdict.faults]


@pytest.mark.usefixtures("record")
def test_an_untouched_record_is_whole() -> None:
    verdict = verify()
    assert verdict.is_whole
    assert (verdict.streams, verdict.events, verdict.payloads, verdict.erased) == (3, 18, 12, 0)


def test_an_empty_database_is_whole(app: Flask) -> None:
    assert verify().is_whole


_EVENT_VALUES: dict[str, tuple[Any, ...]] = {
    "stream_id": (99,),
    "seq": (99, -1, 0),
    "kind": ("note.lost", ""),
    "at": ("2026-01-01 00:00:00.000000", "2026-01-01 00:00:00.000001"),
    "recorded_at": ("2026-01-01 00:00:00.000000",),
    "actor_id": (4, None),
    "acting_for_id": (3,),
    "element": ("fifth", "thirD"),
    "task_id": (5,),
    "format": (2, 0),
    "facts": ('{"n":4}', '{"n":3,"x":1}', '{"n":3.0}', '{"n": 3}', "{}", None, "null", "not json", ""),
    "digest": (b"\1" * 32, b""),
    "hash": (b"\1" * 32, b""),
}
_EVENT_CHANGES = [(name, value) for name, values in _EVENT_VALUES.items() for value in values]


def test_every_column_of_an_event_is_tried() -> None:
    assert _EVENT_VALUES.keys() == {column.key for column in HistoryEvent.__table__.columns}


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(("column", "value"), _EVENT_CHANGES, ids=str)
def test_a_changed_event_is_found(tamper: Tamper, column: str, value: Any) -> None:
    assert tamper(f"UPDATE history_event SET {column} = :value WHERE stream_id = {STREAM} AND seq = 3", value=value)
    faults = verify().faults
    assert faults
    # One whose number is no longer its own leaves a gap where it was.
    moved = column in ("stream_id", "seq")
    kinds = {(fault.stream_id, fault.seq): fault.kind for fault in faults}
    assert kinds[STREAM, 3 if moved or value != -1 else -1] == ("missing_event" if moved else "changed_event")
    assert {fault.stream_id for fault in faults} <= {STREAM, 99}
    with reading() as session:
        assert queries.chain(session, STREAM).broken == min(fault.seq for fault in faults if fault.stream_id == STREAM)


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(("column", "value"), [each for each in _EVENT_CHANGES if each[0] not in ("stream_id", "seq")])
def test_one_change_is_one_fault(tamper: Tamper, column: str, value: Any) -> None:
    tamper(f"UPDATE history_event SET {column} = :value WHERE stream_id = {STREAM} AND seq = 3", value=value)
    assert told(verify()) == [(STREAM, 3, "changed_event")]


@pytest.mark.usefixtures("record")
def test_a_digest_that_is_taken_away_is_found(tamper: Tamper) -> None:
    tamper(f"UPDATE history_event SET digest = NULL WHERE stream_id = {STREAM} AND seq = 2")
    tamper(f"DELETE FROM history_payload WHERE stream_id = {STREAM} AND seq = 2")
    assert told(verify()) == [(STREAM, 2, "changed_event")]


_PAYLOAD_VALUES: dict[str, tuple[Any, ...]] = {
    "stream_id": (99,),
    "seq": (3, 99, 0),
    "salt": (b"\1" * 16, b""),
    "body": ('{"text":"三"}', '{"text": "二"}', "", "not json"),
}


def test_every_column_of_a_payload_is_tried() -> None:
    assert _PAYLOAD_VALUES.keys() == {column.key for column in HistoryPayload.__table__.columns}


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(
    ("column", "value"), [(name, value) for name, values in _PAYLOAD_VALUES.items() for value in values], ids=str
)
def test_a_changed_payload_is_found(tamper: Tamper, column: str, value: Any) -> None:
    assert tamper(f"UPDATE history_payload SET {column} = :value WHERE stream_id = {STREAM} AND seq = 2", value=value)
    if column in ("salt", "body"):
        assert told(verify()) == [(STREAM, 2, "changed_payload")]
        return
    astray = (value, 2) if column == "stream_id" else (STREAM, value)
    assert sorted(told(verify())) == sorted([(STREAM, 2, "missing_payload"), (*astray, "stray_payload")])


_STREAM_VALUES: dict[str, tuple[Any, str, int]] = {
    "kind": ("people", "changed_event", 1),
    "salt": (b"\1" * 16, "changed_event", 1),
    "head": (b"\1" * 32, "wrong_head", LENGTH),
}


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("column", _STREAM_VALUES)
def test_a_changed_stream_is_found(tamper: Tamper, column: str) -> None:
    value, kind, seq = _STREAM_VALUES[column]
    assert tamper(f"UPDATE history_stream SET {column} = :value WHERE id = {STREAM}", value=value)
    assert told(verify()) == [(STREAM, seq, kind)]


def test_every_column_of_a_stream_is_tried() -> None:
    assert {*_STREAM_VALUES, "id", "seq"} == {column.key for column in HistoryStream.__table__.columns}


@pytest.mark.usefixtures("record")
def test_another_number_of_a_stream_is_found(tamper: Tamper) -> None:
    tamper(f"UPDATE history_stream SET seq = 5 WHERE id = {STREAM}")
    assert told(verify()) == [(STREAM, 6, "stray_event")]
    tamper(f"UPDATE history_stream SET seq = 9 WHERE id = {STREAM}")
    assert told(verify()) == [(STREAM, 7, "missing_event")]


@pytest.mark.usefixtures("record")
def test_another_id_of_a_stream_is_found(tamper: Tamper) -> None:
    tamper(f"UPDATE history_stream SET id = 99 WHERE id = {STREAM}")
    found = told(verify())
    assert found[0] == (STREAM, 1, "stray_event")
    assert (99, 1, "missing_event") in found


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("seq", range(1, LENGTH + 1))
def test_a_deleted_event_is_found(tamper: Tamper, seq: int) -> None:
    tamper(f"DELETE FROM history_payload WHERE stream_id = {STREAM} AND seq = {seq}")
    tamper(f"DELETE FROM history_event WHERE stream_id = {STREAM} AND seq = {seq}")
    assert told(verify()) == [(STREAM, seq, "missing_event")]


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("kept", range(LENGTH))
def test_a_tail_that_is_cut_off_is_found(tamper: Tamper, kept: int) -> None:
    for table in ("history_payload", "history_event"):
        tamper(f"DELETE FROM {table} WHERE stream_id = {STREAM} AND seq > {kept}")
    assert told(verify()) == [(STREAM, kept + 1, "missing_event")]
    tamper(f"UPDATE history_stream SET seq = {kept} WHERE id = {STREAM}")
    assert told(verify()) == [(STREAM, kept, "wrong_head")]


@pytest.mark.usefixtures("record")
def test_the_beginning_cannot_be_left_out_by_counting_anew(tamper: Tamper) -> None:
    for table in ("history_payload", "history_event"):
        tamper(f"DELETE FROM {table} WHERE stream_id = {STREAM} AND seq = 1")
        for seq in range(2, LENGTH + 1):
            tamper(f"UPDATE {table} SET seq = {seq - 1} WHERE stream_id = {STREAM} AND seq = {seq}")
    tamper(f"UPDATE history_stream SET seq = {LENGTH - 1} WHERE id = {STREAM}")
    assert told(verify())[0] == (STREAM, 1, "changed_event")


@pytest.mark.usefixtures("record")
def test_a_deleted_payload_is_found(tamper: Tamper) -> None:
    assert tamper(f"DELETE FROM history_payload WHERE stream_id = {STREAM} AND seq = 4")
    assert told(verify()) == [(STREAM, 4, "missing_payload")]


@pytest.mark.usefixtures("record")
def test_a_deleted_stream_leaves_its_events_without_a_home(tamper: Tamper) -> None:
    tamper(f"DELETE FROM history_stream WHERE id = {STREAM}")
    assert {(STREAM, seq, "stray_event") for seq in range(1, LENGTH + 1)} <= set(told(verify()))
    assert {fault.stream_id for fault in verify().faults} == {STREAM}


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("seq", [0, LENGTH + 1])
def test_an_inserted_event_is_found(tamper: Tamper, seq: int) -> None:
    _copy(tamper, "history_event", 3, seq)
    assert told(verify()) == [(STREAM, seq, "stray_event")]
    if seq:
        tamper(f"UPDATE history_stream SET seq = {seq} WHERE id = {STREAM}")
        assert told(verify())[0] == (STREAM, seq, "changed_event")


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("seq", [-1, 3, LENGTH + 1])
def test_an_inserted_payload_is_found(tamper: Tamper, seq: int) -> None:
    _copy(tamper, "history_payload", 2, seq)
    assert told(verify()) == [(STREAM, seq, "stray_payload")]


@pytest.mark.usefixtures("record")
def test_two_events_that_change_places_are_found(tamper: Tamper) -> None:
    _swap(tamper, "history_event", 3, 5)
    assert told(verify())[0] == (STREAM, 3, "changed_event")


@pytest.mark.usefixtures("record")
def test_two_payloads_that_change_places_are_found(tamper: Tamper) -> None:
    _swap(tamper, "history_payload", 2, 4)
    assert told(verify()) == [(STREAM, 2, "changed_payload"), (STREAM, 4, "changed_payload")]


@pytest.mark.usefixtures("record")
def test_the_event_of_another_stream_is_no_event_of_this_one(tamper: Tamper) -> None:
    for table in ("history_event", "history_payload"):
        tamper(f"DELETE FROM {table} WHERE stream_id = {STREAM} AND seq = 1")
        tamper(f"UPDATE {table} SET stream_id = {STREAM} WHERE stream_id = {BEFORE} AND seq = 1")
    first = {stream: (seq, kind) for stream, seq, kind in reversed(told(verify()))}
    assert first == {BEFORE: (1, "missing_event"), STREAM: (1, "changed_event")}


@pytest.mark.usefixtures("record")
def test_a_whole_chain_cannot_stand_in_for_another(tamper: Tamper) -> None:
    for table in ("history_payload", "history_event"):
        tamper(f"DELETE FROM {table} WHERE stream_id = {STREAM}")
        tamper(f"UPDATE {table} SET stream_id = {STREAM} WHERE stream_id = {BEFORE}")
    head = f"SELECT head FROM history_stream WHERE id = {BEFORE}"
    salt = f"SELECT salt FROM history_stream WHERE id = {BEFORE}"
    tamper(f"UPDATE history_stream SET head = ({head}), salt = ({salt}) WHERE id = {STREAM}")
    tamper(f"DELETE FROM history_stream WHERE id = {BEFORE}")
    assert told(verify())[0] == (STREAM, 1, "changed_event")


@pytest.mark.usefixtures("record")
def test_faults_of_several_streams_are_all_named_and_the_first_comes_first(tamper: Tamper) -> None:
    tamper(f"UPDATE history_event SET element = 'x' WHERE stream_id = {AFTER} AND seq = 2")
    tamper(f"DELETE FROM history_payload WHERE stream_id = {AFTER} AND seq = 1")
    tamper(f"UPDATE history_event SET element = 'x' WHERE stream_id = {BEFORE} AND seq = 5")
    assert told(verify()) == [
        (BEFORE, 5, "changed_event"),
        (AFTER, 1, "missing_payload"),
        (AFTER, 2, "changed_event"),
    ]


@pytest.mark.usefixtures("record")
def test_faults_without_end_are_counted_and_not_kept(tamper: Tamper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "MOST_FAULTS", 4)
    tamper("UPDATE history_event SET element = 'x'")
    verdict = verify()
    assert (len(verdict.faults), verdict.more) == (4, 14)


@pytest.fixture
def in_sqlite(app: Flask, record: None) -> Tamper:
    """SQLite stores anything anywhere: what PostgreSQL refuses by its types is tried there."""

    def run(sql: str) -> int:
        with db.engine.connect().execution_options(laneway_writes=True) as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            driver.execute("BEGIN")
            touched = driver.execute(sql).rowcount
            driver.execute("COMMIT")
            driver.execute("PRAGMA foreign_keys=ON")
        return int(touched)

    return run


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("table", "column", "value", "kind"),
    [
        ("history_event", "kind", "CAST(x'ff' AS TEXT)", "changed_event"),
        ("history_event", "kind", "x'ff'", "changed_event"),
        ("history_event", "at", "'yesterday'", "changed_event"),
        ("history_event", "at", "'2026-05-06'", "changed_event"),
        ("history_event", "at", "replace(at, ' ', 'T')", "changed_event"),
        ("history_event", "at", "at || '+05:00'", "changed_event"),
        ("history_event", "at", "7", "changed_event"),
        ("history_event", "at", "x'00'", "changed_event"),
        ("history_event", "format", "'one'", "changed_event"),
        ("history_event", "actor_id", "3.5", "changed_event"),
        ("history_event", "facts", "x'ff'", "changed_event"),
        ("history_event", "facts", "CAST(x'ff' AS TEXT)", "changed_event"),
        ("history_event", "digest", "'text'", "changed_event"),
        ("history_event", "hash", "'text'", "changed_event"),
        ("history_event", "seq", "'two'", "missing_event"),
        ("history_event", "seq", "2.5", "missing_event"),
        ("history_payload", "salt", "'text'", "changed_payload"),
        ("history_payload", "body", "x'ff'", "changed_payload"),
        ("history_payload", "body", "CAST(x'ff' AS TEXT)", "changed_payload"),
        ("history_payload", "seq", "'two'", "missing_payload"),
    ],
)
@pytest.mark.usefixtures("app")
def test_a_value_of_the_wrong_kind_is_found_and_ends_nothing(
    in_sqlite: Tamper, table: str, column: str, value: str, kind: str
) -> None:
    assert in_sqlite(f"UPDATE {table} SET {column} = {value} WHERE stream_id = {STREAM} AND seq = 2")
    found = told(verify())
    assert (STREAM, 2, kind) in found
    assert {(seq, what) for _, seq, what in found} <= {(2, kind), (2, "stray_payload"), (0, "unreadable_number")}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", ["head = 'text'", "seq = 'six'", "seq = 6.5", "salt = 'text'", "kind = x'ff'"])
@pytest.mark.usefixtures("app")
def test_a_stream_of_the_wrong_kind_is_found(in_sqlite: Tamper, change: str) -> None:
    assert in_sqlite(f"UPDATE history_stream SET {change} WHERE id = {STREAM}")
    assert {stream for stream, _, _ in told(verify())} == {STREAM}


# -- erasure --------------------------------------------------------------------------------------------------------


def erased(*seqs: int, reason: str = "") -> list[int]:
    with writing() as tx:
        return history.erase(tx, STREAM, seqs, by=3, reason=reason)


def payloads() -> set[int]:
    with reading() as session:
        return set(session.scalars(sa.select(HistoryPayload.seq).where(HistoryPayload.stream_id == STREAM)))


@pytest.mark.usefixtures("record")
def test_an_erased_payload_is_gone_and_the_record_stays_whole() -> None:
    assert erased(1, 4) == [1, 4]
    assert payloads() == {2, 6}
    verdict = verify()
    assert verdict.is_whole
    assert (verdict.events, verdict.payloads, verdict.erased) == (20, 10, 2)
    with reading() as session:
        told = session.scalars(sa.select(HistoryEvent).where(HistoryEvent.kind == "payload.erased")).all()
        assert queries.chain(session, STREAM).is_whole
    assert [(event.actor_id, event.facts) for event in told] == [(3, {"seq": 1}), (3, {"seq": 4})]


@pytest.mark.usefixtures("record")
def test_what_is_gone_is_not_erased_again() -> None:
    assert erased(1, 3, 99) == [1]
    assert erased(1) == []
    assert verify().erased == 1


@pytest.mark.usefixtures("record")
def test_the_reason_of_an_erasure_can_be_erased_too() -> None:
    erased(1, reason="客户林先生要求")
    assert verify().is_whole
    assert erased(LENGTH + 1) == [LENGTH + 1]
    assert verify().is_whole


@pytest.mark.usefixtures("record")
def test_an_erasure_excuses_no_other_payload(tamper: Tamper) -> None:
    erased(1)
    tamper(f"DELETE FROM history_payload WHERE stream_id = {STREAM} AND seq = 2")
    assert told(verify()) == [(STREAM, 2, "missing_payload")]


@pytest.mark.usefixtures("record")
def test_an_erased_payload_that_comes_back_is_found(tamper: Tamper) -> None:
    with reading() as session:
        before = session.get_one(HistoryPayload, (STREAM, 1))
    erased(1)
    with writing() as tx:
        tx.add(HistoryPayload.__table__, {"stream_id": STREAM, "seq": 1, "salt": before.salt, "body": before.body})
    assert told(verify()) == [(STREAM, 1, "kept_payload")]


@pytest.mark.usefixtures("record")
def test_an_erasure_of_what_never_was_is_found() -> None:
    with writing() as tx:
        history.record(tx, STREAM, "system", [Fact(chains.ERASED, facts={"seq": 3})], by=None)
        history.record(tx, AFTER, "system", [Fact(chains.ERASED, facts={"what": 3})], by=None)
    assert told(verify()) == [(STREAM, 3, "kept_payload"), (AFTER, LENGTH + 1, "changed_event")]


@pytest.mark.usefixtures("record")
def test_tampering_cannot_be_erased_away(tamper: Tamper) -> None:
    tamper(f"UPDATE history_payload SET body = '{{}}' WHERE stream_id = {STREAM} AND seq = 2")
    with pytest.raises(NotWhatWasSaid):
        erased(1, 2)
    assert payloads() == {1, 2, 4, 6}
    assert told(verify()) == [(STREAM, 2, "changed_payload")]


# -- what stands without its record -----------------------------------------------------------------------------------


@pytest.fixture
def case(cast: Cast, relay: Any) -> int:  # noqa: F811
    """A running case."""
    return int(moves.start("relay", {}, by=cast.lin)["id"])


def test_a_case_without_its_record_is_found(case: int, tamper: Tamper) -> None:
    assert verify().is_whole
    for table, column in (("history_payload", "stream_id"), ("history_event", "stream_id"), ("history_stream", "id")):
        assert tamper(f"DELETE FROM {table} WHERE {column} = {case}")
    assert told(verify()) == [(case, 0, "missing_stream")]


def test_a_record_without_its_case_is_found(case: int, tamper: Tamper) -> None:
    tamper(f"DELETE FROM process_instance WHERE id = {case}")
    assert told(verify()) == [(case, 0, "missing_subject")]


def test_a_version_without_its_record_is_found(relay: Any, tamper: Tamper) -> None:  # noqa: F811
    for table, column in (("history_event", "stream_id"), ("history_stream", "id")):
        assert tamper(f"DELETE FROM {table} WHERE {column} = {relay.id}")
    assert told(verify()) == [(relay.id, 0, "missing_stream")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_fault_has_its_words(lang: str) -> None:
    for kind in chains.Kind.__args__:
        words = chains.Fault(1, 42, kind).words(lang)
        assert kind not in words
        assert ("42" in words) == (kind not in ("missing_stream", "missing_subject", "unreadable_number"))


def _copy(tamper: Tamper, table: str, seq: int, to: int) -> None:
    tables: dict[str, Any] = {"history_event": HistoryEvent.__table__, "history_payload": HistoryPayload.__table__}
    names = [column.name for column in tables[table].columns]
    values = ", ".join(str(to) if name == "seq" else name for name in names)
    copied = f"SELECT {values} FROM {table} WHERE stream_id = {STREAM} AND seq = {seq}"
    assert tamper(f"INSERT INTO {table} ({', '.join(names)}) {copied}")


def _swap(tamper: Tamper, table: str, one: int, other: int) -> None:
    for seq, to in ((one, 1000), (other, one), (1000, other)):
        assert tamper(f"UPDATE {table} SET seq = {to} WHERE stream_id = {STREAM} AND seq = {seq}")
