"""Work: what there is for the caller, one task with its form, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app import forms
from app.api import answers, asked
from app.api.access import actor
from app.api.calls import call
from app.api.sentences import language
from app.core.database import reading
from app.core.errors import Invalid
from app.instances import moves
from app.instances import queries as cases
from app.instances.errors import NotRunning
from app.people import queries as people
from app.people.actor import Actor
from app.tasks import inbox, queries
from app.tasks.errors import NotHeld, TaskIsOver
from app.tasks.states import LIVE

#: A move of one task: it may be lost to somebody faster.
_move = partial(call, "POST", races=True)


@call("GET", "/tasks", query=asked.TasksQuery, answer=answers.Tasks)
def list_tasks(query: Mapping[str, Any]) -> Any:
    """The caller's work, what is due first at the top: mine, all of their lanes, or what is late in both."""
    with reading() as session:
        page = inbox.inbox(
            session, actor(), query["view"], query["cursor"], limit=query["limit"], process=query["process"]
        )
        known = cases.briefs(session, {each.instance_id for each in page.work})
    work = [answers.flat(each, reference=known[each.instance_id].reference) for each in page.work]
    return {"tasks": work, "next": page.next}


@call("GET", "/tasks/<id:task_id>", answer=answers.TaskDetail)
def get_task(task_id: int) -> Any:
    """One task with its form and the data that the form may show."""
    return _detail(task_id)


@_move("/tasks/<id:task_id>/claim", body=asked.Nothing, optional=True, answer=answers.TaskMoved, keyed=True)
def claim_task(task_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Take the task, so that nobody else starts on it. Claiming what you hold changes nothing."""
    moves.claim(task_id, by=actor(), key=key)
    return {"task": task_id, "state": "claimed"}


@_move("/tasks/<id:task_id>/start", body=asked.Nothing, optional=True, answer=answers.TaskDetail)
def start_task(task_id: int, body: Mapping[str, Any]) -> Any:
    """The holder opens the form: the first time is when work started. Answers the task with its version since."""
    moves.open_form(task_id, by=actor())
    opened = _detail(task_id)
    _require_started(opened)
    return opened


@_move("/tasks/<id:task_id>/release", body=asked.Release, optional=True, answer=answers.TaskMoved, keyed=True)
def release_task(task_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Give a held task back to its department. Its holder may, and a head."""
    moves.release(task_id, by=actor(), key=key, reason=body["reason"])
    return {"task": task_id, "state": "open"}


@_move("/tasks/<id:task_id>/assign", body=asked.Assign, answer=answers.TaskMoved, keyed=True)
def assign_task(task_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """A head gives the task to somebody who may do it."""
    moves.assign(task_id, _person(body["to"]), by=actor(), key=key, reason=body["reason"])
    return {"task": task_id, "state": "claimed"}


@_move("/tasks/<id:task_id>/complete", body=asked.Complete, answer=answers.Completed, keyed=True)
def complete_task(task_id: int, body: Mapping[str, Any], key: str | None) -> Any:
    """Finish the task with an answer. Whoever may claim it may complete it."""
    return moves.complete(task_id, body["answer"], by=actor(), key=key, version=body["version"])


def _detail(task_id: int) -> dict[str, Any]:
    with reading() as session:
        found = queries.task(session, task_id, actor())
        case = cases.briefs(session, [found.work.instance_id])[found.work.instance_id]
        form, data = cases.form_of(session, found), cases.data_for(session, found)
    schema = forms.localized(form, language()) if form else None
    return answers.flat(found, found.work, reference=case.reference, form_schema=schema, data=data)


def _require_started(task: Mapping[str, Any]) -> None:
    """The move is silent where nothing starts. Raises TaskIsOver, NotHeld, NotRunning."""
    if task["state"] not in LIVE:
        raise TaskIsOver(first=task["ended_by"].name if task["ended_by"] else None, at=task["ended_at"])
    if not task["is_mine"]:
        raise NotHeld
    if task["started_at"] is None:
        raise NotRunning(reference=task["reference"], state="suspended")


def _person(login: str) -> Actor:
    with reading() as session:
        found = people.find_by_login(session, login)
    if found is None:
        raise Invalid(fields={"to": ["api.field.nobody"]})
    return found
