"""The cases that a newcomer meets, whenever they first start a server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import demo
from app.core import clock
from app.core.database import reading
from app.definitions.folder import deploy_folder
from app.instances.models import Incident, ProcessInstance
from app.people import demo as organisation
from app.people import queries as people
from app.tasks.inbox import counts

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(datetime(2026, 5, 6, 2, 0, tzinfo=UTC), id="a Wednesday at ten"),
        pytest.param(datetime(2026, 5, 5, 16, 30, tzinfo=UTC), id="half past midnight"),
        pytest.param(datetime(2026, 5, 6, 1, 23, tzinfo=UTC), id="a minute before the last thing of the morning"),
        pytest.param(datetime(2026, 10, 4, 4, 0, tzinfo=UTC), id="in the golden week"),
    ],
)
def test_each_of_the_cast_finds_work_at_any_hour(app: Flask, at: datetime) -> None:
    with clock.running_on(clock.FakeClock(at)):
        organisation.load_people()
        deploy_folder(ROOT / "processes", ROOT / "forms")
        # All that somebody began, and the feedback that a survey brought; a timer may have brought another by then.
        assert demo.load(app) in (11, 12)
        with reading() as session:
            latest = session.scalar(sa.select(sa.func.max(ProcessInstance.started_at)))
            assert latest is not None
            assert latest <= at
            assert session.scalar(sa.select(sa.func.count()).select_from(Incident)) == 0
            for login in ("lin", "wang", "zhao"):
                person = people.find_by_login(session, login)
                assert person is not None
                assert counts(session, person).lanes, login
