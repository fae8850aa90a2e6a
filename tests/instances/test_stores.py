"""Data stores: what one case writes another reads, and no write is lost when two cases write at once."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import database
from app.instances import host as hosts
from app.instances import moves
from app.instances.models import DataStore
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import events, kinds, open_tasks, race, rows, said, state

STORE = '<bpmn:dataStore id="s" name="Visitors"/>'
REFERENCE = '<bpmn:dataStoreReference id="r" name="Visitors" dataStoreRef="s"/>'
#: one more visitor
COUNT = (
    '<bpmn:scriptTask id="count" scriptFormat="feel"><bpmn:dataOutputAssociation><bpmn:sourceRef>r</bpmn:sourceRef>'
    "<bpmn:targetRef>r</bpmn:targetRef><bpmn:transformation>if Visitors = null then 1 else Visitors + 1"
    "</bpmn:transformation></bpmn:dataOutputAssociation><bpmn:script>{}</bpmn:script></bpmn:scriptTask>"
)
READ = (
    '<bpmn:scriptTask id="read" scriptFormat="feel"><bpmn:ioSpecification><bpmn:dataInput id="i" name="seen"/>'
    "</bpmn:ioSpecification><bpmn:dataInputAssociation><bpmn:sourceRef>r</bpmn:sourceRef><bpmn:targetRef>i"
    "</bpmn:targetRef></bpmn:dataInputAssociation><bpmn:script>{visitors: seen}</bpmn:script></bpmn:scriptTask>"
)


def visitors() -> Any:
    return [(row.name, row.value) for (row,) in rows(sa.select(DataStore))]


@pytest.fixture
def counting(deployed: Deploy) -> Any:
    """lin lets a visitor in, who is counted; a process of another file reads how many there were."""
    other, known = STORE.replace('id="s"', 'id="t"'), REFERENCE.replace('Ref="s"', 'Ref="t"')
    way = flow("start > read", "read > show", "show > end")
    deployed(process("look", known, START, READ, task("show"), END, way, before=other))
    return deployed(
        process("visit", lanes(CS="start enter count end"), REFERENCE, START, task("enter"), COUNT, END,
                flow("start > enter", "enter > count", "count > end"), before=STORE)
    )  # fmt: skip


def enter(cast: Cast) -> str:
    begun = moves.start("visit", {}, by=cast.lin)
    moves.complete(open_tasks(begun["id"])["enter"], {}, by=cast.lin)
    return str(begun["id"])


def test_what_one_case_writes_a_case_of_another_process_reads(counting: Any, cast: Cast) -> None:
    first = enter(cast)
    enter(cast)
    assert visitors() == [("Visitors", 2)]
    look = moves.start("look", {}, by=cast.lin)
    assert said(look["id"], "data.written")["after"] == {"visitors": 2}
    assert state(first) == "completed"


def test_the_record_tells_who_wrote_what(counting: Any, cast: Cast) -> None:
    case = enter(cast)
    assert "store.written" in kinds(case)
    assert said(case, "store.written") == {"value": 1}
    event = next(it for it in events(case) if it.kind == "store.written")
    assert (event.element, event.facts["store"]) == ("count", "Visitors")


def test_two_cases_that_write_at_once_lose_nothing(app: Flask, counting: Any, cast: Cast) -> None:
    lin = cast.lin
    for visitor in range(1, 5):
        begun = [moves.start("visit", {}, by=cast.lin) for _ in range(2)]
        tasks = [open_tasks(each["id"])["enter"] for each in begun]
        race(app, *[lambda it=it: moves.complete(it, {}, by=lin) for it in tasks])
        assert [state(each["id"]) for each in begun] == ["completed", "completed"]
        assert visitors() == [("Visitors", 2 * visitor)]


def test_a_move_that_read_a_store_before_another_wrote_it_begins_again(
    app: Flask, counting: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other write comes exactly between reading and writing; on SQLite nobody can write then, and it follows."""
    begun = [moves.start("visit", {}, by=cast.lin) for _ in range(2)]
    mine, others = [open_tasks(each["id"])["enter"] for each in begun]
    lin, read, reads = cast.lin, hosts.Host.stored, []

    def meddled(self: hosts.Host, store: str) -> Any:
        found = read(self, store)
        reads.append(found)
        if len(reads) == 1 and database.db.engine.dialect.name == "postgresql":
            race(app, lambda: moves.complete(others, {}, by=lin))
        return found

    monkeypatch.setattr(hosts.Host, "stored", meddled)
    moves.complete(mine, {}, by=cast.lin)
    if len(reads) == 1:
        moves.complete(others, {}, by=cast.lin)
    assert visitors() == [("Visitors", 2)]
    assert reads[-1] == 1


def test_nothing_is_stored_where_the_move_fails(counting: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = moves.start("visit", {}, by=cast.lin)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(database.Tx, "flush", broken)
    with pytest.raises(RuntimeError):
        moves.complete(open_tasks(begun["id"])["enter"], {}, by=cast.lin)
    assert visitors() == []
