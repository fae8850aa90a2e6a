"""What is written when a case goes over to another version of its diagram, and when it goes back.

The engine says where its steps stand then; here every row that names an element or a version follows it. What people
hold, have been promised and may not do is kept: holders, due moments, priorities, the listeners' order, four eyes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from app import engine
from app.core.errors import Invalid
from app.definitions import library
from app.definitions.errors import NoSuchDefinition
from app.definitions.library import Version
from app.instances import case as cases
from app.instances import lanes, places, record, undoing
from app.instances.errors import AlreadyThere, NotRunning, OutOfUse
from app.tasks import held
from app.tasks.held import Held

if TYPE_CHECKING:
    from app.instances.turn import Turn

MIGRATED, UNDONE = "case.migrated", "case.migration_undone"
SUSPENDED = "suspended"  #: the code of an obstacle: a case that is held up would go on
LIVE = ("running", "suspended")


def require_map(given: engine.ElementMap, old: Iterable[Version], new: Version) -> None:
    """Raises Invalid naming what stands in none of the drawings; those of `old` are read as far as needed."""
    targets = {"", *new.process.nodes, *new.process.flows}
    wrong = {f"map.{name}"[:200]: ["studio.migrate.no_target"] for name in given if given[name] not in targets}
    unknown, versions = set(given), iter(old)
    while unknown and (each := next(versions, None)) is not None:
        unknown -= {*each.process.nodes, *each.process.flows}
    wrong |= {f"map.{name}"[:200]: ["studio.migrate.no_source"] for name in unknown}
    if wrong:
        raise Invalid(fields=wrong)


def migrate(turn: Turn, definition_id: int, given: engine.ElementMap, reason: str, order: int | None) -> dict[str, Any]:
    """Take the case of a turn to another version; what it then no longer waits for happens at once.

    Raises NotRunning, NoSuchDefinition, OutOfUse, AlreadyThere, and CannotMigrate with every obstacle.
    """
    case, old = turn.case, library.version(turn.tx.run, turn.case.definition_id)
    if case.state not in LIVE:
        raise NotRunning(reference=case.reference, state=case.state)
    new = library.version(turn.tx.run, definition_id)
    if new.key != case.process_key:
        raise NoSuchDefinition(key=case.process_key)
    if new.id == old.id:
        raise AlreadyThere(reference=case.reference, version=new.version)
    if not library.is_deployed(turn.tx.run, new.id):
        raise OutOfUse(version=new.version)
    if order is None:
        require_map(given, [old], new)
    given = {name: target for name, target in given.items() if name in {*old.process.nodes, *old.process.flows}}
    made = engine.migrate(turn.host.fetch(), old.program, new.program, given, host=turn.host, at=turn.at)
    if made.goes_on and case.state == "suspended":
        raise engine.CannotMigrate(obstacles=(engine.Obstacle(SUSPENDED, ""),), standing=made.standing)
    before = undoing.kept(turn, made)
    turn.go_over(new, made.live)
    live_tasks = {task.ref: task for task in cases.live_tasks(turn.tx, turn.case.id, turn.by)}
    tasks = [_redraw(turn, old, new, live_tasks[it.ref], it, before) for it in made.tasks if it.ref in live_tasks]
    _keep_four_eyes(turn, old, new, given)
    facts = _facts(old, new, tasks) | ({"map": dict(given)} if given else {}) | ({"order": order} if order else {})
    payload = {} if made.goes_on else {"before": before}
    turn.say(MIGRATED, facts=facts, payload=payload | ({"reason": reason} if reason else {}) or None)
    record.all_of(turn, made.told)
    record.all_of(turn, made.go_on())
    places.align(turn)
    return turn.answer(_answer(turn, new))  # type: ignore[no-any-return]


def undo(turn: Turn, reason: str) -> dict[str, Any]:
    """Take the case back to where its last migration found it.

    Raises NotRunning, NothingToUndo, MovedSince.
    """
    if turn.case.state not in LIVE:
        raise NotRunning(reference=turn.case.reference, state=turn.case.state)
    last = undoing.last(turn)
    new, old = library.version(turn.tx.run, turn.case.definition_id), library.version(turn.tx.run, last.was)
    live = engine.back(turn.host.fetch(), last.before["pieces"], old.program, host=turn.host, at=turn.at)
    turn.go_over(old, live)
    tasks = undoing.put_back(turn, last.before)
    facts = _facts(new, old, tasks) | {"undoes": last.seq}
    turn.say(UNDONE, facts=facts, payload={"reason": reason} if reason else None)
    places.align(turn, last.before["subscriptions"])
    return turn.answer(_answer(turn, old))  # type: ignore[no-any-return]


def _answer(turn: Turn, version: Version) -> dict[str, Any]:
    return {"id": str(turn.case.id), "state": turn.case.state, "version": version.version}


def _facts(old: Version, new: Version, tasks: list[Held]) -> dict[str, Any]:
    """`tasks`: where each live task stands from here on; the projections are made from it."""
    redrawn = [[task.id, task.element, task.lane_id] for task in tasks]
    versions = {"definition": new.id, "version": new.version, "was": old.id, "was_version": old.version}
    return versions | {"tasks": redrawn}


def _redraw(turn: Turn, old: Version, new: Version, task: Held, it: engine.Redrawn, before: dict[str, Any]) -> Held:
    """A live task is shown as the new version draws it; whose it is and until when stays."""
    node = new.process.nodes[it.element]
    lane, drawn = task.lane_id, old.process.nodes.get(task.element)
    if it.groups is not None:
        lane = lanes.group_lanes(turn.tx, new.key, it.groups)[0] if it.groups else lane
    elif drawn is not None and lane == lanes.lane_of(old, drawn.lane):  # else groups or a head chose another
        lane = lanes.lane_of(new, node.lane)
    drawing: dict[str, Any] = {
        "definition_id": new.id,
        "element": node.id,
        "name": node.name or node.id,
        "names": dict(node.names) or None,
        "form": node.form,
        "lane_id": lane,
        # Four eyes that were promised when the task began are kept, unless the new version has a group of its own.
        "duty_group": node.properties.get("laneway.fourEyes", "") or task.duty_group,
        "standard": node.properties.get("laneway.standard", ""),
    }
    before["tasks"][str(task.id)] = {name: getattr(task, name) for name in drawing}
    held.redraw(turn.tx, task, drawing, is_other=_looks_otherwise(turn, task, drawing))
    return task


def _looks_otherwise(turn: Turn, task: Held, drawing: Mapping[str, Any]) -> bool:
    """Whether somebody who has the task open looks at something else than what it is now."""
    shown = any(getattr(task, name) != value for name, value in drawing.items() if name != "definition_id")
    forms = [library.form(turn.tx.run, each, task.form) for each in (task.definition_id, drawing["definition_id"])]
    return shown or forms[0] != forms[1]


def _keep_four_eyes(turn: Turn, old: Version, new: Version, given: engine.ElementMap) -> None:
    """Who had a part in a group has it under the names of the new version; what is called otherwise is had twice."""
    duties = cases.duties(turn.tx, turn.case.id)
    carried = {(group, account): role for group, account, role in duties}
    for group, account, role in duties:
        was, now = old.process.nodes.get(role), new.process.nodes.get(given.get(role, role))
        if was is None or now is None or was.properties.get("laneway.fourEyes", "") != group:
            continue
        called = now.properties.get("laneway.fourEyes", "") or group
        if called == group or (called, account) not in carried:
            carried[called, account] = now.id
    kept = [(group, account, role) for (group, account), role in carried.items()]
    if sorted(kept) != sorted(duties):
        held.put_duties(turn.tx, turn.case.id, kept)
