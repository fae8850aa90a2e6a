"""Forms are read whole, and everything wrong with one is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import forms
from app.core import jsontext
from app.core.translations import catalog


def problems(*components: Any) -> dict[str, str]:
    return {found.path: found.key for found in forms.check(forms.read({"id": "t", "components": list(components)}))}


def text(**more: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": "x", "label": "X", **more}


@pytest.mark.parametrize(
    "source",
    [b"", b"[]", b"{}", b'{"components": {}}', b"\xff\xfe", b'{"components": [', "null", b" " * 2_000_000,
     b"[" * 100_000, b'{"components": [{"a": "\\ud800"}]}'],
)  # fmt: skip
def test_what_is_no_form_is_refused_in_one_sentence(source: Any) -> None:
    with pytest.raises(forms.UnreadableForm) as refused:
        forms.read(source)
    assert "\n" not in str(refused.value)


ONE = {"value": 1, "label": "One"}


@pytest.mark.parametrize(
    ("component", "path", "key"),
    [
        ("nothing", "components[0]", "object"),
        ({"type": "filepicker", "key": "f"}, "components[0].type", "type"),
        ({"type": "dynamiclist", "path": "l"}, "components[0].type", "type"),
        (text(key="customer.name"), "components[0].key", "key"),
        (text(key="2nd"), "components[0].key", "key"),
        (text(label=None), "components[0].label", "no_label"),
        (text(label=5), "components[0].label", "label"),
        (text(label={"fr": "nom"}), "components[0].label", "label"),
        (text(label="Hello {{name}}"), "components[0].label", "template"),
        (text(readonly="=a"), "components[0].readonly", "flag"),
        (text(conditional={"hide": "=a >"}), "components[0].conditional.hide", "expression"),
        (text(conditional={"hide": "a > 1"}), "components[0].conditional.hide", "expression_sign"),
        (text(conditional={"show": "=a"}), "components[0].conditional", "conditional"),
        (text(validate={"pattern": "(["}), "components[0].validate.pattern", "pattern"),
        (text(validate={"pattern": "(a{9999}){9999}"}), "components[0].validate.pattern", "pattern"),
        (text(validate={"pattern": "a{" + "9" * 300 + "}"}), "components[0].validate.pattern", "pattern"),
        (text(validate={"validationType": "phone"}), "components[0].validate.validationType", "validation_type"),
        (text(validate={"minLength": 5, "maxLength": 2}), "components[0].validate.minLength", "limits"),
        (text(validate={"minLength": "many"}), "components[0].validate.minLength", "limit"),
        (text(validate={"required": "yes"}), "components[0].validate.required", "flag"),
        (text(validate=[]), "components[0].validate", "object"),
        (text(type="select"), "components[0].values", "no_options"),
        (text(type="select", values=[ONE, ONE]), "components[0].values[1]", "option_twice"),
        (text(type="radio", values=["a"]), "components[0].values[0]", "option"),
        (text(type="datetime"), "components[0].subtype", "subtype"),
        ({"type": "group", "label": "G", "path": "g", "components": []}, "components[0].path", "group_path"),
        ({"type": "group", "components": [text(type="table")]}, "components[0].components[0].type", "type"),
    ],
)  # fmt: skip
def test_each_problem_names_its_place(component: Any, path: str, key: str) -> None:
    assert problems(component).get(path) == f"problem.{key}"


def test_a_key_used_twice_names_the_other_place() -> None:
    (found,) = forms.check(forms.read({"components": [text(), text()]}))
    assert found.message == "components[1].key: The key “x” is already used by components[0]."
    assert found.explain("zh") == "键“x”已被 components[0] 使用。"


def test_groups_cannot_be_nested_without_end() -> None:
    component: dict[str, Any] = text()
    for _ in range(40):
        component = {"type": "group", "label": "G", "components": [component]}
    assert "problem.too_many" in problems(component).values()
    assert "problem.too_many" in problems(*[text(key=f"k{n}") for n in range(600)]).values()


def test_layout_of_the_file_does_not_change_a_form_but_content_does() -> None:
    one = forms.read('{"id": "a", "components": [ ]}')
    two = forms.read(b'\xef\xbb\xbf{"components":[],"id":"a"}')
    other = forms.read('{"id": "a", "components": [{"type": "separator"}]}')
    assert forms.digest(one) == forms.digest(two) != forms.digest(other)


def test_a_form_is_shown_in_one_language_and_the_original_stays_as_it_is() -> None:
    form = forms.read({"id": "t", "components": [text(label={"en": "Name", "zh": "姓名"}, values=[])]})
    assert forms.localized(form, "zh")["components"][0]["label"] == "姓名"
    assert forms.localized(form, "en")["components"][0]["label"] == "Name"
    assert form.source["components"][0]["label"] == {"en": "Name", "zh": "姓名"}


def test_chen_changes_a_form_file_and_it_is_read_again(tmp_path: Path) -> None:
    library = forms.Folder(tmp_path)
    assert library.find("visit") is None
    file = tmp_path / "visit.form"
    file.write_text('{"components": []}', encoding="utf-8")
    first = library.find("visit")
    assert first is not None
    assert first.id == "visit"
    assert library.find("visit") is first
    file.write_text(jsontext.dumps({"components": [text()]}), encoding="utf-8")
    changed = library.find("visit")
    assert changed is not None
    assert changed.keys == {"x"}
    assert library.ids() == ["visit"]


@pytest.mark.parametrize("form_id", ["../secret", "a/b", "", ".hidden", "x" * 200, "a\0"])
def test_a_form_id_never_leaves_the_folder(tmp_path: Path, form_id: str) -> None:
    (tmp_path / "secret.json").write_text('{"components": []}', encoding="utf-8")
    folder = tmp_path / "forms"
    folder.mkdir()
    assert forms.Folder(folder).find(form_id) is None


def test_every_sentence_exists_in_both_languages() -> None:
    english, chinese = ({key for key in catalog(lang) if key.startswith("forms.")} for lang in ("en", "zh"))
    assert english == chinese


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.sampled_from(["=a", "=", "select"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["type", "key", "label", "components", "values", "validate", "conditional", "hide", "pattern", "min",
             "value", "properties", "subtype", "valuesKey", "increment", "decimalDigits", "defaultValue"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=30,
)  # fmt: skip


@given(st.lists(ANY, max_size=4))
def test_whatever_stands_in_a_form_it_is_read_checked_and_shown(components: list[Any]) -> None:
    form = forms.read({"components": components})
    forms.check(form)
    forms.localized(form, "zh")
    forms.fields(form, "en", {"a": 1})
