"""What is written for each thing the engine tells: one function per happening, found in one dictionary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import engine
from app.core import queue
from app.core.database import Statement
from app.core.ids import new_id
from app.core.keepable import is_keepable, keepable
from app.diagrams.model import Node
from app.instances import lanes, origins, services, steps
from app.instances.models import DataStore, Incident, Subscription, Timer
from app.tasks import held
from app.tasks.held import Held
from app.tasks.models import Candidate, Task
from app.tasks.states import State

if TYPE_CHECKING:
    from app.instances.turn import Turn

#: Nodes that people work on.
PERSONS = ("userTask", "manualTask")
#: Nodes with steps inside.
CONTAINERS = ("callActivity", "subProcess", "transaction", "adHocSubProcess")
#: Where tasks without a deadline stand in a list sorted by due.
END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


_open_incidents = Statement(
    sa.select(Incident.id, Incident.ref, Incident.element).where(
        Incident.instance_id == sa.bindparam("instance"), Incident.state == "open"
    )
)
_withdraw = Statement(
    sa.update(Incident)
    .where(Incident.id == sa.bindparam("incident"), Incident.state == "open")
    .values(state="resolved", resolved_at=sa.bindparam("at_"), resolution="withdrawn")
)
#: Nodes whose variables come from outside; what other nodes write is made from what the case knows.
OUTSIDE = ("startEvent", "boundaryEvent", "intermediateCatchEvent", "receiveTask", "serviceTask", "sendTask")


def all_of(turn: Turn, happenings: Iterable[engine.Happening]) -> None:
    """Record everything that happened, in its order."""
    for happening in happenings:
        _BY_KIND[type(happening)](turn, happening)


def withdraw_incidents(turn: Turn) -> None:
    """What failed in a step that nobody wants any more needs no repair."""
    if not turn.cancelled:
        return
    for incident, ref, element in turn.tx.run(_open_incidents, {"instance": turn.case.id}):
        if ref in turn.cancelled:
            turn.tx.change(_withdraw, {"incident": incident, "at_": turn.at})
            _say_withdrawn(turn, incident, ref, element)
    for row in turn.raised:
        if row["ref"] in turn.cancelled:
            row |= {"state": "resolved", "resolved_at": turn.at, "resolution": "withdrawn"}
            _say_withdrawn(turn, row["id"], row["ref"], row["element"])


def _say_withdrawn(turn: Turn, incident: int, ref: str, element: str) -> None:
    facts = {"ref": ref, "how": "withdrawn", "incident": incident}
    turn.say("incident.resolved", element=element, facts=facts)


def _step_entered(turn: Turn, it: engine.StepEntered) -> None:
    """Told by what follows: a task, a wait, or leaving. What runs inside a step comes from where the step came from."""
    node = turn.version_of(it.process, it.program).process.nodes.get(it.element)
    if it.kind in CONTAINERS or (node is not None and (node.loop is not None or _waits_for_undoing(node))):
        turn.origins[it.ref] = origins.last_of(turn.tx, turn.case.id, turn.origins, it.previous)
        turn.entered.add(it.ref)


def _waits_for_undoing(node: Node) -> bool:
    """What undoes comes from the event that has thrown, which is not over."""
    throws = node.kind in ("intermediateThrowEvent", "endEvent")
    return throws and any(event.kind in ("compensate", "cancel") for event in node.events)


def _step_left(turn: Turn, it: engine.StepLeft) -> None:
    closing = turn.closing.pop(it.ref, None)
    if closing is not None:
        payload = {"answer": dict(closing.answer), "before": turn.before.pop(it.ref, {})}
        turn.close_step(closing.task, closing.kind, it.outcome, payload)
        return
    told = it.ref in turn.cancelled  # by TaskWithdrawn, which knows the task
    if it.outcome == "cancelled":
        turn.cancelled.add(it.ref)
    if it.kind in PERSONS:
        answered = turn.live_task(it.ref) if not told else None
        if answered is not None:  # it had failed after its answer; an operator let it pass, or an event took it away
            turn.close_step(answered, "step.left", it.outcome)
            return
        if it.outcome == "cancelled":
            return
    version = turn.version_of(it.process, it.program)
    inner = origins.inside(turn.origins, it.ref)
    origin = inner or origins.last_of(turn.tx, turn.case.id, turn.origins, it.previous)
    turn.origins[it.ref] = origin
    previous, created = " ".join(it.previous), it.entered_at or turn.at

    def project(seq: int) -> None:
        row = steps.automatic_step(
            instance_id=turn.case.id,
            ref=it.ref,
            seq=seq,
            definition_id=version.id,
            process_key=it.process,
            element=it.element,
            kind=it.kind,
            outcome=it.outcome,
            created_at=created,
            at=turn.at,
            previous=previous,
            origin=origin,
        )
        turn.add_step(row)

    facts = {"ref": it.ref, "kind": it.kind, "outcome": it.outcome, "definition": version.id, "previous": previous}
    if it.flows:
        facts["flows"] = list(it.flows)
    if created != turn.at:
        facts["created"] = created.isoformat()
    if inner or not turn.entered.isdisjoint(it.previous) or not turn.origins.keys() >= set(it.previous):
        # Entering is no event: where this comes from could not always be told from the record alone.
        facts["from"] = origin.said()
    turn.say("step.left", element=it.element, facts=facts, then=project)


def _task_reached(turn: Turn, it: engine.TaskReached) -> None:
    version = turn.version_of(it.process, it.program)
    groups = lanes.group_lanes(turn.tx, it.process, it.groups) if it.groups else []
    lane_id = groups[0] if groups else lanes.lane_of(version, it.lane)
    holder = lanes.holder(turn.tx, turn.people_seq, lane_id) if lane_id is not None else None
    named = [login for login in (it.assignee, *it.users) if login and is_keepable(login)]
    known = lanes.accounts(turn.tx, named) if named else {}
    assignee = known.get(it.assignee.strip().lower()) if it.assignee else None
    due = lanes.moment(holder, turn.at, it.due)
    origin = origins.last_of(turn.tx, turn.case.id, turn.origins, it.previous)
    row: dict[str, Any] = {
        "id": new_id(),
        "instance_id": turn.case.id,
        "ref": it.ref,
        "definition_id": version.id,
        "process_key": it.process,
        "element": it.element,
        "name": it.name or it.element,
        "names": dict(it.names) or None,
        "item": None if it.item is None else label(it.item),
        "form": it.form,
        "lane_id": lane_id,
        "state": State.OPEN.value,
        "holder_id": None,
        "assignee_id": assignee,
        "priority": it.priority,
        "duty_group": it.properties.get("laneway.fourEyes", ""),
        "standard": it.properties.get("laneway.standard", ""),
        "created_at": turn.at,
        "claimed_at": None,
        "started_at": None,
        "ended_at": None,
        "ended_by_id": None,
        "due_at": due,
        "sort_at": due or END_OF_TIME,
        "follow_up_at": lanes.moment(holder, turn.at, it.follow_up),
        "version": 1,
        "from_ref": " ".join(it.previous),
        "from_element": origin.element,
        "from_department_id": origin.department_id,
        "handed_over_at": origin.at,
    }
    turn.tx.put(Task.__table__, row)  # with the rows that this move changes, in one statement
    department = holder.department_id if holder else None
    turn.opened[it.ref] = Held(
        **row, department_id=department, duty_role=None, candidate=False, named_only=False, first=None
    )
    for extra in groups[1:]:
        _candidate(turn, row["id"], lane_id=extra)
    for login in it.users:
        if login.strip().lower() in known:
            _candidate(turn, row["id"], account_id=known[login.strip().lower()])
    facts = {
        "ref": it.ref,
        "definition": version.id,
        "process": it.process,
        "lane": lane_id,
        "department": department,
        "due": due.isoformat() if due else None,
        "previous": row["from_ref"],
        "from": origin.said(),
    }
    turn.say("task.created", element=it.element, task_id=row["id"], facts=facts)


def _candidate(turn: Turn, task_id: int, *, lane_id: int | None = None, account_id: int | None = None) -> None:
    row = {"id": new_id(), "task_id": task_id, "lane_id": lane_id, "account_id": account_id}
    turn.tx.add(Candidate.__table__, row)


def label(item: Any) -> str:
    """A short text for the element of a multi-instance: itself, or the most telling field of an object."""
    if isinstance(item, dict):
        item = next((item[name] for name in ("name", "label", "title", "id") if name in item), "")
    return keepable(str(item), 200)


def _task_withdrawn(turn: Turn, it: engine.TaskWithdrawn) -> None:
    task = turn.live_task(it.ref)
    if task is None:
        return
    turn.opened.pop(it.ref, None)
    turn.cancelled.add(it.ref)
    held.change(turn.tx, task, State.CANCELLED, ended_at=turn.at)
    turn.close_step(task, "task.cancelled", "cancelled")


def _timer_set(turn: Turn, it: engine.TimerSet) -> None:
    row = {"instance_id": turn.case.id, "ref": it.ref, "element": it.element, "due_at": it.due_at}
    turn.tx.put(Timer.__table__, row)
    turn.say("timer.set", element=it.element, facts={"ref": it.ref, "due": it.due_at.isoformat()})


def _timer_cleared(turn: Turn, it: engine.TimerCleared) -> None:
    turn.tx.drop(Timer.__table__, instance_id=turn.case.id, ref=it.ref)


def _message_awaited(turn: Turn, it: engine.MessageAwaited) -> None:
    row = {
        "instance_id": turn.case.id,
        "ref": it.ref,
        "element": it.element,
        "kind": it.kind,
        "name": it.name,
        "correlation": it.correlation,
        "created_at": turn.at,
    }
    turn.tx.put(Subscription.__table__, row)
    turn.say("message.awaited", element=it.element, facts={"ref": it.ref, "name": it.name, "kind": it.kind})


def _message_forgotten(turn: Turn, it: engine.MessageForgotten) -> None:
    turn.tx.drop(Subscription.__table__, instance_id=turn.case.id, ref=it.ref)


def _message_sent(turn: Turn, it: engine.MessageSent) -> None:
    args = {"kind": it.kind, "name": it.name, "correlation": it.correlation, "payload": dict(it.payload)}
    args["sender"] = f"{turn.case.id}:{it.ref}:{turn.stream.seq}"
    queue.defer(turn.tx, "message.send", args)
    facts = {"ref": it.ref, "name": it.name, "kind": it.kind}
    turn.say("message.sent", element=it.element, facts=facts, payload=dict(it.payload) or None)


def _service_called(turn: Turn, it: engine.ServiceCalled) -> None:
    services.ask_for(turn.tx, turn.case.id, it)
    turn.say("service.called", element=it.element, facts={"ref": it.ref, "type": it.type})


def _service_withdrawn(turn: Turn, it: engine.ServiceWithdrawn) -> None:
    services.forget(turn.tx, turn.case.id, it.ref)


def _decision_made(turn: Turn, it: engine.DecisionMade) -> None:
    facts = {"ref": it.ref, "decision": it.decision, "rules": list(it.rules)}
    payload = {"inputs": dict(it.inputs), "outputs": it.outputs}
    turn.say("decision.made", element=it.element, facts=facts, payload=payload)


def _data_written(turn: Turn, it: engine.DataWritten) -> None:
    """A person's answer is told by the completed task, which carries it; every other write is an event of its own."""
    changed = {name: [turn.digest(it.before.get(name)), turn.digest(value)] for name, value in it.after.items()}
    if it.ref in turn.closing:
        turn.written.setdefault(it.ref, {}).update(changed)
        turn.before.setdefault(it.ref, {}).update(it.before)
        return
    source = _source(turn, it)

    def project(seq: int) -> None:
        for name, (old, new) in changed.items():
            turn.add_change(seq, name, old, new, element=it.element, task_id=None, source=source)

    facts = {"ref": it.ref, "fields": changed, "source": source}
    payload = {"before": dict(it.before), "after": dict(it.after)}
    turn.say("data.written", element=it.element, facts=facts, payload=payload, then=project)


