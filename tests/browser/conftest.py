"""A real Chromium for the page tests: pages that complain on the console fail, and axe looks at them.

`browse(url, lang="zh-CN", phone=False)` opens a page in a fresh context, with `refused=409` one that the server may
answer like that; `serve(app)` runs a Flask app on a free port; `staffed` is the organisation with the
shipped processes, `at_work` the same with the demo's cases.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any
from unittest import mock

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

import app as laneway
from app import demo
from app.core import clock
from app.core.database import db
from app.definitions import library
from app.definitions.folder import deploy_folder
from app.instances import live
from app.jobs.service_calls import connectors
from app.people import demo as organisation
from app.people import passwords
from tests.conftest import MORNING
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

    def open_page(
        url: str, *, lang: str = "zh-CN", phone: bool = False, dark: bool = False, refused: int = 0, **options: Any
    ) -> Page:
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
        expected = f"the server responded with a status of {refused} "
        page.on(
            "console", lambda it: complaints.append(it.text) if it.type == "error" and expected not in it.text else None
        )
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


# -- the application behind the pages ---------------------------------------------------------------------------------


@contextmanager
def _application(file: Path) -> Iterator[Flask]:
    """The product on this SQLite file, with the demo's services answering."""
    passwords.use_cheap_hashes()
    settings = {"DATABASE_URL": f"sqlite:///{file}", "SECRET_KEY": "test", "DATA": str(file.parent)}
    made = laneway.create_app(settings | {"RUN_JOBS": False, "TESTING": True})
    with mock.patch.dict(connectors):
        demo.register()
        yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    live.clear()
    library.forget()


@contextmanager
def _furnishing(file: Path) -> Iterator[Flask]:
    """The product while a database for many tests is made, on the morning of the tests."""
    with clock.running_on(clock.FakeClock(MORNING)), _application(file) as made, made.app_context():
        yield made
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture(scope="session")
def staffed_file(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo organisation and the shipped processes, and no case yet."""
    file = tmp_path_factory.mktemp("staffed") / "laneway.db"
    copyfile(empty_sqlite, file)
    with _furnishing(file):
        organisation.load_people()
        refused = [it for it in deploy_folder(ROOT / "processes", ROOT / "forms") if it.error]
        assert not refused
    return file


@pytest.fixture(scope="session")
def at_work_file(staffed_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the cases of the demo."""
    file = tmp_path_factory.mktemp("at-work") / "laneway.db"
    copyfile(staffed_file, file)
    with _furnishing(file) as made:
        assert demo.load(made)
    return file


@pytest.fixture
def staffed(staffed_file: Path, tmp_path: Path, morning: clock.FakeClock) -> Iterator[Flask]:
    """The demo organisation with the shipped processes, on the morning of the tests."""
    file = copyfile(staffed_file, tmp_path / "laneway.db")
    with _application(file) as made:
        yield made


@pytest.fixture
def at_work(at_work_file: Path, tmp_path: Path, morning: clock.FakeClock) -> Iterator[Flask]:
    """The demo organisation in the middle of its cases."""
    file = copyfile(at_work_file, tmp_path / "laneway.db")
    with _application(file) as made:
        yield made
