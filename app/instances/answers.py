"""An answer before it counts: checked by the form that the task's version was deployed with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import forms
from app.definitions import library
from app.instances.turn import Turn


def clean(turn: Turn, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the task's form lets through. Raises Invalid with a message for each field.

    Without a form any JSON object is an answer.
    """
    task = turn.held
    form = library.form(turn.tx.run, task.definition_id, task.form) if task.form else None
    if form is None:
        return dict(answer)
    return forms.validate(form, dict(answer), turn.live.visible(task.ref))


def clean_start(run: library.Run, version: library.Version, data: Mapping[str, Any], form_id: str) -> dict[str, Any]:
    """What a start form lets through; without one any JSON object may start a case. Raises Invalid."""
    form = library.form(run, version.id, form_id) if form_id else None
    return forms.validate(form, dict(data), {}) if form is not None else dict(data)
