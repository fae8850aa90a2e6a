"""A real Chromium for the page tests: pages that complain on the console fail, and axe looks at them.

`browse(url, lang="zh-CN", phone=False)` opens a page in a fresh context; `serve(app)` runs a Flask app on a free port.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tools import browser as chromium

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

# Debian's Chromium as root needs --no-sandbox; the rest keeps it from calling home.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

Serve = Callable[[Flask], str]
Browse = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """The one browser of this test process."""
    path = chromium.find()
    if path is None:
        raise chromium.NoBrowser
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Run Flask apps on free ports of this machine until the test ends."""
    servers: list[tuple[Any, threading.Thread]] = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def browse(chrome: Browser) -> Iterator[Browse]:
    """Open pages like a person; at the end of the test, whatever was written to the console as an error fails it."""
    complaints: list[str] = []
    contexts = []

    def open_page(url: str, *, lang: str = "zh-CN", phone: bool = False, dark: bool = False, **options: Any) -> Page:
        context = chrome.new_context(
            locale=lang,
            timezone_id="Asia/Shanghai",
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "the console says:\n" + "\n".join(complaints)


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fail when axe finds a serious or critical violation on the page."""

    def check(page: Page) -> None:
        # evaluate() is not bound by the page's content security policy; a script tag would be.
        page.evaluate(AXE.read_text(encoding="utf-8") + "; void 0")
        found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
        serious = [each for each in found if each["impact"] in {"serious", "critical"}]
        assert not serious, "\n".join(
            f"{each['id']}: {each['help']}\n  " + "\n  ".join(node["html"][:200] for node in each["nodes"])
            for each in serious
        )

    return check


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a screenshot for a person to look at, where LANEWAY_PICTURES names a folder."""
    folder = os.environ.get("LANEWAY_PICTURES")

    def take(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return take
