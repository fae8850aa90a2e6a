"""What the API answers: one schema for each thing, used to write it, to document it and to test it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any

from marshmallow import fields

from app.api.fields import Answered, Id, Object


def flat(*things: Any, **more: Any) -> dict[str, Any]:
    """The fields of several dataclasses side by side, and some more."""
    return {each.name: getattr(thing, each.name) for thing in things for each in fields_of(thing)} | more


def _names() -> fields.Field[Any]:
    return fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "By language."})


def _moment() -> fields.Field[Any]:
    return fields.AwareDateTime(format="iso", allow_none=True)


class Error(Answered):
    """What went wrong."""

    code = fields.String(required=True, metadata={"description": "For programs."})
    message = fields.String(required=True, metadata={"description": "For people, in the language of Accept-Language."})
    wrong = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), data_key="fields")
    first = fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "Who was first."})


class Failure(Answered):
    """The shape of every refusal."""

    error = fields.Nested(Error, required=True)


class Person(Answered):
    """Somebody."""

    id = Id(required=True)
    name = fields.String(required=True)
    names = _names()


class Lane(Answered):
    """A lane and the department it means now."""

    id = Id(required=True)
    name = fields.String(required=True)
    names = _names()
    department = fields.String(attribute="code", metadata={"description": "Code; empty without one."})
    department_name = fields.String(attribute="department")
    department_names = fields.Dict(keys=fields.String(), values=fields.String(), attribute="departments")


class Task(Answered):
    """A task as lists show it."""

    id = Id(required=True)
    instance = Id(required=True, attribute="instance_id")
    reference = fields.String(required=True, metadata={"description": "Of the case."})
    process = fields.String(required=True, attribute="process_key")
    element = fields.String(required=True)
    name = fields.String(required=True)
    names = _names()
    item = fields.String(allow_none=True, metadata={"description": "Tells tasks of one step apart."})
    state = fields.String(required=True)
    priority = fields.Integer(required=True)
    created_at = _moment()
    due_at = _moment()
    version = fields.Integer(required=True)
    owner = fields.Nested(Person, allow_none=True, metadata={"description": "Who holds it, else who is named."})
    lane = fields.Nested(Lane, allow_none=True)


class TaskDetail(Task):
    """A task with what is needed to do it."""

    form = fields.String(metadata={"description": "Its id; empty without a form."})
    form_schema = Object(allow_none=True, metadata={"description": "form-js JSON in the caller's language."})
    data = Object(metadata={"description": "What the form may show; empty when the task is over."})
    duty_group = fields.String(metadata={"description": "Group of four eyes; empty without."})
    claimed_at = _moment()
    started_at = _moment()
    ended_at = _moment()
    ended_by = fields.Nested(Person, allow_none=True)
    is_mine = fields.Boolean()
    can_claim = fields.Boolean()
    can_assign = fields.Boolean()


class Tasks(Answered):
    """A page of tasks."""

    tasks = fields.List(fields.Nested(Task), required=True)
    next = fields.String(allow_none=True, required=True)


class TaskMoved(Answered):
    """What became of a task."""

    task = Id(required=True)
    state = fields.String(required=True)


class Completed(Answered):
    """What became of the case."""

    task = Id(required=True)
    instance = Id(required=True)
    state = fields.String(required=True)
    tasks = fields.List(Id(), required=True, metadata={"description": "That this opened."})


class Started(Answered):
    """A case that began."""

    id = Id(required=True)
    reference = fields.String(required=True)
    state = fields.String(required=True)
    tasks = fields.List(Id(), required=True)


class Instance(Answered):
    """A case as lists show it."""

    id = Id(required=True)
    reference = fields.String(required=True)
    process = fields.String(required=True, attribute="process_key")
    name = fields.String(required=True, metadata={"description": "Of the process."})
    names = _names()
    version = fields.Integer(required=True)
    customer = fields.String(attribute="customer_number", metadata={"description": "Number; empty without one."})
    customer_name = fields.String(attribute="customer")
    business_key = fields.String(allow_none=True)
    segment = fields.String(allow_none=True)
    channel = fields.String(allow_none=True)
    mark = fields.String()
    state = fields.String(required=True)
    started_at = _moment()
    ended_at = _moment()
    end_element = fields.String(allow_none=True)


class Instances(Answered):
    """A page of cases."""

    instances = fields.List(fields.Nested(Instance), required=True)
    next = Id(allow_none=True, required=True)


class Wait(Answered):
    """What a case waits for besides people."""

    kind = fields.String(required=True)
    element = fields.String(required=True)
    name = fields.String()
    due_at = _moment()


class Incident(Answered):
    """A case that cannot move."""

    id = Id(required=True)
    instance = Id(required=True, attribute="instance_id")
    reference = fields.String(required=True, attribute="case.reference")
    element = fields.String(required=True)
    kind = fields.String(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)
    state = fields.String(required=True)
    created_at = _moment()
    resolved_at = _moment()
    resolution = fields.String(allow_none=True)


class Incidents(Answered):
    """A page of incidents."""

    incidents = fields.List(fields.Nested(Incident), required=True)
    next = Id(allow_none=True, required=True)


class InstanceDetail(Instance):
    """A case and how it stands."""

    data = Object(allow_none=True, required=True, metadata={"description": "null when the case is over."})
    tasks = fields.List(fields.Nested(Task), required=True)
    waits = fields.List(fields.Nested(Wait), required=True)
    incidents = fields.List(fields.Nested(Incident), required=True)


class InstanceMoved(Answered):
    """What became of a case."""

    id = Id(required=True)
    state = fields.String(required=True)


class IncidentMoved(Answered):
    """What became of an incident."""

    id = Id(required=True)
    state = fields.String(required=True)


class Change(Answered):
    """One value that got another."""

    field = fields.String(required=True)
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class Event(Answered):
    """One fact of a case."""

    seq = fields.Integer(required=True)
    kind = fields.String(required=True)
    at = _moment()
    recorded_at = _moment()
    actor = fields.Nested(Person, allow_none=True, metadata={"description": "null is the system."})
    acting_for = fields.Nested(Person, allow_none=True)
    person = fields.Nested(Person, allow_none=True, metadata={"description": "Whom a task was given to."})
    element = fields.String()
    name = fields.String()
    names = _names()
    task = Id(allow_none=True, attribute="task_id")
    facts = Object(metadata={"description": "As hashed, but for ids, which are text."})
    changes = fields.List(fields.Nested(Change))
    said = Object(metadata={"description": "The rest of what was said: reason, message."})
    erased = fields.Boolean(attribute="is_erased")
    hash = fields.String(required=True)


class History(Answered):
    """A part of the record of a case."""

    events = fields.List(fields.Nested(Event), required=True)
    next = fields.String(allow_none=True, required=True)


class Received(Answered):
    """A message that is kept until it is delivered."""

    message = Id(required=True)


class Finding(Answered):
    """What a rule says about an element."""

    rule = fields.String(required=True)
    severity = fields.String(required=True)
    element = fields.String(required=True)
    line = fields.Integer(required=True)
    message = fields.String(required=True)


class Refusal(Failure):
    """A refusal that may say what to change in which element."""

    findings = fields.List(fields.Nested(Finding))


class Version(Answered):
    """A version of a process."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    names = _names()
    hash = fields.String(required=True)
    state = fields.String(required=True)
    file_name = fields.String()
    source = fields.String()
    deployed_at = _moment()
    deployed_by = fields.String(metadata={"description": "Empty: the system."})
    startable = fields.Boolean(required=True)
    start_form = fields.String()


