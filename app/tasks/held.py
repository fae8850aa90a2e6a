"""A task as a move sees it, who may do what with it, and the changes themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.database import Statement, Tx
from app.people.actor import Actor
from app.tasks.errors import AlreadyClaimed, FourEyes, NotHead, NotHeld, NotInDepartment, TaskChanged, TaskIsOver
from app.tasks.models import Duty, Task
from app.tasks.states import LIVE, State, can_become


@dataclass(slots=True)
class Held:
    """One task, read inside the transaction that is about to change it."""

    id: int
    instance_id: int
    ref: str
    definition_id: int
    process_key: str
    element: str
    name: str
    names: Mapping[str, str] | None
    item: str | None
    form: str
    lane_id: int | None
    state: str
    holder_id: int | None
    assignee_id: int | None
    priority: int
    duty_group: str
    standard: str
    created_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    ended_by_id: int | None
    due_at: datetime | None
    sort_at: datetime
    follow_up_at: datetime | None
    version: int
    from_ref: str
    from_element: str | None
    from_department_id: int | None
    handed_over_at: datetime | None
    department_id: int | None  #: of its lane, as of now
    duty_role: str | None  #: what the actor already did in its group of four eyes
    candidate: bool  #: the actor is named besides the lane, or is of a further group that is
    named_only: bool  #: the diagram names people and no group: being of the lane's department is not enough
    first: str | None  #: name of the holder, or of who ended it: who was first


#: the whole row, in the order of the fields above: a change puts it back as it then stands
COLUMNS = tuple(Task.__table__.columns)
_NAMES = [column.name for column in COLUMNS]
_forget_duties = Statement(sa.delete(Duty).where(Duty.instance_id == sa.bindparam("instance")))


def duty_role(task: Held) -> str:
    """A person's part in a group of four eyes: the element. Doing the same element again is a correction."""
    return task.element


def require_live(task: Held, version: int | None = None) -> None:
    """Raises TaskIsOver (with who ended it) and TaskChanged (with who holds it)."""
    if task.state not in LIVE:
        raise over(task)
    if version is not None and version != task.version:
        raise TaskChanged(first=task.first, version=task.version)


def over(task: Held) -> TaskIsOver:
    """Nobody was first where the case took the task away, whoever held it then."""
    first = None if task.state == State.CANCELLED else task.first
    return TaskIsOver(first=first, at=task.ended_at, state=task.state)


def require_candidate(task: Held, by: Actor) -> None:
    """Raises NotInDepartment, and FourEyes when another pair of eyes is wanted."""
    if not is_candidate(task, by):
        raise NotInDepartment(department_id=task.department_id)
    require_other_eyes(task)


def require_other_eyes(task: Held) -> None:
    """Raises FourEyes when whoever the task was read for already had another part in its group."""
    if task.duty_group and task.duty_role is not None and task.duty_role != duty_role(task):
        raise FourEyes(group=task.duty_group, element=task.duty_role)


def is_candidate(task: Held, by: Actor) -> bool:
    """Named by the diagram or by a head; where the diagram names nobody, of the lane's department, today."""
    if by.account_id in (task.assignee_id, task.holder_id) or task.candidate:
        return True
    if task.assignee_id is not None or task.named_only:
        return False
    return is_colleague(task, by)


def is_colleague(task: Held, by: Actor) -> bool:
    """Of the lane's department; where it has none, an administrator."""
    return by.is_in(task.department_id) if task.department_id is not None else by.is_admin


def claim(tx: Tx, task: Held, by: Actor, at: datetime) -> bool:
    """Give the task to one person. Claiming what you hold changes nothing and returns False."""
    require_live(task)
    if task.holder_id == by.account_id:
        return False
    if task.holder_id is not None:
        raise AlreadyClaimed(first=task.first)
    require_candidate(task, by)
    change(tx, task, State.CLAIMED, holder_id=by.account_id, claimed_at=at)
    return True


def release(tx: Tx, task: Held, by: Actor) -> None:
    """Give a held task back to its lane; a head may take it from the holder."""
    require_live(task)
    if task.holder_id is None or (task.holder_id != by.account_id and not leads(task, by)):
        raise NotHeld(first=task.first)
    change(tx, task, State.OPEN, holder_id=None, claimed_at=None)


def assign(tx: Tx, task: Held, by: Actor, to: Actor, theirs: Held, at: datetime) -> bool:
    """A head gives the task to somebody of the department, whoever held it or was named before.

    `theirs` is the same task read for `to`: what counts is what *they* already did. False when they hold it already.
    """
    require_live(task)
    if not leads(task, by):
        raise NotHead(department_id=task.department_id)
    if not (is_candidate(theirs, to) or is_colleague(theirs, to)):
        raise NotInDepartment(department_id=task.department_id)
    require_other_eyes(theirs)
    if task.holder_id == to.account_id:
        return False
    change(tx, task, State.CLAIMED, holder_id=to.account_id, claimed_at=at)
    return True


def leads(task: Held, by: Actor) -> bool:
    """A head of the task's department, or an administrator."""
    return by.is_admin or task.department_id in by.heads


def start(tx: Tx, task: Held, at: datetime) -> None:
    """The holder opened the form for the first time."""
    change(tx, task, State.CLAIMED, started_at=at)


def complete(tx: Tx, task: Held, by: Actor, at: datetime) -> None:
    """End the task by a person's answer. Whoever may claim it may complete it; a holder keeps others out."""
    if task.holder_id is not None and task.holder_id != by.account_id:
        raise AlreadyClaimed(first=task.first)
    require_candidate(task, by)
    change(
        tx,
        task,
        State.COMPLETED,
        holder_id=by.account_id,
        claimed_at=task.claimed_at or at,
        started_at=task.started_at or at,
        ended_at=at,
        ended_by_id=by.account_id,
    )
    if task.duty_group and task.duty_role is None:
        row = {
            "instance_id": task.instance_id,
            "group": task.duty_group,
            "account_id": by.account_id,
            "role": duty_role(task),
        }
        tx.add(Duty.__table__, row)


def redraw(tx: Tx, task: Held, drawing: Mapping[str, object], *, is_other: bool) -> None:
    """Another version of the diagram draws the task; `is_other`: who looks at it sees something else than it is now."""
    task.version += is_other
    for name, value in drawing.items():
        setattr(task, name, value)
    tx.put(Task.__table__, {name: getattr(task, name) for name in _NAMES})


def put_duties(tx: Tx, instance_id: int, duties: Iterable[tuple[str, int, str]]) -> None:
    """These parts in groups of four eyes, (group, account, role), instead of those that are written."""
    tx.run(_forget_duties, {"instance": instance_id})
    for group, account, role in duties:
        tx.add(Duty.__table__, {"instance_id": instance_id, "group": group, "account_id": account, "role": role})


def change(tx: Tx, task: Held, state: State, **values: object) -> None:
    """Show a change on `task`, and put its row as it then stands.

    Nothing is asked of the row itself: a move that was slower fails at the head of the case's history.
    """
    if not can_become(task.state, state):
        raise TaskIsOver(first=task.first, at=task.ended_at, state=task.state)
    task.state, task.version = state.value, task.version + 1
    for name, value in values.items():
        setattr(task, name, value)
    tx.put(Task.__table__, {name: getattr(task, name) for name in _NAMES})
