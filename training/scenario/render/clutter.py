"""Decoration: windows, doors and pictures on walls, plants, lamps and bins on the floor."""

from __future__ import annotations

import numpy as np

from training.scenario.render import textures
from training.scenario.render.palette import paint, plain_thing, wooden
from training.scenario.render.solid import Solid
from training.scenario.world import Color, Furniture, Room

Rng = np.random.Generator


class _Wall:
    """A wall seen from inside: u to the right, v up, things stand ``out`` of it."""

    def __init__(self, solid: Solid, room: Room, index: int) -> None:
        w, d = room.width_m, room.depth_m
        starts = ((w, 0.0), (w, d), (0.0, d), (0.0, 0.0))
        self.length = w if index % 2 == 0 else d
        self.solid = solid
        self._at = (*starts[index], 0.0)
        # The frame's x runs to the right along the wall, its -y into the room.
        self._turn = (180.0, 270.0, 0.0, 90.0)[index]

    def block(
        self, u: tuple[float, float], v: tuple[float, float], out: float, color: Color, *,
        layer: int = 0, glow: float = 0.0, scale: float = 1.0,
    ) -> None:  # fmt: skip
        """A flat block on the wall."""
        self.solid.place(self._at, self._turn)
        low, high = (u[0], -out, v[0]), (u[1], 0.0, v[1])
        self.solid.box(low, high, color, layer=layer, glow=glow, scale=scale)
        self.solid.place((0, 0, 0))

    def picture(self, u: tuple[float, float], v: tuple[float, float], out: float) -> None:
        """A panel with the art texture over exactly this area."""
        self.solid.place(self._at, self._turn)
        self.solid.panel(
            (u[0], -out, v[0]), (u[1] - u[0], 0, 0), (0, 0, v[1] - v[0]), (0.8, 0.8, 0.8),
            layer=textures.ART,
        )  # fmt: skip
        self.solid.place((0, 0, 0))


def add_wall_things(solid: Solid, room: Room, index: int, rng: Rng) -> None:
    """Windows, doors, pictures and radiators along one wall, where they fit."""
    wall = _Wall(solid, room, index)
    at = float(rng.uniform(0.3, 1.2))
    while at < wall.length - 0.6:
        room_left = wall.length - at - 0.3
        draw = rng.random()
        if room.style == "street":
            draw = 0.4 if draw < 0.5 else 0.95
        if draw < 0.32 and room_left > 0.9:
            at += _window(wall, at, min(room_left, float(rng.uniform(0.9, 2.2))), room, rng)
        elif draw < 0.48 and room_left > 1.0:
            at += _door(wall, at, rng)
        elif draw < 0.8:
            at += _picture(wall, at, min(room_left, float(rng.uniform(0.35, 1.1))), rng)
        at += float(rng.uniform(0.3, 1.4))


def _window(wall: _Wall, u: float, wide: float, room: Room, rng: Rng) -> float:
    low, high = (
        float(rng.uniform(0.75, 1.05)),
        min(room.height_m - 0.25, float(rng.uniform(2.0, 2.5))),
    )
    frame = (0.9, 0.9, 0.88) if rng.random() < 0.6 else plain_thing(rng, 0.1, 0.5)
    bright = float(rng.uniform(0.55, 1.0))
    wall.block((u, u + wide), (low, high), 0.02, frame)
    panes = max(1, round(wide / 0.75))
    for pane in range(panes):
        a, b = u + wide * pane / panes + 0.05, u + wide * (pane + 1) / panes - 0.05
        middle = low + (high - low) * float(rng.uniform(0.25, 0.5))
        sky: Color = (0.80 * bright, 0.90 * bright, 1.0 * bright)
        wall.block((a, b), (middle, high - 0.05), 0.025, sky, glow=1.0)
        land: Color = (0.42 * bright, 0.50 * bright, 0.40 * bright)
        wall.block((a, b), (low + 0.05, middle), 0.025, land, glow=0.9, layer=textures.LEAVES)
    wall.block((u - 0.05, u + wide + 0.05), (low - 0.04, low), 0.12, frame)
    if rng.random() < 0.35:
        cloth = paint(rng)
        for a in (u - 0.15, u + wide - 0.15):
            wall.block((a, a + 0.3), (low - 0.2, high + 0.1), 0.06, cloth, layer=textures.WALLPAPER)
    if rng.random() < 0.4:
        for bar in np.arange(u + 0.1, u + wide - 0.1, 0.09):
            wall.block((bar, bar + 0.06), (0.15, low - 0.15), 0.09, (0.9, 0.9, 0.9))
    return wide


