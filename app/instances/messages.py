"""Messages and signals on their way: kept by their sender's id, delivered to one listener or begun with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, jsontext, queue
from app.core.database import Faster, Statement, Tx, reading, writing
from app.core.ids import new_id
from app.core.settings import setting
from app.definitions.models import DefinitionStart, ProcessDefinition
from app.instances.errors import KeyReused
from app.instances.limits import KEY_LENGTH, require_short
from app.instances.models import Message, ProcessInstance, Subscription
from app.people.actor import SYSTEM, Actor


@dataclass(frozen=True, slots=True)
class Listener:
    """Who waits for a message."""

    instance_id: int
    ref: str
    element: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as its receiver gets it."""

    name: str
    payload: Mapping[str, Any] | None


def key_of(correlation: Mapping[str, Any] | None) -> str | None:
    """The canonical text that a listener's correlation key must equal.

    One entry stands for its value, several for themselves as an object, none for "whoever listens without a key".
    """
    if not correlation:
        return None
    value = next(iter(correlation.values())) if len(correlation) == 1 else dict(correlation)
    return jsontext.dumps(value)


_known = Statement(sa.select(Message.id, Message.body_hash).where(Message.sender_id == sa.bindparam("sender")))
_row = Statement(sa.select(Message.name, Message.payload, Message.state).where(Message.id == sa.bindparam("message")))
_mark = Statement(sa.select(ProcessInstance.mark).where(ProcessInstance.id == sa.bindparam("instance")))
_subscribed = Statement(
    sa.select(Subscription.element).where(
        Subscription.instance_id == sa.bindparam("instance"), Subscription.ref == sa.bindparam("ref")
    )
)
_delivered = Statement(
    sa.update(Message)
    .where(Message.id == sa.bindparam("message"), Message.state == "waiting")
    .values(state="delivered", instance_id=sa.bindparam("instance"), payload=None)
)


def keep(
    tx: Tx,
    kind: str,
    name: str,
    correlation: str | None,
    payload: Mapping[str, Any],
    sender_id: str,
    by: Actor,
    mark: str = "real",
) -> int:
    """Keep a message and have it delivered. The same again is known; raises KeyReused for another content.

    Two senders may use the same id: what counts is whose it is. A case that it begins gets its mark.
    """
    require_short("sender_id", sender_id)
    own_id = f"{by.account_id}:{sender_id}"
    body = jsontext.dump_bytes([kind, name, correlation, payload])
    body_hash = hashlib.sha256(body).hexdigest()
    known = tx.run(_known, {"sender": own_id})
    if known:
        if known[0][1] != body_hash:
            raise KeyReused(key=sender_id)
        return int(known[0][0])
    now, message_id = clock.now(), new_id()
    row = {
        "id": message_id,
        "sender_id": own_id,
        "body_hash": body_hash,
        "kind": kind,
        "name": name,
        "correlation": correlation,
        "payload": dict(payload),
        "mark": mark,
        "state": "waiting",
        "received_at": now,
        "expires_at": now + timedelta(hours=setting("MESSAGE_WAIT_HOURS")),
        "instance_id": None,
    }
    tx.add(Message.__table__, row)
    queue.defer(tx, "message.deliver", {"message": message_id}, key=f"message:{message_id}")
    return message_id


def mark_of(tx: Tx, sender: str) -> str:
    """The mark of the case that sent a message; what a demonstration sets going is one, too."""
    rows = tx.run(_mark, {"instance": int(sender.partition(":")[0])})
    return str(rows[0][0]) if rows else "real"


def is_signal(message_id: int) -> bool:
    """A signal reaches everybody, a message one."""
    with reading() as session:
        return session.scalar(sa.select(Message.kind).where(Message.id == message_id)) == "signal"


def spread(message_id: int, signal: Callable[..., bool], start: Callable[..., dict[str, Any]]) -> bool:
    """Give a signal to every case that listens, begin what starts with it, and be done with it."""
    with reading() as session:
        asked = sa.select(Message.name, Message.payload, Message.sender_id).where(Message.id == message_id)
        row = session.execute(asked).one()
        listening = {listener.instance_id for listener in _listeners(session, message_id)}
        instances = sorted(listening - {_sending_case(row.sender_id)})
    for instance_id in instances:
        signal(instance_id, row.name, row.payload or {}, key=f"signal:{message_id}:{instance_id}")
    for begun in _begin(message_id, start):
        instances.append(begun)
    with writing() as tx:
        tx.run(_delivered, {"message": message_id, "instance": instances[0] if instances else None})
    return True


