"""One shape for every refusal, whatever was wrong, in the caller's language."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.api import tasks
from app.api.calls import CALLS
from tests.api.conftest import CallAs, Machine
from tests.api.document import Document


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("GET", "/api/v1", 404, "not_found"),
        ("GET", "/api/v2/tasks", 404, "not_found"),
        ("POST", "/api/v1/nothing", 404, "not_found"),
        ("POST", "/api/v1/incidents/5/forget", 404, "not_found"),
        ("GET", "/api/v1/tasks/", 404, "not_found"),
        ("GET", "/api/v1/a%0Ab", 404, "not_found"),
        ("DELETE", "/api/v1/tasks", 405, "method_not_allowed"),
        ("PUT", "/api/v1/tasks/5/claim", 405, "method_not_allowed"),
        ("GET", "/api/v1/messages", 405, "method_not_allowed"),
        ("GET", "/api/v1/tasks", 401, "not_identified"),
    ],
)
def test_what_is_not_there_is_said_in_json(
    app: Flask, document: Document, method: str, path: str, status: int, code: str
) -> None:
    said = Machine(app, document).raw(method, path)
    assert (said.status_code, said.json["error"]["code"]) == (status, code)
    assert said.json["error"]["message"].isascii()
    chinese = Machine(app, document).raw(method, path, {"Accept-Language": "zh-CN"})
    assert not chinese.json["error"]["message"].isascii()


def test_a_wrong_method_is_told_the_right_ones(app: Flask, document: Document) -> None:
    nobody = Machine(app, document)
    for method in ("DELETE", "FOO", "TRACE"):
        for path, allowed in METHODS_OF.items():
            said = nobody.raw(method, path)
            assert (said.status_code, said.json["error"]["code"]) == (405, "method_not_allowed")
            assert said.headers["Allow"] == allowed
    assert nobody.raw("FOO", "nothing").status_code == 404


METHODS_OF = {"tasks/5/claim": "POST, OPTIONS", "tasks": "GET, HEAD, OPTIONS", "instances": "GET, HEAD, POST, OPTIONS"}


def test_who_asks_is_told_the_methods(app: Flask, document: Document) -> None:
    browser = app.test_client()
    for path, allowed in METHODS_OF.items():
        said = browser.options(f"/api/v1/{path}")
        assert (said.status_code, said.data, said.headers["Allow"]) == (204, b"", allowed)
    assert Machine(app, document).raw("OPTIONS", "nothing").status_code == 404
    assert browser.options("/healthz").status_code == 200


def test_head_says_what_get_says_but_the_body(machine: CallAs) -> None:
    lin = machine("lin")
    for path in ("tasks", "tasks?limit=0", "instances/5"):
        head = lin.client.head(f"/api/v1/{path}", headers=lin.headers)
        said = lin.raw("GET", path)
        assert (head.status_code, head.data, head.mimetype) == (said.status_code, b"", "application/json")
        assert head.headers["Content-Length"] == said.headers["Content-Length"]


def test_pages_keep_their_own_errors(app: Flask) -> None:
    said = app.test_client().get("/nothing")
    assert (said.status_code, said.mimetype) == (404, "text/html")


@pytest.mark.parametrize(
    ("header", "is_english"),
    [("", True), ("fr", True), ("*", True), ("en;q=0.5, zh", False), ("zh;q=0.1, en", True), ("zh-Hant-TW", False)],
)
def test_english_is_spoken_unless_chinese_is_asked_for(
    app: Flask, document: Document, header: str, is_english: bool
) -> None:
    said = Machine(app, document).raw("GET", "tasks", {"Accept-Language": header})
    assert said.json["error"]["message"].isascii() == is_english


def test_a_crash_is_logged_and_answered_without_its_cause(
    app: Flask, machine: CallAs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(tasks.inbox, "inbox", break_down)
    lin = machine("lin")
    said = lin.client.get("/api/v1/tasks", headers=lin.headers)
    assert (said.status_code, said.json["error"]["code"]) == (500, "internal")
    assert b"secret" not in said.data
    assert "secret of the house" in caplog.text


def test_every_call_says_whom_it_is_for() -> None:
    assert [each.name for each in CALLS.values() if each.public] == ["openapi"]
