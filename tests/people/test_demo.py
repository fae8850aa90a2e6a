"""The organisation that a newcomer meets."""

from __future__ import annotations

import pytest

from app.core.database import reading
from app.people import demo, logins, moves, queries
from app.people.actor import SYSTEM
from app.people.models import Post

pytestmark = pytest.mark.usefixtures("app")


def test_everybody_of_the_cast_can_log_in_with_the_password_that_is_printed() -> None:
    report = demo.load_people()
    assert (report.departments, report.people) == (7, len(demo.cast()))
    for login, name, *_ in demo.cast():
        found = logins.log_in(login, demo.PASSWORD).actor
        assert found.name == name
        assert found.names["en"]
        assert not found.must_change_password


def test_every_department_has_somebody_to_act_and_somebody_else_to_check() -> None:
    demo.load_people()
    with reading() as session:
        people = queries.people(session)
        for department in queries.departments(session):
            posts = [person.posts[department.code] for person in people if department.code in person.posts]
            assert sorted(posts) == [Post.HEAD, Post.STAFF], department.code
            assert department.names["en"]
            assert len(department.seal) == 1


def test_the_cast_are_who_they_are_everywhere() -> None:
    demo.load_people()
    with reading() as session:
        cast = {person.login: (dict(person.posts), set(person.roles)) for person in queries.people(session)}
    assert cast["lin"] == ({"CS": "staff"}, set())
    assert cast["wang"] == ({"OP": "staff"}, set())
    assert cast["zhao"] == ({"OP": "head"}, set())
    assert cast["sun"] == ({"MK": "staff"}, set())
    assert cast["chen"] == ({}, {"analyst"})
    assert cast["qian"] == ({}, {"auditor"})
    assert cast["admin"] == ({}, {"admin"})


def test_the_demo_never_enters_a_database_that_somebody_uses() -> None:
    moves.create_account("wang", "王芳", by=SYSTEM)
    with pytest.raises(demo.NotEmpty):
        demo.load_people()