def _door(wall: _Wall, u: float, rng: Rng) -> float:
    color, frame = wooden(rng) if rng.random() < 0.5 else paint(rng), (0.85, 0.84, 0.80)
    wood = textures.GRAIN if rng.random() < 0.6 else textures.PLAIN
    wall.block((u, u + 1.0), (0, 2.08), 0.03, frame)
    wall.block((u + 0.06, u + 0.94), (0, 2.02), 0.04, color, layer=wood)
    darker: Color = (color[0] * 0.85, color[1] * 0.85, color[2] * 0.85)
    for low, high in ((0.2, 0.9), (1.15, 1.85)):
        wall.block((u + 0.2, u + 0.8), (low, high), 0.045, darker, layer=wood)
    wall.block((u + 0.82, u + 0.92), (1.0, 1.03), 0.09, (0.6, 0.6, 0.6))
    return 1.0


def _picture(wall: _Wall, u: float, wide: float, rng: Rng) -> float:
    low = float(rng.uniform(1.2, 1.5))
    high = low + wide * float(rng.uniform(0.6, 1.2))
    wall.block((u, u + wide), (low, high), 0.02, plain_thing(rng, 0.05, 0.9))
    wall.picture((u + 0.035, u + wide - 0.035), (low + 0.035, high - 0.035), 0.024)
    return wide


def add_clutter(solid: Solid, room: Room, furniture: tuple[Furniture, ...], rng: Rng) -> None:
    """Plants, standing lamps, bins and crates along the walls."""
    for _ in range(int(rng.integers(2, 7))):
        side = int(rng.integers(4))
        off = float(rng.uniform(0.22, 0.4))
        along = float(rng.uniform(0.35, (room.width_m if side % 2 == 0 else room.depth_m) - 0.35))
        spots = (
            (along, off), (room.width_m - off, along), (along, room.depth_m - off), (off, along),
        )  # fmt: skip
        x, y = spots[side]
        if any(
            np.hypot(x - f.at_m[0], y - f.at_m[1]) < max(f.size_m[:2]) / 2 + 0.35 for f in furniture
        ):
            continue
        solid.place((x, y, 0), float(rng.uniform(0, 360)))
        (_plant, _lamp, _bin, _crate)[int(rng.integers(4))](solid, rng)
    solid.place((0, 0, 0))


def _plant(solid: Solid, rng: Rng) -> None:
    pot, high = plain_thing(rng, 0.2, 0.9), float(rng.uniform(0.25, 0.45))
    solid.turned(((0.11, 0), (0.16, high), (0.13, high), (0, high - 0.03)), pot)
    green: Color = (float(rng.uniform(0.10, 0.30)), float(rng.uniform(0.30, 0.55)), 0.12)
    for _ in range(int(rng.integers(14, 30))):
        turn, lean = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.9)
        far = float(rng.uniform(0.3, 0.9))
        way = np.array([np.cos(turn) * lean, np.sin(turn) * lean, 1.0]) * far
        side = np.array([-np.sin(turn), np.cos(turn), 0]) * float(rng.uniform(0.02, 0.07))
        base = np.array([0, 0, high - 0.03])
        middle = base + way * 0.6
        points = np.stack([base, middle + side, base + way * [1, 1, 0.85], middle - side])
        normal = np.cross(side, way)
        normal /= np.linalg.norm(normal)
        faces = np.array([[0, 1, 2], [0, 2, 3], [2, 1, 0], [3, 2, 0]])
        shade = float(rng.uniform(0.7, 1.3))
        solid.add(
            points.astype(np.float32), np.tile(normal * np.sign(normal[2]), (4, 1)), faces,
            color=(green[0] * shade, green[1] * shade, green[2] * shade), layer=textures.LEAVES,
            uv=np.array([[0, 0], [0.3, 0.5], [0, 1], [0.7, 0.5]]),
        )  # fmt: skip


def _lamp(solid: Solid, rng: Rng) -> None:
    high = float(rng.uniform(1.3, 1.7))
    solid.turned(((0.14, 0), (0.14, 0.03), (0.012, 0.04), (0.012, high)), (0.2, 0.2, 0.2))
    shade: Color = (1.0, 0.92, float(rng.uniform(0.7, 0.9)))
    solid.turned(((0.20, high - 0.1), (0.12, high + 0.18)), shade, glow=0.8, sides=18)


def _bin(solid: Solid, rng: Rng) -> None:
    high = float(rng.uniform(0.3, 0.6))
    solid.turned(((0.12, 0), (0.16, high), (0.14, high), (0.11, 0.05)), plain_thing(rng), sides=18)


def _crate(solid: Solid, rng: Rng) -> None:
    """A slatted wooden or plastic crate."""
    color, wide = plain_thing(rng, 0.2, 0.8), float(rng.uniform(0.2, 0.3))
    deep, high = 0.8 * wide, float(rng.uniform(0.3, 0.6))
    for z in np.arange(0.02, high, 0.11):
        solid.box((-wide, -deep, z), (wide, deep, z + 0.08), color, layer=textures.GRAIN)
    for x in (-wide + 0.02, wide - 0.04):
        solid.box((x, -deep + 0.01, 0), (x + 0.02, deep - 0.01, high), color)
