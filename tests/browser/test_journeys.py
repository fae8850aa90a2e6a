"""Every shipped process from its first page to its last, by the people whose work it is, in a real browser.

Most of it on the pages without JavaScript; the first task of two processes with the form island and by keyboard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from app import diagrams
from app.core.translations import translate
from app.instances import moves
from app.jobs.runner import Runner
from app.people import demo
from app.people.actor import SYSTEM
from tests.browser.conftest import ROOT, Browse
from tests.processes.journeys import ANSWERS, COMPLAINT, FEEDBACK, ONBOARDING, REVIEW
from tests.processes.walk import Do, Journey, Tell

#: Whose work each task is; heads do what needs a second pair of eyes.
WHO: Mapping[str, Mapping[str, str]] = {
    "onboarding": {"capture": "lin", "key-in": "wang", "examine": "zhou", "recheck": "zhao", "approve": "feng"},
    "review": {"register": "zhou", "complete": "wang", "assess": "wu", "decide": "feng", "contract": "wang"},
    "complaint": {
        "register": "lin",
        "investigate": "zhou",
        "draft": "lin",
        "check-answer": "he",
        "recheck-answer": "wu",
        "answer": "lin",
    },
    "feedback": {
        "ask-why": "lin",
        "improve-process": "wang",
        "improve-system": "xu",
        "train": "han",
        "summarise": "sun",
        "confirm": "lin",
    },
}
#: Done with the island: its form.
SCRIPTED: Mapping[tuple[str, str], str] = {
    ("onboarding", "capture"): "onboarding-capture",
    ("complaint", "register"): "complaint-registration",
}
#: What outside sends at an event: the message and its key.
MESSAGES: Mapping[str, tuple[str, str]] = {
    "confirmed": ("customer.confirmed", "TS-2026-0001"),
    "answered": ("survey.answered", "13800138000"),
}


def journey(among: tuple[Journey, ...], name: str) -> Journey:
    return next(it for it in among if name in it.name)


@dataclass
class Office:
    """The people at their desks, each in a browser of their own, in one language."""

    app: Flask
    url: str
    browse: Browse
    process: str
    lang: str
    reference: str = ""
    desks: dict[tuple[str, bool], Page] = field(default_factory=dict)

    def __post_init__(self) -> None:
        file = ROOT / "processes" / f"{self.process}.bpmn"
        self.drawn = diagrams.read(file.read_bytes()).processes[self.process]

    def say(self, key: str, **values: Any) -> str:
        return translate(key, self.lang, **values)

    def name(self, element: str) -> str:
        node = self.drawn.nodes[element]
        return node.names.get(self.lang) or node.name

    def desk(self, login: str, *, script: bool = False) -> Page:
        """Where this person is logged in, by the form of the login page."""
        if (login, script) not in self.desks:
            tag = {"zh": "zh-CN", "en": "en"}[self.lang]
            page = self.browse(f"{self.url}/login", lang=tag, java_script_enabled=script)
            page.locator(f'nav.lang button[lang="{tag}"]').click()
            page.get_by_label(self.say("web.login.name"), exact=True).fill(login)
            page.get_by_label(self.say("web.login.password"), exact=True).fill(demo.PASSWORD)
            self.press(page, "web.login.enter")
            expect(page).to_have_url(re.compile("/(inbox|audit)/"))
            self.desks[login, script] = page
        return self.desks[login, script]

    def press(self, page: Page, key: str) -> None:
        page.get_by_role("button", name=self.say(key), exact=True).click()

    def begin(self, login: str) -> None:
        page = self.desk(login)
        page.get_by_role("link", name=self.say("cases.start"), exact=True).click()
        page.get_by_role("link", name=self.drawn.names.get(self.lang) or self.drawn.name).click()
        self.press(page, "cases.begin")
        expect(page).to_have_url(re.compile(r"/cases/\d+$"))
        self.reference = page.locator('[aria-labelledby="about-title"] dd').first.inner_text()

    def do(self, login: str, element: str, answer: Mapping[str, Any]) -> None:
        """Find the task in the inbox, claim it, fill in its form, complete it."""
        form = SCRIPTED.get((self.process, element))
        page = self.desk(login, script=bool(form))
        page.goto(f"{self.url}/inbox/?view=lanes")
        row = page.get_by_role("row").filter(has_text=self.reference)
        row.get_by_role("link", name=self.name(element), exact=True).click()
        if form:
            # A key counts once the page listens: its script has then drawn the form as well.
            expect(page).to_have_url(re.compile(r"/inbox/\d+"))
            expect(page.locator('[data-island="form"][data-island-state="ready"]')).to_be_attached()
            page.keyboard.press("c")
            fill_island(page, form, self.lang, answer)
            page.keyboard.press("Control+Enter")
        else:
            self.press(page, "inbox.claim")
            fill_fields(page, answer)
            self.press(page, "inbox.complete")
        expect(page.locator(".toast")).to_have_text(self.say("inbox.completed"))

    def drain(self) -> None:
        """Services answer and messages arrive."""
        Runner(self.app).drain()

    def receive(self, name: str, key: str, payload: Mapping[str, Any]) -> None:
        with self.app.app_context():
            moves.receive(name, {"key": key} if key else {}, payload, sender_id=f"test:{name}", by=SYSTEM)
        self.drain()


def fill_fields(page: Page, answer: Mapping[str, Any]) -> None:
    """The page without JavaScript."""
    work = page.locator("form.work")
    for key, value in answer.items():
        fill_field(work.locator(f'[name="{key}"]'), value)


def fill_field(found: Locator, value: Any) -> None:
    kind = found.first.get_attribute("type")
    if kind == "checkbox" and isinstance(value, bool):
        found.set_checked(value)
    elif kind in ("checkbox", "radio"):
        for each in value if isinstance(value, list) else [value]:
            found.and_(found.page.locator(f'[value="{each}"]')).check()
    elif kind is None and found.page.locator("select").and_(found).count():
        found.select_option(str(value))
    elif found.get_attribute("readonly") is None:
        found.fill(str(value))


def fill_island(page: Page, form: str, lang: str, answer: Mapping[str, Any]) -> None:
    """The form as form-js draws it, found by its labels as people find it."""
    expect(page.locator('form.work [data-island="form"][data-island-state="ready"]')).to_be_attached()
    for component in json.loads((ROOT / "forms" / f"{form}.json").read_bytes())["components"]:
        if component.get("key") not in answer:
            continue
        value = answer[component["key"]]
        found = page.get_by_label(re.compile(f"^{re.escape(component['label'][lang])}"))
        if component["type"] == "checkbox":
            found.set_checked(value)
        elif component["type"] == "select":
            found.select_option(label=next(it["label"][lang] for it in component["values"] if it["value"] == value))
        else:
            found.fill(str(value))


@pytest.mark.parametrize(
    ("it", "lang"),
    [
        (journey(ONBOARDING, "complete data open an account at once"), "en"),
        (journey(REVIEW, "low risk is approved at once"), "en"),
        (journey(COMPLAINT, "category fee is general"), "zh"),
        (journey(FEEDBACK, "improves process and system and training"), "zh"),
    ],
    ids=lambda it: it.process if isinstance(it, Journey) else it,
)
def test_a_case_goes_through_the_pages_to_its_end(
    staffed: Flask, serve: Any, browse: Browse, it: Journey, lang: str
) -> None:
    office = Office(staffed, serve(staffed), browse, it.process, lang)
    who = WHO[it.process]
    if it.payload is not None:
        office.receive("service.completed", "", it.payload)
    else:
        office.begin(who[it.steps[0].task if isinstance(it.steps[0], Do) else next(iter(who))])
    for step in it.steps:
        match step:
            case str():
                office.do(who[step], step, ANSWERS[step])
            case Do(task, answer):
                office.do(who[task], task, {**ANSWERS.get(task, {}), **answer})
            case Tell(element, payload):
                office.receive(*MESSAGES[element], payload)
        office.drain()
    its_record_is_whole(office, office.name(it.end))


def its_record_is_whole(office: Office, ending: str) -> None:
    """qian finds the completed case among the records, and its chain verified."""
    page = office.desk("qian")
    page.get_by_role("navigation").get_by_role("link", name=office.say("web.place.audit"), exact=True).first.click()
    row = page.get_by_role("row").filter(has_text=office.reference or office.drawn.name)
    expect(row).to_contain_text(office.say("cases.state.completed"))
    row.get_by_role("link").click()
    whole = office.say("audit.whole", n="(many)").replace("(many)", r"\d+")
    expect(page.locator(".hash:not(.broken)")).to_contain_text(re.compile(whole))
    page.get_by_role("link", name=office.say("inbox.open_case"), exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(ending)
