"""The JSON API for machines and scripts, under `/api/v1`."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Hang the API onto the app."""
