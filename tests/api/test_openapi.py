"""The document says what is served: every route, every field. (Every answer in tests/api is held against it.)"""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from tests.api.document import Differs, Document


def served(app: Flask) -> set[tuple[str, str]]:
    return {
        (method.lower(), re.sub(r"<\w+(?:\([\w,]+\))?:(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "api.nowhere"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def documented(document: Document) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in document.spec["paths"].items() for method in methods}


def test_what_is_served_is_documented_and_what_is_documented_is_served(app: Flask, document: Document) -> None:
    assert served(app) == documented(document)


def test_the_contract_is_kept(document: Document) -> None:
    """What docs and people outside rely on (docs/api.md)."""
    wanted = {
        ("post", "/instances"),
        ("get", "/instances/{instance_id}"),
        ("get", "/instances/{instance_id}/history"),
        ("get", "/tasks"),
        ("post", "/tasks/{task_id}/claim"),
        ("post", "/tasks/{task_id}/release"),
        ("post", "/tasks/{task_id}/assign"),
        ("post", "/tasks/{task_id}/complete"),
        ("post", "/messages"),
        ("post", "/definitions"),
    }
    assert {(method, f"/api/v1{path}") for method, path in wanted} <= documented(document)


def test_a_place_of_a_few_words_names_them(document: Document) -> None:
    (call,) = document.spec["paths"]["/api/v1/incidents/{incident_id}/{how}"].values()
    words = {each["name"]: each["schema"].get("enum") for each in call["parameters"] if each["in"] == "path"}
    assert words == {"incident_id": None, "how": ["retry", "skip"]}


def test_every_reference_leads_somewhere(document: Document) -> None:
    known = document.spec["components"]["schemas"].keys()
    assert {each.rpartition("/")[2] for each in references(document.spec)} == known


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(references(each) for each in value.values()))
    return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()


def test_every_call_has_words_and_parameters_for_its_places(document: Document) -> None:
    for path, methods in document.spec["paths"].items():
        for call in methods.values():
            assert call["summary"]
            named = {each["name"] for each in call["parameters"] if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


def test_every_write_takes_a_key_but_those_that_need_none(document: Document) -> None:
    """A message has an id of its own, a diagram is what it says, work starts once, what is retired stays retired.

    A plan changes nothing.
    """
    without = {
        path
        for path, methods in document.spec["paths"].items()
        if "post" in methods and "Idempotency-Key" not in {each["name"] for each in methods["post"]["parameters"]}
    }
    assert without == {
        f"/api/v1/{path}"
        for path in (
            "messages",
            "definitions",
            "tasks/{task_id}/start",
            "definitions/{key}/{version}/{how}",
            "definitions/{key}/{version}/migration-plan",
            "instances/{instance_id}/migration-plan",
        )
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/tasks", {"tasks": []}),
        ("/api/v1/tasks", {"tasks": [{"id": 5}], "next": None}),
        ("/api/v1/tasks", {"tasks": [], "next": None, "more": 1}),
        ("/api/v1/tasks", {"tasks": {}, "next": None}),
        ("/api/v1/tasks", {"tasks": [], "next": 5}),
    ],
)
def test_the_check_itself_sees_a_difference(document: Document, path: str, body: Any) -> None:
    document.check("GET", path, 200, "application/json", {"tasks": [], "next": None})
    with pytest.raises(Differs):
        document.check("GET", path, 200, "application/json", body)
    with pytest.raises(Differs):
        document.check("GET", path, 418, "application/json", {"tasks": [], "next": None})
