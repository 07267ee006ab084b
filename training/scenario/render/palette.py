"""Colours of rooms and their things: mostly quiet, as rooms are, and now and then loud."""

from __future__ import annotations

import colorsys

import numpy as np

from training.scenario.world import Color

Rng = np.random.Generator


def muted(rng: Rng, low: float, high: float, saturation: float = 0.25) -> Color:
    """Any hue; brightness low..high, saturation up to the given one."""
    return _hsv(rng.random(), rng.uniform(0, saturation), rng.uniform(low, high))


def wooden(rng: Rng) -> Color:
    """Wood from nearly white to nearly black."""
    return _hsv(rng.uniform(0.05, 0.11), rng.uniform(0.2, 0.6), rng.uniform(0.3, 0.9))


def paint(rng: Rng, low: float = 0.45, high: float = 0.97) -> Color:
    """Walls and large things: off-white, beige or grey; one in four pale, one in eight loud."""
    draw = rng.random()
    if draw < 0.62:
        return _hsv(rng.uniform(0.05, 0.16), rng.beta(1.2, 5) * 0.5, rng.uniform(low, high))
    if draw < 0.87:
        return _hsv(rng.random(), rng.uniform(0.08, 0.28), rng.uniform(low, high))
    return _hsv(rng.random(), rng.uniform(0.25, 0.65), rng.uniform(low, high))


def plain_thing(rng: Rng, low: float = 0.1, high: float = 0.95) -> Color:
    """Small things: wood, white, grey and black, or any colour of middling strength."""
    draw = rng.random()
    if draw < 0.3:
        return wooden(rng)
    if draw < 0.6:
        return _hsv(rng.random(), rng.uniform(0, 0.1), rng.uniform(low, high))
    return _hsv(rng.random(), rng.uniform(0.2, 0.75), rng.uniform(low, high))


def times(color: Color, factor: float) -> Color:
    """Lighter or darker."""
    r, g, b = (float(c * factor) for c in color)
    return (r, g, b)


def _hsv(hue: float, saturation: float, value: float) -> Color:
    r, g, b = colorsys.hsv_to_rgb(float(hue), float(saturation), float(value))
    return (r, g, b)
