"""A version is taken out of use and back: new cases no longer begin on it, running ones go on."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.database import reading
from app.definitions import queries
from app.definitions.errors import NoSuchDefinition, NotAnalyst
from app.definitions.retire import restore, retire
from app.instances import moves
from tests.conftest import Cast
from tests.definitions.test_deploy import FORM, single
from tests.instances.conftest import Deploy
from tests.instances.seen import events, kinds, said


@pytest.fixture
def versions(deployed: Deploy) -> Any:
    """Two versions of one process."""
    return [deployed(single(), ask={**FORM, "components": FORM["components"][:n]}) for n in (0, 1)]


def shown() -> tuple[int, str, bool]:
    """What the list of processes says of it."""
    with reading() as session:
        (facts,) = queries.processes(session)
        return facts.version, facts.state, bool(queries.startable(session))


def test_new_cases_begin_on_the_newest_version_that_is_in_use(versions: Any, cast: Cast) -> None:
    old, new = versions
    running = moves.start("single", {}, by=cast.lin)
    retire(new.id, by=cast.chen, reason="asks too much")
    assert shown() == (1, "deployed", True)
    with pytest.raises(NoSuchDefinition):
        moves.start("single", {}, by=cast.lin, version=2)
    assert moves.start("single", {}, by=cast.lin)["state"] == "running"
    assert moves.complete(int(running["tasks"][0]), {"a": "x"}, by=cast.lin)["state"] == "completed"
    retire(old.id, by=cast.admin)
    assert shown() == (2, "retired", False)
    with pytest.raises(NoSuchDefinition):
        moves.start("single", {}, by=cast.lin)
    restore(new.id, by=cast.chen)
    assert shown() == (2, "deployed", True)
    assert moves.start("single", {}, by=cast.lin, version=2)["state"] == "running"


def test_it_is_recorded_once_with_who_and_why(versions: Any, cast: Cast) -> None:
    _, new = versions
    for _ in range(2):
        retire(new.id, by=cast.chen, reason="asks too much")
    restore(new.id, by=cast.admin)
    restore(new.id, by=cast.admin)
    assert kinds(new.id) == ["definition.deployed", "definition.retired", "definition.restored"]
    assert [event.actor_id for event in events(new.id)][1:] == [cast.chen.account_id, cast.admin.account_id]
    assert said(new.id, "definition.retired") == {"reason": "asks too much"}


def test_only_analysts_and_administrators_may(versions: Any, cast: Cast) -> None:
    _, new = versions
    for who in (cast.lin, cast.he, cast.qian):
        for move in (retire, restore):
            with pytest.raises(NotAnalyst):
                move(new.id, by=who)
    with pytest.raises(NoSuchDefinition):
        retire(1, by=cast.chen)


def test_deploying_what_was_retired_makes_it_a_new_version(versions: Any, deployed: Deploy, cast: Cast) -> None:
    _, new = versions
    retire(new.id, by=cast.chen)
    again = deployed(single(), ask=FORM)
    assert (again.version, again.is_new) == (3, True)
    begun = moves.start("single", {}, by=cast.lin)
    assert moves.complete(int(begun["tasks"][0]), {"a": "x"}, by=cast.lin)["state"] == "completed"
