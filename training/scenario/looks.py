"""Draws how a person looks: skin, hair, build and clothes, over the whole human range."""

from __future__ import annotations

import colorsys

import numpy as np

from training.scenario.world import Color, Look

HAIR_STYLES = ("short", "long", "bald", "bun", "cap")
PATTERNS = ("plain", "stripes", "checks", "print")

_SKINS: tuple[Color, ...] = (
    (0.96, 0.82, 0.74), (0.93, 0.76, 0.65), (0.86, 0.67, 0.54), (0.76, 0.57, 0.42),
    (0.62, 0.43, 0.30), (0.47, 0.31, 0.21), (0.34, 0.22, 0.15), (0.23, 0.15, 0.11),
)  # fmt: skip
_HAIRS: tuple[Color, ...] = (
    (0.06, 0.05, 0.05), (0.12, 0.08, 0.06), (0.24, 0.15, 0.09), (0.40, 0.26, 0.15),
    (0.52, 0.28, 0.13), (0.72, 0.57, 0.34), (0.85, 0.75, 0.55), (0.58, 0.57, 0.56),
    (0.86, 0.85, 0.83),
)  # fmt: skip
_SHOES: tuple[Color, ...] = (
    (0.06, 0.06, 0.07), (0.16, 0.10, 0.07), (0.36, 0.22, 0.13), (0.90, 0.90, 0.88),
    (0.45, 0.45, 0.47), (0.65, 0.12, 0.12), (0.12, 0.20, 0.45),
)  # fmt: skip


def random_look(rng: np.random.Generator) -> Look:
    """Somebody's look; all of it depends on ``rng`` alone. Colours are sRGB."""
    skin = _between(_SKINS, rng)
    hair = _HAIRS[rng.integers(3 if _luma(skin) < 0.35 and rng.random() < 0.85 else len(_HAIRS))]
    top = cloth_color(rng)
    detail = _mixed(top, cloth_color(rng), rng.uniform(0.3, 1.0))
    skirt = bool(rng.random() < 0.15)
    style = str(rng.choice(HAIR_STYLES, p=(0.42, 0.25, 0.08, 0.12, 0.13)))
    return Look(
        skin=skin,
        hair=_tinted(hair, rng, 0.02),
        top=top,
        top_detail=detail,
        bottom=_bottom_color(rng),
        shoes=_tinted(_SHOES[rng.integers(len(_SHOES))], rng, 0.03),
        hair_style=style,
        pattern=str(rng.choice(PATTERNS, p=(0.56, 0.17, 0.12, 0.15))),
        girth=float(np.clip(rng.normal(1.0, 0.11), 0.8, 1.3)),
        sleeves=float(rng.choice((0.0, 0.35, 0.5, 1.0), p=(0.08, 0.17, 0.15, 0.6))),
        legs=float(rng.choice((0.0, 0.45, 0.75, 1.0), p=(0.04, 0.12, 0.08, 0.76))),
        skirt=skirt,
        glasses=bool(rng.random() < 0.2),
        beard=bool(not skirt and style not in ("long", "bun") and rng.random() < 0.3),
    )


def cloth_color(rng: np.random.Generator) -> Color:
    """Any colour that cloth has: mostly muted, sometimes loud, black and white often."""
    draw = rng.random()
    if draw < 0.13:
        return _tinted((0.09, 0.09, 0.10), rng, 0.03)
    if draw < 0.26:
        return _tinted((0.88, 0.87, 0.85), rng, 0.05)
    if draw < 0.36:
        return _tinted((0.5, 0.5, 0.5), rng, 0.25)
    red, green, blue = colorsys.hsv_to_rgb(
        rng.random(), rng.beta(3, 2), float(np.clip(rng.normal(0.55, 0.22), 0.12, 0.95))
    )
    return (float(red), float(green), float(blue))


def _bottom_color(rng: np.random.Generator) -> Color:
    draw = rng.random()
    if draw < 0.35:  # jeans
        return _between(((0.08, 0.11, 0.20), (0.20, 0.28, 0.45), (0.45, 0.55, 0.70)), rng)
    if draw < 0.6:
        return _tinted((0.10, 0.10, 0.11), rng, 0.04)
    if draw < 0.75:
        return _tinted((0.62, 0.54, 0.42), rng, 0.12)
    return cloth_color(rng)


def _between(colors: tuple[Color, ...], rng: np.random.Generator) -> Color:
    """A colour anywhere on the way through ``colors``."""
    at = rng.uniform(0, len(colors) - 1)
    low = min(int(at), len(colors) - 2)
    first, second = np.array(colors[low]), np.array(colors[low + 1])
    return _color(first + (second - first) * (at - low) + rng.normal(0, 0.012, 3))


def _mixed(color: Color, other: Color, share: float) -> Color:
    return _color(np.array(color) * (1 - share) + np.array(other) * share)


def _tinted(color: Color, rng: np.random.Generator, spread: float) -> Color:
    """Lighter or darker by ``spread`` (standard deviation), and a little off its hue."""
    return _color(np.array(color) + rng.normal(0, spread) + rng.normal(0, spread / 3, 3))


def _color(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Color:
    red, green, blue = np.clip(values, 0.03, 0.97)
    return (float(red), float(green), float(blue))


def _luma(color: Color) -> float:
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]
