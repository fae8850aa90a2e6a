"""Every reason for which a case moves. Web, API, jobs and command line call these and nothing else.

Each function is one transaction: it reads the case, checks, lets the engine advance, records, and commits once. A move
that lost a race to another move of the same case begins again by itself. `key` is the caller's idempotency key: the
same call again gets the same answer, another body under the same key is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app import engine, history
from app.core import clock
from app.core.database import again, writing
from app.core.errors import Invalid
from app.core.keepable import keepable
from app.definitions import timer_starts
from app.definitions.rights import require_analyst
from app.instances import answers, incidents, messages, migration, orders, services, starting, timers
from app.instances import case as cases
from app.instances.case import Key
from app.instances.errors import NotAllowed, NotRunning
from app.instances.limits import NAME_LENGTH, require_keepable, require_short
from app.instances.turn import Closing, turn_of_case, turn_of_task
from app.people.actor import SYSTEM, Actor
from app.tasks import held

# -- a case ------------------------------------------------------------------------------------------------------


@again
def start(
    process: str,
    data: Mapping[str, Any],
    *,
    by: Actor,
    key: str | None = None,
    business_key: str | None = None,
    customer_id: int | None = None,
    version: int | None = None,
    element: str = "",
    payload: Mapping[str, Any] | None = None,
    first: str = "",
    mark: str = "real",
) -> dict[str, Any]:
    """A person, message or timer begins a case of the newest deployed version (or of `version`).

    `first` names the message or signal that came, where a start event needs several.

    Answers {"id", "reference", "state", "tasks": [ids]}. Raises NoSuchDefinition, NotAllowed, Invalid.
    """
    require_short("business_key", business_key, NAME_LENGTH)
    body = [process, data, business_key, customer_id, version, element, payload, mark]
    asked = Key("start", key, body)
    with writing() as tx:
        order = starting.Order(process, data, business_key, customer_id, version, element, payload, mark, first)
        return starting.begin(tx, order, by, asked)


@again
def start_by_clock(plan: timer_starts.Plan) -> bool:
    """The moment of a timer start event came: begin a case, and plan the next moment with it.

    False when another version took its place meanwhile, or when this was done before (a crash came after the commit).
    """
    asked = Key("start", plan.key, [plan.definition, plan.element])
    with writing() as tx:
        if not timer_starts.is_in_force(tx, plan) or cases.answered(tx, SYSTEM, asked) is not None:
            return False
        order = starting.Order(plan.process, {}, None, None, plan.version, plan.element, {}, "real", "timer")
        starting.begin(tx, order, SYSTEM, asked)
        timer_starts.plan_next(tx, plan)
        return True


@again
def miss_start(plan: timer_starts.Plan, error: str) -> None:
    """No case could be begun at the moment of a timer start event: say so in the definition's record, and go on."""
    asked = Key("miss_start", plan.key, [plan.definition, plan.element])
    with writing() as tx:
        if not timer_starts.is_in_force(tx, plan) or cases.answered(tx, SYSTEM, asked) is not None:
            return
        facts = {"due": plan.when.due_at.isoformat()}
        payload = {"message": keepable(error, 4000)}
        fact = history.Fact("definition.start_missed", plan.element, facts=facts, payload=payload)
        history.record(tx, plan.definition, "definition", [fact], by=SYSTEM.recorded_id)
        timer_starts.plan_next(tx, plan)
        cases.remember(tx, SYSTEM, asked, {"definition": plan.definition}, clock.now())


@again
def suspend(instance_id: int, *, by: Actor, reason: str, key: str | None = None) -> None:
    """Nothing of the case moves until it is resumed; its tasks cannot be completed, its timers wait."""
    with turn_of_case(instance_id, by=by, key=Key("suspend", key, [instance_id, reason])) as turn:
        _require_admin(by)
        if turn.repeated is None:
            turn.require_running()
            turn.end("suspended", "")
            turn.say("instance.suspended", payload={"reason": reason})
            turn.answer({"instance": str(instance_id)})


