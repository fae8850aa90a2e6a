"""Every main page as its readers see it: axe finds nothing serious, the console is quiet, a phone need not scroll."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, Response, ViewportSize, expect

from app.core.database import reading
from app.core.translations import translate
from app.definitions.deploy import deploy
from app.definitions.sources import Folders
from app.instances import moves
from app.instances.models import Incident, ProcessInstance
from app.jobs.runner import Runner
from app.people import demo, logins
from app.people import queries as people
from app.tasks.inbox import inbox
from app.web.language import COOKIE as LANGUAGE
from app.web.language import TAGS
from app.web.security import COOKIE
from tests.browser.conftest import DESKTOP, PHONE, ROOT, Browse, Serve
from tests.instances.conftest import END, START, flow, lanes, process, task

#: What each reader opens; {case}, {task} and {incident} are filled in.
READ = {
    "lin": ("/inbox/", "/inbox/{task}", "/cases/", "/cases/new", "/cases/new/onboarding", "/cases/{case}", "/settings"),
    "chen": ("/inbox/", "/cases/", "/processes/", "/processes/onboarding", "/processes/deploy"),
    "qian": ("/cases/{case}", "/audit/", "/audit/{case}", "/processes/review"),
    "admin": ("/inbox/{task}", "/admin/", "/admin/incidents/{incident}", "/admin/people", "/admin/departments"),
}
MOST_SCRIPT_BYTES = 200 * 1024
STUCK = process(
    "stuck",
    lanes(CS="start work which end other"),
    START,
    task("work"),
    '<bpmn:exclusiveGateway id="which"/><bpmn:endEvent id="other"/>',
    END,
    flow("start > work", "work > which", "which > end : amount > 10", "which > other : amount <= 10"),
)
CALLING = process(
    "calling",
    lanes(CS="start call called"),
    START,
    '<bpmn:serviceTask id="call" name="Call"><bpmn:extensionElements>'
    '<zeebe:taskDefinition type="nobody" retries="1"/></bpmn:extensionElements></bpmn:serviceTask>',
    '<bpmn:endEvent id="called"/>',
    flow("start > call", "call > called"),
)


@pytest.fixture
def parts(at_work: Flask) -> dict[str, int]:
    """A case, a task that lin may claim, and an incident."""
    with at_work.app_context():
        with reading() as session:
            lin, chen = (people.find_by_login(session, login) for login in ("lin", "chen"))
        assert lin
        assert chen
        deploy(STUCK, by=chen, sources=Folders(ROOT / "processes", ROOT / "forms"), file_name="stuck.bpmn")
        moves.complete(int(moves.start("stuck", {}, by=lin)["tasks"][0]), {}, by=lin)
        with reading() as session:
            incident = session.scalars(sa.select(Incident.id)).one()
            case = session.scalars(sa.select(sa.func.min(ProcessInstance.id))).one()
            work = inbox(session, lin, "lanes").work[0]
        moves.claim(work.id, by=lin)
        return {"case": case, "task": work.id, "incident": incident}


def log_in(app: Flask, page: Page, url: str, login: str, lang: str) -> None:
    """As the cookies of a login leave it: the form itself is driven by the journeys."""
    with app.app_context():
        secret = logins.log_in(login, demo.PASSWORD).secret
    cookies = {COOKIE: secret, LANGUAGE: lang}
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])


def look(page: Page, address: str) -> None:
    """Open a page and wait until its islands are drawn."""
    answer = page.goto(address)
    assert answer
    assert answer.ok, f"{address}: {answer.status}"
    expect(page.locator('[data-island]:not([data-island-state="ready"])')).to_have_count(0)


def on_both_widths(page: Page) -> Iterator[str]:
    for name, size in (("desk", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(size)
        yield name
    page.set_viewport_size(DESKTOP)


def widest(page: Page) -> str:
    """What sticks out, for the message of a failing test."""
    return str(
        page.evaluate(
            """() => [...document.querySelectorAll('body *')]
                .filter(it => it.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 5).map(it => `${it.tagName}.${it.getAttribute('class')}`).join(' ')"""
        )
    )


@pytest.mark.parametrize("lang", TAGS)
@pytest.mark.parametrize("login", READ)
def test_pages_are_accessible_and_fit_a_phone(
    at_work: Flask,
    parts: dict[str, int],
    serve: Serve,
    browse: Browse,
    accessible: Any,
    picture: Any,
    login: str,
    lang: str,
) -> None:
    url = serve(at_work)
    page = browse("about:blank", lang=TAGS[lang])
    log_in(at_work, page, url, login, lang)
    faults = []
    for path in READ[login]:
        look(page, url + path.format(**parts))
        assert page.locator("html").get_attribute("lang") == TAGS[lang]
        for width in on_both_widths(page):
            picture(page, f"{login}{path.replace('/', '-')}-{lang}-{width}")
            if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
                faults.append(f"{path} on the {width}: {widest(page)} is too wide")
            try:
                accessible(page)
            except AssertionError as fault:
                faults.append(f"{path} on the {width}: {fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("lang", TAGS)
def test_the_login_page_is_accessible_and_fits_a_phone(
    at_work: Flask, serve: Serve, browse: Browse, accessible: Any, lang: str
) -> None:
    at_work.config["DEMO"] = True
    page = browse(f"{serve(at_work)}/login", lang=TAGS[lang])
    expect(page.locator(".demo li").first).to_be_visible()
    for width in on_both_widths(page):
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), f"{width}: {widest(page)}"
        accessible(page)


@pytest.mark.parametrize("width", [820, 1024, 1180, 1280, 1366, 1440, 1920])
@pytest.mark.parametrize("path", ["/inbox/?view=lanes", "/inbox/{task}?view=lanes"])
def test_the_name_of_a_task_is_readable_at_every_width(
    at_work: Flask, parts: dict[str, int], serve: Serve, browse: Browse, path: str, width: int
) -> None:
    url, page = serve(at_work), browse("about:blank", lang="en")
    # An administrator has the most places in the top bar, and no lane.
    log_in(at_work, page, url, "admin" if width <= 1024 and "task" in path else "lin", "en")
    page.set_viewport_size({"width": width, "height": 800})
    look(page, url + path.format(**parts))
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), widest(page)
    name = page.locator(".list .c-task .name").first
    box = name.bounding_box() if name.is_visible() else page.locator("#task-title").bounding_box()
    assert box
    assert box["width"] >= 80, f"{width}: {box}"


@pytest.mark.parametrize("lang", TAGS)
def test_an_administrator_repairs_a_case_that_cannot_go_on(
    at_work: Flask, parts: dict[str, int], serve: Serve, browse: Browse, accessible: Any, lang: str
) -> None:
    """The first case is retried, at first without what it lacks; the second goes on without its step."""

    def say(key: str, **values: str) -> str:
        return translate(key, lang, **values)

    with at_work.app_context():
        with reading() as session:
            lin, chen = (people.find_by_login(session, login) for login in ("lin", "chen"))
        assert lin
        assert chen
        deploy(CALLING, by=chen, sources=Folders(ROOT / "processes", ROOT / "forms"), file_name="calling.bpmn")
        other = int(moves.start("calling", {}, by=lin)["id"])
        Runner(at_work).drain()
    url, page = serve(at_work), browse("about:blank", lang=TAGS[lang], refused=422)
    log_in(at_work, page, url, "admin", lang)
    page.goto(f"{url}/admin/")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("row", name="which").get_by_role("link").click()
    page.get_by_label(say("admin.data")).fill("amount = 20")
    press(page, say("admin.retry"))
    expect(page.get_by_role("alert")).to_have_text(say("admin.data_not_json"))
    expect(page.get_by_label(say("admin.data"))).to_have_value("amount = 20")
    accessible(page)
    page.get_by_label(say("admin.data")).fill('{"amount": 20}')
    press(page, say("admin.retry"))
    expect(page.locator(".toast")).to_have_text(say("admin.retried"))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody tr a").click()
    page.locator("summary", has_text=say("admin.skip")).click()
    accessible(page)
    press(page, say("admin.skip.do"))
    expect(page.locator(".toast")).to_have_text(say("admin.skipped"))
    expect(page.get_by_role("heading", name=say("admin.no_incidents"))).to_be_visible()
    with at_work.app_context(), reading() as session:
        case = session.scalars(sa.select(Incident.instance_id).where(Incident.id == parts["incident"])).one()
        states = session.execute(
            sa.select(ProcessInstance.state, ProcessInstance.end_element).where(ProcessInstance.id.in_((case, other)))
        ).all()
    assert {tuple(row) for row in states} == {("completed", "end"), ("completed", "called")}


@pytest.mark.parametrize(
    ("login", "path", "opener"),
    [
        ("he", "/inbox/{task}", "summary[data-key=a]"),
        ("chen", "/processes/onboarding", ".head details summary"),
        ("admin", "/admin/incidents/{incident}", "summary.danger"),
        ("admin", "/admin/people", "td summary >> nth=0"),
    ],
)
def test_what_opens_stays_on_the_screen_and_can_be_pressed(
    at_work: Flask,
    parts: dict[str, int],
    serve: Serve,
    browse: Browse,
    accessible: Any,
    login: str,
    path: str,
    opener: str,
) -> None:
    url, page = serve(at_work), browse("about:blank", lang="en")
    log_in(at_work, page, url, login, "en")
    look(page, url + path.format(**parts))
    page.locator(opener).click()
    for width in on_both_widths(page):
        opened = page.locator("details[open] > .pad")
        box, size = opened.bounding_box(), page.viewport_size
        assert box
        assert size
        assert box["x"] >= 0, width
        assert box["x"] + box["width"] <= size["width"], width
        opened.get_by_role("button").click(trial=True)
        accessible(page)


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


@pytest.mark.parametrize("path", ["/inbox/", "/inbox/{task}"])
def test_the_scripts_of_the_inbox_are_light(
    at_work: Flask, parts: dict[str, int], serve: Serve, browse: Browse, path: str
) -> None:
    url, page = serve(at_work), browse("about:blank")
    log_in(at_work, page, url, "lin", "en")
    scripts: list[Response] = []
    page.on("response", lambda it: scripts.append(it) if it.request.resource_type == "script" else None)
    look(page, url + path.format(**parts))
    weights = {it.url.rpartition("/")[2]: len(gzip.compress(it.body())) for it in scripts}
    assert weights
    assert sum(weights.values()) <= MOST_SCRIPT_BYTES, weights


def test_a_task_is_found_claimed_and_left_by_keyboard(
    at_work: Flask, parts: dict[str, int], serve: Serve, browse: Browse
) -> None:
    url, page = serve(at_work), browse("about:blank", lang="en")
    log_in(at_work, page, url, "lin", "en")
    look(page, f"{url}/inbox/?view=lanes")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#task-title")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases/")


@pytest.mark.parametrize("path", ["/cases/{case}", "/processes/onboarding"])
def test_a_drawing_fills_its_frame(
    at_work: Flask, parts: dict[str, int], serve: Serve, browse: Browse, path: str
) -> None:
    url = serve(at_work)
    page = browse("about:blank")
    log_in(at_work, page, url, "admin", "zh")
    look(page, url + path.format(**parts))
    frame, drawing = page.locator(".diagram"), page.locator(".djs-container > svg")
    assert frame.bounding_box() == drawing.bounding_box()


@pytest.mark.parametrize("lang", TAGS)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_drawing_shows_where_the_case_stands_and_grows_on_demand(
    at_work: Flask, serve: Serve, browse: Browse, lang: str, size: ViewportSize
) -> None:
    with at_work.app_context(), reading() as session:
        wanted = ProcessInstance.process_key == "complaint", ProcessInstance.state == "running"
        case = session.scalars(sa.select(ProcessInstance.id).where(*wanted)).first()
    url, page = serve(at_work), browse("about:blank", lang=TAGS[lang])
    log_in(at_work, page, url, "lin", lang)
    page.set_viewport_size(size)
    look(page, f"{url}/cases/{case}")
    now, frame = page.locator(".djs-shape.now").first, page.locator(".diagram").bounding_box()
    before = now.bounding_box()
    assert before
    assert frame
    assert frame["x"] <= before["x"] < before["x"] + before["width"] <= frame["x"] + frame["width"]
    assert frame["y"] <= before["y"] < before["y"] + before["height"] <= frame["y"] + frame["height"]
    press(page, translate("studio.larger", lang))
    after = now.bounding_box()
    assert after
    assert after["width"] > before["width"]
    press(page, translate("studio.whole", lang))
    lane = page.locator(".djs-shape").first.bounding_box()
    assert lane
    assert lane["width"] < frame["width"]