class Definitions(Answered):
    """The newest version of every process."""

    definitions = fields.List(fields.Nested(Version), required=True)


class Versions(Answered):
    """Every version of a process, the newest first."""

    key = fields.String(required=True)
    versions = fields.List(fields.Nested(Version), required=True)


class VersionMoved(Answered):
    """What became of a version."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)


class DeployedOne(Answered):
    """What became of one process of the file."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    is_new = fields.Boolean(required=True, metadata={"description": "false: its newest version says the same."})


class Deployed(DeployedOne):
    """What became of a file; key and version are of its first process."""

    findings = fields.List(fields.Nested(Finding), required=True)
    definitions = fields.List(fields.Nested(DeployedOne), required=True)


class Obstacle(Answered):
    """One thing that keeps a case from going to another version."""

    code = fields.String(required=True, metadata={"description": "For programs: no-target, other-kind, ..."})
    element = fields.String(required=True, metadata={"description": "Of the old version; empty: new in the new one."})
    target = fields.String(required=True, metadata={"description": "Of the new version; empty: none."})
    message = fields.String(required=True, metadata={"description": "For people: what is in the way, what to do."})


class Hindered(Failure):
    """A refusal that says everything that is in the way."""

    obstacles = fields.List(fields.Nested(Obstacle))


