"""How a case begins: which version, with what data, under which reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app import diagrams, engine
from app.core import clock
from app.core.calendars import china
from app.core.database import Statement, Tx
from app.core.ids import new_id
from app.core.keepable import keepable
from app.definitions import library
from app.definitions.errors import NoSuchDefinition
from app.definitions.library import Version
from app.expressions import ExpressionError, compile_expression
from app.history import PEOPLE, HistoryStream, open_stream
from app.instances import answers
from app.instances import case as cases
from app.instances.case import Case, Key
from app.instances.errors import CannotStart, NotAllowed
from app.instances.models import ProcessInstance, ReferenceCounter
from app.instances.turn import Turn
from app.people.actor import Actor


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asked for."""

    process: str
    data: Mapping[str, Any]
    business_key: str | None
    customer_id: int | None
    version: int | None
    element: str  #: the start event; "" = the plain one
    payload: Mapping[str, Any] | None  #: of the message that starts it
    mark: str
    first: str = ""  #: which of several triggers came: the name of the message or signal, "timer"


_people_seq = Statement(sa.select(HistoryStream.seq).where(HistoryStream.id == PEOPLE))
_count = Statement(
    sa.update(ReferenceCounter)
    .where(ReferenceCounter.year == sa.bindparam("y"))
    .values(last=ReferenceCounter.last + 1)
    .returning(ReferenceCounter.last)
)


def begin(tx: Tx, order: Order, by: Actor, key: Key) -> dict[str, Any]:
    """Begin a case. The number is taken last: its counter is what starts of all processes wait for."""
    repeated = cases.answered(tx, by, key)
    if repeated is not None:
        return repeated  # type: ignore[no-any-return]
    if not (by.departments or by.is_admin):
        raise NotAllowed
    version = _version(tx, order)
    node = _start_event(version, order)
    data = answers.clean_start(tx.run, version, order.data, node.form if order.payload is None else "")
    if node.initiator and not by.is_system:
        data |= {node.initiator: by.login}
    facts = data | dict(order.payload or {})
    segment, channel = (_label(version, name, facts) for name in ("segment", "channel"))
    instance_id, now = new_id(), clock.now()
    case = Case(instance_id, version.id, version.key, "", "running", segment, channel)
    rows = tx.run(_people_seq, {})
    turn = Turn(tx, by, now, key, case, open_stream(tx, instance_id, "instance"), rows[0][0] if rows else 0)
    _say_started(turn, order, version, node.id, data)
    turn.begin(version, data, order.element, order.payload, order.first)
    case.reference = _reference(tx, now)
    _insert(turn, order, now)
    turn.finish()
    result = {"id": str(case.id), "reference": case.reference, "state": case.state}
    return turn.answer(result | {"tasks": [str(task.id) for task in turn.opened.values()]})  # type: ignore[no-any-return]


def _say_started(turn: Turn, order: Order, version: Version, element: str, data: Mapping[str, Any]) -> None:
    """What a case begins with is entered by whoever begins it; later changes of it are corrections."""
    case, source = turn.case, "import" if turn.by.is_system else "entry"
    fields = {name: [None, turn.digest(value)] for name, value in data.items() if value is not None}

    def project(seq: int) -> None:
        for name, (old, new) in fields.items():
            turn.add_change(seq, name, old, new, element=element, task_id=None, source=source)

    facts: dict[str, Any] = {"definition": version.id, "process": version.key, "version": version.version}
    facts |= {"segment": case.segment, "channel": case.channel, "mark": order.mark}
    if fields:
        facts |= {"fields": fields, "source": source}
    payload = {"data": data, "business_key": order.business_key}
    turn.say("instance.started", element=element, facts=facts, payload=payload, then=project)


def _insert(turn: Turn, order: Order, now: datetime) -> None:
    case, ended = turn.case, turn.ended
    row = {
        "id": case.id,
        "reference": case.reference,
        "root_id": case.id,
        "definition_id": case.definition_id,
        "process_key": case.process_key,
        "business_key": order.business_key,
        "customer_id": order.customer_id,
        "segment": case.segment,
        "channel": case.channel,
        "mark": order.mark,
        "state": case.state,
        "started_at": now,
        "started_by_id": turn.by.recorded_id,
        "ended_at": now if ended else None,
        "end_element": ended[0] if ended else None,
        "end_code": ended[1] if ended else None,
    }
    turn.tx.add(ProcessInstance.__table__, row)


def _version(tx: Tx, order: Order) -> Version:
    if order.version is not None:
        version = library.numbered(tx.run, order.process, order.version)
        if not library.is_deployed(tx.run, version.id):
            raise NoSuchDefinition(key=order.process, version=order.version)
        return version
    return library.newest(tx.run, order.process)


def _start_event(version: Version, order: Order) -> Any:
    """Raises CannotStart where the process has no such start event, or no plain one and no condition is true."""
    nodes, element = version.process.nodes, order.element
    if element:
        starts = [it.node for it in diagrams.entrances(version.process) if it.node.id == element]
    else:
        plain = [node for node in nodes.values() if node.kind == "startEvent" and not node.events]
        met = engine.conditional_start(version.program, order.data)
        starts = [node for node in plain if node.scope == version.key] or ([nodes[met]] if met else [])
    if not starts:
        raise CannotStart(fields={"process": [f"{version.key} has no start event {element or 'without a trigger'}"]})
    return starts[0]


def _label(version: Version, name: str, data: Mapping[str, Any]) -> str | None:
    """Segment and channel of the case: what the process says (`laneway.segment`, FEEL with "="), else the data."""
    text = version.process.properties.get(f"laneway.{name}")
    value: Any = data.get(name) if text is None else text
    if text is not None and text.startswith("="):
        try:
            value = compile_expression(text[1:]).evaluate(data)
        except ExpressionError:
            value = None
    return None if value is None or isinstance(value, dict | list) else keepable(str(value), 40)


def _reference(tx: Tx, at: datetime) -> str:
    year = china().local(at).year
    rows = tx.run(_count, {"y": year})
    if not rows:
        tx.add(ReferenceCounter.__table__, {"year": year, "last": 1})
    return f"C-{year}-{rows[0][0] if rows else 1:05d}"