def _sending_case(sender_id: str) -> int:
    """The case that threw a signal, and whose own listeners have heard it; 0 where it came from outside."""
    account, _, sender = sender_id.partition(":")
    case = sender.partition(":")[0]
    return int(case) if account == str(SYSTEM.account_id) and case.isdecimal() else 0


def find_listener(message_id: int) -> Listener | None:
    """The case that has listened longest for this message."""
    with reading() as session:
        return next(iter(_listeners(session, message_id)), None)


def _listeners(session: Session, message_id: int) -> list[Listener]:
    rows = session.execute(
        sa.select(Subscription.instance_id, Subscription.ref, Subscription.element)
        .join(
            Message,
            sa.and_(
                Message.kind == Subscription.kind,
                Message.name == Subscription.name,
                sa.or_(Subscription.correlation.is_(None), Subscription.correlation == Message.correlation),
            ),
        )
        .join(ProcessInstance, ProcessInstance.id == Subscription.instance_id)
        .where(Message.id == message_id, *_is_wanted(), ProcessInstance.state == "running")
        # A listener that names the key comes before one that takes any.
        .order_by(Subscription.correlation.is_(None), Subscription.created_at, Subscription.ref)
    )
    return [Listener(*row) for row in rows]


def waiting_with_listener(session: Session, limit: int = 100) -> list[int]:
    """Kept messages that somebody listens for by now: the listener came after the message."""
    rows = session.scalars(
        sa.select(Message.id)
        .join(
            Subscription,
            sa.and_(
                Message.kind == Subscription.kind,
                Message.name == Subscription.name,
                sa.or_(Subscription.correlation.is_(None), Subscription.correlation == Message.correlation),
            ),
        )
        # A suspended case must not fill the page that others wait for.
        .join(ProcessInstance, ProcessInstance.id == Subscription.instance_id)
        .where(*_is_wanted(), ProcessInstance.state == "running")
        .distinct()
        .limit(limit)
    )
    return list(rows)


def _is_wanted() -> tuple[sa.ColumnElement[bool], ...]:
    return Message.state == "waiting", Message.expires_at > clock.now()


def take(tx: Tx, message_id: int, listener: Listener) -> Kept | None:
    """Take the message for this listener of a running case; None when either is gone meanwhile."""
    rows = tx.run(_row, {"message": message_id})
    listens = tx.run(_subscribed, {"instance": listener.instance_id, "ref": listener.ref})
    if not rows or rows[0][2] != "waiting" or not listens:
        return None
    tx.change(_delivered, {"message": message_id, "instance": listener.instance_id}, Faster)
    return Kept(rows[0][0], rows[0][1])


def find_start(message_id: int, start: Callable[..., dict[str, Any]]) -> bool:
    """Begin a case of the newest version that starts with this message. False: none does."""
    for begun in _begin(message_id, start):
        with writing() as tx:
            tx.run(_delivered, {"message": message_id, "instance": begun})
        return True
    return False


def _begin(message_id: int, start: Callable[..., dict[str, Any]]) -> Iterator[int]:
    """Begin what starts with this message, one process after the other, as long as somebody asks for the next."""
    with reading() as session:
        found = _starts_of(session, message_id)
    for process, element, payload, mark, name in found:
        # The key makes a repeat after a crash between the two transactions harmless.
        key = f"message:{message_id}:{process}:{element}"[:KEY_LENGTH]
        begun = start(process, {}, by=SYSTEM, key=key, element=element, payload=payload or {}, mark=mark, first=name)
        yield int(begun["id"])


def _starts_of(session: Session, message_id: int) -> list[tuple[str, str, Mapping[str, Any] | None, str, str]]:
    newest = (
        sa.select(ProcessDefinition.key, sa.func.max(ProcessDefinition.version).label("version"))
        .where(ProcessDefinition.state == "deployed")
        .group_by(ProcessDefinition.key)
        .subquery()
    )
    rows = session.execute(
        sa.select(ProcessDefinition.key, DefinitionStart.element, Message.payload, Message.mark, Message.name)
        .join(ProcessDefinition, ProcessDefinition.id == DefinitionStart.definition_id)
        .join(newest, sa.and_(newest.c.key == ProcessDefinition.key, newest.c.version == ProcessDefinition.version))
        .join(Message, sa.and_(Message.kind == DefinitionStart.kind, Message.name == DefinitionStart.name))
        .where(Message.id == message_id, *_is_wanted())
        .order_by(ProcessDefinition.key, DefinitionStart.element)
    )
    return [(key, element, payload, mark, name) for key, element, payload, mark, name in rows]
