"""`laneway trace` drives the four shipped processes to their ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app import diagrams
from app.cli import main
from tests.processes.journeys import ANSWERS, SERVICES
from tests.processes.walk import ROOT

COMPLAINT = {
    "complaintNumber": "TS-2026-0001",
    "channel": "phone",
    "customerName": "李晓明",
    "mobile": "13800138000",
    "category": "account",
    "disputedAmount": 500,
    "publicAttention": False,
}


def _answers(**more: Any) -> dict[str, Any]:
    """What people and services answer on a good day, by element."""
    found: dict[str, Any] = dict(ANSWERS)
    for file in (ROOT / "processes").glob("*.bpmn"):
        for process in diagrams.read(file.read_bytes()).processes.values():
            for node in process.nodes.values():
                if node.service is not None and node.service.type.text in SERVICES:
                    found[node.id] = SERVICES[node.service.type.text]
    return found | more


@pytest.mark.parametrize(
    ("process", "more", "options", "end"),
    [
        ("onboarding", {}, [], "opened"),
        ("onboarding", {"approve": {"decision": "decline"}}, [], "declined"),
        ("review", {}, [], "approved"),
        ("review", {"decide": {"decision": "decline"}}, [], "declined"),
        ("complaint", {"register": COMPLAINT}, ["--advance", "P60D"], "closed"),
        ("feedback", {"register": {"score": 5}}, [], "closed"),
        ("feedback", {"register": {"score": 1}}, [], "closed"),
    ],
)
def test_each_shipped_process_comes_to_its_end(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    process: str,
    more: Mapping[str, Any],
    options: list[str],
    end: str,
) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(_answers(**more)), encoding="utf-8")
    file = str(ROOT / "processes" / f"{process}.bpmn")
    assert main(["trace", file, "--json", "--answers", str(answers), *options]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["state"] == "completed"
    assert said["trace"][-1]["element"] == end
    assert all(entry["lane"] for entry in said["trace"])


def test_a_complaint_is_confirmed_by_its_customer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    online = {"channel": "online", "customerName": "李晓明", "mobile": "13800138000"}
    steps: list[dict[str, Any]] = [
        {"start": "complaint", "message": "complaint.submitted", "data": online},
        {"complete": "register", "data": COMPLAINT | {"channel": "online"}},
        {"complete": "investigate", "data": ANSWERS["investigate"]},
        {"complete": "draft", "data": ANSWERS["draft"]},
        {"complete": "check-answer", "data": ANSWERS["check-answer"]},
        {"complete": "recheck-answer"},
        {"complete": "answer", "data": ANSWERS["answer"]},
        {"message": "customer.confirmed", "key": "TS-2026-0002"},
        {"message": "customer.confirmed", "key": "TS-2026-0001"},
    ]
    file = tmp_path / "steps.json"
    path = str(ROOT / "processes" / "complaint.bpmn")
    ends = []
    for last in (8, 9):
        file.write_text(json.dumps(steps[:last]), encoding="utf-8")
        assert main(["trace", path, "--json", "--steps", str(file)]) == 0
        ends.append(json.loads(capsys.readouterr().out))
    waiting, completed = ends
    assert [(it["element"], it["awaits"]) for it in waiting["waiting"]] == [
        ("reaction", "customer.confirmed, customer.reopened")
    ]
    assert (completed["state"], completed["data"]["channel"]) == ("completed", "online")
    assert completed["trace"][0]["event"] == "caught"
