"""Getting in: who tries too often is told when to come back."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.clock import FakeClock
from app.people.moves import set_password
from tests.conftest import Cast

PASSWORD = "correct horse battery"


def try_to_get_in(browser: FlaskClient, password: str) -> TestResponse:
    page = browser.get("/login").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    return browser.post("/login", data={"login": "lin", "password": password, "csrf_token": token})


def test_who_fails_too_often_is_told_when_to_come_back(app: Flask, cast: Cast, morning: FakeClock) -> None:
    set_password("lin", PASSWORD, by=cast.admin, must_change=False)
    browser = app.test_client()
    for _ in range(6):
        said = try_to_get_in(browser, "a guess at random")
        assert (said.status_code, said.headers.get("Retry-After")) == (401, None)
        morning.at += timedelta(seconds=1)
    said = try_to_get_in(browser, PASSWORD)
    assert said.status_code == 429
    wait = int(said.headers["Retry-After"])
    assert str(wait) in said.get_data(as_text=True)
    morning.at += timedelta(seconds=wait)
    assert try_to_get_in(browser, PASSWORD).status_code == 302
