"""The set-up does a thing once, and says in one line what is missing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from tools import browser, set_up


def quiet(_title: str) -> AbstractContextManager[None]:
    return nullcontext()


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps taken, with stamps in a folder of their own."""
    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    monkeypatch.setattr(set_up, "STAMPS", tmp_path)
    return []


def take(steps: list[str], source: Path) -> None:
    def step() -> str:
        steps.append("taken")
        return ""

    set_up.once("step", "a thing", [source], step)


def test_a_step_is_taken_again_only_when_its_sources_changed(steps: list[str], tmp_path: Path) -> None:
    source = tmp_path / "lock.txt"
    source.write_text("one")
    take(steps, source)
    take(steps, source)
    assert len(steps) == 1
    source.write_text("two")
    take(steps, source)
    assert len(steps) == 2


def test_a_step_that_failed_is_taken_again(steps: list[str], tmp_path: Path) -> None:
    source = tmp_path / "lock.txt"
    source.write_text("one")

    def fail() -> str:
        raise set_up.Failed("no network")

    with pytest.raises(set_up.Failed):
        set_up.once("step", "a thing", [source], fail)
    take(steps, source)
    assert steps == ["taken"]


def test_a_failing_command_shows_what_it_said() -> None:
    with pytest.raises(set_up.Failed, match=r"(?s)no such thing.*exit 3"):
        set_up.run(["sh", "-c", "echo no such thing >&2; exit 3"])


def test_a_browser_named_by_hand_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANEWAY_CHROMIUM", "/opt/browser")
    assert browser.ensure(quiet) == "/opt/browser"


def test_without_a_browser_and_without_root_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANEWAY_CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    with pytest.raises(browser.NoBrowser) as refusal:
        browser.ensure(quiet)
    assert "apt-get install chromium fonts-noto-cjk" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_on_debian_root_gets_the_browser_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[tuple[str, ...]] = []
    monkeypatch.setattr(browser, "find", lambda: "/usr/bin/chromium" if installed else None)
    monkeypatch.setattr(browser, "is_root_on_debian", lambda: True)
    monkeypatch.setattr(browser, "apt", lambda *arguments: installed.append(arguments))
    assert browser.ensure(quiet) == "/usr/bin/chromium"
    assert installed[0] == ("update",)
    assert {"chromium", "fonts-noto-cjk"} <= set(installed[1])
