"""People without JavaScript answer by a plain form post, and it means the same."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app import forms
from app.core.errors import Invalid

OPTIONS = [{"value": "high", "label": "High"}, {"value": 2, "label": "Two"}, {"value": True, "label": "Yes"}]
FORM = forms.read(
    {
        "components": [
            {"type": "textarea", "key": "note", "label": "Note"},
            {"type": "number", "key": "amount", "label": "Amount"},
            {"type": "checkbox", "key": "agreed", "label": "Agreed"},
            {"type": "select", "key": "pick", "label": "Pick", "values": OPTIONS},
            {"type": "taglist", "key": "tags", "label": "Tags", "values": OPTIONS},
            {"type": "datetime", "key": "at", "label": "At", "subtype": "datetime"},
            {"type": "datetime", "key": "on", "label": "On", "subtype": "date"},
            {"type": "textfield", "key": "reference", "label": "Reference", "readonly": True},
        ]
    }
)


def test_a_post_becomes_a_typed_answer() -> None:
    posted = MultiDict([("note", "a\r\nb"), ("amount", "12,50"), ("agreed", "true"), ("pick", "2"), ("tags", "high"),
                        ("tags", "true"), ("at", "2026-05-06T09:30"), ("on", "2026-05-06"), ("csrf_token", "t"),
                        ("reference", "forged")])  # fmt: skip
    answer = forms.from_post(FORM, posted)
    assert answer | {"amount": str(answer["amount"])} == {
        "note": "a\nb", "amount": "12.50", "agreed": True, "pick": 2, "tags": ["high", True],
        "at": "2026-05-06T09:30+08:00", "on": "2026-05-06",
    }  # fmt: skip
    assert forms.validate(FORM, answer, {})["tags"] == ["high", True]


def test_an_empty_post_is_an_unanswered_form() -> None:
    assert forms.from_post(FORM, MultiDict()) == {
        "note": "", "amount": None, "agreed": False, "pick": None, "tags": [], "at": None, "on": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "text"),
    [("amount", "many"), ("amount", "NaN"), ("amount", "1e999999999"), ("amount", "9" * 500), ("pick", "x"),
     ("tags", "x"), ("at", "tomorrow"), ("on", "06/05/2026")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_its_field(key: str, text: str) -> None:
    answer = forms.from_post(FORM, MultiDict([(key, text)]))
    with pytest.raises(Invalid) as refused:
        forms.validate(FORM, answer, {})
    assert list(refused.value.fields) == [key]


@pytest.mark.parametrize(
    ("format_", "stored"), [("utc_normalized", "2026-05-06T01:30Z"), ("no_timezone", "2026-05-06T09:30")]
)
def test_a_moment_is_stored_as_the_form_wants_it(format_: str, stored: str) -> None:
    component: dict[str, Any] = {"type": "datetime", "key": "at", "label": "At", "subtype": "datetime"}
    form = forms.read({"components": [component | {"timeSerializingFormat": format_}]})
    assert forms.from_post(form, MultiDict([("at", "2026-05-06T09:30")])) == {"at": stored}


def test_a_moment_that_is_in_no_year_elsewhere_is_kept_as_it_was_written() -> None:
    when = forms.read(
        {"id": "t", "components": [{"type": "datetime", "key": "x", "subtype": "datetime", "dateLabel": "D",
                                    "timeSerializingFormat": "utc_normalized"}]}
    )  # fmt: skip
    posted = MultiDict([("x", "0001-01-01T00:30")])
    assert forms.from_post(when, posted) == {"x": "0001-01-01T00:30"}
