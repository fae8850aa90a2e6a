"""Starts the server: `make run`, or `python run.py`. What a start does is told in app/server.py."""

from __future__ import annotations

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve"]))
