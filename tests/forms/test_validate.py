"""What people may answer. The rules are form-js's own; types are stricter than JavaScript's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import marshmallow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import forms
from app.core import clock, jsontext
from app.core.errors import Invalid
from app.core.translations import LANGUAGES
from app.forms import Form

OPTIONS = [{"value": "high", "label": "High"}, {"value": 2, "label": "Two"}, {"value": True, "label": "Yes"}]


def form(*components: dict[str, Any]) -> Form:
    return forms.read({"id": "t", "components": [{"label": "L", **component} for component in components]})


def field(kind: str, **rules: Any) -> Form:
    return form({"type": kind, "key": "x", **rules})


def answered(of: Form, value: Any, **data: Any) -> Any:
    return forms.validate(of, {"x": value}, data)["x"]


def said(of: Form, answer: Mapping[str, Any], lang: str = "en", **data: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        forms.validate(of, answer, data, lang=lang)
    return refused.value.fields


@pytest.mark.parametrize(
    ("kind", "empty"),
    [("textfield", ""), ("textarea", ""), ("number", None), ("checkbox", False), ("select", None), ("radio", None),
     ("checklist", []), ("taglist", []), ("datetime", None)],
)  # fmt: skip
def test_empty_and_null_are_unanswered_and_only_wrong_where_required(kind: str, empty: Any) -> None:
    rules = {"values": OPTIONS, "subtype": "date"}
    optional, required = field(kind, **rules), field(kind, validate={"required": True}, **rules)
    for unanswered in ({}, {"x": None}, {"x": ""}):
        assert forms.validate(optional, unanswered, {}) == {"x": empty}
        assert list(said(required, unanswered)) == ["x"]


@pytest.mark.parametrize("value", [10**30, 10**33 + 1, Decimal(10) ** 30, Decimal("123456789012345678901234567890.25")])
def test_a_number_of_thirty_digits_is_counted_to_the_last_one(value: Any) -> None:
    assert answered(field("number", increment="0.25", decimalDigits=2), value) == value
    assert said(field("number", increment=7), {"x": Decimal(10**30)}) == {
        "x": [
            "The two nearest numbers that fit are 999999999999999999999999999999 and 1000000000000000000000000000006."
        ]
    }
    assert answered(field("number", serializeToString=True, decimalDigits=2), "9" * 34 + ".25") == "9" * 34 + ".25"
    assert list(said(field("number", decimalDigits=1), {"x": Decimal("1.00000000000000000000000000000001")})) == ["x"]


def test_a_required_checkbox_must_be_ticked() -> None:
    agreed = field("checkbox", validate={"required": True})
    assert answered(agreed, True) is True
    assert said(agreed, {"x": False}) == {"x": ["Tick this box to go on."]}


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", True), ("number", "12"), ("number", float("nan")), ("number", [1]), ("number", Decimal("Infinity")),
     ("number", 10**40), ("number", Decimal("1e-50")), ("checkbox", 1), ("checkbox", "true"), ("textfield", 5),
     ("textfield", ["a"]), ("textfield", "a\0b"), ("textfield", "\ud800"), ("textfield", "x" * 20_001),
     ("select", "low"), ("select", "2"), ("select", 1), ("select", ["high"]), ("select", {}), ("checklist", "high"),
     ("checklist", ["low"]), ("checklist", ["high", "high"]), ("checklist", [["high"]]), ("checklist", ["high"] * 99),
     ("datetime", "2026-02-30"), ("datetime", "06.05.2026"), ("datetime", 20260506), ("datetime", "2026-05-06T10:00")],
)  # fmt: skip
def test_values_of_the_wrong_kind_are_refused_not_converted(kind: str, value: Any) -> None:
    assert list(said(field(kind, values=OPTIONS, subtype="date"), {"x": value})) == ["x"]


@pytest.mark.parametrize(
    ("kind", "value", "clean"),
    [("number", 5, 5), ("number", Decimal("5.0"), 5), ("number", 0, 0), ("number", Decimal("0.10"), Decimal("0.1")),
     ("number", 1.5, Decimal("1.5")), ("select", 2, 2), ("select", True, True), ("radio", "high", "high"),
     ("checklist", ["high", 2], ["high", 2]), ("datetime", "2024-02-29", "2024-02-29")],
)  # fmt: skip
def test_values_of_the_right_kind_are_kept(kind: str, value: Any, clean: Any) -> None:
    got = answered(field(kind, values=OPTIONS, subtype="date"), value)
    assert got == clean
    assert type(got) is type(clean)


def test_one_point_nine_is_no_integer() -> None:
    whole = field("number", decimalDigits=0)
    assert said(whole, {"x": Decimal("1.9")}) == {"x": ["Enter a whole number."]}
    assert answered(whole, Decimal("2.0")) == 2
    assert said(field("number", decimalDigits=2), {"x": Decimal("0.001")}, "zh") == {
        "x": ["请填写最多 2 位小数的数字。"]
    }
    assert answered(field("number", decimalDigits=2), Decimal("0.100")) == Decimal("0.1")


def test_limits_hold_at_their_ends() -> None:
    amount = field("number", validate={"min": "0.01", "max": 126})
    assert [answered(amount, value) for value in (Decimal("0.01"), 126)] == [Decimal("0.01"), 126]
    assert said(amount, {"x": 0}) == {"x": ["Enter a number of at least 0.01."]}
    assert said(amount, {"x": Decimal("126.01")}) == {"x": ["Enter a number of at most 126."]}
    assert said(field("number", increment="0.25"), {"x": Decimal("0.3")}) == {
        "x": ["The two nearest numbers that fit are 0.25 and 0.5."]
    }


def test_a_limit_may_come_from_the_case() -> None:
    refund = field("number", validate={"max": "=paid * 2"})
    assert answered(refund, 20, paid=10) == 20
    assert list(said(refund, {"x": 21}, paid=10)) == ["x"]
    assert answered(refund, 99) == 99, "an expression without value sets no limit"


def test_lengths_are_counted_as_the_browser_does() -> None:
    short = field("textfield", validate={"minLength": 2, "maxLength": 3})
    assert [answered(short, text) for text in ("ab", "  ab  ", "😀", "客户名")] == ["ab", "  ab  ", "😀", "客户名"]
    for text in ("a", " a ", "abcd", "😀😀"):
        assert list(said(short, {"x": text})) == ["x"]


def test_a_pattern_means_what_it_means_in_the_browser() -> None:
    code = field(
        "textfield", validate={"pattern": r"^[A-Z]{2}\d+$", "patternErrorMessage": {"zh": "请填编号", "en": "Code"}}
    )
    assert answered(code, "AB12") == "AB12"
    for text in ("AB12\n", "AB１２", "xAB12"):
        assert said(code, {"x": text}, "zh") == {"x": ["请填编号"]}


def test_a_pattern_that_never_ends_is_cut_short() -> None:
    bomb = field("textfield", validate={"pattern": "^(a+)+$"})
    assert list(said(bomb, {"x": "a" * 5000 + "!"})) == ["x"]


def test_an_email_address_is_one() -> None:
    mail = field("textfield", validate={"validationType": "email"})
    assert answered(mail, "lin@example.com") == "lin@example.com"
    assert list(said(mail, {"x": "lin at example"})) == ["x"]


@pytest.mark.parametrize(
    ("subtype", "good", "bad"),
    [("date", ["2026-05-06"], ["2026-5-6", "2026-13-01", "2026-05-06T00:00"]),
     ("time", ["09:30", "09:30Z", "09:30+08:00", "23:59:59"], ["24:00", "9:30", "09:60", "T09:30"]),
     ("datetime", ["2026-05-06T09:30", "2026-05-06T09:30Z", "2026-05-06T09:30+08:00", "2026-05-06T09:30:15Z"],
      ["2026-05-06", "2026-05-06T", "2026-05-06 09:30", "2026-05-06T09:30+99:00", "T09:30"])],
)  # fmt: skip
def test_dates_and_times_are_real_ones(subtype: str, good: list[str], bad: list[str]) -> None:
    when = field("datetime", subtype=subtype)
    assert [answered(when, text) for text in good] == good
    for text in bad:
        assert list(said(when, {"x": text})) == ["x"], text


def test_a_day_before_today_is_refused_where_the_form_says_so() -> None:
    with clock.running_on(clock.FakeClock(datetime(2026, 5, 5, 17, tzinfo=UTC))):  # 6 May in Shanghai
        visit = field("datetime", subtype="date", disallowPassedDates=True)
        assert answered(visit, "2026-05-06") == "2026-05-06"
        assert said(visit, {"x": "2026-05-05"}) == {"x": ["Enter today or a later day."]}


def test_an_unknown_field_is_named() -> None:
    assert said(field("textfield"), {"x": "a", "salary": 1}) == {"salary": ["This form has no field “salary”."]}


def test_read_only_and_disabled_fields_are_never_written() -> None:
    shown = form(
        {"type": "textfield", "key": "reference", "readonly": True},
        {"type": "number", "key": "limit", "disabled": True, "validate": {"required": True}},
        {"type": "textfield", "key": "note"},
    )
    assert forms.validate(shown, {"reference": "forged", "limit": 10**6, "note": "ok"}, {"limit": 5}) == {"note": "ok"}
    assert shown.writes == {"note"}


REASONED = (
    {"type": "select", "key": "verdict", "values": [{"value": "yes", "label": "Y"}, {"value": "no", "label": "N"}]},
    {"type": "group", "conditional": {"hide": '=verdict != "no"'}, "components": [
        {"type": "textarea", "key": "reason", "label": "Reason", "validate": {"required": True}}]},
)  # fmt: skip


def test_a_hidden_field_is_neither_required_nor_submitted() -> None:
    decision = form(*REASONED)
    assert forms.validate(decision, {"verdict": "yes", "reason": "sneaked in"}, {}) == {"verdict": "yes"}
    assert said(decision, {"verdict": "no"}) == {"reason": ["This answer is required."]}
    assert forms.validate(decision, {"verdict": "no", "reason": "late"}, {}) == {"verdict": "no", "reason": "late"}


def test_hiding_looks_at_what_the_case_knows_too() -> None:
    extra = field("textfield", conditional={"hide": "=amount < 1000"}, validate={"required": True})
    assert forms.validate(extra, {}, {"amount": 5}) == {}
    assert list(said(extra, {}, amount=5000)) == ["x"]


def test_a_client_cannot_hide_a_required_field_by_answering_a_read_only_one() -> None:
    guarded = form(
        {"type": "number", "key": "amount", "readonly": True},
        {"type": "textfield", "key": "x", "conditional": {"hide": "=amount < 1000"}, "validate": {"required": True}},
    )
    assert list(said(guarded, {"amount": 1}, amount=5000)) == ["x"]


def test_what_is_left_out_keeps_what_the_case_knows() -> None:
    both = form({"type": "textfield", "key": "name"}, {"type": "number", "key": "age", "defaultValue": 18})
    assert forms.validate(both, {}, {"name": "Lin"}) == {"name": "Lin", "age": 18}
    assert forms.validate(both, {"name": ""}, {"name": "Lin", "age": "old"}) == {"name": "", "age": None}


def test_choices_may_come_from_the_case() -> None:
    named = field("select", valuesKey="cards")
    asked = field("select", valuesExpression='=cards[item != "closed"]')
    for choice in (named, asked):
        assert answered(choice, "gold", cards=["gold", "closed"]) == "gold"
        assert list(said(choice, {"x": "iron"}, cards=["gold", "closed"])) == ["x"]
    assert list(said(asked, {"x": "closed"}, cards=["gold", "closed"])) == ["x"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_messages_can_be_said_in_both_languages(lang: str) -> None:
    (message,) = said(field("textfield", validate={"required": True}), {}, lang)["x"]
    assert message == {"en": "This answer is required.", "zh": "此项必填。"}[lang]
    assert message.explain("en") == "This answer is required."  # type: ignore[attr-defined]


def test_the_marshmallow_schema_holds_an_answer_by_itself() -> None:
    schema = forms.schema(
        form({"type": "number", "key": "n", "validate": {"min": 1}}, {"type": "textfield", "key": "t"})
    )
    assert isinstance(schema, marshmallow.Schema)
    assert schema.load({"n": 2}) == {"n": 2, "t": ""}
    assert set(schema.validate({"n": 0, "z": 1})) == {"n", "z"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KINDS = ["textfield", "textarea", "number", "checkbox", "select", "radio", "checklist", "taglist", "datetime"]


@given(kind=st.sampled_from(KINDS), value=JSON, rules=st.fixed_dictionaries({"required": st.booleans()}), data=JSON)
def test_any_answer_is_either_clean_json_or_refused_by_field(kind: str, value: Any, rules: Any, data: Any) -> None:
    of = field(kind, values=OPTIONS, subtype="date", validate=rules)
    try:
        clean = forms.validate(of, {"x": value}, {"x": data, "other": data})
    except Invalid as refused:
        named = set(refused.fields)
    else:
        named = {"x"}
        assert forms.validate(of, jsontext.loads(jsontext.dumps(clean)), {}) == clean
    assert named == {"x"}


@given(answer=st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_fields_that_a_form_does_not_have_are_never_taken(answer: dict[str, Any]) -> None:
    assert set(said(form(*REASONED), {**answer, "other": 1})) >= {"other"}
