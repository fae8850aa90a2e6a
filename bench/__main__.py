"""`python -m bench [NAME...]`: all benchmarks, or those whose names begin so."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module

#: name -> module, in the order in which they run
BENCHES = {
    "complete": "complete",
    "age": "age",
    "wide": "wide",
    "memory": "memory",
    "inbox": "inbox",
    "http": "http",
    "check": "check",
    "feel": "feel",
    "verify": "verify",
}


def main() -> int:
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    for name, module in BENCHES.items():
        if not wanted or any(name.startswith(word) or word.startswith(name) for word in wanted):
            import_module(f"bench.{module}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
