"""Browsers keep scripts and styles for a year, and still get a new one at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask

from app.web import assets


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application that serves one stylesheet and one bundled script."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "style.css").write_text("a {}")
    (tmp_path / "dist" / "page.js").write_text("import './form-1A2B.js'")
    (tmp_path / "dist" / "form-1A2B.js").write_text("")
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    assets.connect(app)
    return app


def address(site: Flask, name: str) -> str:
    with site.test_request_context():
        return assets.asset(name)


def test_the_address_changes_with_the_content(site: Flask, tmp_path: Path) -> None:
    before = address(site, "style.css")
    assert address(site, "style.css") == before
    style = tmp_path / "style.css"
    style.write_text("b {}")
    os.utime(style, ns=(1, 1))
    assert address(site, "style.css") != before


@pytest.mark.parametrize("name", ["style.css", "dist/page.js"])
def test_what_is_asked_for_by_its_hash_is_kept(site: Flask, name: str) -> None:
    answer = site.test_client().get(address(site, name))
    assert answer.headers["Cache-Control"] == "public, immutable, max-age=31536000"
    answer.close()


def test_a_bundled_part_has_its_hash_in_its_name(site: Flask) -> None:
    answer = site.test_client().get("/static/dist/form-1A2B.js")
    assert answer.cache_control.immutable
    answer.close()


@pytest.mark.parametrize("name", ["style.css", "dist/page.js"])
def test_what_is_asked_for_without_a_hash_is_checked_each_time(site: Flask, name: str) -> None:
    answer = site.test_client().get(f"/static/{name}")
    assert answer.cache_control.no_cache
    answer.close()


def test_a_file_that_is_not_there_answers_404_and_is_not_kept(site: Flask) -> None:
    answer = site.test_client().get(address(site, "dist/gone.js"))
    assert answer.status_code == 404
    assert not answer.cache_control.immutable
