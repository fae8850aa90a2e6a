"""Colours can be read: every pair of the design tokens that meets on a screen reaches WCAG 2.2 contrast."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "app" / "web" / "static"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")

TEXT = 4.5  # WCAG 2.2, 1.4.3
SHAPE = 3.0  # WCAG 2.2, 1.4.11: borders of controls, marks, focus

SHEETS = ["page", "surface", "sunk", "hover", "selected"]
TEXT_PAIRS = [
    *product(["ink", "ink-2", "ink-3"], SHEETS),
    *product(["accent", "late", "soon", "good", "idle", "add", "del"], ["surface", "sunk"]),
    *[(each, f"{each}-soft") for each in ("accent", "late", "soon", "good", "idle", "add", "del")],
    *product(["ink"], [f"heat-{step}" for step in range(1, 6)]),
    *product(["ink"], ["accent-soft", "late-soft", "soon-soft", "good-soft", "idle-soft", "draw-fill"]),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-inverse", "inverse"),
    ("accent", "selected"),
    ("accent", "page"),
    ("late", "page"),
]
SHAPE_PAIRS = [
    *product(["edge"], ["page", "surface", "sunk"]),
    *product(["focus"], SHEETS),
    *product(["accent", "late", "soon", "good", "idle"], ["surface", "page"]),
    ("draw-stroke", "draw-fill"),
    ("draw-stroke", "surface"),
]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def blocks() -> tuple[str, str, str]:
    """The light block, the dark one of the system, the dark one a person chose."""
    light = re.search(r"^:root \{(.*?)^\}", TOKENS, re.M | re.S)
    system = re.search(
        r'prefers-color-scheme: dark\) \{ :root:not\(\[data-theme="light"\]\) \{(.*?)^\} \}', TOKENS, re.M | re.S
    )
    chosen = re.search(r'@media screen \{ :root\[data-theme="dark"\] \{(.*?)^\} \}', TOKENS, re.M | re.S)
    assert light
    assert system
    assert chosen
    return light[1], system[1], chosen[1]


THEMES = {"light": colours(blocks()[0]), "dark": colours(blocks()[0]) | colours(blocks()[1])}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def too_low(theme: str, pairs: list[tuple[str, str]], least: float) -> list[str]:
    values = THEMES[theme]
    measured = [(front, back, contrast(values[front], values[back])) for front, back in pairs]
    return [f"{front} on {back}: {ratio:.2f}" for front, back, ratio in measured if ratio < least]


def test_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme: str) -> None:
    assert too_low(theme, TEXT_PAIRS, TEXT) == []


@pytest.mark.parametrize("theme", THEMES)
def test_shapes_can_be_seen(theme: str) -> None:
    assert too_low(theme, SHAPE_PAIRS, SHAPE) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_mark_of_bpmn_io_stays_visible(theme: str) -> None:
    assert contrast("#404040", THEMES[theme]["plate"]) >= TEXT


def test_both_dark_blocks_are_the_same() -> None:
    _, system, chosen = blocks()
    assert system.split() == chosen.split()


def test_dark_changes_every_colour_that_light_names() -> None:
    light, dark, _ = blocks()
    assert colours(light).keys() == colours(dark).keys()


def test_colours_stand_in_tokens_only() -> None:
    """laneway.css takes every colour from a token; paper is black and white."""
    styles = (STATIC / "laneway.css").read_text(encoding="utf-8")
    screen = styles[: styles.index("@media print")]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", screen) == []