def _store_written(turn: Turn, it: engine.StoreWritten) -> None:
    row = {"name": it.store, "value": it.value, "written_at": turn.at, "instance_id": turn.case.id}
    turn.tx.put(DataStore.__table__, row)
    facts = {"ref": it.ref, "store": it.store, "digest": turn.digest(it.value)}
    turn.say("store.written", element=it.element, facts=facts, payload={"value": it.value})


def _source(turn: Turn, it: engine.DataWritten) -> str:
    """An operator corrects, the outside is imported, and the machine copies."""
    event = turn.event
    if isinstance(event, engine.Edit) or (isinstance(event, engine.Retry | engine.Skip) and it.ref == event.ref):
        return "correction"
    node = turn.version_of(it.process, it.program).process.nodes.get(it.element) if it.process else None
    return "import" if node is not None and node.kind in OUTSIDE else "copy"


def _failed(turn: Turn, it: engine.Failed) -> None:
    told = turn.event
    by_service = isinstance(told, engine.ServiceFailed) and told.ref == it.ref
    open_incident(turn, it.ref, it.element, "service" if by_service else "step", it.code, it.message)


def open_incident(turn: Turn, ref: str, element: str, kind: str, code: str, message: str) -> None:
    """Someone must act."""
    row = {
        "id": new_id(),
        "instance_id": turn.case.id,
        "ref": ref,
        "element": element,
        "kind": kind,
        "code": code,
        "message": keepable(message, 4000),
        "state": "open",
        "created_at": turn.at,
        "resolved_at": None,
        "resolved_by_id": None,
        "resolution": None,
    }
    turn.tx.add(Incident.__table__, row)
    turn.raised.append(row)
    facts = {"ref": ref, "kind": kind, "code": code, "incident": row["id"]}
    turn.say("incident.opened", element=element, facts=facts, payload={"message": message})


def _ended(turn: Turn, it: engine.Ended) -> None:
    turn.end(it.outcome, it.element, it.code or None)
    turn.say(f"instance.{it.outcome}", element=it.element, facts={"code": it.code} if it.code else None)


_BY_KIND: dict[type[Any], Callable[[Turn, Any], None]] = {
    engine.StepEntered: _step_entered,
    engine.StepLeft: _step_left,
    engine.TaskReached: _task_reached,
    engine.TaskWithdrawn: _task_withdrawn,
    engine.TimerSet: _timer_set,
    engine.TimerCleared: _timer_cleared,
    engine.MessageAwaited: _message_awaited,
    engine.MessageForgotten: _message_forgotten,
    engine.MessageSent: _message_sent,
    engine.ServiceCalled: _service_called,
    engine.ServiceWithdrawn: _service_withdrawn,
    engine.DecisionMade: _decision_made,
    engine.DataWritten: _data_written,
    engine.StoreWritten: _store_written,
    engine.Failed: _failed,
    engine.Ended: _ended,
}
