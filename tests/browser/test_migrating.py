"""chen takes the running complaints to another version in a real browser, with and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from app.core.database import reading
from app.core.translations import translate
from app.definitions.deploy import deploy
from app.definitions.models import ProcessDefinition
from app.definitions.sources import Folders
from app.instances.models import ProcessInstance
from app.jobs.runner import Runner
from app.people import queries as people
from app.web.language import TAGS
from tests.browser.conftest import ROOT, Browse, Serve
from tests.browser.test_pages import log_in, look, on_both_widths, press, widest


@pytest.fixture
def redrawn(at_work: Flask) -> Flask:
    """The complaint process in a new version, in which the investigation has another id."""
    drawn = (ROOT / "processes" / "complaint.bpmn").read_bytes().replace(b"investigate", b"inquire")
    with at_work.app_context():
        with reading() as session:
            chen = people.find_by_login(session, "chen")
        assert chen
        deploy(drawn, by=chen, sources=Folders(ROOT / "processes", ROOT / "forms"), file_name="complaint.bpmn")
    return at_work


def on_versions(app: Flask) -> dict[int, int]:
    """Running complaints by version."""
    counted = (
        sa.select(ProcessDefinition.version, sa.func.count())
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.state == "running", ProcessInstance.process_key == "complaint")
        .group_by(ProcessDefinition.version)
    )
    with app.app_context(), reading() as session:
        return {version: count for version, count in session.execute(counted)}  # noqa: C416  rows are no pairs to mypy


def drain(app: Flask) -> None:
    with app.app_context():
        Runner(app).drain()


@pytest.mark.parametrize("lang", TAGS)
@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_chen_migrates_the_running_complaints_and_takes_them_back(
    redrawn: Flask, serve: Serve, browse: Browse, accessible: Any, picture: Any, lang: str, script: bool
) -> None:
    def say(key: str, **values: Any) -> str:
        return translate(key, lang, **values)

    def check(page: Page, name: str) -> None:
        for width in on_both_widths(page):
            if script:
                picture(page, f"migrate-{name}-{lang}-{width}")
                accessible(page)
                assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), f"{width}: {widest(page)}"

    running = on_versions(redrawn)[1]
    url, page = serve(redrawn), browse("about:blank", lang=TAGS[lang], java_script_enabled=script)
    log_in(redrawn, page, url, "chen", lang)
    if script:
        look(page, f"{url}/processes/complaint")
    else:
        page.goto(f"{url}/processes/complaint")
    check(page, "process")
    page.get_by_role("link", name=say("studio.migrate.plan", version=2)).click()
    expect(page.get_by_role("heading", name=say("studio.migrate.title", version=2))).to_be_visible()
    check(page, "plan")
    held = page.locator("#held-title")
    expect(held).to_be_visible()
    page.locator("select[name='map.investigate']").select_option("inquire")
    press(page, say("studio.migrate.check"))
    expect(held).to_have_count(0)
    check(page, "free")
    page.get_by_label(say("inbox.reason")).fill("v2")
    press(page, say("studio.migrate.go", n=running))
    expect(page.get_by_role("status").filter(has_text=str(running))).to_be_visible()
    check(page, "running")
    drain(redrawn)
    if not script:
        page.get_by_role("link", name=say("studio.migrate.again")).click()
    expect(page.locator(".head .chip")).to_have_text(say("studio.migrate.state.done"))
    check(page, "done")
    assert on_versions(redrawn) == {2: running}
    page.locator("summary", has_text=say("studio.migrate.undo")).click()
    if script:
        accessible(page)
    press(page, say("studio.migrate.undo.do", n=running))
    drain(redrawn)
    if not script:
        page.get_by_role("link", name=say("studio.migrate.again")).click()
    expect(page.locator(".head .chip")).to_have_text(say("studio.migrate.state.undone"))
    check(page, "undone")
    assert on_versions(redrawn) == {1: running}
