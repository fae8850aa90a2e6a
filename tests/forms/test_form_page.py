"""The page without JavaScript: every supported type, labels and errors where people and screen readers find them."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from lxml import html

from app import forms
from app.core.translations import LANGUAGES, translate
from app.forms import Form

TEMPLATES = Path(__file__).parents[2] / "app" / "web" / "templates"


def page(form: Form, lang: str, errors: dict[str, list[str]] | None = None, **data: object) -> html.HtmlElement:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    env.globals["t"] = lambda key, **values: translate(key, lang, **values)
    env.globals["asset"] = lambda name: name
    shown = '{% from "_form.html" import form_errors, form_fields %}{{ form_errors(f, e) }}{{ form_fields(f, e) }}'
    made = env.from_string(shown).render(f=forms.fields(form, lang, data), e=errors or {})
    return html.fromstring(f"<form>{made}</form>")


@pytest.fixture
def complaint() -> Form:
    options = [
        {"value": "high", "label": {"en": "High", "zh": "高"}},
        {"value": "low", "label": {"en": "Low", "zh": "低"}},
    ]
    must = {"required": True}
    return forms.read(
        {
            "id": "complaint",
            "components": [
                {"type": "text", "text": {"en": "Read <b>this</b>", "zh": "请阅读"}},
                {"type": "textfield", "key": "who", "label": {"en": "Who", "zh": "何人"}, "validate": must},
                {"type": "textarea", "key": "what", "label": {"en": "What", "zh": "何事"}, "description": "all of it"},
                {"type": "number", "key": "amount", "label": "Amount"},
                {"type": "checkbox", "key": "urgent", "label": "Urgent"},
                {"type": "select", "key": "risk", "label": "Risk", "values": options},
                {"type": "radio", "key": "mood", "label": "Mood", "values": options},
                {"type": "checklist", "key": "seen", "label": "Seen", "values": options},
                {"type": "taglist", "key": "tags", "label": "Tags", "values": options},
                {"type": "datetime", "subtype": "datetime", "key": "when", "dateLabel": "When"},
                {"type": "textfield", "key": "reference", "label": "Reference", "readonly": True},
                {"type": "group", "label": "More", "conditional": {"hide": "=urgent = false"}, "components": [
                    {"type": "textfield", "key": "why", "label": "Why", "validate": {"required": True}}]},
            ],
        }
    )  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_input_has_a_label_of_its_own(complaint: Form, lang: str) -> None:
    shown = page(complaint, lang)
    for control in shown.xpath("//input[@type!='radio' and @type!='checkbox']|//select|//textarea"):
        assert shown.xpath(f"//label[@for='{control.get('id')}']"), control.get("name")
    assert len(shown.xpath("//fieldset/legend")) == 3
    assert {control.get("name") for control in shown.xpath("//*[@name]")} == set(complaint.keys)


def test_lin_reads_what_is_required_in_words(complaint: Form) -> None:
    assert "必填" in page(complaint, "zh").xpath("string(//label[@for='f-who'])")
    assert "required" in page(complaint, "en").xpath("string(//label[@for='f-who'])")
    assert "if it applies" in page(complaint, "en").xpath("string(//label[@for='f-why'])")


def test_an_error_stands_above_its_input_and_is_announced_with_it(complaint: Form) -> None:
    shown = page(complaint, "en", {"who": ["This answer is required."]})
    (field,) = shown.xpath("//div[contains(@class, 'bad')]")
    assert [child.tag for child in field] == ["label", "p", "input"]
    assert field.xpath(".//input")[0].get("aria-describedby") == "e-who"
    assert field.xpath(".//input")[0].get("autofocus") is not None
    assert not shown.xpath("//*[@role='alert']")


def test_many_errors_are_summed_up_with_links_to_each(complaint: Form) -> None:
    shown = page(complaint, "zh", {key: ["x"] for key in ("who", "what", "risk", "seen")})
    assert shown.xpath("//*[@role='alert']//a/@href") == ["#f-who", "#f-what", "#f-risk", "#f-seen"]
    assert len(shown.xpath("//*[@autofocus]")) == 1


def test_what_the_case_knows_stands_in_the_inputs(complaint: Form) -> None:
    shown = page(complaint, "en", who="赵", what="a\n<b>", risk="low", seen=["high"], urgent=True, reference="C-1",
                 when="2026-05-06T01:30Z")  # fmt: skip
    assert shown.xpath("//input[@name='who']/@value") == ["赵"]
    assert shown.xpath("//textarea")[0].text.strip() == "a\n<b>"
    assert shown.xpath("//select/option[@selected]/@value") == ["low"]
    assert shown.xpath("//input[@name='seen' and @checked]/@value") == ["high"]
    assert shown.xpath("//input[@name='urgent' and @checked]")
    assert shown.xpath("//input[@name='reference' and @readonly]/@value") == ["C-1"]
    assert shown.xpath("//input[@name='when']/@value") == ["2026-05-06T09:30"]


def test_texts_of_a_form_are_never_markup(complaint: Form) -> None:
    shown = page(complaint, "en")
    assert shown.xpath("string(//p[@class='text'])") == "Read <b>this</b>"
    assert not shown.xpath("//b")