@again
def resume(instance_id: int, *, by: Actor, reason: str = "", key: str | None = None) -> None:
    """A suspended case goes on; what fell due meanwhile happens now."""
    with turn_of_case(instance_id, by=by, key=Key("resume", key, [instance_id, reason])) as turn:
        _require_admin(by)
        if turn.repeated is not None:
            return
        turn.answer({"instance": str(instance_id)})
        if turn.case.state not in ("running", "suspended"):
            raise NotRunning(reference=turn.case.reference, state=turn.case.state)
        if turn.case.state == "suspended":
            turn.end("running", "")
            turn.say("instance.resumed", payload={"reason": reason} if reason else None)


@again
def cancel(instance_id: int, *, by: Actor, reason: str, key: str | None = None) -> None:
    """End the case now: every task, timer and wait of it is withdrawn."""
    with turn_of_case(instance_id, by=by, key=Key("cancel", key, [instance_id, reason])) as turn:
        _require_admin(by)
        if turn.repeated is not None:
            return
        turn.answer({"instance": str(instance_id)})
        if turn.case.state == "suspended":
            turn.case.state = "running"
        turn.require_running()
        turn.say("instance.cancel_asked", payload={"reason": reason})
        turn.advance(engine.Cancel())


@again
def note_read(instance_id: int, *, by: Actor) -> None:
    """An auditor looked at the case: that is a fact of its record too."""
    with turn_of_case(instance_id, by=by, key=Key("read")) as turn:
        turn.say("instance.read")


# -- another version ---------------------------------------------------------------------------------------------


@again
def migrate(
    instance_id: int,
    definition_id: int,
    given: Mapping[str, str] | None = None,
    *,
    by: Actor,
    key: str | None = None,
    reason: str = "",
    order: int | None = None,
) -> dict[str, Any]:
    """A case goes over to another version of its diagram, its elements by the map `given`, else by their ids.

    Answers {"id", "state", "version"}. Raises NotAnalyst, NotRunning, OutOfUse, AlreadyThere, and CannotMigrate with
    everything that is in the way. `order` is the order of many that this belongs to.
    """
    require_analyst(by)
    asked = Key("migrate", key, [instance_id, definition_id, given or {}, reason])
    with turn_of_case(instance_id, by=by, key=asked) as turn:
        if turn.repeated is not None:
            return turn.repeated  # type: ignore[no-any-return]
        return migration.migrate(turn, definition_id, given or {}, reason, order)


@again
def undo_migration(instance_id: int, *, by: Actor, key: str | None = None, reason: str = "") -> dict[str, Any]:
    """A case goes back to the version before its last migration, exactly as it was, while nothing moved since.

    Answers as `migrate`. Raises NotAnalyst, NotRunning, NothingToUndo, MovedSince.
    """
    require_analyst(by)
    with turn_of_case(instance_id, by=by, key=Key("undo_migration", key, [instance_id, reason])) as turn:
        if turn.repeated is not None:
            return turn.repeated  # type: ignore[no-any-return]
        return migration.undo(turn, reason)


