"""What somebody answered in a form, with script or without: both end in the same dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from markupsafe import Markup

from app import forms
from app.core import jsontext
from app.core.errors import Invalid


def posted_answer(form: forms.Form | None, data: Mapping[str, Any]) -> dict[str, Any]:
    """What was posted: the island sends `answer` as JSON, the page without script its fields. Raises Invalid."""
    text = request.form.get("answer", "")
    if not text:
        return forms.from_post(form, request.form, data) if form else {}
    try:
        said = jsontext.loads(text)
    except jsontext.UnreadableJson:
        said = None
    if not isinstance(said, dict):
        raise Invalid(fields={"answer": ["inbox.unreadable_answer"]})
    return said


def with_answer(data: Mapping[str, Any], answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the form shows: what the case knows, and over it what was just typed and refused."""
    return {**data, **(answer or {})}


def json_island(value: Any) -> Markup:
    """Input of an island, inside its script element: no text of ours or anybody's can end that element."""
    text = jsontext.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(text)  # noqa: S704
