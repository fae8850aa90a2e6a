"""Everything installed is pinned by version and hash, and the locks say nothing about where packages come from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
ADDRESS = re.compile(r"https?:|file:|git\+|--(?:extra-)?index-url|--find-links|--trusted-host|@ |^/", re.M)


def locked(name: str) -> dict[str, str]:
    """Package -> its entry in the lock, continuation lines included."""
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    entries = re.split(r"^(?=\w)", re.sub(r"^\s*#.*\n", "", text, flags=re.M), flags=re.M)
    return {entry.split("==")[0].split("[")[0].lower(): entry for entry in entries if entry.strip()}


def wanted(name: str) -> set[str]:
    lines = (REQUIREMENTS / name).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[\[<>=~ ]", line)[0].lower() for line in lines if line and line[0].isalnum()}


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt"])
def test_every_package_has_a_version_and_hashes(lock: str) -> None:
    for package, entry in locked(lock).items():
        assert re.match(r"[\w.-]+(\[\w+\])?==[\w.]+", entry), package
        assert "--hash=sha256:" in entry, package


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt", "runtime.in", "build.in", "dev.in"])
def test_python_locks_name_no_address(lock: str) -> None:
    assert ADDRESS.findall((REQUIREMENTS / lock).read_text(encoding="utf-8")) == []


def test_locks_hold_what_is_asked_for() -> None:
    assert wanted("runtime.in") | wanted("build.in") <= locked("runtime.txt").keys()
    assert wanted("dev.in") <= locked("dev.txt").keys()


def test_both_locks_agree_on_shared_packages() -> None:
    def version(entry: str) -> str:
        return re.split(r"==|[ ;\\]", entry)[1]

    runtime, dev = locked("runtime.txt"), locked("dev.txt")
    shared = runtime.keys() & dev.keys()
    assert {each: version(dev[each]) for each in shared} == {each: version(runtime[each]) for each in shared}


def test_the_npm_lock_has_hashes_and_no_address() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []


def test_npm_versions_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "frontend" / "package.json").read_text(encoding="utf-8"))
    versions = package["dependencies"] | package["devDependencies"]
    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}
