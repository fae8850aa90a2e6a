"""Cases: begin one, find some, see how one stands and what happened in it; hold one up, let it go on, end it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.api import answers, asked
from app.api.access import actor
from app.api.calls import call
from app.core import clock
from app.core.database import reading
from app.core.errors import Invalid
from app.customers import queries as customers
from app.history import queries as records
from app.instances import moves, queries, story
from app.tasks import queries as tasks

#: Pages of a history that are turned within this are one look of an auditor.
ONE_LOOK = timedelta(minutes=10)


@call("POST", "/instances", body=asked.NewInstance, answer=answers.Started, status=201, keyed=True)
def start_instance(body: Mapping[str, Any], key: str | None) -> Any:
    """Begin a case of the newest deployed version of a process."""
    return moves.start(
        body["process"],
        body["data"],
        by=actor(),
        key=key,
        business_key=body["business_key"],
        customer_id=_customer(body["customer"]),
    )


@call("GET", "/instances", query=asked.InstancesQuery, answer=answers.Instances)
def list_instances(query: Mapping[str, Any]) -> Any:
    """The newest cases that the caller may see."""
    search, state, process = query["search"].strip(), query["state"], query["process"]
    with reading() as session:
        page = queries.cases(session, actor(), search, state, process, query["cursor"], query["limit"])
    return {"instances": page.cases, "next": page.next}


@call("GET", "/instances/<id:instance_id>", answer=answers.InstanceDetail)
def get_instance(instance_id: int) -> Any:
    """How a case stands: its data while it runs, its tasks, what it waits for, open incidents."""
    with reading() as session:
        found = queries.case(session, instance_id, actor())
        shown = answers.flat(found, **_standing(session, found))
    _note_read(instance_id)
    return shown


@call("GET", "/instances/<id:instance_id>/history", query=asked.HistoryQuery, answer=answers.History)
def get_history(instance_id: int, query: Mapping[str, Any]) -> Any:
    """Every event of a case, the oldest first."""
    with reading() as session:
        found = queries.case(session, instance_id, actor())
        events, more = story.page(session, found, query["cursor"], query["limit"])
        last = records.last(session, instance_id, "instance.read", actor().account_id)
    # Looking is an event too: were turning a page another one, an auditor might never come to the end.
    if not (query["cursor"] and last and clock.now() - last < ONE_LOOK):
        _note_read(instance_id)
    return {
        "events": [answers.flat(each) | {"facts": answers.facts(each.facts)} for each in events],
        "next": str(events[-1].seq) if more else None,
    }


@call("POST", "/instances/<id:instance_id>/suspend", body=asked.Reason, answer=answers.InstanceMoved, keyed=True)
def suspend_instance(instance_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Nothing of the case moves until it is resumed. For administrators."""
    moves.suspend(instance_id, by=actor(), reason=body["reason"], key=key)
    return {"id": instance_id, "state": "suspended"}


@call(
    "POST",
    "/instances/<id:instance_id>/resume",
    body=asked.ResumeReason,
    optional=True,
    answer=answers.InstanceMoved,
    keyed=True,
)
def resume_instance(instance_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """A suspended case goes on. For administrators."""
    moves.resume(instance_id, by=actor(), reason=body["reason"], key=key)
    return {"id": instance_id, "state": "running"}


@call("POST", "/instances/<id:instance_id>/cancel", body=asked.Reason, answer=answers.InstanceMoved, keyed=True)
def cancel_instance(instance_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """End the case now: every task, timer and wait of it is withdrawn. For administrators."""
    moves.cancel(instance_id, by=actor(), reason=body["reason"], key=key)
    return {"id": instance_id, "state": "cancelled"}


def _customer(number: str | None) -> int | None:
    if number is None:
        return None
    with reading() as session:
        found = customers.find_by_number(session, number)
    if found is None:
        raise Invalid(fields={"customer": ["cases.no_such_customer"]})
    return found.id


def _standing(session: Session, case: queries.Brief) -> dict[str, Any]:
    work = tasks.of_case(session, case.id)
    return {
        "data": None if case.is_over else queries.data_of(session, case.id, case.definition_id),
        "tasks": [answers.flat(each, reference=case.reference) for each in work],
        "waits": queries.waits(session, case.id),
        "incidents": queries.incidents(session, "open", case.id),
    }


def _note_read(instance_id: int) -> None:
    """That an auditor looked is a fact of the record, whichever way they looked."""
    if actor().is_auditor:
        moves.note_read(instance_id, by=actor())
