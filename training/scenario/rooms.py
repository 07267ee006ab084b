"""Draws a room and puts furniture along its walls, so that the middle stays free to act in."""

from __future__ import annotations

import colorsys

import numpy as np

from training.scenario.world import Color, Furniture, Room

STYLES = ("office", "workshop", "living", "hall", "street")

SEAT_SHARE = 0.5
"""Height of a chair's seat by its whole height: 0.45 m of 0.9 m."""

_SIZES_M = {  # smallest and largest width, depth, height
    "table": ((1.1, 0.65, 0.70), (1.8, 0.90, 0.78)),
    "chair": ((0.44, 0.44, 0.88), (0.52, 0.52, 0.96)),
    "shelf": ((0.8, 0.28, 1.1), (1.4, 0.42, 2.1)),
    "pillar": ((0.25, 0.25, 2.8), (0.45, 0.45, 2.8)),
    "screen": ((0.9, 0.08, 1.3), (1.6, 0.12, 1.9)),
}
_USUAL = {
    "office": ("table", "table", "chair", "shelf", "screen"),
    "workshop": ("table", "table", "shelf", "shelf", "pillar"),
    "living": ("table", "chair", "chair", "shelf"),
    "hall": ("pillar", "pillar", "screen", "chair", "table"),
    "street": ("pillar", "table", "chair"),
}
_WALL_BAND_M = 1.35  # furniture stands within this of a wall
_PASSAGE_M = 0.1


def random_room(rng: np.random.Generator) -> tuple[Room, tuple[Furniture, ...]]:
    """A room of any style with two to six things in it.

    No two things touch, and all stand within 1.35 m of a wall, with their backs to it.
    """
    style = str(rng.choice(STYLES, p=(0.28, 0.2, 0.24, 0.16, 0.12)))
    wide = style in ("hall", "street")
    room = Room(
        width_m=round(float(rng.uniform(7, 12) if wide else rng.uniform(5.5, 9)), 2),
        depth_m=round(float(rng.uniform(6.5, 11) if wide else rng.uniform(5, 8)), 2),
        height_m=round(float(rng.uniform(3.2, 5) if wide else rng.uniform(2.5, 3.2)), 2),
        style=style,
        seed=int(rng.integers(2**31)),
    )
    placed: list[Furniture] = []
    for _ in range(int(rng.integers(2, 7))):
        for _ in range(8):
            thing = _beside_a_wall(str(rng.choice(_USUAL[style])), room, rng)
            if not any(_touch(thing, other) for other in placed):
                placed.append(thing)
                break
    return room, tuple(placed)


def seat_height_m(chair: Furniture) -> float:
    """Height of the seat of a chair above the floor."""
    return SEAT_SHARE * chair.size_m[2]


def random_size_m(kind: str, room: Room, rng: np.random.Generator) -> tuple[float, float, float]:
    """Width, depth and height that such a thing may have; a pillar reaches the ceiling."""
    low, high = _SIZES_M[kind]
    width, depth, height = (
        round(float(rng.uniform(a, b)), 3) for a, b in zip(low, high, strict=True)
    )
    return (width, depth, room.height_m if kind == "pillar" else height)


def random_color(rng: np.random.Generator) -> Color:
    """A colour of furniture: wood, metal, white or, now and then, a loud one."""
    draw = rng.random()
    if draw < 0.5:
        bounds = ((0.05, 0.11), (0.25, 0.7), (0.2, 0.85))
    elif draw < 0.8:
        bounds = ((0.0, 1.0), (0.0, 0.1), (0.1, 0.92))
    else:
        bounds = ((0.0, 1.0), (0.3, 0.9), (0.25, 0.85))
    hue, saturation, value = (float(rng.uniform(*bound)) for bound in bounds)
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return (float(red), float(green), float(blue))


def _beside_a_wall(kind: str, room: Room, rng: np.random.Generator) -> Furniture:
    width, depth, height = random_size_m(kind, room, rng)
    wall = int(rng.integers(4))  # 0 at y = 0, then counter-clockwise; things face the middle
    along = room.width_m if wall % 2 == 0 else room.depth_m
    across = room.depth_m if wall % 2 == 0 else room.width_m
    place = rng.uniform(width / 2 + _PASSAGE_M, along - width / 2 - _PASSAGE_M)
    gap = rng.uniform(0.03, max(0.04, _WALL_BAND_M - depth))
    off = depth / 2 + gap
    x, y = {
        0: (place, off), 1: (across - off, place), 2: (place, across - off), 3: (off, place),
    }[wall]  # fmt: skip
    return Furniture(
        kind=kind,
        at_m=(round(float(x), 3), round(float(y), 3)),
        size_m=(width, depth, height),
        facing_deg=float((90 + 90 * wall) % 360),
        color=random_color(rng),
    )


def _touch(one: Furniture, other: Furniture) -> bool:
    """Whether less than 10 cm lie between two things, by the circles round them."""
    apart = np.hypot(one.at_m[0] - other.at_m[0], one.at_m[1] - other.at_m[1])
    reach = np.hypot(*one.size_m[:2]) / 2 + np.hypot(*other.size_m[:2]) / 2
    return bool(apart < reach + _PASSAGE_M)
