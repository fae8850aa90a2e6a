"""Find a Chromium for the browser tests, or install Debian's where that can be done without asking."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"]
MAC = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]
PACKAGES = ["chromium", "fonts-noto-cjk"]  # the fonts: Chinese pages would be boxes on a bare server


class NoBrowser(Exception):
    """No Chromium for the browser tests: install one (Debian: apt-get install chromium fonts-noto-cjk), or name it in
    the environment variable LANEWAY_CHROMIUM.
    """

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").split())


def find() -> str | None:
    """The browser's path: LANEWAY_CHROMIUM, else any Chromium on PATH."""
    named = os.environ.get("LANEWAY_CHROMIUM")
    if named:
        return named
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or next((path for path in MAC if Path(path).exists()), None)


def ensure(announce: Callable[[str], AbstractContextManager[None]]) -> str:
    """The browser's path, after installing it where the user is root on Debian. Raises NoBrowser."""
    found = find()
    if found:
        return found
    if not is_root_on_debian():
        raise NoBrowser
    with announce(f"Installing {' and '.join(PACKAGES)} for the browser tests"):
        apt("update")
        apt("install", "-y", "--no-install-recommends", *PACKAGES)
    found = find()
    if not found:
        raise NoBrowser
    return found


def is_root_on_debian() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def apt(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-qq", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoBrowser from RuntimeError(done.stderr)
