"""Which language a page speaks: what the person chose, else what the browser asks for."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.people import demo, logins
from app.web.security import COOKIE
from tests.conftest import Cast
from tests.web.conftest import token_of


class Browser:
    """A browser that asks for a language, with a person before it."""

    def __init__(self, app: Flask, asks: str) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.asks = {"Accept-Language": asks}

    def get(self, address: str) -> TestResponse:
        with self.app.app_context():  # a request knows nothing of the one before
            return self.client.get(address, headers=self.asks)

    def post(self, address: str, referer: str = "", **data: str) -> TestResponse:
        with self.app.app_context():
            data["csrf_token"] = token_of(self.client)
        with self.app.app_context():
            return self.client.post(address, data=data, headers={"Referer": referer, **self.asks})

    def speaks(self, address: str = "/inbox/") -> str:
        page = self.get(address).get_data(as_text=True)
        return page.partition('<html lang="')[2].partition('"')[0]

    def log_in(self, login: str) -> None:
        assert self.post("/login", login=login, password=demo.PASSWORD).status_code == 302


@pytest.mark.parametrize(("asks", "tag"), [("en", "en"), ("en-GB,en;q=0.9", "en"), ("zh-CN,zh;q=0.9", "zh-CN")])
def test_who_never_chose_a_language_reads_what_the_browser_asks_for(
    app: Flask, cast: Cast, asks: str, tag: str
) -> None:
    browser = Browser(app, asks)
    assert browser.speaks("/login") == tag
    browser.log_in("lin")
    assert browser.speaks() == tag


def test_lins_choice_stays_with_her_account_in_every_browser(app: Flask, cast: Cast) -> None:
    browser = Browser(app, "en")
    browser.log_in("lin")
    answer = browser.post("/language/zh", next="/inbox/?view=late")
    assert answer.location == "/inbox/?view=late"
    assert browser.speaks() == "zh-CN"
    elsewhere = Browser(app, "en")
    elsewhere.log_in("lin")
    assert elsewhere.speaks() == "zh-CN"


def test_what_is_chosen_before_logging_in_is_the_choice_of_who_logs_in(app: Flask, cast: Cast) -> None:
    browser = Browser(app, "zh-CN")
    browser.post("/language/en")
    assert browser.speaks("/login") == "en"
    browser.log_in("lin")
    assert browser.speaks() == "en"
    elsewhere = Browser(app, "zh-CN")
    elsewhere.log_in("lin")
    assert elsewhere.speaks() == "en"


def test_the_choice_of_one_person_is_not_that_of_the_next_at_the_same_browser(app: Flask, cast: Cast) -> None:
    browser = Browser(app, "zh-CN")
    browser.post("/language/en")
    browser.log_in("lin")
    browser.post("/logout")
    browser.log_in("wang")
    assert browser.speaks() == "zh-CN"


def test_lin_follows_her_browser_again_when_she_says_so(app: Flask, cast: Cast) -> None:
    browser = Browser(app, "en")
    browser.log_in("lin")
    browser.post("/settings", language="zh", theme="")
    assert browser.speaks() == "zh-CN"
    browser.post("/settings", language="", theme="")
    assert browser.speaks() == "en"


def test_a_language_that_nobody_speaks_changes_nothing(app: Flask, cast: Cast) -> None:
    browser = Browser(app, "en")
    browser.log_in("lin")
    browser.post("/language/xx")
    assert browser.speaks() == "en"
    assert browser.post("/settings", language="xx", theme="").status_code == 422


def test_a_link_cannot_change_the_language(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    client.set_cookie(COOKIE, logins.log_in("lin", demo.PASSWORD).secret)
    assert client.get("/language/en").status_code == 405


def test_changing_the_language_on_a_refused_page_leads_back_to_where_it_was_filled_in(app: Flask, cast: Cast) -> None:
    browser = Browser(app, "en")
    browser.log_in("lin")
    refused = browser.post("/settings/password", "http://localhost/settings?a=1", present="wrong", password="x")
    assert refused.status_code == 422
    assert 'name="next" value="/settings?a=1"' in refused.get_data(as_text=True)
