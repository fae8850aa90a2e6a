"""Positions on the drawing: where shapes stand and how flows run."""

from __future__ import annotations

from math import isfinite

from lxml import etree

from app.diagrams.events import stem
from app.diagrams.model import Box
from app.diagrams.names import DC, DD, DI


def boxes(root: etree._Element) -> dict[str, Box]:
    """Element id -> its shape's box."""
    found: dict[str, Box] = {}
    for shape in root.iter(f"{{{DI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        if bounds is not None:
            numbers = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
            found[stem(shape.get("bpmnElement"))] = Box(*numbers)
    return found


def points(root: etree._Element) -> dict[str, tuple[tuple[float, float], ...]]:
    """Flow id -> its waypoints."""
    return {
        stem(edge.get("bpmnElement")): tuple(
            (_number(point.get("x")), _number(point.get("y"))) for point in edge.iter(f"{{{DD}}}waypoint")
        )
        for edge in root.iter(f"{{{DI}}}BPMNEdge")
    }


def _number(text: str | None) -> float:
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if isfinite(number) else 0.0
