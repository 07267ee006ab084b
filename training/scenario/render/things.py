"""Shapes of the things that people handle, along their own axes, about their own centre.

What faces a user (screen of a phone or laptop, front of a book) faces -y; z is up; a cup's handle
points along +x; a hammer's head is at the top and strikes along +x.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.scenario.render.solid import Solid
from training.scenario.world import PROP_SIZES_M, Color

Rng = np.random.Generator

_DARK: Color = (0.07, 0.07, 0.08)
_STEEL: Color = (0.62, 0.63, 0.66)
_PAPER: Color = (0.93, 0.91, 0.85)
_BOARD: Color = (0.70, 0.53, 0.34)


def thing(kind: str, color: Color, rng: Rng) -> Solid:
    """A prop of a kind in ``PROP_KINDS`` at scale 1; ``rng`` chooses its details."""
    makers = {
        "bottle": _bottle, "cup": _cup, "phone": _phone, "book": _book, "ball": _ball,
        "box": _box, "hammer": _hammer, "laptop": _laptop,
    }  # fmt: skip
    solid = Solid()
    makers[kind](solid, color, rng)
    return solid


def _contrast(color: Color) -> Color:
    return _DARK if sum(color) > 1.5 else _PAPER


def _mixed(color: Color, other: Color, share: float) -> Color:
    a, b, c = (x + (y - x) * share for x, y in zip(color, other, strict=True))
    return (a, b, c)


def _bottle(solid: Solid, color: Color, rng: Rng) -> None:
    body, cap = color, _contrast(color) if rng.random() < 0.5 else _mixed(color, _DARK, 0.5)
    label = _PAPER if rng.random() < 0.6 else _mixed(_contrast(color), color, 0.25)
    neck = _mixed(body, (1, 1, 1), 0.2)
    profile = (
        (0.0, -0.135), (0.036, -0.134), (0.04, -0.125), (0.04, -0.07), (0.0405, -0.07),
        (0.0405, 0.01), (0.04, 0.01), (0.04, 0.035), (0.030, 0.066), (0.016, 0.092),
        (0.0135, 0.105), (0.0135, 0.113), (0.0165, 0.113), (0.0165, 0.134), (0.0, 0.135),
    )  # fmt: skip
    tints = [body] * 3 + [label] * 3 + [body] * 3 + [neck] * 2 + [cap] * 3
    solid.turned(profile, tints, sides=16)


def _cup(solid: Solid, color: Color, rng: Rng) -> None:
    drink = _mixed((0.20, 0.11, 0.05), (0.5, 0.35, 0.2), float(rng.random()))
    rim = _mixed(color, (1, 1, 1), 0.25)
    inner = _mixed(color, _PAPER, 0.6)
    profile = (
        (0.0, -0.055), (0.034, -0.054), (0.040, -0.045), (0.044, 0.05), (0.043, 0.055),
        (0.039, 0.055), (0.036, 0.025), (0.0, 0.024),
    )  # fmt: skip
    band = _contrast(color) if rng.random() < 0.4 else color
    solid.move = np.array([-0.007, 0, 0], np.float32)
    solid.turned(profile, [color, color, band, rim, rim, inner, drink], sides=18)
    turn = np.linspace(-1.35, 1.35, 8)
    ring = np.stack([0.036 + 0.022 * np.cos(turn), 0 * turn, -0.002 + 0.033 * np.sin(turn)], 1)
    _rod(solid, ring, 0.0062, color)


def _rod(solid: Solid, path: npt.NDArray[np.float64], radius: float, color: Color) -> None:
    """A bent rod with eight sides; ``path`` (N, 3) lies in the plane y = 0."""
    way = np.gradient(path, axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.array([0.0, 1.0, 0.0])
    up = np.cross(way, side)
    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
    normals = np.cos(angle)[None, :, None] * side + np.sin(angle)[None, :, None] * up[:, None]
    points = path[:, None] + radius * normals
    row, column = np.arange(len(path) - 1)[:, None] * 8, np.arange(8)
    a, b = row + column, row + (column + 1) % 8
    faces = np.stack([a, a + 8, b + 8, a, b + 8, b], -1).reshape(-1, 3)[:, ::-1]
    solid.add(
        points.reshape(-1, 3).astype(np.float32), normals.reshape(-1, 3).astype(np.float32),
        faces, color=color,
    )  # fmt: skip


def _phone(solid: Solid, color: Color, rng: Rng) -> None:
    solid.box((-0.040, -0.006, -0.080), (0.040, 0.006, 0.080), _mixed(color, _DARK, 0.55))
    lit = float(rng.random()) < 0.4
    screen: Color = (0.35, 0.55, 0.75) if lit else (0.04, 0.05, 0.07)
    solid.box((-0.036, -0.0065, -0.073), (0.036, -0.006, 0.075), screen, glow=0.8 * lit)
    solid.box((-0.034, 0.006, 0.040), (-0.010, 0.0085, 0.072), _DARK)
    for z in (0.048, 0.063):
        solid.box((-0.027, 0.0085, z - 0.004), (-0.018, 0.0092, z + 0.004), _STEEL)


def _book(solid: Solid, color: Color, rng: Rng) -> None:
    half, deep, tall = 0.085, 0.015, 0.12
    title = _contrast(color)
    for y in (-deep, deep - 0.003):
        solid.box((-half, y, -tall), (half, y + 0.003, tall), color)
    solid.box((-half, -deep, -tall), (-half + 0.003, deep, tall), _mixed(color, _DARK, 0.25))
    solid.box(
        (-half + 0.003, -deep + 0.003, -tall + 0.004), (half - 0.005, deep - 0.003, tall - 0.004),
        _PAPER, layer=9, scale=0.05,
    )  # fmt: skip
    edge = float(rng.uniform(0.02, 0.05))
    for y0, y1 in ((-deep - 0.0008, -deep), (deep, deep + 0.0008)):
        solid.box((-0.06, y0, 0.085 - edge), (0.06, y1, 0.085), title)
        solid.box((-0.045, y0, 0.0), (0.045, y1, 0.012), title)
        solid.box((-0.05, y0, -0.095), (0.05, y1, -0.03), _mixed(color, title, 0.45))


def _ball(solid: Solid, color: Color, rng: Rng) -> None:
    other = _PAPER if rng.random() < 0.6 else _contrast(color)
    bands, sides = 12, 24
    style = int(rng.integers(3))
    up = np.linspace(0, np.pi, bands + 1)
    around = np.linspace(0, 2 * np.pi, sides + 1)
    for i in range(bands):
        for j in range(sides):
            t, a = up[[i, i, i + 1, i + 1]], around[[j, j + 1, j + 1, j]]
            unit = np.stack([np.sin(t) * np.cos(a), np.sin(t) * np.sin(a), -np.cos(t)], axis=1)
            if style == 0:  # panels
                second = (i // 2 + j // 3) % 2
            elif style == 1:  # segments, as of a beach ball
                second = (j // 4) % 2
            else:  # seams, as of a basketball
                second = i in (bands // 2,) or j % 6 == 0
            tint = _mixed(color, _DARK, 0.75) if style == 2 else other
            solid.add(
                (0.11 * unit).astype(np.float32), unit.astype(np.float32),
                np.array([[0, 1, 2], [0, 2, 3]]), color=tint if second else color,
            )  # fmt: skip


def _box(solid: Solid, color: Color, rng: Rng) -> None:
    board = _mixed(_BOARD, color, 0.35)
    x, y, z = (size / 2 for size in PROP_SIZES_M["box"])
    solid.box((-x, -y, -z), (x, y, z), board, layer=5, scale=0.6)
    tape = _mixed(board, (0.80, 0.70, 0.50) if rng.random() < 0.7 else _PAPER, 0.7)
    thin = 0.0015
    solid.box((-x - thin, -0.025, -z - thin), (x + thin, 0.025, z + thin), tape)
    for side in (-1, 1):
        solid.box((-0.05, side * (y + thin), 0.03), (0.05, side * y, 0.06), _DARK)
    if rng.random() < 0.7:  # a label
        solid.box((0.05, -y - thin, -0.09), (0.17, -y, -0.01), _PAPER, layer=9, scale=0.06)


def _hammer(solid: Solid, color: Color, rng: Rng) -> None:
    wood = _mixed((0.72, 0.52, 0.30), color, 0.35)
    profile = ((0.0, -0.17), (0.017, -0.168), (0.018, -0.06), (0.012, -0.03), (0.012, 0.15))
    grip = _mixed(color, _DARK, 0.4) if rng.random() < 0.5 else wood
    solid.turned(profile, [grip, grip, wood, wood], sides=10, flat=0.75)
    solid.box((-0.022, -0.018, 0.118), (0.026, 0.018, 0.162), _STEEL)
    solid.box((0.026, -0.014, 0.122), (0.045, 0.014, 0.158), _mixed(_STEEL, _DARK, 0.35))
    solid.box((0.045, -0.020, 0.116), (0.070, 0.020, 0.164), _STEEL)
    claw = np.array([[-0.02, 0, 0.145], [-0.045, 0, 0.143], [-0.07, 0, 0.128]])
    _rod(solid, claw, 0.011, _STEEL)


def _laptop(solid: Solid, color: Color, rng: Rng) -> None:
    case = _mixed(_STEEL if rng.random() < 0.6 else _DARK, color, 0.25)
    x, y, low = 0.17, 0.125, -0.115
    solid.box((-x, -y, low), (x, 0.105, low + 0.016), case)
    solid.box((-x + 0.02, -0.035, low + 0.016), (x - 0.02, 0.085, low + 0.0175), _DARK)
    for row in range(5):
        for key in range(12):
            left, near = -0.142 + 0.024 * key, -0.030 + 0.023 * row
            solid.box(
                (left, near, low + 0.0175), (left + 0.019, near + 0.018, low + 0.0195),
                _mixed(case, _DARK, 0.7),
            )  # fmt: skip
    solid.box((-0.05, -0.11, low + 0.016), (0.05, -0.05, low + 0.0168), _mixed(case, _DARK, 0.3))
    tilt = np.radians(12)
    lean = np.array([[1, 0, 0], [0, np.cos(tilt), np.sin(tilt)], [0, -np.sin(tilt), np.cos(tilt)]])
    solid.turn, solid.move = lean.astype(np.float32), np.array([0, 0.085, low + 0.008], np.float32)
    solid.box((-x, 0.0, 0.0), (x, 0.009, 0.222), case)
    solid.box((-x, -0.001, 0.004), (x, 0.0, 0.222), _DARK)
    hue = rng.uniform(0.4, 1.0, 3)
    shade: Color = (float(hue[0]), float(hue[1]), float(hue[2]))
    solid.box((-x + 0.01, -0.002, 0.014), (x - 0.01, -0.001, 0.212), shade, glow=0.9)
    for row in range(4):
        high = 0.19 - 0.04 * row
        end = -x + 0.03 + float(rng.uniform(0.1, 0.26))
        solid.box(
            (-x + 0.03, -0.0028, high - 0.012), (end, -0.002, high),
            _mixed(shade, (1, 1, 1) if rng.random() < 0.5 else _DARK, 0.7), glow=0.9,
        )  # fmt: skip
