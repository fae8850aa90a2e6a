"""What a person sees who may not, looks for what is not there, or was second: words, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core.database import reading
from app.core.translations import translate
from app.instances import moves
from app.people import queries as people
from app.tasks import queries as tasks
from app.web.language import TAGS
from tests.browser.conftest import Browse, Serve
from tests.browser.test_pages import log_in, look, on_both_widths, widest
from tests.processes.journeys import ANSWERS


def is_sound(page: Page, lang: str, accessible: Any) -> None:
    assert page.locator("html").get_attribute("lang") == TAGS[lang]
    for width in on_both_widths(page):
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), f"{width}: {widest(page)}"
        accessible(page)


@pytest.mark.parametrize("lang", TAGS)
@pytest.mark.parametrize(("path", "status"), [("/admin/", 403), ("/cases/123", 404)])
def test_a_page_that_is_refused_says_why_and_leads_back(
    staffed: Flask, serve: Serve, browse: Browse, accessible: Any, path: str, status: int, lang: str
) -> None:
    url, page = serve(staffed), browse("about:blank", lang=TAGS[lang], refused=status)
    log_in(staffed, page, url, "lin", lang)
    answer = page.goto(url + path)
    assert answer
    assert answer.status == status
    expect(page.get_by_role("heading", level=1)).to_have_text(translate(f"web.error.{status}.title", lang))
    is_sound(page, lang, accessible)
    page.get_by_role("link", name=translate("web.error.home", lang), exact=True).click()
    page.wait_for_url("**/inbox/")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("lang", TAGS)
def test_who_was_second_is_told_who_was_first_and_keeps_the_answer(
    staffed: Flask, serve: Serve, browse: Browse, accessible: Any, picture: Any, lang: str, script: bool
) -> None:
    with staffed.app_context():
        with reading() as session:
            lin, he = (people.find_by_login(session, login) for login in ("lin", "he"))
        assert lin
        assert he
        task = int(moves.start("onboarding", {}, by=lin)["tasks"][0])
        moves.claim(task, by=lin)
    url, page = serve(staffed), browse("about:blank", lang=TAGS[lang], refused=409, java_script_enabled=script)
    log_in(staffed, page, url, "lin", lang)
    if script:
        look(page, f"{url}/inbox/{task}")
    else:
        page.goto(f"{url}/inbox/{task}")
    fill_in(page, lang, script)
    with staffed.app_context():
        moves.assign(task, he, by=he, reason="lin is ill")
        moves.complete(task, ANSWERS["capture"], by=he)
        with reading() as session:
            assert tasks.task(session, task, he).work.state == "completed"
    page.get_by_role("button", name=translate("inbox.complete", lang), exact=True).click()
    names = {"zh": "何雨桐", "en": "He Yutong"}
    over = translate("errors.TaskIsOver", lang, first=names[lang])
    expect(page.get_by_role("alert")).to_have_text(f"{over} {translate('inbox.kept', lang)}")
    kept(page, script)
    if script:
        is_sound(page, lang, accessible)
    picture(page, f"second-{lang}-{script}")


@pytest.mark.parametrize("lang", TAGS)
def test_who_claims_what_was_just_claimed_stays_at_the_task_and_reads_who_has_it(
    staffed: Flask, serve: Serve, browse: Browse, accessible: Any, lang: str
) -> None:
    with staffed.app_context():
        with reading() as session:
            lin, he = (people.find_by_login(session, login) for login in ("lin", "he"))
        assert lin
        assert he
        task = int(moves.start("onboarding", {}, by=lin)["tasks"][0])
    url, page = serve(staffed), browse("about:blank", lang=TAGS[lang], refused=409)
    log_in(staffed, page, url, "lin", lang)
    look(page, f"{url}/inbox/{task}")
    with staffed.app_context():
        moves.claim(task, by=he)
    page.keyboard.press("c")
    first = {"zh": "何雨桐", "en": "He Yutong"}[lang]
    expect(page.get_by_role("alert")).to_have_text(translate("errors.AlreadyClaimed", lang, first=first))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    is_sound(page, lang, accessible)


def fill_in(page: Page, lang: str, script: bool) -> None:
    """As somebody does who types all of it before the answer comes."""
    from tests.browser.test_journeys import fill_fields, fill_island

    typed = {**ANSWERS["capture"], "address": "typed for nothing"}
    if script:
        fill_island(page, "onboarding-capture", lang, typed)
    else:
        fill_fields(page, typed)


def kept(page: Page, script: bool) -> None:
    if script:
        expect(page.locator('[data-island="form"][data-island-state="ready"]')).to_be_attached()
    fields = page.locator("form.work input").all()
    assert "typed for nothing" in [field.input_value() for field in fields if field.get_attribute("type") != "hidden"]
