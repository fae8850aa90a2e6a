"""Reading a setting of config.py from below the screens."""

from __future__ import annotations

from typing import Any

from flask import current_app


def setting(name: str) -> Any:
    """The value in force for this application. Raises KeyError for a name that config.py does not know."""
    return current_app.config[name]
