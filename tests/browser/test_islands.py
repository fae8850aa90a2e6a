"""The islands by themselves, on a bare page under the content security policy of the product."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, render_template_string, request
from playwright.sync_api import Page, expect

from app.web import assets

STRICT = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'"
STUDIO = STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

PAGE = """<!doctype html>
<html lang="{{ lang }}"><head><meta charset="utf-8"><title>Islands</title>
<meta name="csrf-token" content="secret">
<link rel="stylesheet" href="{{ asset('tokens.css') }}"><link rel="stylesheet" href="{{ asset('laneway.css') }}">
<script type="module" src="{{ asset('dist/page.js') }}"></script></head>
<body><main class="page"><h1>Islands</h1>
<form method="post" action="/answer">
<div data-island="{{ island }}"><script type="application/json">{{ data | tojson }}</script><p>Without script</p></div>
<button class="btn main" data-key="ctrl+enter">Complete</button>
<button formnovalidate name="draft" value="1">Save</button>
</form>
<ul data-rows><li><a href="#one" data-row>one</a></li><li><a href="#two" data-row data-element="check">two</a></li></ul>
<a href="#inbox" data-key="g i">Inbox</a><input aria-label="Search" data-key="/">
<button type="button" hx-post="/swap" hx-target="#swapped">Swap</button><div id="swapped"></div>
<dialog data-key="?"><form method="dialog"><button>Close</button></form></dialog>
</main></body></html>"""

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  id="d" targetNamespace="t">
<process id="p" isExecutable="true"><startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="check"/>
<userTask id="check" name="Check identity"/></process>
<bpmndi:BPMNDiagram id="di"><bpmndi:BPMNPlane id="plane" bpmnElement="p">
<bpmndi:BPMNShape id="s1" bpmnElement="start"><dc:Bounds x="100" y="100" width="36" height="36"/></bpmndi:BPMNShape>
<bpmndi:BPMNShape id="s2" bpmnElement="check"><dc:Bounds x="200" y="78" width="100" height="80"/></bpmndi:BPMNShape>
<bpmndi:BPMNEdge id="e1" bpmnElement="f"><di:waypoint x="136" y="118"/><di:waypoint x="200" y="118"/></bpmndi:BPMNEdge>
</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"""

FORM = {
    "type": "default",
    "components": [
        {"type": "textfield", "key": "name", "label": "客户姓名", "validate": {"required": True}},
        {"type": "number", "key": "amount", "label": "金额", "decimalDigits": 2, "layout": {"row": "r", "columns": 8}},
        {
            "type": "textfield",
            "key": "currency",
            "label": "币种",
            "readonly": True,
            "layout": {"row": "r", "columns": 8},
        },
        {
            "type": "select",
            "key": "risk",
            "label": "风险等级",
            "values": [{"value": "low", "label": "低"}, {"value": "high", "label": "高"}],
            "validate": {"required": True},
        },
        {"type": "textarea", "key": "reason", "label": "原因", "conditional": {"hide": '=risk != "high"'}},
        {"type": "checkbox", "key": "seen", "label": "已核对证件"},
        {"type": "datetime", "key": "on", "subtype": "date", "dateLabel": "日期"},
    ],
}


@pytest.fixture
def answers() -> list[dict[str, str]]:
    """What the page posted."""
    return []


@pytest.fixture
def island(answers: list[dict[str, str]], serve: Any, browse: Any) -> Callable[..., Page]:
    def open_island(name: str, data: dict[str, Any], *, lang: str = "zh-CN", policy: str = STRICT, **how: Any) -> Page:
        app = Flask(__name__, static_folder=str(assets.STATIC), static_url_path="/static")
        assets.connect(app)

        @app.get("/")
        def page() -> str:
            return render_template_string(PAGE, lang=lang, island=name, data=data)

        @app.get("/diagram.bpmn")
        def diagram() -> Response:
            return Response(DIAGRAM, mimetype="application/xml")

        @app.post("/answer")
        def answer() -> str:
            answers.append(request.form.to_dict())
            return '<!doctype html><html lang="en"><title>Done</title><h1>Done</h1></html>'

        @app.post("/swap")
        def swap() -> Response | tuple[str, int]:
            if request.headers.get("X-CSRFToken") != "secret":
                return "refused", 400
            fragment = """<div data-island="viewer" id="second">
                <script type="application/json">{"xml": "/diagram.bpmn"}</script></div>"""
            return Response(fragment)

        @app.get("/favicon.ico")
        def icon() -> Response:
            return Response(status=204)

        @app.after_request
        def protect(response: Response) -> Response:
            response.headers["Content-Security-Policy"] = policy
            return response

        opened = browse(serve(app), lang=lang, **how)
        expect(opened.locator(f'[data-island="{name}"][data-island-state="ready"]')).to_be_attached()
        expect(opened.get_by_text("Without script")).to_have_count(0)
        return opened  # type: ignore[no-any-return]

    return open_island


def test_a_form_posts_its_answer_as_json(island: Any, answers: list[dict[str, str]]) -> None:
    page = island("form", {"schema": FORM, "data": {"name": "王芳"}})
    page.get_by_label("金额").fill("12.50")
    page.get_by_label("风险等级").select_option(label="高")
    page.get_by_label("原因").fill("境外汇款")
    page.get_by_label("原因").press("Control+Enter")
    expect(page.get_by_role("heading")).to_have_text("Done")
    expected = {"name": "王芳", "amount": 12.5, "risk": "high", "reason": "境外汇款", "seen": False, "on": None}
    expected["currency"] = ""
    assert json.loads(answers[0]["answer"]) == expected


