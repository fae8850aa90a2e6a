"""Migrations: a dry run over running cases, one case or many to another version of their diagram, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app import engine
from app.api import answers, asked
from app.api.access import actor
from app.api.calls import call
from app.api.errors import code_of, respond, snake
from app.api.sentences import language, message_of
from app.core.database import reading
from app.definitions import queries as definitions
from app.definitions.rights import require_analyst
from app.instances import moves, orders, prospects
from app.instances.prospects import Hindrance


@call(
    "POST",
    "/definitions/<word:key>/<id:version>/migration-plan",
    body=asked.PlanMigration,
    optional=True,
    answer=answers.Plan,
)
def plan_migration(key: str, version: int, body: Mapping[str, Any]) -> Any:
    """What would become of the running cases of other versions on this one. Nothing is changed. For analysts."""
    require_analyst(actor())
    with reading() as session:
        new = definitions.version(session, key, version)
        prospects.require_map(session, new.id, body["map"])
        made = prospects.plan(session, new.id, body["map"], body["versions"], body["cursor"], body["limit"])
        return _plan(made, key, version)


@call("POST", "/instances/<id:instance_id>/migration-plan", body=asked.PlanOne, answer=answers.Plan)
def plan_instance_migration(instance_id: int, body: Mapping[str, Any]) -> Any:
    """What would become of one case on another version. Nothing is changed. For analysts."""
    require_analyst(actor())
    with reading() as session:
        key, new = _target(session, instance_id, body["version"])
        prospects.require_map(session, new, body["map"])
        return _plan(prospects.of_case(session, instance_id, new, body["map"]), key, body["version"])


@call(
    "POST",
    "/instances/<id:instance_id>/migrate",
    body=asked.MigrateOne,
    answer=answers.Migrated,
    refusal=answers.Hindered,
    keyed=True,
    races=True,
)
def migrate_instance(instance_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Take a case to another version of its diagram; everything that is in the way is named. For analysts."""
    require_analyst(actor())
    with reading() as session:
        _, new = _target(session, instance_id, body["version"])
    try:
        return moves.migrate(instance_id, new, body["map"], by=actor(), key=key, reason=body["reason"])
    except engine.CannotMigrate as fault:
        with reading() as session:
            return _hindered(fault, prospects.of_obstacles(session, instance_id, new, fault.obstacles))


@call(
    "POST",
    "/instances/<id:instance_id>/undo-migration",
    body=asked.WhyUndone,
    optional=True,
    answer=answers.Migrated,
    keyed=True,
    races=True,
)
def undo_instance_migration(instance_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Take a case back to the version before, exactly as it was, while nothing moved since. For analysts."""
    return moves.undo_migration(instance_id, by=actor(), key=key, reason=body["reason"])


@call(
    "POST",
    "/definitions/<word:process>/<id:version>/migrations",
    body=asked.MigrateAll,
    optional=True,
    answer=answers.Ordered,
    status=201,
    keyed=True,
)
def migrate_instances(process: str, version: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Take the running cases of other versions to this one in the background, those that can go. For analysts."""
    require_analyst(actor())
    with reading() as session:
        new = definitions.version(session, process, version).id
    asked_for = {"versions": body["versions"], "key": key, "reason": body["reason"]}
    return moves.migrate_all(new, body["map"], by=actor(), **asked_for)


@call("GET", "/migrations/<id:migration_id>", query=asked.ResultsQuery, answer=answers.Migration)
def get_migration(migration_id: int, query: Mapping[str, Any]) -> Any:
    """How far a migration of many cases is, and what became of each. For analysts."""
    require_analyst(actor())
    with reading() as session:
        made = orders.progress(session, migration_id)
        results, following = orders.results(session, migration_id, query["cursor"], query["limit"])
    counts = {state: made.counts.get(state, 0) for state in orders.STATES}
    said = [answers.flat(each) | {"obstacles": _said(each.obstacles), "fault": _fault(each.fault)} for each in results]
    names = ("id", "key", "version", "state", "ordered_at", "ordered_by", "ended_at")
    return {name: getattr(made, name) for name in names} | {"counts": counts, "results": said, "next": following}


@call(
    "POST",
    "/migrations/<id:migration_id>/undo",
    body=asked.Nothing,
    optional=True,
    answer=answers.TakenBack,
    keyed=True,
)
def undo_migration(migration_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Take every case of a migration back in the background, as far as it has not moved since. For analysts."""
    return moves.undo_all(migration_id, by=actor(), key=key)


def _target(session: Session, instance_id: int, version: int) -> tuple[str, int]:
    """The process of a case, and the version it is to go to."""
    key = prospects.process_of(session, instance_id)
    return key, definitions.version(session, key, version).id


def _plan(made: prospects.Plan, key: str, version: int) -> dict[str, Any]:
    cases = [answers.flat(each, is_free=each.is_free) | {"obstacles": _said(each.obstacles)} for each in made.cases]
    for each in cases:
        del each["standing"]
    places = [
        {
            "element": each.element,
            "kind": each.kind,
            "cases": each.cases,
            "target": each.target,
            "options": [node.id for node in each.options],
        }
        for each in made.places
    ]
    return {"key": key, "version": version, "total": made.total, "cases": cases, "places": places, "next": made.next}


def _said(found: Iterable[Hindrance]) -> list[dict[str, str]]:
    lang = language()
    return [
        {"code": each.code, "element": each.element, "target": each.target, "message": each.text(lang)}
        for each in found
    ]


def _fault(name: str) -> str:
    """The code of an error by the name that was kept of it."""
    return snake(name) if name else ""


def _hindered(fault: engine.CannotMigrate, found: Iterable[Hindrance]) -> Response:
    error = {"code": code_of(type(fault)), "message": message_of(fault)}
    return respond({"error": error, "obstacles": _said(found)}, 422)