@again
def migrate_all(
    definition_id: int,
    given: Mapping[str, str] | None = None,
    *,
    by: Actor,
    versions: Collection[int] = (),
    key: str | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Order all cases of the other versions, or of `versions`, to be migrated: the background does it case by case.

    Answers {"id", "cases"}: the order and how many it is about. Raises NotAnalyst, NoSuchDefinition, OutOfUse, Invalid.
    """
    require_analyst(by)
    asked = Key("migrate_all", key, [definition_id, given or {}, sorted(versions), reason])
    with writing() as tx:
        told = cases.answered(tx, by, asked)
        if told is None:
            told = orders.place(tx, definition_id, given or {}, versions, by, reason)
            cases.remember(tx, by, asked, told, clock.now())
        return told  # type: ignore[no-any-return]


@again
def undo_all(order_id: int, *, by: Actor, key: str | None = None) -> dict[str, Any]:
    """Order every case that an order migrated to be taken back, as far as it has not moved since.

    Raises NotAnalyst, NoSuchOrder, StillRunning.
    """
    require_analyst(by)
    asked = Key("undo_all", key, [order_id])
    with writing() as tx:
        told = cases.answered(tx, by, asked)
        if told is None:
            told = orders.take_back(tx, order_id)
            cases.remember(tx, by, asked, told, clock.now())
        return told  # type: ignore[no-any-return]


# -- a task ------------------------------------------------------------------------------------------------------


def complete(
    task_id: int, answer: Mapping[str, Any], *, by: Actor, key: str | None = None, version: int | None = None
) -> dict[str, Any]:
    """Someone finished a task. Whoever may claim it may complete it; `version` is the one they looked at.

    Answers {"task", "instance", "state", "tasks": [ids of the tasks it opened]}. Raises TaskIsOver, TaskChanged and
    AlreadyClaimed (naming who was first), NotInDepartment, FourEyes, NotRunning, and Invalid with the fields.
    """
    asked = Key("complete", key, [task_id, answer])
    try:
        return _complete(task_id, answer, by, asked, version)
    except Invalid as fault:
        if fault.fields:
            _note_rejection(task_id, sorted(fault.fields), by)
        raise


@again
def _complete(task_id: int, answer: Mapping[str, Any], by: Actor, key: Key, version: int | None) -> dict[str, Any]:
    with turn_of_task(task_id, by=by, key=key) as turn:
        if turn.repeated is not None:
            return turn.repeated  # type: ignore[no-any-return]
        task = turn.held
        held.require_live(task, version)
        turn.require_running()
        held.complete(turn.tx, task, by, turn.at)
        clean = answers.clean(turn, answer)
        turn.closing[task.ref] = Closing(task, clean)
        turn.advance(engine.TaskDone(task.ref, clean))
        turn.close_unleft(task)
        result = {"task": str(task.id), "instance": str(turn.case.id), "state": turn.case.state}
        return turn.answer(result | {"tasks": [str(opened.id) for opened in turn.opened.values()]})  # type: ignore[no-any-return]


@again
def _note_rejection(task_id: int, fields: list[str], by: Actor) -> None:
    with turn_of_task(task_id, by=by, key=Key("reject")) as turn:
        task = turn.held
        turn.say("form.rejected", element=task.element, task_id=task.id, facts={"fields": fields})


@again
def claim(task_id: int, *, by: Actor, key: str | None = None) -> None:
    """Give the task to one person, so that nobody else starts on it. Claiming what you hold changes nothing.

    Raises AlreadyClaimed (naming the holder), NotInDepartment, FourEyes, TaskIsOver.
    """
    with turn_of_task(task_id, by=by, key=Key("claim", key, [task_id])) as turn:
        task = turn.held
        if turn.repeated is None:
            held.require_live(task)
            turn.require_running()
            if held.claim(turn.tx, task, by, turn.at):
                turn.say("task.claimed", element=task.element, task_id=task.id)
            turn.answer({"task": str(task.id)})


@again
def release(task_id: int, *, by: Actor, key: str | None = None, reason: str = "") -> None:
    """Give a held task back to its department. Its holder may, and a head. Raises NotHeld, TaskIsOver."""
    with turn_of_task(task_id, by=by, key=Key("release", key, [task_id, reason])) as turn:
        task = turn.held
        if turn.repeated is None:
            held.require_live(task)
            turn.require_running()
            held.release(turn.tx, task, by)
            turn.say(
                "task.released", element=task.element, task_id=task.id, payload={"reason": reason} if reason else None
            )
            turn.answer({"task": str(task.id)})


@again
def assign(task_id: int, to: Actor, *, by: Actor, key: str | None = None, reason: str = "") -> None:
    """A head gives the task to somebody of the department. Assigning it to its holder changes nothing.

    Raises NotHead, NotInDepartment, FourEyes, TaskIsOver.
    """
    asked = Key("assign", key, [task_id, to.account_id, reason])
    with turn_of_task(task_id, by=by, key=asked) as turn:
        task = turn.held
        if turn.repeated is None:
            held.require_live(task)
            turn.require_running()
            facts = {"from": task.holder_id, "to": to.account_id}
            if held.assign(turn.tx, task, by, to, turn.seen_by(to), turn.at):
                payload = {"reason": reason} if reason else None
                turn.say("task.reassigned", element=task.element, task_id=task.id, facts=facts, payload=payload)
            turn.answer({"task": str(task.id)})


@again
def open_form(task_id: int, *, by: Actor) -> None:
    """The holder opened the form: the first time is when work started. Anybody else's look changes nothing."""
    with turn_of_task(task_id, by=by, key=Key("open")) as turn:
        task = turn.held
        starts = task.state == "claimed" and task.holder_id == by.account_id and task.started_at is None
        if starts and turn.case.state == "running":
            held.start(turn.tx, task, turn.at)
            turn.say("task.started", element=task.element, task_id=task.id)


# -- from outside ------------------------------------------------------------------------------------------------


@again
def fire(instance_id: int, ref: str) -> bool:
    """The clock reached a due timer. False when it was cleared meanwhile, or the case is suspended."""
    with turn_of_case(instance_id, by=SYSTEM, key=Key("fire")) as turn:
        timer = timers.due(turn.tx, instance_id, ref, turn.at)
        if timer is None or turn.case.state != "running":
            return False
        turn.say("timer.fired", element=timer.element, facts={"ref": ref, "due": timer.due_at.isoformat()})
        turn.advance(engine.TimerDue(ref))
        return True


@again
def receive(
    name: str,
    correlation: Mapping[str, Any],
    payload: Mapping[str, Any],
    *,
    sender_id: str,
    by: Actor,
    kind: str = "message",
) -> int:
    """Something from outside arrived: keep it until it is delivered. Its sender's id makes a repeat harmless.

    Returns our id for it. Raises KeyReused when the id came before with another content, UnusableText, UnusableValue
    (naming what no case could take), and NotAllowed: a message moves cases and may begin one, so the rule is that of
    `start`.
    """
    if not (by.departments or by.is_admin):
        raise NotAllowed
    require_short("name", name, NAME_LENGTH)
    require_keepable("correlation", correlation)
    require_keepable("payload", payload)
    with writing() as tx:
        return messages.keep(tx, kind, name, messages.key_of(correlation), payload, sender_id, by)


@again
def deliver(message_id: int) -> bool:
    """Give a kept message to the one case that listens for it, or begin a case with it. False: nobody listens yet.

    A signal goes to every case that listens now.
    """
    if messages.is_signal(message_id):
        return messages.spread(message_id, signal, start)
    found = messages.find_listener(message_id)
    if found is None:
        return messages.find_start(message_id, start)
    with turn_of_case(found.instance_id, by=SYSTEM, key=Key("deliver")) as turn:
        # The state first: a message taken for a case that was suspended meanwhile would be lost.
        message = messages.take(turn.tx, message_id, found) if turn.case.state == "running" else None
        if message is None:
            return False
        facts = {"ref": found.ref, "name": message.name, "message": message_id}
        turn.say("message.received", element=found.element, facts=facts, payload=message.payload or None)
        turn.advance(engine.MessageArrived(found.ref, message.payload or {}))
        return True


@again
def pass_on(sent: Mapping[str, Any]) -> int:
    """A message that a case sent becomes one that cases may receive. Sent twice, it is one."""
    with writing() as tx:
        what = sent["kind"], sent["name"], sent["correlation"], sent["payload"], sent["sender"]
        return messages.keep(tx, *what, SYSTEM, messages.mark_of(tx, sent["sender"]))


@again
def signal(instance_id: int, name: str, payload: Mapping[str, Any], *, key: str) -> bool:
    """A signal reaches one of the cases that listen for it."""
    with turn_of_case(instance_id, by=SYSTEM, key=Key("signal", key, [instance_id, name])) as turn:
        if turn.repeated is not None or turn.case.state != "running":
            return False
        turn.say("signal.received", facts={"name": name}, payload=dict(payload) or None)
        turn.advance(engine.SignalArrived(name, payload))
        turn.answer({"instance": str(instance_id)})
        return True


@again
def finish_call(instance_id: int, ref: str, result: Mapping[str, Any]) -> bool:
    """A service call answered. False when nobody waits for the answer any more."""
    with turn_of_case(instance_id, by=SYSTEM, key=Key("finish")) as turn:
        request = services.waiting(turn.tx, instance_id, ref)
        if request is None or turn.case.state != "running":
            return False
        services.forget(turn.tx, instance_id, ref)
        turn.say("service.done", element=request.element, facts={"ref": ref, "type": request.type})
        turn.advance(engine.ServiceDone(ref, result))
        return True


@again
def fail_call(instance_id: int, ref: str, message: str, *, code: str = "") -> bool:
    """A service call failed for good: an event catches its code, or it is an incident with this code and message."""
    with turn_of_case(instance_id, by=SYSTEM, key=Key("fail")) as turn:
        request = services.waiting(turn.tx, instance_id, ref)
        if request is None or turn.case.state != "running":
            return False
        said, code = keepable(message, 4000), keepable(code, NAME_LENGTH)
        facts = {"ref": ref, "type": request.type, "code": code}
        # Nobody waits for this answer any more; a retry asks again.
        services.forget(turn.tx, instance_id, ref)
        turn.say("service.failed", element=request.element, facts=facts, payload={"message": said})
        turn.advance(engine.ServiceFailed(ref, said, code))
        return True


# -- repair ------------------------------------------------------------------------------------------------------


@again
def retry(incident_id: int, *, by: Actor, data: Mapping[str, Any] | None = None, key: str | None = None) -> None:
    """An operator has the failed step run again, after writing `data`. Raises AlreadyResolved, NotAllowed."""
    _repair(incident_id, by, "retry", data or {}, key)


@again
def skip(incident_id: int, *, by: Actor, data: Mapping[str, Any] | None = None, key: str | None = None) -> None:
    """An operator leaves the failed step as if it had completed with `data`. Raises AlreadyResolved, NotAllowed."""
    _repair(incident_id, by, "skip", data or {}, key)


@again
def edit(instance_id: int, data: Mapping[str, Any], *, by: Actor, reason: str) -> None:
    """An operator writes variables of a case."""
    with turn_of_case(instance_id, by=by, key=Key("edit")) as turn:
        _require_admin(by)
        turn.require_running()
        turn.say("data.edited", facts={"names": sorted(data)}, payload={"reason": reason})
        turn.advance(engine.Edit(data))


def _repair(incident_id: int, by: Actor, how: str, data: Mapping[str, Any], key: str | None) -> None:
    asked = Key(how, key, [incident_id, data])
    with turn_of_case(incidents.instance_of(incident_id), by=by, key=asked) as turn:
        _require_admin(by)
        if turn.repeated is not None:
            return
        turn.answer({"incident": str(incident_id)})
        turn.require_running()
        incident = incidents.resolve(turn, incident_id, how)
        event = engine.Retry(incident.ref, data) if how == "retry" else engine.Skip(incident.ref, data)
        turn.advance(event)


def _require_admin(by: Actor) -> None:
    if not by.is_admin:
        raise NotAllowed
