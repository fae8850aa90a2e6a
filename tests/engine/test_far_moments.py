"""Moments at the ends of the calendar, as people write "never": no case and no page breaks at them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.core.clock import FakeClock
from app.instances import moves
from app.instances.models import Timer
from app.tasks.models import Task
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, deployed, flow, lanes, process, task  # noqa: F401  a fixture
from tests.instances.seen import one, task_row
from tests.web.conftest import Reader, client_of  # noqa: F401  a fixture

NEVER = "9999-12-31T23:59:59Z"
TIMER = (
    '<bpmn:boundaryEvent id="late" attachedToRef="work" cancelActivity="false"><bpmn:timerEventDefinition>'
    f"<bpmn:timeDate>{NEVER}</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
)
FORM = {
    "type": "default",
    "components": [{"type": "datetime", "subtype": "datetime", "key": "when", "dateLabel": "When"}],
}


def drawn(due: str) -> bytes:
    work = task("work", form="f", due=due)
    return process(
        "far",
        lanes(CS="start first work late end"),
        START,
        task("first"),
        work,
        TIMER,
        END,
        flow("start > first", "first > work", "work > end", "late > end"),
    )


@pytest.mark.parametrize("due", ["=due", "P900Y", "PT999999H"])
@pytest.mark.parametrize("data", ["P99999D", NEVER, "0001-01-01T00:00:00+14:00", "P9999W"])
def test_a_due_moment_that_no_calendar_knows_keeps_nobody_from_working(
    deployed: Deploy, client_of: Reader, cast: Cast, morning: FakeClock, due: str, data: Any  # noqa: F811  fixtures
) -> None:  # fmt: skip
    deployed(drawn(due), f=FORM)
    begun = moves.start("far", {"due": data, "when": data}, by=cast.lin)
    done = moves.complete(int(begun["tasks"][0]), {}, by=cast.lin)
    [work] = done["tasks"]
    assert task_row(work).element == "work"
    assert task_row(work).due_at is None or data == NEVER
    assert one(sa.select(Timer.due_at))[0].year == 9999
    for lang in ("en", "zh"):
        lin = client_of("lin", lang)
        for address in ("/inbox/", f"/inbox/{work}", f"/cases/{begun['id']}", "/cases/"):
            assert lin.get(address).status_code == 200, address
    moves.complete(int(work), {}, by=cast.lin)
    assert one(sa.select(sa.func.count()).select_from(Task).where(Task.state == "completed"))[0] == 2
