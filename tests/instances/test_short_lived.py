"""What a move begins and ends again by itself leaves nothing behind: no task in an inbox, no timer, no call."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.queue import Job
from app.instances import live, moves
from app.instances.models import Timer
from app.tasks.models import Task
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import incidents, kinds, open_tasks, rows
from tests.instances.test_timers import after, boundary

ERROR = '<bpmn:error id="Error_bad" errorCode="BAD"/>'
CAUGHT = (
    '<bpmn:boundaryEvent id="caught" attachedToRef="part">'
    '<bpmn:errorEventDefinition errorRef="Error_bad"/></bpmn:boundaryEvent>'
)


def failing(deployed: Deploy, *inside: str) -> None:
    """A task, a sub-process that an error ends all at once, and what rescues it."""
    deployed(
        process(
            "failing",
            lanes(CS="start first part rescue end"),
            START,
            task("first"),
            f'<bpmn:subProcess id="part">{"".join(inside)}</bpmn:subProcess>',
            CAUGHT,
            task("rescue"),
            END,
            flow("start > first", "first > part", "part > end", "caught > rescue", "rescue > end"),
            before=ERROR,
        )
    )


FORK = '<bpmn:startEvent id="in"/><bpmn:parallelGateway id="fork"/>'
BAD = '<bpmn:endEvent id="bad"><bpmn:errorEventDefinition errorRef="Error_bad"/></bpmn:endEvent>'


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_what_began_and_was_withdrawn_in_one_move_is_nobodys_work(deployed: Deploy, cast: Cast, warm: bool) -> None:
    """A task with a timer and a service are reached beside the error."""
    failing(
        deployed,
        FORK,
        task("doomed"),
        boundary("doomed", after("PT2H"), interrupting=False),
        '<bpmn:endEvent id="noted"/><bpmn:endEvent id="done"/><bpmn:endEvent id="rung"/>',
        '<bpmn:serviceTask id="call"><bpmn:extensionElements><zeebe:taskDefinition type="register"/>'
        "</bpmn:extensionElements></bpmn:serviceTask>",
        BAD,
        flow("in > fork", "fork > doomed", "fork > call", "fork > bad", "doomed > done", "late > noted", "call > rung"),
    )
    lin = cast.lin
    first = int(moves.start("failing", {}, by=lin)["tasks"][0])
    if not warm:
        live.clear()
    done = moves.complete(first, {}, by=lin)
    assert list(open_tasks(done["instance"])) == ["rescue"]
    assert [str(one) for one in open_tasks(done["instance"]).values()] == done["tasks"]
    assert rows(sa.select(Timer.element)) == rows(sa.select(Job.name)) == []
    ended = sa.select(Task.element, Task.state).where(Task.ended_at.is_not(None)).order_by(Task.element)
    assert rows(ended) == [("doomed", "cancelled"), ("first", "completed")]
    said = kinds(done["instance"])
    assert said.count("task.created") == said.count("task.cancelled") + said.count("task.completed") + 1
    moves.complete(int(done["tasks"][0]), {}, by=lin)


def test_an_incident_of_a_step_that_was_given_up_in_the_same_move_is_nobodys_repair(
    deployed: Deploy, cast: Cast
) -> None:
    """A condition fails beside an error that ends both branches."""
    failing(
        deployed,
        FORK,
        '<bpmn:exclusiveGateway id="which"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>',
        BAD,
        flow("in > fork", "fork > which", "fork > bad", "which > a : false", "which > b : false"),
    )
    done = moves.complete(int(moves.start("failing", {}, by=cast.lin)["tasks"][0]), {}, by=cast.lin)
    assert list(open_tasks(done["instance"])) == ["rescue"]
    assert incidents(done["instance"]) == []
    said = kinds(done["instance"])
    assert said.count("incident.opened") == said.count("incident.resolved") == 1
