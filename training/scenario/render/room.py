"""Builds the walls, floor and decoration of a room, and its light, by style and seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.scenario.render import textures
from training.scenario.render.clutter import add_clutter, add_wall_things
from training.scenario.render.furnish import add_furniture
from training.scenario.render.palette import muted, paint, times, wooden
from training.scenario.render.solid import Solid
from training.scenario.world import Color, Furniture, Room

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Colours are linear; sun_way points towards the light, lamp_at are places in metres."""

    sun_way: Color
    sun_color: Color
    sky_color: Color
    ground_color: Color
    lamp_at: tuple[Color, Color]
    lamp_color: tuple[Color, Color]
    backdrop: Color
    """Behind everything, sRGB."""


_FLOORS = {
    "office": (textures.CARPET, textures.CARPET, textures.TILES, textures.PLANKS),
    "workshop": (textures.CONCRETE, textures.CONCRETE, textures.TILES, textures.PLANKS),
    "living": (textures.PLANKS, textures.PARQUET, textures.CARPET, textures.TILES),
    "hall": (textures.TILES, textures.CONCRETE, textures.PARQUET),
    "street": (textures.ASPHALT, textures.TILES, textures.BRICK, textures.CONCRETE),
}
_WALLS = {
    "office": (textures.PLASTER, textures.PLASTER, textures.CONCRETE),
    "workshop": (textures.BRICK, textures.CONCRETE, textures.PLASTER),
    "living": (textures.WALLPAPER, textures.PLASTER, textures.PLASTER, textures.BRICK),
    "hall": (textures.PLASTER, textures.CONCRETE, textures.BRICK, textures.TILES),
    "street": (textures.FACADE, textures.BRICK, textures.FACADE),
}
_TILE_M = {
    textures.CARPET: (1.0, 2.5), textures.TILES: (1.2, 2.6), textures.PLANKS: (0.9, 2.0),
    textures.PARQUET: (0.8, 1.6), textures.CONCRETE: (2.0, 5.0), textures.PLASTER: (1.5, 4.0),
    textures.BRICK: (0.8, 1.4), textures.WALLPAPER: (0.4, 1.2), textures.ASPHALT: (1.5, 3.0),
    textures.FACADE: (5.0, 7.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A wall and what hangs on it; shown to cameras on the inner side only.

    at: a point of it. inward: direction into the room. Both (x, y).
    """

    solid: Solid
    at: tuple[float, float]
    inward: tuple[float, float]


def build_room(room: Room, furniture: tuple[Furniture, ...], seed: int) -> Solid:
    """Everything that never moves but the walls."""
    rng = np.random.default_rng((room.seed, 11))
    solid = Solid()
    _ground(solid, room, rng)
    _floor(solid, room, rng)
    if room.style != "street":
        _ceiling(solid, room, rng)
    add_clutter(solid, room, furniture, np.random.default_rng((room.seed, 13)))
    for index, thing in enumerate(furniture):
        add_furniture(solid, thing, np.random.default_rng((room.seed, seed, 14, index)))
    return solid


def room_light(room: Room) -> Light:
    """Where the light of a room comes from, how strong and how warm."""
    rng = np.random.default_rng((room.seed, 15))
    outdoor = room.style == "street"
    turn, height = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(42, 78))
    way = (np.cos(turn) * np.cos(height), np.sin(turn) * np.cos(height), np.sin(height))
    strong = rng.uniform(0.35, 1.3) if outdoor else rng.uniform(0.15, 0.6)
    warm = _warmth(rng.uniform(-0.6, 1.0))
    ambient = rng.uniform(0.35, 0.65) if outdoor else rng.uniform(0.22, 0.5)
    sky = times(_warmth(rng.uniform(-0.8, 0.3)), ambient)
    lamps = [
        (
            float(room.width_m * rng.uniform(0.15, 0.85)),
            float(room.depth_m * rng.uniform(0.15, 0.85)),
            room.height_m - 0.15,
        )
        for _ in range(2)
    ]
    lamp = 0.0 if outdoor else rng.uniform(0.25, 0.95) * room.height_m / 2.7
    glow = times(_warmth(rng.uniform(-0.2, 1.0)), lamp)
    return Light(
        sun_way=(float(way[0]), float(way[1]), float(way[2])),
        sun_color=times(warm, strong),
        sky_color=sky,
        ground_color=times(sky, float(rng.uniform(0.45, 0.75))),
        lamp_at=(lamps[0], lamps[1]),
        lamp_color=(glow, times(glow, float(rng.uniform(0.3, 1.0)))),
        backdrop=_sky(rng) if outdoor else times(muted(rng, 0.25, 0.75), 0.7),
    )


def _warmth(value: float) -> Color:
    """White that is bluish for -1 and orange for 1."""
    return (1.0 + 0.16 * value, 1.0, 1.0 - 0.22 * value)


def _sky(rng: Rng) -> Color:
    clouds, light = rng.random(), rng.uniform(0.75, 1.0)
    return times((0.50 + 0.35 * clouds, 0.70 + 0.17 * clouds, 0.95 - 0.05 * clouds), light)


def _ground(solid: Solid, room: Room, rng: Rng) -> None:
    """What is seen beyond the room, as far as the horizon."""
    layer = textures.ASPHALT if room.style == "street" else textures.CONCRETE
    far = 60.0
    solid.panel(
        (-far, -far, -0.03), (2 * far, 0, 0), (0, 2 * far, 0), muted(rng, 0.35, 0.7, 0.15),
        layer=layer, repeat=(far, far),
    )  # fmt: skip


def _floor(solid: Solid, room: Room, rng: Rng) -> None:
    layer = int(rng.choice(_FLOORS[room.style]))
    boards = layer in (textures.PLANKS, textures.PARQUET)
    color = wooden(rng) if boards else paint(rng, 0.25, 0.9)
    tile = float(rng.uniform(*_TILE_M[layer]))
    w, d = room.width_m, room.depth_m
    across: tuple[float, float, float] = (w, 0, 0)
    solid.panel((0, 0, 0), across, (0, d, 0), color, layer=layer, repeat=(w / tile, d / tile))
    if room.style in ("living", "office") and rng.random() < 0.5:
        x, y = w * rng.uniform(0.2, 0.4), d * rng.uniform(0.2, 0.4)
        wide, deep = w * rng.uniform(0.25, 0.45), d * rng.uniform(0.25, 0.45)
        rug = muted(rng, 0.2, 0.9, 0.6)
        pattern = int(rng.choice([textures.CARPET, textures.WALLPAPER]))
        edge = times(rug, 0.6)
        solid.panel((x - 0.08, y - 0.08, 0.002), (wide + 0.16, 0, 0), (0, deep + 0.16, 0), edge)
        solid.panel(
            (x, y, 0.004), (wide, 0, 0), (0, deep, 0), rug, layer=pattern, repeat=(wide, deep)
        )


def _wall_frames(room: Room) -> list[tuple[tuple[float, float], tuple[float, float], float]]:
    """Of each wall, seen from inside: left end, direction to the right, length."""
    w, d = room.width_m, room.depth_m
    return [
        ((w, 0.0), (-1.0, 0.0), w), ((w, d), (0.0, -1.0), d),
        ((0.0, d), (1.0, 0.0), w), ((0.0, 0.0), (0.0, 1.0), d),
    ]  # fmt: skip


def build_walls(room: Room) -> list[Wall]:
    """The four walls of a room, or two house fronts of a street."""
    rng = np.random.default_rng((room.seed, 12))
    outdoor = room.style == "street"
    layer = int(rng.choice(_WALLS[room.style]))
    color = paint(rng, 0.5, 0.97)
    accent = paint(rng, 0.3, 0.95) if rng.random() < 0.4 else color
    tile = float(rng.uniform(*_TILE_M[layer]))
    high = float(rng.uniform(7, 14)) if outdoor else room.height_m
    more = 25.0 if outdoor else 0.0  # house fronts go on beyond the corners
    skirting = muted(rng, 0.2, 0.95, 0.2)
    first = int(rng.integers(4))
    walls = []
    for index, ((x, y), (ux, uy), length) in enumerate(_wall_frames(room)):
        if outdoor and index not in (first, (first + 1) % 4):
            continue
        solid, span = Solid(), length + 2 * more
        solid.panel(
            (x - ux * more, y - uy * more, 0), (ux * span, uy * span, 0), (0, 0, high),
            accent if index == first else color,
            layer=layer, repeat=(span / tile, high / tile),
        )  # fmt: skip
        inward = (uy, -ux)
        foot = (x + 0.015 * inward[0], y + 0.015 * inward[1], 0.0)
        solid.panel(foot, (ux * length, uy * length, 0), (0, 0, 0.09), skirting)
        add_wall_things(solid, room, index, rng)
        walls.append(Wall(solid=solid, at=(x, y), inward=inward))
    return walls


def _ceiling(solid: Solid, room: Room, rng: Rng) -> None:
    w, d, h = room.width_m, room.depth_m, room.height_m
    solid.panel(
        (0, d, h), (w, 0, 0), (0, -d, 0), muted(rng, 0.75, 0.98, 0.06),
        layer=textures.PLASTER, repeat=(w / 2, d / 2),
    )  # fmt: skip
    bright = (1.0, 0.98, 0.93)
    for x in np.arange(1.2, w - 0.5, 2.2):
        for y in np.arange(1.2, d - 0.5, 2.4):
            solid.panel((x - 0.3, y + 0.3, h - 0.01), (0.6, 0, 0), (0, -0.6, 0), bright, glow=1.0)
