"""Write the lock files from requirements/*.in. For maintainers: `python3 -m tools.lock` (needs uv on PATH).

The locks hold versions and hashes for every platform and Python from 3.11 on, and no download addresses: where packages
come from is the affair of each machine.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
LOCKS = {"runtime.txt": ["runtime.in", "build.in"], "dev.txt": ["dev.in"]}
OPTIONS = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-header", "--no-annotate"]
NO_ADDRESSES = ["--no-emit-index-url", "--no-emit-find-links"]


def main() -> int:
    for lock, sources in LOCKS.items():
        command = ["uv", "pip", "compile", "--quiet", *OPTIONS, *NO_ADDRESSES, *sys.argv[1:], *sources, "-o", lock]
        print(f"requirements/{lock}", flush=True)
        subprocess.run(command, cwd=REQUIREMENTS, check=True, stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