class Prospect(Answered):
    """What would become of a case."""

    id = Id(required=True)
    reference = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "That it runs on."})
    state = fields.String(required=True)
    ready = fields.Boolean(required=True, attribute="is_free")
    goes_on = fields.Boolean(
        required=True, metadata={"description": "It would move at once: that could not be undone."}
    )
    obstacles = fields.List(fields.Nested(Obstacle), required=True)


class Place(Answered):
    """An element where cases stand."""

    element = fields.String(required=True)
    kind = fields.String(required=True)
    cases = fields.Integer(required=True)
    target = fields.String(required=True, metadata={"description": "Where they would stand; empty: nowhere."})
    options = fields.List(fields.String(), required=True, metadata={"description": "What may take its place."})


class Plan(Answered):
    """A dry run: nothing was changed."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    total = fields.Integer(required=True, metadata={"description": "Cases on other versions, on all pages."})
    cases = fields.List(fields.Nested(Prospect), required=True)
    places = fields.List(fields.Nested(Place), required=True, metadata={"description": "Of the cases of this page."})
    next = Id(allow_none=True, required=True)


class Migrated(Answered):
    """A case on another version."""

    id = Id(required=True)
    state = fields.String(required=True)
    version = fields.Integer(required=True)


class Ordered(Answered):
    """A migration of many cases that the background works off."""

    id = Id(required=True)
    cases = fields.Integer(required=True)


class TakenBack(Answered):
    """A migration of many cases that is being undone."""

    id = Id(required=True)


class MigrationResult(Answered):
    """What became of one case."""

    id = Id(required=True)
    reference = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "waiting, migrated, refused, undone or kept."})
    obstacles = fields.List(fields.Nested(Obstacle), required=True)
    fault = fields.String(required=True, metadata={"description": "Code of another error; empty without one."})


class Counts(Answered):
    """How many cases are in which state."""

    waiting = fields.Integer(required=True)
    migrated = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    undone = fields.Integer(required=True)
    kept = fields.Integer(required=True)


class Migration(Answered):
    """How far a migration of many cases is."""

    id = Id(required=True)
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"description": "running, done, undoing or undone."})
    ordered_at = _moment()
    ordered_by = fields.String()
    ended_at = _moment()
    counts = fields.Nested(Counts, required=True)
    results = fields.List(fields.Nested(MigrationResult), required=True)
    next = Id(allow_none=True, required=True)


#: Names of facts that are ids.
_IDS = frozenset(
    [
        "definition",
        "department",
        "lane",
        "from",
        "to",
        "incident",
        "message",
        "account",
        "customer",
        "was",
        "tasks",
        "order",
    ]
)


def facts(found: Mapping[str, Any]) -> dict[str, Any]:
    """Facts with their ids as text."""
    return {name: _as_text(value) if name in _IDS else value for name, value in found.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return str(value) if type(value) is int else value
