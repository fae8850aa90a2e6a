"""What callers may send: the bodies and queries of every call."""

from __future__ import annotations

from typing import Any

import marshmallow

from app.api.fields import Asked, Choice, Count, Id, Object, Text, Texts, Whole, Wholes, Yes
from app.api.sentences import Sentence
from app.core import jsontext
from app.instances.limits import KEY_LENGTH
from app.instances.queries import STATES
from app.tasks.inbox import PAGE, VIEWS

#: Listeners are found by an index that takes about this much: bytes of a correlation, characters of a name.
MOST_CORRELATION = 1000
MOST_NAME = 200
MOST_REASON = 2000


def _reason(**options: Any) -> Text:
    return Text(most=MOST_REASON, lines=True, metadata={"description": "Shown to auditors."}, **options)


class Nothing(Asked):
    """A call that needs no body."""


class NewInstance(Asked):
    """A case to begin."""

    process = Text(least=1, most=MOST_NAME, required=True, metadata={"description": "Key of the process."})
    data = Object(required=True, metadata={"description": "What the start form asks for."})
    business_key = Text(least=1, most=MOST_NAME, allow_none=True, load_default=None)
    customer = Text(least=1, most=40, allow_none=True, load_default=None, metadata={"description": "Their number."})


class Reason(Asked):
    """Why an operator does this."""

    reason = _reason(required=True, least=1)


class ResumeReason(Asked):
    """Why a case goes on."""

    reason = _reason(load_default="")


class Release(Asked):
    """Giving a task back."""

    reason = _reason(load_default="")


class Assign(Asked):
    """Giving a task to somebody."""

    to = Text(least=1, most=64, required=True, metadata={"description": "Login of who shall do it."})
    reason = _reason(load_default="")


class Complete(Asked):
    """Finishing a task."""

    answer = Object(required=True, metadata={"description": "What its form asks for; any object without a form."})
    version = Whole(
        1,
        2**31 - 1,
        load_default=None,
        allow_none=False,
        metadata={"description": "Version of the task you looked at."},
    )


class NewMessage(Asked):
    """Something that happened outside."""

    name = Text(least=1, most=MOST_NAME, required=True)
    correlation = Object(load_default=dict, metadata={"description": "Which case it is for; empty: whoever listens."})
    payload = Object(load_default=dict, metadata={"description": "Variables for the case."})
    id = Text(least=1, most=KEY_LENGTH, required=True, metadata={"description": "Yours; the same again is one."})

    @marshmallow.validates("correlation")
    def _is_short(self, value: Any, **_: Any) -> None:
        if len(jsontext.dump_bytes(value)) > MOST_CORRELATION:
            raise marshmallow.ValidationError([Sentence("api.field.bytes", {"most": MOST_CORRELATION})])


class NewDefinition(Asked):
    """A diagram with its forms and decisions."""

    diagram = Text(least=1, most=10 * 1024 * 1024, lines=True, required=True, metadata={"description": "BPMN 2.0."})
    forms = Object(load_default=dict, metadata={"description": "form-js JSON by form id."})
    decisions = Texts(load_default=dict, metadata={"description": "DMN files, by any name."})
    file_name = Text(most=MOST_NAME, load_default="")
    executable = Yes(
        load_default=False, metadata={"description": "Deploy a file that marks no process as executable, as well."}
    )


class Repair(Asked):
    """Mending an incident."""

    data = Object(load_default=dict, metadata={"description": "Variables to write before going on."})


class WhyRetired(Asked):
    """Why a version goes out of use, or comes back."""

    reason = _reason(load_default="")


def _map() -> Texts:
    return Texts(
        load_default=dict,
        metadata={"description": "Element of the old version -> of the new one; empty: none. Others keep their id."},
    )


def _versions() -> Wholes:
    words = "Only cases on these versions; empty: on all others."
    return Wholes(1, 2**31 - 1, count=1000, load_default=list, metadata={"description": words})


class PlanMigration(Asked):
    """A dry run of a migration."""

    map = _map()
    versions = _versions()
    cursor = Id(load_default=0, metadata={"description": "Cases behind this one."})
    limit = Whole(1, 1000, load_default=200)


class PlanOne(Asked):
    """A dry run for one case."""

    version = Whole(1, 2**31 - 1, required=True, metadata={"description": "Where to."})
    map = _map()


class MigrateOne(PlanOne):
    """A case to take to another version."""

    reason = _reason(load_default="")


class MigrateAll(Asked):
    """Cases to take to a version."""

    map = _map()
    versions = _versions()
    reason = _reason(load_default="")


class WhyUndone(Asked):
    """Why a case goes back."""

    reason = _reason(load_default="")


class ResultsQuery(Asked):
    """Which results of a migration."""

    cursor = Id(load_default=0, metadata={"description": "Cases behind this one."})
    limit = Count(1, 1000, load_default=200)


class InstancesQuery(Asked):
    """Which cases."""

    search = Text(most=100, load_default="", metadata={"description": "Reference, business key or customer."})
    state = Choice(STATES, load_default="")
    process = Text(most=MOST_NAME, load_default="")
    cursor = Id(load_default=0, metadata={"description": "Cases that began before this one."})
    limit = Count(1, 200, load_default=PAGE)


class TasksQuery(Asked):
    """Which tasks."""

    view = Choice(VIEWS, load_default="mine")
    process = Text(most=MOST_NAME, load_default="")
    cursor = Text(most=100, load_default="")
    limit = Count(1, 200, load_default=PAGE)


class HistoryQuery(Asked):
    """Which part of a history."""

    cursor = Count(0, 2**31 - 1, load_default=0, metadata={"description": "Events after this number."})
    limit = Count(1, 1000, load_default=200)


class IncidentsQuery(Asked):
    """Which incidents."""

    state = Choice(("open", "resolved"), load_default="open")
    instance = Id(load_default=None)
    cursor = Id(load_default=0)
    limit = Count(1, 200, load_default=PAGE)