def test_a_form_that_is_not_right_stays_and_says_what_to_do(island: Any, answers: list[dict[str, str]]) -> None:
    page = island("form", {"schema": FORM})
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_text("请填写此项。")).to_have_count(2)
    expect(page.get_by_label("客户姓名")).to_be_focused()
    assert answers == []


def test_enter_in_a_field_does_not_complete_a_task_by_accident(island: Any, answers: list[dict[str, str]]) -> None:
    page = island("form", {"schema": FORM, "data": {"name": "王芳", "risk": "low"}})
    page.get_by_label("客户姓名").press("Enter")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading")).to_have_text("Done")
    assert len(answers) == 1


def test_a_draft_is_saved_unfinished(island: Any, answers: list[dict[str, str]]) -> None:
    page = island("form", {"schema": FORM, "data": {"name": "王芳"}})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading")).to_have_text("Done")
    assert answers[0]["draft"] == "1"
    assert json.loads(answers[0]["answer"])["name"] == "王芳"


def test_what_the_server_found_wrong_stands_at_the_field(island: Any) -> None:
    page = island("form", {"schema": FORM, "errors": {"name": ["此客户已开户。"]}})
    expect(page.get_by_text("此客户已开户。")).to_be_visible()
    page.get_by_label("客户姓名").fill("王芳")
    expect(page.get_by_text("此客户已开户。")).to_have_count(0)


def test_a_finished_task_shows_its_form_without_taking_answers(island: Any) -> None:
    page = island("form", {"schema": FORM, "data": {"name": "王芳", "risk": "low"}, "readOnly": True})
    expect(page.get_by_label("客户姓名")).not_to_be_editable()
    expect(page.get_by_label("风险等级")).to_be_disabled()
    expect(page.locator('input[name="answer"]')).to_have_count(0)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("how", [{}, {"dark": True}, {"phone": True}], ids=["light", "dark", "phone"])
def test_a_form_is_accessible(island: Any, accessible: Any, picture: Any, lang: str, how: dict[str, bool]) -> None:
    page = island("form", {"schema": FORM, "label": "Identity check"}, lang=lang, **how)
    page.get_by_role("button", name="Complete").click()
    accessible(page)
    picture(page, f"island-form-{lang}-{'-'.join(how) or 'light'}")


def test_the_calendar_of_a_date_speaks_chinese(island: Any) -> None:
    page = island("form", {"schema": FORM})
    page.get_by_label("日期").click()
    expect(page.get_by_text("周一").first).to_be_visible()


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_a_diagram_is_drawn_with_its_marks(island: Any, accessible: Any, picture: Any, lang: str) -> None:
    names = {"check": "核对身份"} if lang == "zh-CN" else {}
    marks = {"markers": {"check": ["now"], "start": ["done"], "gone": ["done"]}, "badges": {"check": "2 h"}}
    page = island("viewer", {"xml": "/diagram.bpmn", "label": "Onboarding", "names": names, **marks}, lang=lang)
    expect(page.locator(".diagram")).to_contain_text("核对身份" if names else "Check identity")
    expect(page.locator('.djs-element[data-element-id="check"].now')).to_be_attached()
    expect(page.locator(".diagram-badge")).to_have_text("2 h")
    accessible(page)
    picture(page, f"island-viewer-{lang}")


def test_the_mark_of_bpmn_io_is_visible_and_uncovered(island: Any) -> None:
    page = island("viewer", {"xml": "/diagram.bpmn"})
    mark = page.locator(".bjs-powered-by")
    expect(mark).to_be_visible()
    at_its_middle = """mark => {
        const {left, top, width, height} = mark.getBoundingClientRect();
        return mark.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }"""
    assert mark.evaluate(at_its_middle)


def test_outline_and_drawing_point_at_each_other(island: Any) -> None:
    page = island("viewer", {"xml": "/diagram.bpmn"})
    page.get_by_role("link", name="two").hover()
    expect(page.locator('.djs-element[data-element-id="check"].pointed')).to_be_attached()
    page.get_by_role("link", name="one").hover()
    page.locator('.djs-element[data-element-id="check"] .djs-hit').click()
    expect(page.locator("a.pointed")).to_have_text("two")


def test_an_edited_diagram_travels_with_its_page(island: Any, answers: list[dict[str, str]]) -> None:
    page = island("modeler", {"xml": "/diagram.bpmn"}, policy=STUDIO)
    expect(page.locator(".bio-properties-panel")).to_be_visible()
    page.locator('.djs-element[data-element-id="check"] .djs-hit').dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type("Check twice")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading")).to_have_text("Done")
    assert 'name="Check twice"' in answers[0]["xml"]


def test_a_swapped_in_fragment_brings_its_island(island: Any) -> None:
    page = island("viewer", {"xml": "/diagram.bpmn"})
    page.get_by_role("button", name="Swap").click()
    expect(page.locator('#second[data-island-state="ready"] .djs-element[data-element-id="check"]')).to_be_visible()


def test_keys_walk_the_rows_and_open_places(island: Any) -> None:
    page = island("viewer", {"xml": "/diagram.bpmn"})
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="one")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="two")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#one$"))
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("#inbox$"))
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("gi?")
    expect(page.get_by_label("Search")).to_have_value("gi?")
    page.get_by_label("Search").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_keys_can_be_turned_off(island: Any) -> None:
    page = island("viewer", {"xml": "/diagram.bpmn"})
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
