"""The demo that `make run` shows on an empty database: cases at work, and services that answer for the world."""

from app.demo.cases import load
from app.demo.services import register

__all__ = ["load", "register"]
